"""Files: written whole or not at all, by one process at a time, and read with care.

An error of the operating system (no right, no descriptor, a failing disk) says nothing
about what a file holds, and is never told as damage: `reading` keeps the two apart.
"""

from __future__ import annotations

import errno
import hashlib
import os
import secrets
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedRandom
from pathlib import Path
from typing import IO

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

_WRITING = ".writing"
_ELSEWHERE = "or choose another folder with ALEXNET_RUNS or ALEXNET_DATA"
_MENDS = {
    errno.EACCES: f"give yourself the right to it, {_ELSEWHERE}",
    errno.EPERM: f"give yourself the right to it, {_ELSEWHERE}",
    errno.EROFS: f"make it writable, {_ELSEWHERE}",
    errno.ENOSPC: f"free some of the disk, {_ELSEWHERE}",
    errno.EDQUOT: f"free some of your quota, {_ELSEWHERE}",
    errno.EFBIG: "allow larger files (`ulimit -f unlimited`)",
    errno.EMFILE: "allow more open files (`ulimit -n 4096`) and try again",
    errno.ENFILE: "close other programs and try again",
    errno.ENOMEM: "free some memory and try again",
    errno.EIO: "the disk, or the network it is on, fails: the system's log says more",
    errno.ESTALE: "the network disk was lost: mount it again and try again",
}


@contextmanager
def written_whole(path: Path, *, sync: bool = True) -> Iterator[BufferedRandom]:
    """A stream whose bytes become the file at `path` when the block ends well.

    Until then they lie beside it in a file whose name no other writer shares, so that
    a kill leaves no half a file; nor does a power cut, with `sync`, which waits until
    they are on the disk. An error removes them, and what stood at `path` stays. Raises
    `OSError`, a full disk among them, whatever the block made of it.
    """
    unique = f"{path.name}.{os.getpid()}-{secrets.token_hex(4)}{_WRITING}"
    temporary = path.with_name(unique)
    try:
        with temporary.open("x+b") as stream:
            yield stream
            if sync:
                stream.flush()
                os.fsync(stream.fileno())
        os.replace(temporary, path)
    except BaseException as error:
        temporary.unlink(missing_ok=True)
        if (cause := _system_error(error)) and cause.filename is None:
            cause.filename = str(path)  # a write that fails does not name it
        if isinstance(error, RuntimeError) and cause:
            raise cause from error  # torch.save tells a full disk as "unexpected pos"
        raise


def _system_error(error: BaseException | None) -> OSError | None:
    """The operating system's error that `error` was raised from, if one was."""
    while error is not None and not isinstance(error, OSError):
        error = error.__cause__ or error.__context__
    return error


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold `path` for this process alone; while another has it, say so and wait.

    `path` need not exist; what killed writers of it left is removed. The lock is a
    file beside it, `<name>.lock`, which the system frees when its process ends,
    however it ends. Raises `OSError` if the folder cannot be written to: known before
    the work, not after it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(path.name + ".lock")
    stream = _wait_for(beside, path)
    try:
        for file in path.parent.iterdir():
            if file.name.startswith(f"{path.name}.") and file.suffix == _WRITING:
                file.unlink()
        yield
    finally:
        if sys.platform != "win32":  # where an open file cannot be removed
            beside.unlink(missing_ok=True)
        stream.close()


def _wait_for(beside: Path, path: Path) -> IO[bytes]:
    """The file `beside`, open, once no other process has a lock on it."""
    told = False
    while True:
        stream = beside.open("ab")
        # Without a name it was removed by its last holder, and locks nothing.
        if _lock(stream) and os.fstat(stream.fileno()).st_nlink:
            return stream
        stream.close()
        if not told:
            print(f"waiting: another process works on {path}", file=sys.stderr)
            told = True
        time.sleep(0.2)


def _lock(stream: IO[bytes]) -> bool:
    """Lock an open file for this process; False if another process has it."""
    try:
        if sys.platform == "win32":
            msvcrt.locking(stream.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno not in (errno.EAGAIN, errno.EACCES, errno.EDEADLK):
            raise
        return False
    return True


@contextmanager
def reading(path: Path, damaged: type[Exception], mend: str) -> Iterator[None]:
    """Raise `damaged`, with the advice `mend`, if what the block reads is wrong.

    For a block that opens the file at `path` and takes it apart. An error of the
    operating system, or of memory, is raised as `OSError` with the path: it says
    nothing against the file.
    """
    try:
        yield
    except damaged:
        raise
    except Exception as error:
        if isinstance(error, OSError) and error.errno is not None:
            place = error.filename or str(path)
            raise OSError(error.errno, error.strerror, place) from error
        if isinstance(error, MemoryError) or "allocate memory" in str(error):
            raise OSError(errno.ENOMEM, os.strerror(errno.ENOMEM), str(path)) from error
        raise damaged(f"{path}: damaged ({first_line(error)}); {mend}") from error


def first_line(error: BaseException) -> str:
    """The first line of what an error says, or its name."""
    return (str(error).splitlines() or [type(error).__name__])[0]


def explained(error: OSError) -> str:
    """One line for an error of the operating system: the file, the cause, the mend."""
    place = f"{os.fsdecode(error.filename)}: " if error.filename else ""
    mend = f"; {_MENDS[error.errno]}" if error.errno in _MENDS else ""
    return f"{place}{error.strerror or first_line(error)}{mend}"


def sha256(path: Path) -> str:
    """SHA-256 of a file's bytes, in hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
