"""A tower's share of each layer, and what crosses between towers."""

import pytest
import torch

from alexnet_lib.modules.build import build
from alexnet_lib.nets.ablations import with_communication, with_wide_columns
from alexnet_lib.nets.alexnet import PRESETS, alexnet
from alexnet_lib.nets.counts import count, total
from alexnet_lib.nets.network import NetworkConfig
from alexnet_lib.parallel.equality import small_alexnet
from alexnet_lib.parallel.exchange import Link, Rows
from alexnet_lib.parallel.sharding import Layout, shares_of, traffic
from alexnet_lib.parallel.towers import build_tower


def tower(network, number, layout=None):
    layout = layout or Layout()
    link = Link(None, range(layout.towers), number)
    return build_tower(network, layout, 1, link, Rows())


def test_a_tower_of_the_paper_has_figure_2s_halves():
    shares = {s.name: s for s in shares_of(alexnet("paper"), Layout(), 0)}
    maps = [shares[f"conv{i}"].placed.output_shape[0] for i in range(1, 6)]
    assert maps == [48, 128, 192, 192, 128]
    units = [shares[f"fc{i}"].placed.layer.units for i in (6, 7, 8)]
    assert units == [2048, 2048, 500]
    exchanged = [name for name, share in shares.items() if share.gathers]
    assert exchanged == ["conv3", "fc6", "fc7", "fc8"]


def parameters_of(placed):
    """Of one layer in its place, counted as a network of its own."""
    alone = NetworkConfig((placed.layer,), input_shape=placed.input_shape)
    return total(count(alone)).parameters


@pytest.mark.parametrize("output", ["split", "first"])
@pytest.mark.parametrize("preset", PRESETS)
def test_towers_have_every_parameter_once(preset, output):
    network = alexnet(preset)
    sizes = [
        sum(parameters_of(s.placed) for s in shares if s.placed is not None)
        for shares in (shares_of(network, Layout(output=output), t) for t in (0, 1))
    ]
    assert sum(sizes) == total(count(network)).parameters
    assert (sizes[0] == sizes[1]) == (output == "split")


@pytest.mark.parametrize("output", ["split", "first"])
@pytest.mark.parametrize("pattern", ["paper", "none", "every"])
def test_towers_laid_end_to_end_are_the_merged_network(pattern, output):
    network = with_communication(small_alexnet(), pattern)
    whole = build(network, 1).state_dict()
    towers = [tower(network, t, Layout(output=output)) for t in (0, 1)]
    for name, tensor in whole.items():
        if name in towers[0].cuts:
            parts = [t.state_dict()[name] for t in towers]
            assert torch.equal(towers[0].joined(name, parts), tensor)
        else:
            assert output == "first"
            assert torch.equal(towers[0].state_dict()[name], tensor)
            assert name not in towers[1].state_dict()


def test_building_a_tower_leaves_the_random_state_that_building_the_whole_does():
    torch.manual_seed(1)
    build(small_alexnet(), 1)
    after = torch.rand(3)
    torch.manual_seed(1)
    tower(small_alexnet(), 1)
    assert torch.equal(torch.rand(3), after)


@pytest.mark.parametrize(
    ("network", "layout", "message"),
    [
        (alexnet("paper", 7), Layout(), "fc8: 7 outputs cannot be shared out among 2"),
        (alexnet("paper"), Layout(towers=3), "norm1: 2 groups cannot be shared out"),
        (with_communication(alexnet(), "none"), Layout(towers=4), "norm1: 2 groups"),
    ],
)
def test_what_cannot_be_shared_out_is_refused_by_name(network, layout, message):
    with pytest.raises(ValueError, match=message):
        shares_of(network, layout, 0)


def test_patterns_differ_in_connections_only():
    paper = alexnet("paper")
    assert with_communication(paper, "paper") == paper
    none, every = with_communication(paper, "none"), with_communication(paper, "every")
    assert [r.name for r in traffic(none, Layout())] == ["fc8", "logits"]
    names = [f"conv{i}" for i in range(2, 6)] + ["fc6", "fc7", "fc8", "logits"]
    assert [r.name for r in traffic(every, Layout())] == names
    shapes = [[p.shape for p in count(n)] for n in (paper, none, every)]
    assert shapes[0] == shapes[1] == shapes[2]
    sizes = [total(count(n)).parameters for n in (none, paper, every)]
    assert sizes == sorted(sizes)
    with pytest.raises(ValueError, match="no pattern 'some'; known: paper, none"):
        with_communication(paper, "some")


def test_columns_without_communication_come_near_the_papers_size_when_widened():
    paper = alexnet("source")
    none = with_communication(paper, "none")
    sizes = [total(count(n)).parameters for n in (none, with_wide_columns(none), paper)]
    assert abs(sizes[1] / sizes[2] - 1) < abs(sizes[0] / sizes[2] - 1)


def test_a_column_without_communication_reads_nothing_of_the_other():
    net = build(with_communication(small_alexnet(), "none"), 1).eval()
    images = torch.randn(2, 3, 27, 27)
    halves = []
    for change in (0.0, 1.0):
        with torch.no_grad():
            for name, p in net.named_parameters():
                if not name.startswith("fc7"):
                    p[len(p) // 2 :] += change
            halves.append(net[:-1](images))
    (own, other), (own_after, other_after) = (x.chunk(2, dim=1) for x in halves)
    assert torch.equal(own_after, own)
    assert not torch.equal(other_after, other)
