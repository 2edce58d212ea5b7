"""First layers beside records: written, read, and those that are published."""

import pytest
import torch

from alexnet_lib import data, kernels, records, settings
from alexnet_lib.nets import build
from alexnet_lib.nets.alexnet import alexnet
from alexnet_lib.probe import colour_shares

PUBLISHED = sorted(settings.RESULTS.glob("*/*.conv1.npz"))


def test_a_first_layer_is_read_as_it_was_written(tmp_path):
    net = build(alexnet("source", 10), seed=1)
    dataset = data.load("synthetic")
    path = kernels.path_of(tmp_path, "ablations", "source", 1)
    assert path.name == "source.s1.conv1.npz"
    kernels.write(path, kernels.FirstLayer.of(net, dataset))
    layer = kernels.read(path)
    torch.testing.assert_close(
        layer.weight, net.conv1.weight.detach(), rtol=1e-3, atol=1e-6
    )
    assert layer.bias.shape == (96,)
    expected = dataset.train.images[:].double().mean((0, 2, 3))
    torch.testing.assert_close(layer.mean.double(), expected, rtol=1e-3, atol=0)


def test_a_missing_first_layer_is_named_with_the_mend(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"source\.s9\.conv1\.npz is missing"):
        kernels.read(kernels.path_of(tmp_path, "ablations", "source", 9))


@pytest.mark.parametrize("path", PUBLISHED, ids=lambda path: path.name)
def test_published_kernels_are_those_of_the_record(path):
    record = records.read(path.with_name(path.name.replace(".conv1.npz", ".json")))
    shares = colour_shares(kernels.read(path).weight)
    recorded = torch.tensor(record.epochs[-1]["kernel_colour"])
    torch.testing.assert_close(shares, recorded, rtol=0, atol=2e-3)
