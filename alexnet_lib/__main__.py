"""`python -m alexnet_lib`: the `alexnet` command."""

import sys

from alexnet_lib.cli import main

if __name__ == "__main__":
    sys.exit(main())
