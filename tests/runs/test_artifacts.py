"""First layers beside records: written, read, and those that are published."""

import pytest
import torch

from alexnet_lib import data, settings
from alexnet_lib.evaluation.probe import colour_shares
from alexnet_lib.modules.build import build
from alexnet_lib.nets.alexnet import alexnet
from alexnet_lib.runs import artifacts, records

PUBLISHED = sorted(settings.results_root().glob("*/*.conv1.npz"))


def test_a_first_layer_is_read_as_it_was_written(tmp_path):
    net = build(alexnet("source", 10), seed=1)
    dataset = data.load("synthetic")
    path = artifacts.path_of(tmp_path, "ablations", "source", 1)
    assert path.name == "source.s1.conv1.npz"
    artifacts.write(path, artifacts.FirstLayer.of(net, dataset))
    layer = artifacts.read(path)
    torch.testing.assert_close(
        layer.weight, net.conv1.weight.detach(), rtol=1e-3, atol=1e-6
    )
    assert layer.bias.shape == (96,)
    expected = dataset.train.images[:].double().mean((0, 2, 3))
    torch.testing.assert_close(layer.mean.double(), expected, rtol=1e-3, atol=0)


def test_a_missing_first_layer_is_named_with_the_mend(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"source\.s9\.conv1\.npz is missing"):
        artifacts.read(artifacts.path_of(tmp_path, "ablations", "source", 9))


@pytest.mark.parametrize("path", PUBLISHED, ids=lambda path: path.name)
def test_published_kernels_are_those_of_the_record(path):
    record = records.read(path.with_name(path.name.replace(".conv1.npz", ".json")))
    shares = colour_shares(artifacts.read(path).weight)
    recorded = torch.tensor(record.epochs[-1]["kernel_colour"])
    torch.testing.assert_close(shares, recorded, rtol=0, atol=2e-3)
