"""Data sets: found, checked, prepared once, then held as uint8."""

from alexnet_lib.data.dataset import Dataset, Split
from alexnet_lib.data.errors import DataError, DataMissing
from alexnet_lib.data.loading import load

__all__ = ["DataError", "DataMissing", "Dataset", "Split", "load"]
