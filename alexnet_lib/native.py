"""C++ beside the Python: compiled for this processor when it is first needed.

Nothing but a compiler is wanted, neither Python's headers nor torch's: tensors go
over as addresses and sizes. Where it does not compile, torch's own operations do the
work, several times slower, and one warning says why.
"""

from __future__ import annotations

import ctypes
import platform
import subprocess
import sys
import tempfile
import warnings
from functools import cache
from pathlib import Path

from alexnet_lib import settings

_FLAGS = ["-std=c++17", "-O3", "-march=native", "-fPIC", "-shared"]
_FLAGS += ["-fno-math-errno", "-fno-trapping-math"]
if platform.machine() in ("x86_64", "AMD64"):
    _FLAGS += ["-mprefer-vector-width=512"]
if sys.platform != "darwin":  # Apple's compiler has no threads of OpenMP
    _FLAGS += ["-fopenmp"]


@cache
def library(source: Path, *definitions: str) -> ctypes.CDLL | None:
    """Compile `source` with `definitions` ("N=5"), once a process; None if that fails.

    It takes about a second and leaves no file behind.
    """
    compiler = settings.compiler()
    words = [*compiler, *_FLAGS, *(f"-D{d}" for d in definitions), str(source)]
    try:
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
            made = Path(folder) / "library.so"
            _run([*words, "-o", made.name], folder)
            return ctypes.CDLL(str(made))
    except OSError as error:
        _warn(" ".join(compiler), str(error))
    return None


def _run(words: list[str], folder: str) -> None:
    """Run the compiler in `folder`; raises `OSError` with its first error."""
    done = subprocess.run(
        words, cwd=folder, capture_output=True, text=True, errors="replace"
    )
    if done.returncode:
        said = done.stderr.strip().splitlines()
        errors = (line for line in said if "error" in line)
        status = f"exit status {done.returncode}"
        raise OSError(next(errors, said[0] if said else status))


@cache
def _warn(compiler: str, cause: str) -> None:
    warnings.warn(
        f"training runs slower than it could, as {compiler} compiles nothing here "
        f"({cause}); install a C++ compiler, or name one in CXX",
        stacklevel=2,
    )
