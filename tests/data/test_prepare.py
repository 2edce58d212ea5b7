"""Photographs to shards: every layout, every fault, killed at any moment."""

import errno
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager

import numpy as np
import pytest
import torch
from tqdm.auto import tqdm

from alexnet_lib import settings
from alexnet_lib.data import DataError, load, shards
from alexnet_lib.data.preparing import job, prepare, shard
from alexnet_lib.data.preparing.decode import decode
from alexnet_lib.data.preparing.prepare import prepare as run
from tests.data.examples import WNIDS, picture


def make(source, **options):
    options = {"workers": 1, "shard": 4, "show": False} | options
    return run("imagenette", source, **options)


def files(folder):
    return {file.name: file.read_bytes() for file in folder.iterdir()}


@pytest.fixture
def elsewhere(monkeypatch, tmp_path):
    """Let what follows prepare into another, empty folder."""
    count = iter(range(100))

    def change():
        monkeypatch.setenv("ALEXNET_DATA", str(tmp_path / f"data-{next(count)}"))

    return change


def test_pixels_labels_and_sums_are_those_of_the_files(source):
    report = make(source)
    assert (report.train, report.test, report.skipped) == (14, 6, ())
    data = load("imagenette")
    assert data.classes == ("tench", "English springer")
    assert data.real
    for split, name in ((data.train, "train"), (data.test, "val")):
        found = sorted((source / name).glob("*/*"))
        expected = torch.stack([decode(file.read_bytes()) for file in found])
        assert torch.equal(split.images[:], expected.permute(0, 3, 1, 2))
        labels = [WNIDS.index(file.parent.name) for file in found]
        assert split.labels.tolist() == labels
    images = data.train.images[:].double()
    torch.testing.assert_close(
        data.mean_image, images.mean(0).float(), rtol=1e-6, atol=0
    )
    pixels = images.permute(1, 0, 2, 3).reshape(3, -1).numpy()
    covariance = np.cov(pixels, bias=True)
    np.testing.assert_allclose(data.statistics.covariance, covariance, rtol=1e-9)


def test_only_whole_and_listed_files_remain(source):
    folder = make(source).folder
    names = {file.name for file in folder.iterdir()}
    assert names == {
        *(f"train-{i:05d}.npy" for i in range(4)),
        *(f"test-{i:05d}.npy" for i in range(2)),
        "train-total.npy",
        "about.json",
    }
    assert [file.name for file in folder.parent.iterdir()] == ["imagenette"]


def test_number_of_workers_does_not_change_a_byte(source, elsewhere):
    results = []
    for workers in (1, 2, 4):
        elsewhere()
        results.append(files(make(source, workers=workers).folder))
    assert results[0] == results[1] == results[2]


def test_fingerprint_knows_pixels_and_labels(source, elsewhere):
    first = shards.read(make(source).folder).fingerprint
    elsewhere()
    assert shards.read(make(source).folder).fingerprint == first
    elsewhere()
    (source / "val" / WNIDS[0] / f"{WNIDS[0]}_0.JPEG").write_bytes(picture(99))
    assert shards.read(make(source).folder).fingerprint != first


def test_prepared_data_is_not_prepared_again(source, monkeypatch):
    first = make(source)
    monkeypatch.setattr(job, "make_shard", None)
    assert make(source) == first


HOSTILE = {
    "empty.JPEG": b"",
    "text.JPEG": b"<html>404</html>",
    "notes.txt": b"a note",
    "cut.JPEG": picture(5)[:300],
    "cut.PNG": picture(5, kind="PNG")[:300],
}


def test_hostile_files_are_skipped_counted_and_named(source, elsewhere):
    good = shards.read(make(source).folder)
    elsewhere()
    for name, data in HOSTILE.items():
        (source / "train" / WNIDS[0] / name).write_bytes(data)
    (source / "val" / WNIDS[1] / "gone.JPEG").symlink_to(source / "nowhere")
    (source / "val" / WNIDS[1] / ".DS_Store").write_bytes(b"hidden")
    report = make(source, max_skipped=0.3)
    skipped = dict(report.skipped)
    assert {name.rsplit("/", 1)[1] for name in skipped} == {*HOSTILE, "gone.JPEG"}
    assert skipped[f"train/{WNIDS[0]}/empty.JPEG"] == "empty file"
    assert "not an image" in skipped[f"train/{WNIDS[0]}/notes.txt"]
    data = shards.read(report.folder)
    assert torch.equal(data.train.images[:], good.train.images[:])
    assert torch.equal(data.mean_image, good.mean_image)
    assert torch.equal(data.statistics.products, good.statistics.products)


def test_too_many_bad_files_are_an_error_that_lists_them(source):
    for name, data in HOSTILE.items():
        (source / "train" / WNIDS[0] / name).write_bytes(data)
    with pytest.raises(DataError, match=r"files cannot be used, more than 5.0%") as e:
        make(source, max_skipped=0.05)
    listing = settings.data_root() / "prepared" / "imagenette-skipped.txt"
    assert str(listing) in str(e.value)
    assert "\n" not in str(e.value)
    assert listing.read_text(encoding="utf-8").count("\n") >= 2
    for name in HOSTILE:
        (source / "train" / WNIDS[0] / name).unlink()
    assert make(source, max_skipped=0.05).train == 14


def empty_class(source):
    for file in (source / "train" / WNIDS[1]).iterdir():
        file.unlink()


def no_val(source):
    (source / "val").rename(source / "validation")


def odd_class(source):
    (source / "val" / WNIDS[0]).rename(source / "val" / "n99999999")


def flat(source):
    (source / "train").rename(source / "images")


def unreadable_class(source):
    for file in (source / "train" / WNIDS[1]).iterdir():
        file.write_bytes(b"?")


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (empty_class, "class train/n02102040 is empty"),
        (no_val, "no classes in val/"),
        (odd_class, "in one of train and val only"),
        (flat, "no known layout"),
        (unreadable_class, "no file of class English springer"),
    ],
)
def test_wrong_layouts_are_named_in_a_line(source, spoil, message):
    spoil(source)
    with pytest.raises(DataError, match=message) as caught:
        make(source, max_skipped=1)
    assert "\n" not in str(caught.value)


def test_missing_source_and_unknown_name_are_named(source):
    with pytest.raises(DataError, match="no such file or folder"):
        make(source / "nowhere")
    with pytest.raises(DataError, match="known: cifar10, imagenette"):
        run("imagenot", source)
    with pytest.raises(DataError, match="alexnet data prepare imagenet"):
        run("imagenet")
    with pytest.raises(DataError, match="alexnet data prepare imagenet"):
        load("imagenet")


def test_says_disk_and_time_beforehand(source, capsys):
    make(source, show=True)
    said = capsys.readouterr()
    assert "imagenette: 20 images to prepare: 0.00 GB of disk" in said.out + said.err


def test_a_plan_prepares_nothing_and_grows_with_the_number_of_images(source):
    few = prepare.estimate("imagenette", source)
    assert (few.images, few.disk) == (20, 20 * 256 * 256 * 3)
    assert few.hours(1) == pytest.approx(few.seconds * 20 / 3600)
    assert few.hours(4) == pytest.approx(few.hours(1) / 4)
    assert list(settings.data_root().iterdir()) == []
    many = prepare.estimate("imagenette", source, images=1_331_167)
    assert "1,331,167 images" in many.table()
    assert "disk    261.7 GB" in many.table()
    assert "memory  0.67 GB" in many.table()


def test_a_disk_too_small_is_refused_before_the_work(source, monkeypatch):
    usage = type("Usage", (), {"free": 1_000_000})
    monkeypatch.setattr(job.shutil, "disk_usage", lambda _: usage)
    monkeypatch.setattr(job, "make_shard", None)
    with pytest.raises(DataError, match=r"0\.01 GB needed, 0\.00 GB free"):
        make(source)


@pytest.mark.parametrize("at", [0, 4, 9, 16, 18, 19])
def test_a_disk_that_fills_up_stops_cleanly_and_resumes(
    source, elsewhere, monkeypatch, at
):
    whole = files(make(source).folder)
    elsewhere()
    writes = iter(range(100))
    real = shard.written_whole

    @contextmanager
    def filling(file, *options, **named):
        with real(file, *options, **named) as stream:
            if next(writes) >= at:
                stream.write(b"half")
                raise OSError(errno.ENOSPC, "No space left on device", str(file))
            yield stream

    with monkeypatch.context() as patch:
        for module in (shard, shards):
            patch.setattr(module, "written_whole", filling)
        with pytest.raises(DataError, match="No space left on device") as caught:
            make(source)
    assert "\n" not in str(caught.value)
    folder = settings.data_root() / "prepared"
    assert not shards.present(folder / "imagenette")
    assert not list(folder.rglob("*.writing"))
    made = []

    def counted(one):
        made.append(one.name)
        return shard.make_shard(one)

    monkeypatch.setattr(job, "make_shard", counted)
    assert files(make(source).folder) == whole
    assert len(made) == 6 - min(at // 3, 6)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="kills a forked process")
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_killed_at_any_moment_it_ends_with_the_same_bytes(source, elsewhere):
    elsewhere()
    started = time.monotonic()
    whole = files(make(source, shard=2).folder)
    duration = time.monotonic() - started
    elsewhere()
    rng = random.Random(0)
    folder = settings.data_root() / "prepared" / "imagenette"
    half = folder.with_name(".imagenette.partial")
    for _ in range(10):
        child = os.fork()
        if child == 0:
            try:
                torch.set_num_threads(1)  # a forked process has no thread pool
                # tqdm's own is shared with the parent, and may die locked.
                tqdm.set_lock(threading.RLock())
                make(source, shard=2)
            finally:
                os._exit(0)
        patience = time.monotonic() + 60
        while not (half.exists() or shards.present(folder)):
            assert time.monotonic() < patience
            time.sleep(0.001)
        time.sleep(rng.uniform(0, duration / 4))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    assert half.exists() != shards.present(folder)
    assert files(make(source, shard=2).folder) == whole


def test_workers_end_with_a_killed_parent(source):
    for i in range(40):
        file = source / "train" / WNIDS[0] / f"more_{i}.JPEG"
        file.write_bytes(picture(i, (600, 600)))
    code = (
        "import sys; from pathlib import Path; "
        "from alexnet_lib.data.preparing.prepare import prepare; "
        "prepare('imagenette', Path(sys.argv[1]), workers=2, shard=2, show=False)"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", code, str(source)], stdout=subprocess.PIPE
    )
    half = settings.data_root() / "prepared" / ".imagenette.partial"
    while not list(half.glob("*.json")):
        assert parent.poll() is None
        time.sleep(0.01)
    parent.kill()
    parent.communicate(timeout=60)  # ends when nobody has its output open any more
    assert make(source, shard=2).train == 54


def test_damaged_shards_are_refused_by_name(source):
    folder = make(source).folder
    shard = folder / "train-00001.npy"
    good = shard.read_bytes()
    for bad in (good[:-1] + bytes([good[-1] ^ 1]), good[:5000], b""):
        shard.write_bytes(bad)
        with pytest.raises(DataError, match=r"train-00001\.npy: damaged"):
            shards.read(folder)
    shard.unlink()
    with pytest.raises(DataError, match=r"train-00001\.npy: missing"):
        shards.read(folder, verify=False)
    (folder / "about.json").write_text("{", encoding="utf-8")
    with pytest.raises(DataError, match=r"about.json: damaged"):
        shards.read(folder)


def test_a_shard_of_other_files_or_cut_short_is_made_again(source, elsewhere):
    whole = files(make(source).folder)
    elsewhere()
    folder = settings.data_root() / "prepared"
    make(source, shard=5)
    (folder / "imagenette").rename(folder / ".imagenette.partial")
    half = folder / ".imagenette.partial"
    (half / "about.json").unlink()
    said = {"digest": "of other files", "labels": [], "skipped": []}
    (half / "train-00000.json").write_text(json.dumps(said), encoding="utf-8")
    (half / "train-00001.json").write_text("{", encoding="utf-8")
    (half / ".plan-killed").mkdir()
    (half / ".plan-killed" / "plan.npy").write_bytes(b"left")
    assert files(make(source).folder) == whole


def test_imagenette_offline_says_where_it_looked(monkeypatch):
    from urllib.error import URLError

    def offline(*_):
        raise URLError("no network")

    monkeypatch.setattr("torchvision.datasets.utils.download_url", offline)
    with pytest.raises(DataError, match=r"imagenette not found.*imagenette2\.tgz"):
        run("imagenette", show=False)


def test_drawn_photographs_need_no_files():
    data = load("synthetic256")
    assert data.train.images.shape == (400, 3, 256, 256)
    assert not data.real
    assert data.train.labels.bincount().tolist() == [40] * 10


@pytest.mark.parametrize("side", [1, 64, 384])
def test_squares_of_other_sides_are_those_that_decode_makes(source, side):
    made = run(f"imagenette-{side}", source, workers=1, shard=4, show=False)
    data = load(f"imagenette-{side}")
    assert made.folder.name == f"imagenette-{side}"
    assert shards.manifest(made.folder).side == side
    found = sorted((source / "train").glob("*/*"))
    expected = torch.stack([decode(file.read_bytes(), side) for file in found])
    assert torch.equal(data.train.images[:], expected.permute(0, 3, 1, 2))
    assert data.mean_image.shape == (3, side, side)
    assert data.classes == ("tench", "English springer")


def test_sides_have_fingerprints_of_their_own(source):
    names = ("imagenette", "imagenette-64", "imagenette-128")
    for name in names:
        run(name, source, workers=1, shard=4, show=False)
    assert len({load(name).fingerprint for name in names}) == 3


def test_any_folder_is_prepared_under_its_own_classes(source, tmp_path):
    report = prepare.prepare_folder(source, tmp_path / "mine", show=False, workers=1)
    data = shards.read(report.folder)
    assert (data.name, data.classes) == ("mine", WNIDS)
    assert data.fingerprint == load_as_one_shard(source).fingerprint


def load_as_one_shard(source):
    return shards.read(run("imagenette", source, workers=1, show=False).folder)


def test_the_first_runs_images_are_found_under_a_name_of_their_own(source):
    root = settings.data_root()
    root.mkdir(parents=True)
    source.rename(root / "imagenette-subset")
    data = load("imagenette-subset")
    assert len(data.train) == 14
    half = load("imagenette-subset128")
    assert half.train.images.shape == (14, 3, 128, 128)
    with pytest.raises(DataError, match="imagenette not found"):
        load("imagenette")


def test_data_prepared_anew_is_loaded_anew(source):
    first = load_as_one_shard(source)
    assert load("imagenette").fingerprint == first.fingerprint
    assert load("imagenette") is load("imagenette")
    shutil.rmtree(settings.data_root() / "prepared" / "imagenette")
    (source / "val" / WNIDS[0] / f"{WNIDS[0]}_0.JPEG").write_bytes(picture(99))
    assert load_as_one_shard(source).fingerprint != first.fingerprint
    assert load("imagenette").fingerprint != first.fingerprint


def test_two_data_folders_are_not_mistaken_for_each_other(source, elsewhere):
    elsewhere()
    first = load_as_one_shard(source)
    assert load("imagenette").fingerprint == first.fingerprint
    elsewhere()
    with pytest.raises(DataError, match="imagenette not found"):
        load("imagenette")
