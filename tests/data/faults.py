"""Real faults for the tests: another user, limits of the system, kills."""

import os
import signal
from contextlib import contextmanager

import pytest

NOBODY = 65534


@contextmanager
def limited(name, value):
    """Have the system refuse what is beyond a limit of this process."""
    resource = pytest.importorskip("resource")
    which = getattr(resource, name)
    limits = resource.getrlimit(which)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(which, (value, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(which, limits)
        signal.signal(signal.SIGXFSZ, before)


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
