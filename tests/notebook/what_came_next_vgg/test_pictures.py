"""Pictures of notebook 09 show what their numbers say, to both ends of a slider."""

import pytest
import torch

from alexnet_lib.modules.build import build
from alexnet_lib.nets.counts import count, total
from alexnet_lib.nets.vgg import vgg
from alexnet_lib.notebook.what_came_next_vgg import costs, crops, pictures, signals


def test_table_1_has_a_box_for_each_weight_layer():
    picture = pictures.configurations()
    (ax,) = picture.figure.axes
    boxes = [bar for bar in ax.patches if bar.get_width()]
    assert len(boxes) == 8 + 11 + 11 + 13 + 16 + 16 + 19
    assert "AlexNet 8, A 11, A-LRN 11, B 13, C 16, D 16, E 19" in picture.alt


def test_bars_of_cost_add_up_to_the_whole_net():
    network = vgg("D")
    whole = total(count(network))
    parameters, operations, _ = pictures.costs(network, "D").figure.axes
    for ax, expected in (
        (parameters, whole.parameters / 1e6),
        (operations, whole.multiply_adds / 1e9),
    ):
        assert sum(b.get_height() for b in ax.patches) == pytest.approx(expected)
    words = pictures.costs(network, "D").alt
    assert "parameters: 138 M, most in fc14" in words


@pytest.mark.parametrize("factor", [0.5, 1.0, 20.0])
def test_the_strength_of_the_scores_is_said_for_each_net(factor):
    alt = pictures.strengths(factor).alt
    scores = list(signals.strengths(signals.drawn("D", factor)).values())[-1]
    assert f"D {scores:.1e}" in alt


@pytest.mark.parametrize("scale", [256, 512])
def test_the_frame_lies_where_the_crop_was_cut(scale):
    photograph = torch.zeros(3, 375, 500, dtype=torch.uint8)
    picture = pictures.scale_jitter(photograph, scale, seed=3)
    (box,) = picture.figure.axes[0].patches
    assert (box.get_width(), box.get_height()) == (224, 224)
    assert 0 <= box.get_x() <= scale * 4 / 3 - 223
    assert 0 <= box.get_y() <= scale - 224
    assert f"shorter side of {scale}" in picture.alt


def test_dense_and_crops_differ_only_where_a_net_pads():
    nets = {
        name: (build(network, seed=1).double().eval(), network)
        for name, network in {"without": crops.UNPADDED, "with": crops.SMALL}.items()
    }
    images = torch.randn(1, 3, 64, 64, dtype=torch.float64)
    picture = pictures.dense_against_crops(nets, images, step=4)
    without, padded = (ax.images[0].get_array() for ax in picture.figure.axes[:2])
    assert without.shape == padded.shape == (9, 9)
    assert without.max() < 1e-9 < 0.01 < padded.min()
    assert "without at most 0.00, with at most" in picture.alt


def test_networks_since_are_drawn_with_their_parameters():
    counts = costs.later_networks()
    (ax,) = pictures.later(counts).figure.axes
    widths = [bar.get_width() for bar in ax.patches]
    assert sum(widths) == pytest.approx(sum(of[0] for of in counts.values()) / 1e6)
