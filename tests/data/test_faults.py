"""Faults of the machine and of people: told as what they are, and mendable."""

import errno
import json
import os
import shutil
import sys
import tarfile
import tempfile
from pathlib import Path

import numpy as np
import pytest
import torch

from alexnet_lib import files, settings
from alexnet_lib.data import DataError, load, shards
from alexnet_lib.data.preparing import shard
from alexnet_lib.data.preparing.decode import ImageError, decode
from alexnet_lib.data.preparing.prepare import estimate, prepare, prepare_folder
from alexnet_lib.data.sources import archives, cifar
from tests.conftest import limited
from tests.data.examples import (
    WNIDS,
    devkit,
    picture,
    tar,
    train_images,
)
from tests.data.faults import unprivileged


@pytest.fixture
def place():
    """A folder that other users may enter, unlike pytest's."""
    folder = Path(tempfile.mkdtemp())
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def made(source, place):
    """The folder of a data set that is prepared."""
    return squares(source, place).folder


def squares(source, place, **options):
    options = {"workers": 1, "shard": 4, "show": False} | options
    return prepare_folder(source, place / "squares", **options)


def line_of(error):
    """The message that a command would print of an error, which must be one line."""
    text = files.explained(error) if isinstance(error, OSError) else str(error)
    assert "\n" not in text
    return text


# --- opening is not damage ----------------------------------------------------


def test_imagenets_shards_are_open_at_once_with_few_descriptors(tmp_path):
    """2,602 of them, where a system usually allows 1,024 descriptors."""
    count, side = 2602, 256
    header = shards.array_header((512, side, side, 3), np.dtype(np.uint8))
    for number in range(count):
        with (tmp_path / f"train-{number:05d}.npy").open("wb") as file:
            file.write(header)
            file.truncate(len(header) + 512 * side * side * 3)  # nothing on the disk
    stored = [
        {"file": f"train-{n:05d}.npy", "sha256": "", "labels": [0] * 512}
        for n in range(count)
    ]
    total = shards.save_array(tmp_path / shards.TOTAL, np.zeros((side, side, 3), "i8"))
    (tmp_path / shards.MANIFEST).write_bytes(
        json.dumps(
            {
                "name": "imagenet",
                "classes": ["tench"],
                "fingerprint": "f",
                "side": side,
                "source": None,
                "train": stored[:-1],
                "test": stored[-1:],
                "total": total,
                "products": [[0] * 3] * 3,
                "skipped": [],
                "version": 2,
            }
        ).encode()
    )
    with limited("RLIMIT_NOFILE", 256):
        data = shards.read(tmp_path)
        some = data.train.images[torch.tensor([0, 700_000, len(data.train) - 1])]
    assert len(data.train) == (count - 1) * 512
    assert not some.any()


def files_of_prepared(folder):
    return [
        folder / name for name in (shards.MANIFEST, "train-00001.npy", shards.TOTAL)
    ]


@pytest.mark.parametrize("which", range(3))
def test_a_prepared_file_that_may_not_be_read_is_not_called_damaged(made, which):
    file = files_of_prepared(made)[which]
    file.chmod(0)
    with unprivileged(made), pytest.raises(PermissionError) as caught:
        shards.read(made)
    line = line_of(caught.value)
    assert line.startswith(f"{file}: Permission denied")
    assert "delete" not in line


def test_a_prepared_folder_that_may_not_be_entered_is_not_called_missing(made):
    made.chmod(0)
    with unprivileged(made.parent), pytest.raises(PermissionError):
        shards.present(made)
    made.chmod(0o755)


def test_no_descriptors_left_is_not_damage(made):
    taken = []
    with limited("RLIMIT_NOFILE", 64):
        try:
            while True:
                taken.append(os.open(os.devnull, os.O_RDONLY))
        except OSError:
            with pytest.raises(OSError, match=os.strerror(errno.EMFILE)) as caught:
                shards.read(made)
        finally:
            for descriptor in taken:
                os.close(descriptor)
    assert "ulimit" in line_of(caught.value)


@pytest.mark.skipif(sys.platform != "linux", reason="takes /proc for a bad disk")
@pytest.mark.parametrize("which", range(3))
def test_a_disk_that_fails_is_not_damage(made, which):
    file = files_of_prepared(made)[which]
    file.unlink()
    file.symlink_to("/proc/self/mem")  # whose first bytes cannot be read
    with pytest.raises(OSError, match=os.strerror(errno.EIO)) as caught:
        shards.read(made)
    assert line_of(caught.value).startswith(f"{file}: Input/output error; the disk")


@pytest.mark.skipif(sys.platform != "linux", reason="limits the address space")
def test_no_memory_for_a_map_is_not_damage(made):
    file = made / "train-00001.npy"
    header = shards.array_header((1 << 24, 256, 256, 3), np.dtype(np.uint8))
    with file.open("wb") as stream:
        stream.write(header)
        stream.truncate(len(header) + (1 << 24) * 256 * 256 * 3)
    with (
        limited("RLIMIT_AS", 1 << 40),
        pytest.raises(OSError, match=os.strerror(errno.ENOMEM)) as caught,
    ):
        shards.read(made)
    assert "delete" not in line_of(caught.value)


SPOILT = {
    "empty": lambda file: file.write_bytes(b""),
    "cut": lambda file: file.write_bytes(file.read_bytes()[:-5]),
    "longer": lambda file: file.write_bytes(file.read_bytes() + b"x"),
    "one bit": lambda file: file.write_bytes(
        file.read_bytes()[:-1] + bytes([file.read_bytes()[-1] ^ 1])
    ),
    "noise": lambda file: file.write_bytes(bytes(range(256))),
    "gone": lambda file: file.unlink(),
}


@pytest.mark.parametrize("how", SPOILT)
@pytest.mark.parametrize("which", range(3))
def test_what_is_damaged_is_named_with_its_mend(made, which, how):
    file = files_of_prepared(made)[which]
    SPOILT[how](file)
    with pytest.raises(
        DataError, match=f"{file}: .*; delete {made} and prep"
    ) as caught:
        shards.read(made)
    assert "\n" not in str(caught.value)


MANIFESTS = [
    b"",
    b"{}",
    b"[]",
    b"null",
    b'"labels"',
    b"\xff\xfe",
    b"[" * 100_000,
    b'{"version": 2}',
    b'{"version": "two"}',
    b'{"labels": 3, "sha256": {}}',
    b'{"sha256": {"train_images": "x"}}',
]


@pytest.mark.parametrize("content", MANIFESTS)
def test_a_manifest_that_is_none_is_one_line(made, content):
    (made / shards.MANIFEST).write_bytes(content)
    with pytest.raises(DataError, match=r"about\.json: damaged .*; delete") as caught:
        shards.read(made)
    assert "\n" not in str(caught.value)


def changed_manifest(folder, **fields):
    said = json.loads((folder / shards.MANIFEST).read_bytes())
    (folder / shards.MANIFEST).write_bytes(json.dumps(said | fields).encode())


@pytest.mark.parametrize(
    "value", [None, True, -1, "", "../x", [], {}, [[]], [1], {"a": 1}]
)
@pytest.mark.parametrize("field", ["train", "test", "side", "products"])
def test_a_manifest_with_another_kind_of_value_is_one_line(made, field, value):
    changed_manifest(made, **{field: value})
    with pytest.raises(DataError, match=r"; delete .* and prepare again") as caught:
        shards.read(made)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("file", [None, 3, "", ".", "/etc/passwd", "../a.npy", []])
def test_a_manifest_that_names_no_file_of_its_folder_is_damaged(made, file):
    (shard, *more) = json.loads((made / shards.MANIFEST).read_bytes())["train"]
    changed_manifest(made, train=[shard | {"file": file}, *more])
    with pytest.raises(DataError, match=r"about\.json: damaged"):
        shards.read(made)


def test_a_manifest_of_other_classes_or_of_a_later_version_is_refused(made):
    changed_manifest(made, classes=["tench"])
    with pytest.raises(DataError, match="labels beyond its 1 classes"):
        shards.read(made)
    changed_manifest(made, version=99)
    with pytest.raises(DataError, match="later version of this library; update it"):
        shards.read(made)


# --- mend them and run the same command ----------------------------------------


def test_files_that_may_not_be_read_stop_the_work_and_are_taken_when_mended(
    source,
    place,
):
    shutil.copytree(source, place / "mine")
    closed = [
        place / "mine" / "train" / WNIDS[0] / f"{WNIDS[0]}_{i}.JPEG" for i in (1, 4)
    ]
    for file in closed:
        file.chmod(0)
    with (
        unprivileged(place),
        pytest.raises(DataError, match=r"Permission denied.*same command") as caught,
    ):
        squares(place / "mine", place)
    assert str(closed[0]) in line_of(caught.value)
    for file in closed:
        file.chmod(0o644)
    with unprivileged(place):
        report = squares(place / "mine", place)
    assert (report.train, report.skipped) == (14, ())
    direct = prepare_folder(source, place / "direct", shard=4, workers=1, show=False)
    first, second = (shards.manifest(r.folder) for r in (report, direct))
    assert first.fingerprint == second.fingerprint


@pytest.mark.parametrize("bad", [b"", b"<html>", "size"])
def test_files_that_were_skipped_are_taken_when_mended(source, place, bad):
    file = source / "train" / WNIDS[0] / f"{WNIDS[0]}_3.JPEG"
    good = file.read_bytes()
    file.write_bytes(bytes(len(good)) if bad == "size" else bad)
    with pytest.raises(DataError, match="files cannot be used"):
        squares(source, place)
    listing = place / "squares-skipped.txt"
    assert "_3.JPEG" in listing.read_text(encoding="utf-8")
    file.write_bytes(good)
    report = squares(source, place)
    assert (report.train, report.skipped) == (14, ())
    assert not listing.exists()


def test_what_was_skipped_is_tried_again_though_no_file_has_changed(
    source, place, monkeypatch
):
    """By a release that reads more kinds, or after a decoder was mended."""

    def decode_none(data, side):
        raise ImageError("not an image of a known kind")

    with monkeypatch.context() as patch:
        patch.setattr(shard, "decode", decode_none)
        with pytest.raises(DataError, match="files cannot be used"):
            squares(source, place)
    assert (squares(source, place).train, squares(source, place).skipped) == (14, ())


def test_an_image_changed_while_the_work_stood_still_is_made_anew(source, place):
    empty = source / "val" / WNIDS[1] / f"{WNIDS[1]}_0.JPEG"
    kept = empty.read_bytes()
    empty.write_bytes(b"")
    with pytest.raises(DataError):
        squares(source, place)
    other = source / "train" / WNIDS[0] / f"{WNIDS[0]}_0.JPEG"
    fresh = picture(77)
    other.write_bytes(fresh[:-2].ljust(other.stat().st_size, b"\0")[:-2] + b"\xff\xd9")
    empty.write_bytes(kept)
    first = shards.read(squares(source, place).folder).train.images[:1]
    assert torch.equal(first[0].permute(1, 2, 0), decode(other.read_bytes()))


def test_a_copy_of_another_archive_is_not_used(tmp_path):
    work = tmp_path / "work"

    def plain(name, content):
        (tmp_path / name).write_bytes(content)
        return archives.plain_tar(tmp_path / name, work).read_bytes()

    first, second = tar({"a": b"1"}), tar({"a": b"2"})
    for opened in ("w:gz", "w:bz2", "w:xz"):
        assert plain("data.v1.tgz", tar({"a": b"1"}, opened)) == first
        assert plain("data.v2.tgz", tar({"a": b"2"}, opened)) == second
        assert plain("data.v1.tgz", tar({"a": b"2"}, opened)) == second  # mended
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "data.v1.tgz").write_bytes(tar({"a": b"1"}, "w:gz"))
    other = archives.plain_tar(tmp_path / "elsewhere" / "data.v1.tgz", work)
    assert other.read_bytes() == first


@pytest.mark.parametrize(
    ("start", "kind"),
    [(b"PK\x03\x04", "zip"), (b"Rar!", "RAR"), (b"7z\xbc\xaf\x27\x1c", "7-Z")],
)
def test_an_archive_of_a_kind_that_is_not_read_is_not_called_damaged(
    tmp_path, start, kind
):
    (tmp_path / "imagenette2.tgz").write_bytes(start + bytes(2000))
    with pytest.raises(DataError, match=f"a {kind}.*not read; unpack it") as caught:
        prepare("imagenette", tmp_path / "imagenette2.tgz", show=False)
    assert "damaged" not in str(caught.value)


def test_a_cut_archive_is_called_damaged_whatever_packed_it(tmp_path):
    for opened in ("w:gz", "w:bz2", "w:xz"):
        whole = tar({"d/train/n1/x": os.urandom(9000)}, opened)
        (tmp_path / "t.tgz").write_bytes(whole[: len(whole) // 2])
        with pytest.raises(DataError, match=r"t\.tgz: damaged .*; fetch it again"):
            archives.plain_tar(tmp_path / "t.tgz", tmp_path / "work")


# --- a disk that is full, or read-only -------------------------------------------


@pytest.mark.parametrize("room", [100, 300_000, 700_000])
def test_a_full_disk_is_told_and_the_work_goes_on_from_there(source, place, room):
    with limited("RLIMIT_FSIZE", room), pytest.raises(DataError) as caught:
        squares(source, place)
    line = line_of(caught.value)
    assert os.strerror(errno.EFBIG) in line
    assert "the same command goes on from there" in line
    assert not (place / "squares").exists()
    assert not list(place.rglob("*.writing"))
    assert squares(source, place).train == 14


def test_a_full_disk_while_an_archive_is_decompressed_is_not_damage(tmp_path):
    (tmp_path / "t.tgz").write_bytes(tar({"d/train/n1/x": bytes(1 << 20)}, "w:gz"))
    with (
        limited("RLIMIT_FSIZE", 100_000),
        pytest.raises(DataError, match=os.strerror(errno.EFBIG)) as caught,
    ):
        prepare_folder(tmp_path / "t.tgz", tmp_path / "out", show=False)
    assert "damaged" not in line_of(caught.value)


def test_cifar_on_a_full_disk_is_told(cifar_folders, monkeypatch):
    monkeypatch.setenv("ALEXNET_DATA", str(cifar_folders))
    with (
        limited("RLIMIT_FSIZE", 10_000),
        pytest.raises(DataError, match=os.strerror(errno.EFBIG)),
    ):
        load("cifar10")
    assert len(load("cifar10").train) == 30


@pytest.mark.parametrize("name", ["squares", "other/squares"])
def test_a_folder_that_may_not_be_written_to_is_told_before_the_work(
    source,
    place,
    monkeypatch,
    name,
):
    shutil.copytree(source, place / "mine")
    (place / "out").mkdir()
    with unprivileged(place / "mine"):
        monkeypatch.setattr(shard, "make_shard", None)
        with pytest.raises(DataError, match=r"Permission denied.*ALEXNET_DATA"):
            prepare_folder(place / "mine", place / "out" / name, show=False)


def test_prepared_data_is_read_where_nothing_can_be_written(source, place):
    squares(source, place)
    with unprivileged(place):
        place.chmod(0o555)
        assert len(shards.read(place / "squares").train) == 14


# --- images and files that are not the data's -------------------------------------


def test_hidden_files_are_not_trained_on_nor_make_classes(source, place):
    before = shards.manifest(squares(source, place).folder).fingerprint
    for split in ("train", "val"):
        for name in (
            f"{WNIDS[0]}/.ipynb_checkpoints",
            ".ipynb_checkpoints",
            f"._{WNIDS[0]}",
        ):
            (source / split / name).mkdir()
            (source / split / name / "x.JPEG").write_bytes(picture(3))
        (source / split / WNIDS[0] / "._x.JPEG").write_bytes(picture(4))
    report = prepare_folder(source, place / "again", shard=4, workers=1, show=False)
    assert (report.train, report.skipped) == (14, ())
    assert shards.manifest(report.folder).fingerprint == before


def test_images_beside_class_folders_are_not_lost_in_silence(source, place):
    for i in range(6):
        (source / "val" / f"flat_{i}.JPEG").write_bytes(picture(i))
    with pytest.raises(
        DataError, match=r"6 of 26 files.*val/flat_0\.JPEG: in no class"
    ):
        squares(source, place)
    report = squares(source, place, max_skipped=0.5)
    assert len(report.skipped) == 6
    assert shards.manifest(report.folder).skipped[0][0] == "val/flat_0.JPEG"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="makes pipes")
def test_a_pipe_among_the_images_is_listed_and_not_waited_for(source, place):
    os.mkfifo(place / "pipe")
    (source / "train" / WNIDS[0] / "piped.JPEG").symlink_to(place / "pipe")
    report = squares(source, place, max_skipped=0.5)
    assert report.skipped == (
        (f"train/{WNIDS[0]}/piped.JPEG", "neither a file nor a folder"),
    )


@pytest.mark.parametrize("twin", ["._7.png", "7 copy.png", "7 (1).png", "x.PNG"])
def test_a_surplus_file_of_cifar_is_named(cifar_folders, twin):
    cats = cifar_folders / "cifar10" / "train" / "cat"
    shutil.copy(next(cats.iterdir()), cats / twin)
    if twin.startswith("."):
        assert len(cifar.read(cifar_folders / "cifar10").train) == 30
        return
    with pytest.raises(DataError, match="train/cat: 4 PNG files, CIFAR-10 has 3") as e:
        cifar.read(cifar_folders / "cifar10")
    assert f"but not {twin};" in str(e.value)


@pytest.mark.skipif(sys.platform != "linux", reason="takes names of any bytes")
def test_names_that_are_not_utf_8_are_listed(source, place):
    bad = source / "train" / WNIDS[0] / "caf\udce9\n.JPEG"
    bad.write_bytes(b"")
    with pytest.raises(DataError, match=r"caf\\udce9\\n\.JPEG: empty file") as caught:
        squares(source, place)
    str(caught.value).encode()
    listed = (place / "squares-skipped.txt").read_text(encoding="utf-8")
    assert listed.splitlines() == [f"train/{WNIDS[0]}/caf\\udce9\\n.JPEG: empty file"]
    bad.write_bytes(picture(9))
    assert squares(source, place).train == 15


# --- ILSVRC's own ------------------------------------------------------------------


@pytest.mark.parametrize("form", ["tar", "folder"])
def test_a_class_that_lost_images_is_told_by_the_devkits_counts(ilsvrc2012, form):
    kit = ilsvrc2012 / "ILSVRC2012_devkit_t12.tar.gz"
    if form == "folder":
        archive = ilsvrc2012 / "ILSVRC2012_img_train.tar"
        for wnid, images in train_images().items():
            for name, data in images.items():
                (ilsvrc2012 / "train" / wnid).mkdir(parents=True, exist_ok=True)
                (ilsvrc2012 / "train" / wnid / name).write_bytes(data)
        archive.unlink()
    kit.write_bytes(devkit("2012", counts=(6, 3, 3)))
    with pytest.raises(DataError, match=r"3 images of class n03, of which .* counts 6"):
        prepare("imagenet", ilsvrc2012, show=False)


def test_a_devkit_of_another_task_is_said_to_be_one(ilsvrc2012):
    kit = ilsvrc2012 / "ILSVRC2012_devkit_t12.tar.gz"
    kit.rename(ilsvrc2012 / "ILSVRC2012_devkit_t3.tar.gz")
    with pytest.raises(
        DataError, match=r"no .*t12 archive, but .*t3\.tar\.gz, which is of"
    ):
        prepare("imagenet", ilsvrc2012, show=False)


@pytest.mark.parametrize("name", ["readme.txt", "._ILSVRC2012_val_00000001.JPEG"])
def test_what_is_not_numbered_shifts_no_label(ilsvrc2012, name):
    archive = ilsvrc2012 / "ILSVRC2012_img_val.tar"
    with tarfile.open(archive) as opened:
        images = {m.name: opened.extractfile(m).read() for m in opened}
    archive.write_bytes(tar(images | {name: b"x"}))
    report = prepare("imagenet", ilsvrc2012, workers=1, show=False, max_skipped=0.5)
    assert report.test == 4
    assert [n for n, _ in report.skipped] == [name] * (name == "readme.txt")
    del images["ILSVRC2012_val_00000002.JPEG"]
    archive.write_bytes(tar(images | {name: b"x"}))
    shutil.rmtree(report.folder)
    with pytest.raises(DataError, match=r"3 images, but 4 labels.*number 2 is m"):
        prepare("imagenet", ilsvrc2012, workers=1, show=False, max_skipped=0.5)


# --- words that would be ignored -----------------------------------------------


@pytest.mark.parametrize(
    "numbers",
    [{"workers": -3}, {"workers": 0}, {"shard": 0}, {"side": 0}, {"max_skipped": 1.5}],
)
def test_numbers_that_make_no_sense_are_refused(source, place, numbers):
    with pytest.raises(ValueError, match=next(iter(numbers))):
        squares(source, place, **numbers)
    assert list(place.iterdir()) == []
    with pytest.raises(ValueError, match="images must be at least 1, not -5"):
        estimate("imagenette", source, images=-5)


def test_a_source_that_would_be_ignored_is_refused(source, place):
    squares(source, place)
    assert squares(source, place).train == 14
    other = shutil.copytree(source, place / "other")
    for asked in (other, other / "train"):
        with pytest.raises(DataError, match=f"prepared already, from {source}; leave"):
            squares(asked, place)
    with pytest.raises(DataError, match="prepared already, as squares of 256 pixels"):
        squares(source, place, side=64)


def test_cifar_is_prepared_from_where_it_is_asked_to_be(cifar_folders):
    mine = cifar_folders / "cifar10"
    assert prepare("cifar10", mine).train == 30
    assert settings.data_root() != cifar_folders
    with pytest.raises(DataError, match="prepared already"):
        prepare("cifar10", cifar_folders)
    shutil.rmtree(settings.data_root() / "prepared")
    with pytest.raises(DataError, match="no known layout of cifar10"):
        prepare("cifar10", mine / "train")


def test_what_was_finished_for_another_source_is_not_taken(source, place):
    """Killed after the manifest was written, before the folder had its name."""
    other = shutil.copytree(source, place / "other")
    (other / "train" / WNIDS[0] / f"{WNIDS[0]}_0.JPEG").write_bytes(picture(50))
    folder = squares(source, place).folder
    first = shards.manifest(folder).fingerprint
    folder.rename(place / ".squares.partial")
    assert shards.manifest(squares(other, place).folder).fingerprint != first
