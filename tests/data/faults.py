"""Real faults for the tests: another user, limits of the system, kills."""

import os
from contextlib import contextmanager

import pytest

NOBODY = 65534


@contextmanager
def unprivileged(*folders):
    """Be a user who may read these folders, but nothing that is forbidden to all.

    Only the effective user changes, so that root can be root again.
    """
    if not hasattr(os, "seteuid"):
        pytest.skip("another user cannot be had here")
    if os.getuid() == 0:
        for folder in folders:
            for parent in (folder, *folder.parents):
                os.chmod(parent, os.stat(parent).st_mode | 0o055)
            os.chown(folder, NOBODY, NOBODY)
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        if os.getuid() == 0:
            os.seteuid(0)
