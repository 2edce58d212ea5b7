"""`alexnet train` under torchrun, with a checkpoint after every other step."""

import sys

from alexnet_lib.cli import main
from alexnet_lib.training import loop

loop.SUM_STEPS = 2

if __name__ == "__main__":
    sys.exit(main(["train", *sys.argv[1:], "--save-every", "0"]))
