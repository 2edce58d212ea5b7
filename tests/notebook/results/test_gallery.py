"""A gallery shows what the network answers and finds, of any preset and data."""

import numpy as np
import pytest
import torch
from torch import nn

from alexnet_lib import data
from alexnet_lib.data.augment import CentreViews
from alexnet_lib.evaluation.errors import answers
from alexnet_lib.evaluation.features import last_hidden, outputs_of
from alexnet_lib.modules.build import build
from alexnet_lib.nets.alexnet import alexnet
from alexnet_lib.nets.cifar import four_layer
from alexnet_lib.nets.network import with_input_side
from alexnet_lib.notebook.results import gallery
from tests.drawn import panel_of

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def shown():
    dataset = data.load("synthetic")
    net = build(with_input_side(four_layer("relu", "kaiming"), 24), seed=1)
    views = CentreViews(dataset, CPU, size=24, pixels="unit")
    return net, dataset, views, gallery.of_network(net, dataset, views)


def centre(image):
    return np.moveaxis(image[:, 4:28, 4:28].numpy(), 0, -1)


def test_predictions_are_the_networks(shown):
    net, dataset, views, made = shown
    picture = made.predictions(first=20)
    test = dataset.test.every_nth(400)
    given = answers(net, test, views).probabilities[20:25]
    axes = picture.figure.axes
    for i, ax in enumerate(axes[:5]):
        assert np.array_equal(panel_of(ax).images[0], centre(test.images[20 + i]))
        bars = [box[2] for box in panel_of(axes[5 + i]).boxes]
        expected = given[i].topk(5).values.tolist()
        assert bars == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("by", ["last hidden layer", "pixels"])
def test_neighbours_are_training_images_near_to_the_test_images(shown, by):
    net, dataset, views, made = shown
    picture = made.retrieval(first=8, by=by)
    splits = dataset.test.every_nth(400), dataset.train.every_nth(5000)
    if by == "pixels":
        seen = [views(split.images[:]).flatten(1) for split in splits]
    else:
        seen = [outputs_of(net, ["flatten"], s, views)["flatten"] for s in splits]
    apart = torch.cdist(seen[0][8:11].double(), seen[1].double())
    order = apart.argsort(1)[:, :6]
    axes = picture.figure.axes
    for row in range(3):
        own, *found = axes[7 * row : 7 * row + 7]
        expected = centre(splits[0].images[8 + row])
        assert np.array_equal(panel_of(own).images[0], expected)
        for ax, at in zip(found, order[row].tolist(), strict=True):
            expected = centre(splits[1].images[at])
            assert np.array_equal(panel_of(ax).images[0], expected)
            if by != "pixels":  # those are in grey levels
                assert ax.get_title().startswith(f"{apart[row, at]:.3g}")


@pytest.mark.parametrize(
    ("preset", "layer"),
    [("source", "unit7"), ("paper", "unit7"), ("torchvision", "unit7")],
)
def test_the_last_hidden_layer_of_alexnet_is_fc7(preset, layer):
    net = build(with_input_side(alexnet(preset, 10), 96), seed=1)
    assert last_hidden(net) == layer


def test_the_last_hidden_layer_of_other_nets():
    assert last_hidden(build(four_layer("relu"), seed=1)) == "flatten"
    net = nn.Sequential()
    net.add_module("fc1", nn.Linear(3, 4))
    net.add_module("unit1", nn.ReLU())
    net.add_module("drop1", nn.Dropout())
    net.add_module("fc2", nn.Linear(4, 2))
    assert last_hidden(net) == "unit1"


def test_at_laptop_a_run_that_is_not_there_is_named():
    with pytest.raises(
        FileNotFoundError, match="alexnet run photographs --arm baseline"
    ):
        gallery.own("laptop")
