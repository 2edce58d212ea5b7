"""Files that are written whole or not at all."""

import errno
import os
import signal

import pytest

from alexnet_lib.files import written_whole
from alexnet_lib.training import checkpoint


def test_a_file_is_there_when_the_block_has_ended(tmp_path):
    path = tmp_path / "file"
    with written_whole(path) as stream:
        stream.write(b"new")
        assert not path.exists()
    assert path.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    "error", [OSError(errno.ENOSPC, "No space left on device"), KeyboardInterrupt()]
)
@pytest.mark.parametrize("sync", [True, False])
def test_a_write_that_fails_leaves_what_was_there(tmp_path, error, sync):
    path = tmp_path / "file"
    path.write_bytes(b"old")

    def write():
        with written_whole(path, sync=sync) as stream:
            stream.write(b"half")
            raise error

    with pytest.raises(type(error)):
        write()
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_two_writers_with_endings_of_their_own_do_not_meet(tmp_path):
    path = tmp_path / "file"
    with written_whole(path, ".1") as one, written_whole(path, ".2") as two:
        one.write(b"one")
        two.write(b"two")
    assert path.read_bytes() == b"one"  # the block that ends last


def test_what_a_kill_left_is_written_over(tmp_path):
    path = tmp_path / "file"
    path.with_name("file.writing").write_bytes(b"left by a kill, and longer")
    with written_whole(path) as stream:
        stream.write(b"new")
    assert path.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [path]


def test_neighbours_that_differ_in_their_last_part_do_not_meet(tmp_path):
    with written_whole(tmp_path / "relu.s1.json") as one:
        with written_whole(tmp_path / "relu.s1.pt") as two:
            two.write(b"checkpoint")
        one.write(b"record")
    assert (tmp_path / "relu.s1.json").read_bytes() == b"record"


def test_a_disk_that_is_full_leaves_the_last_checkpoint(tmp_path):
    path = tmp_path / "run.pt"
    checkpoint.save(path, {"run": "a", "epoch": 1})
    full = {"run": "a", "epoch": 2, "large": os.urandom(1 << 20)}
    resource = pytest.importorskip("resource")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 16, limits[1]))
    try:
        with pytest.raises((OSError, RuntimeError)):
            checkpoint.save(path, full)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, before)
    assert checkpoint.load(path, "a") == {"run": "a", "epoch": 1}
    assert list(tmp_path.iterdir()) == [path]
