"""Files that are written whole, by one process at a time, and read with care."""

import errno
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest
import torch

from alexnet_lib import files
from alexnet_lib.files import locked, reading, written_whole
from alexnet_lib.runs import records
from alexnet_lib.runs.records import RecordError
from alexnet_lib.training import checkpoint
from alexnet_lib.training.checkpoint import CheckpointError
from tests.conftest import POSIX, limited, ordinary_user

READERS = {
    "checkpoint": (lambda path: checkpoint.load(path, "a"), CheckpointError),
    "record": (records.read, RecordError),
}


@pytest.fixture(params=READERS)
def reader(request, tmp_path):
    """A reader, its word for damage, and a file that it takes but for its content."""
    read, damage = READERS[request.param]
    path = tmp_path / "file"
    path.write_bytes(b"[]")
    return read, damage, path


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


def test_two_writers_of_one_file_do_not_meet(tmp_path):
    path = tmp_path / "file"
    with written_whole(path) as one, written_whole(path) as two:
        one.write(b"one")
        two.write(b"two")
    assert path.read_bytes() == b"one"  # the block that ends last
    assert list(tmp_path.iterdir()) == [path]


def test_neighbours_that_differ_in_their_last_part_do_not_meet(tmp_path):
    with written_whole(tmp_path / "relu.s1.json") as one:
        with written_whole(tmp_path / "relu.s1.pt") as two:
            two.write(b"checkpoint")
        one.write(b"record")
    assert (tmp_path / "relu.s1.json").read_bytes() == b"record"


def test_a_disk_that_is_full_is_told_and_leaves_the_last_checkpoint(tmp_path):
    path = tmp_path / "run.pt"
    checkpoint.save(path, {"run": "a", "epoch": 1})
    full = {"run": "a", "epoch": 2, "large": torch.rand(1 << 18)}
    too_large = os.strerror(errno.EFBIG)
    with (
        limited("RLIMIT_FSIZE", 1 << 16),
        pytest.raises(OSError, match=too_large) as caught,
    ):
        checkpoint.save(path, full)
    assert files.explained(caught.value).startswith(f"{path}: ")
    assert checkpoint.load(path, "a") == {"run": "a", "epoch": 1}
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    "content",
    [b"", b"[]", b"{}", b"\xff\xfe", b"[" * 100_000, b"PK\x03\x04 torn", b"null"],
)
def test_damage_is_told_with_its_mend_in_one_line(reader, content):
    read, damage, path = reader
    path.write_bytes(content)
    with pytest.raises(damage, match="delete it") as caught:
        read(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("saved", [[1], "word", torch.zeros(3), {}])
def test_a_checkpoint_of_another_form_is_refused(tmp_path, saved):
    torch.save(saved, tmp_path / "run.pt")
    with pytest.raises(CheckpointError, match="delete it"):
        checkpoint.load(tmp_path / "run.pt", "a")


def assert_not_blamed(read, path, number):
    """Reading fails with the system's error `number`, and nobody is told to delete."""
    with pytest.raises(OSError, match=os.strerror(number)) as caught:
        read(path)
    line = files.explained(caught.value)
    assert line.startswith(f"{path}: ")
    assert "delete" not in line
    assert "\n" not in line


def test_no_descriptor_left_is_no_damage(reader):
    read, _, path = reader
    with limited("RLIMIT_NOFILE", 64):
        taken = list(descriptors())
        try:
            assert_not_blamed(read, path, errno.EMFILE)
        finally:
            for descriptor in taken:
                os.close(descriptor)


def descriptors():
    """Open files until the system gives no more."""
    while True:
        try:
            yield os.open(os.devnull, os.O_RDONLY)
        except OSError:
            return


@POSIX
def test_no_permission_is_no_damage(reader):
    read, _, path = reader
    path.chmod(0)
    with ordinary_user():
        assert_not_blamed(read, path, errno.EACCES)


def test_an_error_of_the_disk_is_no_damage(reader):
    read, _, path = reader
    if not Path("/proc/self/mem").exists():
        pytest.skip("wants /proc, where a file that cannot be read is at hand")
    path.unlink()
    path.symlink_to("/proc/self/mem")  # its first page is not there: EIO
    assert_not_blamed(read, path, errno.EIO)


@POSIX
def test_a_folder_in_its_place_is_no_damage(reader):
    read, _, path = reader
    path.unlink()
    path.mkdir()
    assert_not_blamed(read, path, errno.EISDIR)


def test_no_memory_is_no_damage(tmp_path):
    pytest.importorskip("resource")
    path = tmp_path / "run.pt"
    checkpoint.save(path, {"run": "a", "large": torch.zeros(1 << 26)})
    script = (
        "import resource, sys; from pathlib import Path\n"
        "from alexnet_lib import files; from alexnet_lib.training import checkpoint\n"
        "used = int(open('/proc/self/statm').read().split()[0]) << 12\n"
        "resource.setrlimit(resource.RLIMIT_AS, (used + (1 << 26),) * 2)\n"
        "try: checkpoint.load(Path(sys.argv[1]), 'a')\n"
        "except OSError as error: print(files.explained(error))\n"
    )
    if sys.platform != "linux":
        pytest.skip("wants a limit on memory that the system holds to")
    done = python(script, path)
    assert done.stdout == (
        f"{path}: Cannot allocate memory; free some memory and try again\n"
    ), done.stderr


def python(script, *words):
    command = [sys.executable, "-c", script, *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_what_the_block_itself_finds_wrong_is_told_in_its_words(tmp_path):
    def check():
        with reading(tmp_path, CheckpointError, "delete it"):
            raise CheckpointError("another run's")

    with pytest.raises(CheckpointError, match="another run's"):
        check()


@POSIX
def test_a_folder_that_may_not_be_written_is_found_out_before_the_work():
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o555)
        worked = False
        with (
            ordinary_user(),
            pytest.raises(PermissionError) as caught,
            locked(Path(folder) / "run.pt"),
        ):
            worked = True
        assert not worked
        assert "ALEXNET_RUNS" in files.explained(caught.value)


COUNTING = """
import sys
from pathlib import Path
from alexnet_lib.files import locked, written_whole
path = Path(sys.argv[1])
for _ in range(20):
    with locked(path):
        count = int(path.read_text(encoding="utf-8")) + 1
        with written_whole(path, sync=False) as stream:
            stream.write(str(count).encode())
"""


def test_who_holds_the_lock_is_alone(tmp_path):
    path = tmp_path / "count"
    path.write_text("0", encoding="utf-8")
    command = [sys.executable, "-c", COUNTING, str(path)]
    counting = [subprocess.Popen(command, stderr=subprocess.DEVNULL) for _ in range(3)]
    assert [process.wait() for process in counting] == [0, 0, 0]
    assert path.read_text(encoding="utf-8") == "60"
    if sys.platform != "win32":
        assert list(tmp_path.iterdir()) == [path]


HOLDING = """
import sys, time
from pathlib import Path
from alexnet_lib.files import locked, written_whole
with locked(Path(sys.argv[1])), written_whole(Path(sys.argv[1])) as stream:
    print("held", flush=True)
    time.sleep(float(sys.argv[2]))
"""


def holding(path, seconds):
    command = [sys.executable, "-c", HOLDING, str(path), str(seconds)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "held\n"
    return process


def test_who_waits_for_a_lock_says_so_once(tmp_path, capsys):
    path = tmp_path / "run.pt"
    with holding(path, 1) as process, locked(path):
        assert process.wait(10) == 0
    line = f"waiting: another process works on {path}\n"
    assert capsys.readouterr().err == line


def test_a_killed_holder_frees_its_lock_and_its_half_a_file_goes(tmp_path):
    path = tmp_path / "run.pt"
    with holding(path, 600) as process:
        process.kill()
    assert list(tmp_path.glob("run.pt.*.writing"))
    started = time.monotonic()
    with locked(path):
        assert time.monotonic() - started < 60  # the holder would have slept for 600
        assert not list(tmp_path.glob("*.writing"))
