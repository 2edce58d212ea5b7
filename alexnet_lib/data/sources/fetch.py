"""One way to fetch a file: under a name of its own, until its checksum is right."""

from __future__ import annotations

import os
from http.client import HTTPException
from pathlib import Path
from urllib.error import URLError

from alexnet_lib.data.errors import DataError, DataMissing
from alexnet_lib.files import locked


def fetch(url: str, md5: str, root: Path, name: str, tried: str) -> Path:
    """Download what `url` holds to `root`, for the data set `name`; the new file.

    It gets the last part of the URL for a name once it is whole; of several processes
    one downloads. Raises `DataMissing` if the URL cannot be reached, which says that
    `tried` was looked for in vain, `DataError` if the file does not come whole,
    `OSError` if it cannot be written.
    """
    file = root / url.rsplit("/", 1)[1]
    try:
        with locked(file):
            if not file.exists():  # nor did it come while we waited
                _download(url, md5, file)
    except URLError as error:
        raise DataMissing(
            f"{name} not found and not to be fetched ({error.reason}): looked for "
            f"{tried}; put {file.name} or class folders there, or set ALEXNET_DATA"
        ) from None
    except (RuntimeError, HTTPException, ConnectionError, TimeoutError) as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise DataError(
            f"{file}: download failed ({reason}); try again, or fetch {url} yourself"
        ) from None
    return file


def _download(url: str, md5: str, file: Path) -> None:
    from torchvision.datasets.utils import download_url

    coming = file.with_name(f".{file.name}.part")
    try:
        download_url(url, str(file.parent), coming.name, md5)
        os.replace(coming, file)
    finally:
        coming.unlink(missing_ok=True)
