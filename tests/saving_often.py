"""`alexnet train` under torchrun, with a checkpoint after every other step."""

import sys

from alexnet_lib import train
from alexnet_lib.parallel.train import main

train.CHECKPOINT_SECONDS, train.CHECK_EVERY = 0.0, 2

if __name__ == "__main__":
    sys.exit(main())
