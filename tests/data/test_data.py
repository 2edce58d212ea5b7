"""CIFAR-10 in every form, and every way in which it can be bad."""

import pickle
import shutil
import tarfile

import numpy as np
import pytest
import torch
from PIL import Image
from torchvision.datasets import CIFAR10
from torchvision.datasets.utils import calculate_md5

from alexnet_lib.data import DataError, DataMissing, load, shards, synthetic
from alexnet_lib.data.augment import CentreViews
from alexnet_lib.data.batches import Batches
from alexnet_lib.data.dataset import Dataset, Split
from alexnet_lib.data.mapped import ShardedImages
from alexnet_lib.data.sources import cifar


def cifar10(root):
    """CIFAR-10 of the data folder `root`, prepared there if need be."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ALEXNET_DATA", str(root))
        return load("cifar10")


pytestmark = pytest.mark.usefixtures("small_cifar")


@pytest.fixture
def batches(tmp_path, pixels, monkeypatch):
    """torchvision's unpacked folder under a root, its checksums made to fit."""
    root = tmp_path / "as-batches"
    folder = root / CIFAR10.base_folder
    folder.mkdir(parents=True)

    def store(name, content):
        (folder / name).write_bytes(pickle.dumps(content))
        return [[name, calculate_md5(folder / name)]]

    def batch(split, backwards):
        images = pixels[split].transpose(0, 3, 1, 2).reshape(-1, 3072)[::backwards]
        labels = [i % 10 for i in range(len(images))][::backwards]
        return {"data": images.copy(), "labels": labels}

    monkeypatch.setattr(
        CIFAR10, "train_list", store("data_batch_1", batch("train", -1))
    )
    monkeypatch.setattr(CIFAR10, "test_list", store("test_batch", batch("test", 1)))
    meta = store("batches.meta", {"label_names": list(cifar.CLASSES)})[0]
    monkeypatch.setattr(
        CIFAR10, "meta", {"filename": meta[0], "key": "label_names", "md5": meta[1]}
    )
    return root


@pytest.fixture
def archive(tmp_path, batches, monkeypatch):
    """torchvision's archive under a root."""
    root = tmp_path / "as-archive"
    root.mkdir()
    with tarfile.open(root / cifar.ARCHIVE, "w:gz") as tar:
        tar.add(batches / CIFAR10.base_folder, CIFAR10.base_folder)
    monkeypatch.setattr(CIFAR10, "tgz_md5", calculate_md5(root / cifar.ARCHIVE))
    return root


def test_every_form_gives_the_same_images_in_the_same_order(
    cifar_folders, batches, archive, pixels
):
    first = cifar10(cifar_folders)
    for other in (cifar10(batches), cifar10(archive)):
        assert other.fingerprint == first.fingerprint
        assert torch.equal(other.train.images, first.train.images)
        assert torch.equal(other.test.labels, first.test.labels)
    assert len(first.train) == 30
    known = {image.tobytes(): i % 10 for i, image in enumerate(pixels["train"])}
    for image, label in zip(first.train.images, first.train.labels, strict=True):
        assert known[image.permute(1, 2, 0).numpy().tobytes()] == label


def test_file_names_do_not_matter_but_pixels_and_labels_do(cifar_folders):
    before = cifar.read(cifar_folders / "cifar10").fingerprint
    cats = cifar_folders / "cifar10" / "train" / "cat"
    for i, file in enumerate(sorted(cats.iterdir())):
        file.rename(cats / f"renamed{9 - i}.png")
    assert cifar.read(cifar_folders / "cifar10").fingerprint == before
    dogs = cifar_folders / "cifar10" / "train" / "dog"
    a, b = next(cats.iterdir()), next(dogs.iterdir())
    a.rename(dogs / "swapped.png")
    b.rename(cats / "swapped.png")
    assert cifar.read(cifar_folders / "cifar10").fingerprint != before


def test_prepared_shards_serve_without_the_source(cifar_folders):
    first = cifar10(cifar_folders)
    shutil.rmtree(cifar_folders / "cifar10")
    again = cifar10(cifar_folders)
    assert again.fingerprint == first.fingerprint
    assert torch.equal(again.train.images, first.train.images)


def spoil(cifar_folders, change):
    file = sorted((cifar_folders / "cifar10" / "train" / "frog").iterdir())[1]
    change(file)
    return file


def truncated(file):
    file.write_bytes(file.read_bytes()[:700])


def grey(file):
    Image.new("L", (32, 32)).save(file)


def large(file):
    Image.new("RGB", (48, 32)).save(file)


def text(file):
    file.write_text("not an image", encoding="utf-8")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (truncated, "damaged"),
        (grey, "L image, CIFAR-10 is RGB"),
        (large, "48x32, CIFAR-10 is 32x32"),
        (text, "damaged"),
    ],
)
def test_a_bad_image_is_one_line_that_names_file_and_mend(cifar_folders, change, words):
    file = spoil(cifar_folders, change)
    with pytest.raises(DataError) as caught:
        cifar10(cifar_folders)
    message = str(caught.value)
    assert str(file) in message
    assert words in message
    assert "copy it again" in message
    assert "\n" not in message
    assert not shards.present(cifar_folders / "prepared" / "cifar10")


def test_a_missing_class_is_named(cifar_folders):
    shutil.rmtree(cifar_folders / "cifar10" / "test" / "ship")
    with pytest.raises(DataError, match=r"test/ship: 0 PNG files, CIFAR-10 has 2"):
        cifar10(cifar_folders)


def test_a_damaged_archive_is_not_opened(archive):
    file = archive / cifar.ARCHIVE
    file.write_bytes(file.read_bytes()[:-10] + b"0123456789")
    with pytest.raises(DataError, match=r"wrong checksum.*delete the file"):
        cifar10(archive)


def test_a_damaged_batch_is_not_unpickled(batches, monkeypatch):
    (batches / CIFAR10.base_folder / "data_batch_1").write_bytes(b"changed")

    def unpickle(*_, **__):
        raise AssertionError("unpickled before its checksum was known")

    monkeypatch.setattr(pickle, "load", unpickle)
    with pytest.raises(DataError, match=r"missing or damaged.*unpack"):
        cifar10(batches)


def test_an_unwritable_folder_is_named(cifar_folders):
    (cifar_folders / "prepared").write_text(
        "a file where a folder should be", encoding="utf-8"
    )
    with pytest.raises(DataError, match=r"prepared.*(File exists|Not a directory)"):
        cifar10(cifar_folders)


def test_a_damaged_shard_is_not_read(cifar_folders):
    cifar10(cifar_folders)
    file = cifar_folders / "prepared" / "cifar10" / "train-00000.npy"
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)
    with pytest.raises(DataError, match=r"train-00000.npy: damaged"):
        shards.read(file.parent)


def test_without_data_and_network_every_place_is_listed(tmp_path):
    with pytest.raises(DataMissing) as caught:
        cifar10(tmp_path)
    for words in ("no network", "cifar10/train", cifar.ARCHIVE, "ALEXNET_DATA"):
        assert words in str(caught.value)


def test_a_download_that_breaks_is_a_fault_and_not_missing_data(tmp_path, monkeypatch):
    def broken(*_):
        raise RuntimeError("File not found or corrupted.")

    monkeypatch.setattr("torchvision.datasets.utils.download_url", broken)
    with pytest.raises(DataError, match="download failed") as caught:
        cifar10(tmp_path)
    assert not isinstance(caught.value, DataMissing)


# --- in memory ----------------------------------------------------------------


@pytest.fixture(scope="module")
def drawn():
    return Dataset.of(
        "drawn",
        Split(*synthetic.images(200, 32, seed=1)),
        Split(*synthetic.images(50, 32, seed=2)),
        synthetic.CLASSES,
        real=False,
    )


def test_mean_image_and_deviation_equal_numpy(drawn):
    images = drawn.train.images.numpy().astype(np.float64)
    mean = images.mean(0)
    np.testing.assert_allclose(drawn.mean_image, mean, rtol=1e-6)
    assert drawn.deviation == pytest.approx((images - mean).std(), rel=1e-5)


def test_centring_takes_the_mean_image_and_the_scale(drawn):
    images = drawn.test.images[:5]
    expected = images.float() - drawn.mean_image
    cpu = torch.device("cpu")
    torch.testing.assert_close(CentreViews(drawn, cpu)(images), expected)
    unit = CentreViews(drawn, cpu, pixels="unit")(drawn.train.images)
    assert unit.std().item() == pytest.approx(1.0, rel=1e-3)
    assert images.dtype == torch.uint8


def test_spread_images_have_every_class_in_proportion():
    """Photographs lie class by class, as in ILSVRC's cifar_folders."""
    labels = torch.arange(10).repeat_interleave(65)
    images = torch.arange(650, dtype=torch.uint8).view(-1, 1, 1, 1)
    split = Split(images, labels)
    assert split.every_nth(100).labels.bincount().tolist() == [10] * 10
    assert torch.equal(split.every_nth(7).labels, labels[torch.arange(7) * 650 // 7])
    assert len(split.every_nth(0)) == 0
    for count in (650, 9999):
        assert torch.equal(split.every_nth(count).images, images)


def epoch_of(drawn, seed, epoch, start=0):
    views = CentreViews(drawn, torch.device("cpu"))
    batches = Batches(drawn.train, views, batch_size=64, seed=seed)
    return list(batches.epoch(epoch, start)), batches


def test_an_epoch_shows_every_image_once(drawn):
    seen, batches = epoch_of(drawn, seed=1, epoch=0)
    assert len(seen) == len(batches) == 4
    assert [len(labels) for _, labels in seen] == [64, 64, 64, 8]
    images = torch.cat([images for images, _ in seen])
    rows = images.flatten(1).round(decimals=3).tolist()
    expected = (drawn.train.images - drawn.mean_image).flatten(1).round(decimals=3)
    assert sorted(rows) == sorted(expected.tolist())


def test_an_epoch_entered_midway_goes_on_as_it_would_have(drawn):
    whole, _ = epoch_of(drawn, seed=1, epoch=3)
    rest, _ = epoch_of(drawn, seed=1, epoch=3, start=2)
    for (a, b), (c, d) in zip(whole[2:], rest, strict=True):
        assert torch.equal(a, c)
        assert torch.equal(b, d)


def test_order_depends_on_seed_and_epoch(drawn):
    orders = [
        torch.cat([labels for _, labels in epoch_of(drawn, seed, epoch)[0]])
        for seed, epoch in ((1, 0), (1, 1), (2, 0))
    ]
    assert not torch.equal(orders[0], orders[1])
    assert not torch.equal(orders[0], orders[2])


@pytest.mark.parametrize("size", [32, 256])
def test_drawn_images_are_seeded_and_of_ten_classes(size):
    images, labels = synthetic.images(20, size, seed=5)
    again, _ = synthetic.images(20, size, seed=5)
    other, _ = synthetic.images(20, size, seed=6)
    assert images.shape == (20, 3, size, size)
    assert images.dtype == torch.uint8
    assert torch.equal(images, again)
    assert not torch.equal(images, other)
    assert labels.bincount().tolist() == [2] * 10


def test_half_the_side_is_the_mean_of_every_two_by_two():
    whole, half = load("synthetic256"), load("synthetic128")
    assert half.train.images.shape == (400, 3, 128, 128)
    assert torch.equal(half.test.labels, whole.test.labels)
    assert not half.real
    assert half.fingerprint != whole.fingerprint
    some = whole.train.images[5:8].double().numpy()
    means = some.reshape(3, 3, 128, 2, 128, 2).mean((3, 5))
    np.testing.assert_array_equal(half.train.images[5:8], np.round(means))


def of_classes(counts, on_disk=False):
    """A data set whose image number i has all pixels i, of so many a class."""
    labels = torch.tensor([k for k, n in enumerate(counts) for _ in range(n)])
    labels = labels[torch.randperm(len(labels), generator=torch.Generator())]
    images = torch.arange(len(labels)).view(-1, 1, 1, 1).expand(-1, 3, 2, 2).byte()
    if on_disk:
        images = ShardedImages([images.permute(0, 2, 3, 1).numpy()])
    test = Split(torch.zeros(4, 3, 2, 2, dtype=torch.uint8), torch.arange(4) % 2)
    return Dataset("d", Split(images, labels), test, tuple("abc"), "f")


@pytest.mark.parametrize("on_disk", [False, True])
@pytest.mark.parametrize("per_class", [1, 3])
def test_the_last_of_each_class_are_held_out_and_nothing_is_lost(on_disk, per_class):
    data = of_classes([5, 9, 4], on_disk)
    part = data.with_held_out(per_class)
    assert part.validation.labels.bincount().tolist() == [per_class] * 3
    for split in (part.train, part.validation):
        numbers = split.images[:][:, 0, 0, 0].long()
        assert numbers.tolist() == sorted(numbers.tolist())  # in the data's order
        assert torch.equal(data.train.labels[numbers], split.labels)
    numbers = [s.images[:][:, 0, 0, 0].tolist() for s in (part.train, part.validation)]
    assert sorted(numbers[0] + numbers[1]) == list(range(18))
    for label in range(3):
        last = (data.train.labels == label).nonzero()[-per_class:, 0].tolist()
        assert set(last) <= set(numbers[1])
    assert part.test is data.test
    assert torch.equal(part.mean_image, data.mean_image)
    assert part.deviation == data.deviation
    assert type(part.train.images) is type(data.train.images)


def test_held_out_data_are_told_from_the_whole_by_their_fingerprint():
    data = of_classes([5, 9, 4])
    prints = [data.fingerprint, *(data.with_held_out(n).fingerprint for n in (1, 2))]
    assert len(set(prints)) == 3
    assert data.with_held_out(2).fingerprint == prints[2]
    for count in (0, -1, 4, 100):
        with pytest.raises(ValueError, match=rf"{count} images.*take 1 to 3"):
            data.with_held_out(count)
