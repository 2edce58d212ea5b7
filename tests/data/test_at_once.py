"""Several processes that prepare the same data at once, and downloads that stop."""

import errno
import os
import signal
import threading
import time
import traceback
from pathlib import Path
from urllib.error import URLError

import pytest
import torch
from tqdm.auto import tqdm

from alexnet_lib.data import DataError, DataMissing, load, shards
from alexnet_lib.data.preparing import job
from alexnet_lib.data.preparing.prepare import prepare_folder
from alexnet_lib.data.preparing.shard import make_shard
from alexnet_lib.data.preparing.workers import run_all
from alexnet_lib.data.sources import cifar, fetch

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="forks processes"),
    pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning"),
]


def at_once(work, count=3):
    """Have so many processes do the same work at once, all of them well."""
    children = []
    for _ in range(count):
        child = os.fork()
        if child == 0:
            status = 1
            try:
                torch.set_num_threads(1)  # a forked process has no thread pool
                # tqdm's own is shared with the parent, and may have been locked.
                tqdm.set_lock(threading.RLock())
                work()
                status = 0
            except BaseException:
                traceback.print_exc()
            finally:
                os._exit(status)
        children.append(child)
    assert [os.waitpid(child, 0)[1] for child in children] == [0] * count


@pytest.mark.parametrize("count", [2, 3, 6])
def test_all_that_prepare_cifar_have_it(cifar_folders, monkeypatch, count):
    monkeypatch.setenv("ALEXNET_DATA", str(cifar_folders))
    expected = cifar.read(cifar_folders / "cifar10").fingerprint

    def work():
        assert load("cifar10").fingerprint == expected

    at_once(work, count)
    prepared = cifar_folders / "prepared"
    assert [file.name for file in prepared.iterdir()] == ["cifar10"]
    assert shards.read(prepared / "cifar10").fingerprint == expected


def test_all_that_prepare_photographs_have_them(source, tmp_path):
    def work():
        options = {"workers": 1, "shard": 4, "show": False}
        report = prepare_folder(source, tmp_path / "out" / "squares", **options)
        assert (report.train, report.test, report.skipped) == (14, 6, ())

    at_once(work)
    assert [file.name for file in (tmp_path / "out").iterdir()] == ["squares"]
    assert len(shards.read(tmp_path / "out" / "squares").train) == 14


def test_of_all_that_need_a_file_one_downloads_it(tmp_path, monkeypatch):
    def download(url, root, name, md5):
        with (tmp_path / "calls").open("ab") as calls:
            calls.write(b"x")
        with (Path(root) / name).open("wb") as file:
            for _ in range(20):
                time.sleep(0.02)
                file.write(b"abc")

    def work():
        url = "https://example.org/a.tgz"
        file = fetch.fetch(url, "md5", tmp_path / "root", "name", "places")
        assert file.read_bytes() == b"abc" * 20

    monkeypatch.setattr("torchvision.datasets.utils.download_url", download)
    at_once(work)
    assert (tmp_path / "calls").read_bytes() == b"x"
    assert [file.name for file in (tmp_path / "root").iterdir()] == ["a.tgz"]


def test_who_comes_after_one_that_was_killed_goes_on(source, tmp_path, monkeypatch):
    """The lock of a process that is no more is nobody's."""
    made = tmp_path / "made"

    def killed(one):
        if made.exists():
            os.kill(os.getpid(), signal.SIGKILL)
        made.touch()
        return make_shard(one)

    def work():
        prepare_folder(source, tmp_path / "out", workers=1, shard=4, show=False)

    with monkeypatch.context() as patch:
        patch.setattr(job, "make_shard", killed)
        with pytest.raises(AssertionError):
            at_once(work, 1)
    assert not (tmp_path / "out").exists()
    at_once(work, 2)
    assert len(shards.read(tmp_path / "out").train) == 14


@pytest.fixture
def server(tmp_path, monkeypatch):
    """A download that gives `content`, or breaks off after some of it."""
    content = b"the archive" * 1000

    def download(url, root, name, md5, keep=None):
        (Path(root) / name).write_bytes(content[:keep])
        if keep is not None:
            raise RuntimeError("File not found or corrupted.")

    monkeypatch.setattr("torchvision.datasets.utils.download_url", download)
    return content, download


@pytest.mark.parametrize("keep", [0, 1, 5000])
def test_a_download_that_breaks_off_does_not_stand_in_the_next_ones_way(
    server, tmp_path, monkeypatch, keep
):
    content, download = server

    def broken(url, root, name, md5):
        download(url, root, name, md5, keep)

    url = "https://example.org/data/archive.tgz"
    with monkeypatch.context() as patch:
        patch.setattr("torchvision.datasets.utils.download_url", broken)
        with pytest.raises(
            DataError, match=r"archive\.tgz: download failed.*try again"
        ):
            fetch.fetch(url, "md5", tmp_path, "name", "places")
    assert list(tmp_path.iterdir()) == []
    assert fetch.fetch(url, "md5", tmp_path, "name", "places").read_bytes() == content


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (URLError("no network"), DataMissing),
        (ConnectionResetError(104, "Connection reset by peer"), DataError),
        (TimeoutError("timed out"), DataError),
        (OSError(errno.ENOSPC, "No space left on device"), OSError),
        (KeyboardInterrupt(), KeyboardInterrupt),
    ],
)
def test_what_stops_a_download_is_told_as_what_it_is(
    tmp_path, monkeypatch, error, kind
):
    def download(url, root, name, md5):
        (Path(root) / name).write_bytes(b"half")
        raise error

    monkeypatch.setattr("torchvision.datasets.utils.download_url", download)
    with pytest.raises(kind):
        fetch.fetch("https://example.org/a.tgz", "md5", tmp_path, "name", "places")
    assert list(tmp_path.iterdir()) == []


def test_a_worker_that_dies_is_told_with_what_may_have_killed_it():
    tasks = [signal.SIGKILL, signal.SIGKILL]
    with pytest.raises(DataError, match=r"a worker process died: .*fewer workers") as e:
        list(run_all(signal.raise_signal, tasks, 2))
    assert "\n" not in str(e.value)
