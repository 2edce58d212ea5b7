"""Archives as they are published, read in place: small ones in the exact layouts."""

import gzip
import tarfile

import pytest
import torch

from alexnet_lib import settings
from alexnet_lib.data import DataError, shards
from alexnet_lib.data.preparing.decode import decode
from alexnet_lib.data.preparing.prepare import prepare
from alexnet_lib.data.sources import archives, ilsvrc, listing
from tests.data.examples import (
    CLASSES,
    NAMES,
    TRUTH,
    devkit,
    picture,
    tar,
    test_images,
    train_images,
)


@pytest.fixture
def ilsvrc2010(tmp_path):
    folder = tmp_path / "2010"
    folder.mkdir()
    inner = {f"train/{wnid}.tar": tar(files) for wnid, files in train_images().items()}
    (folder / "ILSVRC2010_images_train.tar").write_bytes(tar(inner))
    for split in ("val", "test"):
        images = {
            f"{split}/ILSVRC2010_{split}_{i + 1:08d}.JPEG": data
            for i, data in enumerate(test_images())
        }
        (folder / f"ILSVRC2010_images_{split}.tar").write_bytes(tar(images))
    (folder / "ILSVRC2010_devkit-1.0.tar.gz").write_bytes(devkit("2010"))
    truth = "".join(f"{n}\n" for n in reversed(TRUTH))
    (folder / "ILSVRC2010_test_ground_truth.txt").write_text(truth, encoding="utf-8")
    return folder


@pytest.fixture
def imagenette(tmp_path):
    """As fast.ai packs it, with the Finder's litter and a hostile member."""
    files = {
        f"imagenette2/{split}/{wnid}/{file}": data
        for split in ("train", "val")
        for wnid, images in train_images().items()
        for file, data in images.items()
    }
    files["imagenette2/noise.csv"] = b"path,label\n"
    files["imagenette2/train/n01/._n01_0.JPEG"] = b"litter"
    files["../../escaped.txt"] = b"!"
    (tmp_path / "imagenette2.tgz").write_bytes(tar(files, "w:gz"))
    return tmp_path / "imagenette2.tgz"


def make(name, source, **options):
    report = prepare(name, source, workers=1, shard=4, show=False, **options)
    return shards.read(report.folder)


def squares(pictures):
    return torch.stack([decode(p) for p in pictures]).permute(0, 3, 1, 2)


def by_label(split):
    return {
        label: split.images[torch.nonzero(split.labels == label)[:, 0]]
        for label in range(3)
    }


def check(data, truth):
    """Each image under its own class, classes in order of their WordNet id."""
    order = {wnid: i for i, wnid in enumerate(("n01", "n02", "n03"))}
    for wnid, images in train_images().items():
        expected = squares(images.values())
        assert torch.equal(by_label(data.train)[order[wnid]], expected)
    for label, images in by_label(data.test).items():
        expected = [
            picture
            for picture, number in zip(test_images(), truth, strict=True)
            if order[CLASSES[number][0]] == label
        ]
        assert torch.equal(images, squares(expected))


def test_ilsvrc2012_archives(ilsvrc2012):
    data = make("imagenet", ilsvrc2012)
    assert data.classes == NAMES
    check(data, TRUTH)


def test_ilsvrc2012_is_found_in_the_data_folder(ilsvrc2012):
    root = settings.data_root()
    root.mkdir(parents=True)
    ilsvrc2012.rename(root / "imagenet")
    check(make("imagenet", None), TRUTH)


def test_ilsvrc2010_is_tested_on_the_test_set_if_it_is_there(ilsvrc2010):
    check(make("imagenet2010", ilsvrc2010), TRUTH[::-1])


def test_ilsvrc2010_is_else_tested_on_the_validation_set(ilsvrc2010):
    (ilsvrc2010 / "ILSVRC2010_images_test.tar").unlink()
    check(make("imagenet2010", ilsvrc2010), TRUTH)


def test_devkit_may_be_unpacked(ilsvrc2012):
    packed = ilsvrc2012 / "ILSVRC2012_devkit_t12.tar.gz"
    with tarfile.open(packed) as archive:
        archive.extractall(ilsvrc2012, filter="data")
    packed.unlink()
    check(make("imagenet", ilsvrc2012), TRUTH)


def unpack(archive):
    """A tar's images in a folder of its name, those of inner tars in class folders."""
    folder = archive.with_suffix("")
    with tarfile.open(archive) as tar:
        tar.extractall(folder, filter="data")
    for inner in list(folder.rglob("*.tar")):
        unpack(inner)
    archive.unlink()
    return folder


def test_validation_images_may_lie_in_a_flat_folder(ilsvrc2012, tmp_path, monkeypatch):
    packed = make("imagenet", ilsvrc2012)
    monkeypatch.setenv("ALEXNET_DATA", str(tmp_path / "again"))
    val = unpack(ilsvrc2012 / "ILSVRC2012_img_val.tar")
    for name in ("ILSVRC2012_img_val", "val"):
        val = val.rename(ilsvrc2012 / name)
        assert ilsvrc.release(ilsvrc2012, "2012").test == val
    unpacked = make("imagenet", ilsvrc2012)
    check(unpacked, TRUTH)
    assert unpacked.fingerprint == packed.fingerprint


def test_training_images_may_lie_in_class_folders_beside_them(
    ilsvrc2012, tmp_path, monkeypatch
):
    packed = make("imagenet", ilsvrc2012)
    monkeypatch.setenv("ALEXNET_DATA", str(tmp_path / "again"))
    unpack(ilsvrc2012 / "ILSVRC2012_img_train.tar").rename(ilsvrc2012 / "train")
    unpack(ilsvrc2012 / "ILSVRC2012_img_val.tar").rename(ilsvrc2012 / "val")
    (tmp_path / "again").mkdir()
    ilsvrc2012.rename(tmp_path / "again" / "imagenet")
    unpacked = make("imagenet", None)
    check(unpacked, TRUTH)
    assert unpacked.fingerprint == packed.fingerprint


def test_a_flat_folder_needs_the_devkit_and_all_images(ilsvrc2012):
    val = unpack(ilsvrc2012 / "ILSVRC2012_img_val.tar").rename(ilsvrc2012 / "val")
    next(val.iterdir()).unlink()
    with pytest.raises(DataError, match="3 images, but 4 labels"):
        make("imagenet", ilsvrc2012)
    (ilsvrc2012 / "ILSVRC2012_devkit_t12.tar.gz").unlink()
    with pytest.raises(DataError, match="no ILSVRC2012_devkit_t12 archive"):
        make("imagenet", ilsvrc2012)


def patches(images):
    return tar({"patch_images/readme.txt": b"..."} | images)


def test_images_of_2010_that_have_a_patch_are_taken_from_it(ilsvrc2010):
    images = {
        "patch_images/train/n01_1.JPEG": picture(900),
        "patch_images/val/ILSVRC2010_val_00000002.JPEG": picture(901),
        "patch_images/test/ILSVRC2010_test_00000003.JPEG": picture(902),
    }
    (ilsvrc2010 / "patch_images.tar").write_bytes(patches(images))
    data = make("imagenet2010", ilsvrc2010)
    train = squares([*train_images()["n01"].values()])
    train[1] = squares([picture(900)])[0]
    assert torch.equal(by_label(data.train)[0], train)
    third = CLASSES[TRUTH[::-1][2]][0]
    tested = by_label(data.test)[("n01", "n02", "n03").index(third)]
    assert any(torch.equal(image, squares([picture(902)])[0]) for image in tested)
    assert len(data.train) == 9
    assert len(data.test) == 4


def test_a_patch_that_replaces_nothing_is_an_error(ilsvrc2010):
    other = patches({"patch_images/train/n01_7.JPEG": picture(900)})
    (ilsvrc2010 / "patch_images.tar").write_bytes(other)
    with pytest.raises(DataError, match=r"train/n01_7\.JPEG replaces no image"):
        make("imagenet2010", ilsvrc2010)


def test_imagenette_archive_without_litter_or_escape(imagenette, tmp_path):
    data = make("imagenette", imagenette)
    assert (len(data.train), len(data.test)) == (9, 9)
    assert data.classes == ("n01", "n02", "n03")
    for i, wnid in enumerate(data.classes):
        expected = squares(train_images()[wnid].values())
        assert torch.equal(by_label(data.train)[i], expected)
    assert not list(tmp_path.rglob("escaped.txt"))
    assert not list(tmp_path.parent.glob("escaped.txt"))


def test_same_pictures_in_a_folder_and_an_archive_are_the_same_data(
    imagenette, tmp_path, monkeypatch
):
    first = make("imagenette", imagenette)
    monkeypatch.setenv("ALEXNET_DATA", str(tmp_path / "again"))
    for split in ("train", "val"):
        for wnid, images in train_images().items():
            folder = tmp_path / "folders" / split / wnid
            folder.mkdir(parents=True)
            for name, data in images.items():
                (folder / name).write_bytes(data)
    second = make("imagenette", tmp_path / "folders")
    assert second.fingerprint == first.fingerprint


def cut(name, keep):
    def spoil(folder):
        data = (folder / name).read_bytes()
        (folder / name).write_bytes(data[: int(len(data) * keep)])

    return spoil


def drop(name):
    return lambda folder: (folder / name).unlink()


def write(name, data):
    return lambda folder: (folder / name).write_bytes(data)


TRAIN, VAL, KIT = (
    "ILSVRC2012_img_train.tar",
    "ILSVRC2012_img_val.tar",
    "ILSVRC2012_devkit_t12.tar.gz",
)


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (cut(TRAIN, 0.5), "img_train.tar: damaged"),
        (cut(VAL, 0.25), "img_val.tar: damaged"),
        (write(TRAIN, b"no tar" * 500), "img_train.tar: damaged"),
        (cut(KIT, 0.5), "devkit_t12.tar.gz: damaged"),
        (drop(KIT), "no ILSVRC2012_devkit_t12 archive"),
        (drop(VAL), "no known layout of imagenet"),
        (write(KIT, devkit("2012", TRUTH[:3])), "4 images, but 3 labels"),
        (write(KIT, devkit("2012", [3, 1, 2, 9])), "has a class 9"),
        (write(KIT, devkit("2010")), "no ILSVRC2012_validation_ground_truth.txt"),
        (write(KIT, tar({"data/meta.mat": b"x"}, "w:gz")), "devkit_t12.tar.gz: "),
        (write(TRAIN, tar({"n99.tar": tar({"a": b"b"})})), "class n99 is not in"),
        (write(TRAIN, tar({"n01.tar": tar({"a": b"b"})})), "no images of 2 classes"),
    ],
)
def test_bad_archives_are_named_in_a_line(ilsvrc2012, spoil, message):
    spoil(ilsvrc2012)
    with pytest.raises(DataError, match=message) as caught:
        make("imagenet", ilsvrc2012)
    assert "\n" not in str(caught.value)


def test_a_damaged_imagenette_is_named_and_leaves_nothing(imagenette):
    data = imagenette.read_bytes()
    imagenette.write_bytes(data[: len(data) // 2])
    with pytest.raises(DataError, match=r"imagenette2\.tgz: damaged"):
        make("imagenette", imagenette)
    left = settings.data_root() / "prepared" / ".imagenette.partial"
    assert list(left.iterdir()) == []


def test_tar_members_lie_where_they_are_said_to(tmp_path):
    files = {"a/one": b"1" * 700, "b/two": b"2" * 10, "b/empty": b""}
    archive = tmp_path / "t.tar"
    archive.write_bytes(tar({"x": b"abc", "inner.tar": tar(files)}))
    outer = {found.path: found.read() for found in listing.list_tar(archive).files}
    assert outer == {"x": b"abc", "inner.tar": tar(files)}
    inner = dict(listing.list_inner_tars(archive))
    assert inner["x"].refused == [("x", "not a tar")]
    assert {f.path: f.read() for f in inner["inner.tar"].files} == files


def test_links_out_of_an_archive_and_devices_are_not_followed(tmp_path):
    with tarfile.open(tmp_path / "t.tar", "w") as archive:
        for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE):
            member = tarfile.TarInfo(f"d/train/n01/{kind.decode()}")
            member.type, member.linkname = kind, "/etc/passwd"
            archive.addfile(member)
    found = listing.list_tar(tmp_path / "t.tar")
    assert found.files == []
    assert len(found.refused) == 3


def test_a_decompressed_archive_is_used_again(imagenette, tmp_path):
    plain = archives.plain_tar(imagenette, tmp_path / "work")
    assert plain.read_bytes() == gzip.decompress(imagenette.read_bytes())
    before = plain.stat().st_mtime_ns
    assert archives.plain_tar(imagenette, tmp_path / "work") == plain
    assert plain.stat().st_mtime_ns == before


def test_years_are_told_apart(ilsvrc2012, ilsvrc2010):
    assert ilsvrc.release(ilsvrc2012, "2010") is None
    assert ilsvrc.release(ilsvrc2010, "2012") is None
    assert ilsvrc.release(ilsvrc2010, "2010").truth.startswith("ILSVRC2010_test")
