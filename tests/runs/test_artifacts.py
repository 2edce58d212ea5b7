"""Arrays beside records: written, read, and those that are published."""

import numpy as np
import pytest
import torch

from alexnet_lib import data, settings
from alexnet_lib.data.augment import CentreViews
from alexnet_lib.evaluation.colour import colour_shares
from alexnet_lib.evaluation.errors import errors
from alexnet_lib.evaluation.features import outputs_of
from alexnet_lib.experiments.kept import (
    Features,
    FirstLayer,
    PixelRetrieval,
    Probabilities,
    Retrieval,
    RightAnswers,
    Views,
)
from alexnet_lib.modules.build import build
from alexnet_lib.nets.cifar import four_layer
from alexnet_lib.nets.network import with_input_side
from alexnet_lib.runs import artifacts, records
from alexnet_lib.runs.artifacts import ArtifactError
from alexnet_lib.runs.measured import Subject, arrays_of
from tests.conftest import POSIX, ordinary_user

PUBLISHED = sorted(settings.results_root().glob("*/*.conv1.npz"))
CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def subject():
    dataset = data.load("synthetic")
    net = build(with_input_side(four_layer("relu", "kaiming"), 24), seed=1)
    return Subject(net, dataset, CentreViews(dataset, CPU, size=24, pixels="unit"))


def test_arrays_are_read_as_they_were_written(tmp_path):
    path = artifacts.path_of(tmp_path / "source.s1.json", "conv1")
    assert path.name == "source.s1.conv1.npz"
    assert artifacts.path_of(path, "conv1", 7).name.endswith(".conv1.e07.npz")
    arrays = {"a": np.arange(6).reshape(2, 3), "b": np.float16(0.5)}
    artifacts.write(path, arrays)
    found = artifacts.read(path)
    assert found.keys() == arrays.keys()
    assert all(np.array_equal(found[name], arrays[name]) for name in arrays)


def test_missing_arrays_are_named_with_the_mend(tmp_path):
    path = artifacts.path_of(tmp_path / "source.s9.json", "conv1")
    with pytest.raises(FileNotFoundError, match=r"source\.s9\.conv1\.npz is missing"):
        artifacts.read(path)


@pytest.mark.parametrize("content", [b"", b"[]", b"PK\x03\x04", b"\x93NUMPY", "half"])
def test_damaged_arrays_are_named_with_the_mend(tmp_path, content):
    path = tmp_path / "source.s1.conv1.npz"
    artifacts.write(path, {"a": np.arange(600)})
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2] if content == "half" else content)
    with pytest.raises(ArtifactError, match=r"conv1\.npz: damaged .*; restore it"):
        artifacts.read(path)


@POSIX
def test_arrays_that_may_not_be_read_are_not_called_damaged(tmp_path):
    path = tmp_path / "source.s1.conv1.npz"
    artifacts.write(path, {"a": np.arange(6)})
    path.chmod(0)
    with ordinary_user(), pytest.raises(PermissionError, match=r"conv1\.npz"):
        artifacts.read(path)


def test_the_first_layer_is_the_networks(subject):
    arrays = arrays_of(FirstLayer(), subject)
    weight = subject.net.conv1.weight.detach()
    assert np.allclose(arrays["weight"], weight, rtol=1e-3, atol=1e-6)
    expected = subject.dataset.train.images[:].double().mean((0, 2, 3))
    assert np.allclose(arrays["mean"], expected, rtol=1e-3)


def test_right_answers_are_those_that_errors_count(subject):
    arrays = arrays_of(RightAnswers(), subject)
    test = subject.dataset.test
    for views in ("", "_ten"):
        wrong_shares = errors(subject.net, test, subject.views, ten=bool(views))
        for name, wrong in zip(("top1", "top5"), wrong_shares[:2], strict=True):
            right = artifacts.unpacked(arrays, name + views)
            assert right.shape == (len(test),)
            assert 1 - right.mean() == pytest.approx(wrong)


def test_probabilities_are_those_of_ten_views(subject):
    arrays = arrays_of(Probabilities(), subject)
    probabilities = arrays["probabilities"].astype(float)
    assert probabilities.sum(1) == pytest.approx(1, abs=5e-3)
    labels = torch.from_numpy(arrays["labels"])
    assert torch.equal(labels, subject.dataset.test.labels)
    wrong = (probabilities.argmax(1) != arrays["labels"]).mean()
    ten = errors(subject.net, subject.dataset.test, subject.views, ten=True)
    assert wrong == pytest.approx(ten.top1, abs=0.01)


def test_features_are_the_layers_outputs(subject):
    arrays = arrays_of(Features("conv3", train=20), subject)
    images = subject.views(subject.dataset.test.images[:5])
    with torch.no_grad():
        for name, module in subject.net.named_children():
            images = module(images)
            if name == "unit3":
                break
    expected = images.flatten(1)
    assert np.allclose(arrays["test"][:5], expected, rtol=1e-2, atol=1e-3)
    assert arrays["train"].shape == (20, expected.shape[1])
    with pytest.raises(ValueError, match="no layer 'fc7'; this network has conv1"):
        arrays_of(Features("fc7"), subject)


def test_views_are_asked_one_by_one(subject):
    arrays = arrays_of(Views(), subject)
    test = subject.dataset.test
    assert arrays["chosen"].shape == (10, len(test))
    assert arrays["labels"].tolist() == test.labels.tolist()
    seen = subject.views.ten(test.images[:40])
    with torch.no_grad():
        for view, chosen in zip(seen, arrays["chosen"], strict=True):
            expected = subject.net.eval()(view).argmax(1)
            assert chosen[:40].tolist() == expected.tolist()
    centre = 1 - (arrays["chosen"][4] == arrays["labels"]).mean()
    assert centre == pytest.approx(subject.errors(test).top1)


def test_retrieval_counts_training_images_of_the_same_class(subject):
    asked = Retrieval(("conv3", "flatten"), batches=(50,), codes=(4,), images=120)
    arrays = arrays_of(asked, subject)
    train = subject.dataset.train.every_nth(120)
    test = subject.dataset.test.every_nth(120)
    vectors = [
        outputs_of(subject.net, ["conv3"], split, subject.views)["conv3"].double()
        for split in (test, train)
    ]
    apart = (vectors[0][:, None] - vectors[1][None]).norm(dim=2)
    order = apart.argsort(1)[:, :6]
    assert np.array_equal(arrays["nearest"], order)
    assert arrays["distances"] == pytest.approx(apart.gather(1, order), rel=1e-3)
    right = (train.labels[order] == test.labels[:, None]).sum(1)
    assert arrays["hits_conv3"].tolist() == right.tolist()
    assert arrays["labels"].tolist() == test.labels.tolist()
    others = {"pca-4", "random-4", "batches-50"}
    assert {f"hits_conv3_{way}" for way in others} < arrays.keys()
    assert {"hits_flatten", "found_conv3_batches-50"} < arrays.keys()
    assert len(arrays) == 9
    assert sum(array.nbytes for array in arrays.values()) < 120 * 40


def test_retrieval_by_pixels_needs_no_network(subject):
    arrays = arrays_of(PixelRetrieval(random=2000, images=150), subject)
    splits = subject.dataset.test.every_nth(150), subject.dataset.train.every_nth(150)
    seen = [subject.views(split.images[:]).flatten(1).double() for split in splits]
    order = (seen[0][:, None] - seen[1][None]).norm(dim=2).argsort(1)[:, :6]
    right = (splits[1].labels[order] == splits[0].labels[:, None]).sum(1)
    assert arrays["hits_pixels"].tolist() == right.tolist()
    assert np.array_equal(arrays["nearest"], order)
    apart = abs(arrays["hits_pixels_random"].astype(int) - arrays["hits_pixels"])
    assert apart.mean() < 1


@pytest.mark.parametrize("path", PUBLISHED, ids=lambda path: path.name)
def test_published_kernels_are_those_of_the_record(path):
    record = records.read(path.with_name(path.name.replace(".conv1.npz", ".json")))
    weight = torch.from_numpy(artifacts.read(path)["weight"]).float()
    recorded = torch.tensor(record.epochs[-1]["kernel_colour"])
    torch.testing.assert_close(colour_shares(weight), recorded, rtol=0, atol=2e-3)
