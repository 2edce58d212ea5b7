"""What notebook 03 measures and draws."""

import collections
import dataclasses

import pytest
import torch
from torch import nn

from alexnet_lib import checkpoint, records, settings
from alexnet_lib.claims import CLAIMS
from alexnet_lib.experiments.cifar import CIFAR_NORM
from alexnet_lib.experiments.figure1 import FIGURE1
from alexnet_lib.experiments.photographs import ABLATIONS
from alexnet_lib.nets.lrn import LocalResponseNorm, MapResponseNorm
from alexnet_lib.notebook import contrasts, norm_runs, normalisation, responses
from alexnet_lib.notebook.responses import FirstLayer
from alexnet_lib.run import run_arm, weights_sha256
from tests.conftest import quick


@pytest.mark.parametrize("at", [0, 1, 5, 10])
@pytest.mark.parametrize("n", [3, 5])
def test_a_single_response_tells_what_its_square_counts(n, at):
    def counted(norm):
        return responses.alpha_per_square(norm, 2.0, 0.75, at)

    literal = LocalResponseNorm(n, alpha=0.01, divide_alpha_by_n=False)
    torchs = nn.LocalResponseNorm(n, alpha=0.01, beta=0.75, k=2.0)
    within = MapResponseNorm(n, 2.0, 0.01)
    assert counted(literal) == pytest.approx(0.01)
    assert counted(torchs) == pytest.approx(0.01 / n)
    assert counted(within) == pytest.approx(0.01 / n**2)


def test_nothing_is_lost_to_a_constant_and_most_to_a_strong_norm():
    a = torch.rand(2, 12, 4, 4, generator=torch.Generator().manual_seed(1))
    constant = LocalResponseNorm(k=3.0, alpha=0.0, divide_alpha_by_n=False)
    assert responses.lost(a, constant, 3.0, 0.75) == pytest.approx(0, abs=1e-9)
    strong = LocalResponseNorm(k=1.0, alpha=1e4, divide_alpha_by_n=False)
    assert responses.lost(a, strong, 1.0, 0.75) > 0.9


def test_a_readers_own_net_is_found_once_its_run_is_finished():
    experiment = quick(FIGURE1)
    assert responses.own_net(experiment, "2012-relu", 1, "smoke") is None
    record = run_arm(experiment, "2012-relu", 1, "smoke", show=False)
    net = responses.own_net(experiment, "2012-relu", 1, "smoke")
    assert weights_sha256(net) == record.weights_sha256
    saved = records.path_of(
        settings.runs_root() / "smoke", FIGURE1.name, "2012-relu", 1
    ).with_suffix(".pt")
    saved.unlink()
    assert responses.own_net(experiment, "2012-relu", 1, "smoke") is None
    checkpoint.save(saved, {"run": "another"})
    with pytest.raises(checkpoint.CheckpointError):
        responses.own_net(experiment, "2012-relu", 1, "smoke")


def test_the_window_of_the_picture_stops_at_both_borders():
    for i, n, words in (
        (47, 5, "one device maps 45 to 49; two GPUs maps 45 to 47"),
        (48, 4, "one device maps 46 to 49; two GPUs maps 48 to 49"),
        (95, 5, "one device maps 93 to 95; two GPUs maps 93 to 95"),
    ):
        assert words in normalisation.window(i, n).alt


@pytest.fixture
def layer():
    generator = torch.Generator().manual_seed(1)
    sums = 40 * torch.randn(3, 96, 6, 6, generator=generator)
    images = torch.randint(0, 256, (3, 3, 12, 12), generator=generator).byte()
    return FirstLayer(images, sums, "drawn at random")


def test_every_picture_is_drawn(layer):
    for picture in (
        normalisation.effect(layer),
        normalisation.effect(layer, 0.1, 48, 0.1, 2.0, "alpha / n", 2),
        normalisation.scales(layer, layer, 60.0),
        normalisation.orders(layer),
        normalisation.windows_of_both(),
        normalisation.window(0, 15),
    ):
        assert picture.png().startswith(b"\x89PNG")
        assert len(picture.alt) > 20


def invented(record, errors):
    """Invented records: `errors[arm][seed]`, fractions, of ten views."""
    epochs = [{"epoch": 0, "val_error": 0.9}, {"epoch": 1, "val_error": 0.3}]
    return {
        arm: [
            dataclasses.replace(
                record,
                arm=arm,
                seed=seed,
                epochs=epochs,
                result={norm_runs.TEN_VIEWS: error},
            )
            for seed, error in by_seed.items()
        ]
        for arm, by_seed in errors.items()
    }


def test_differences_are_in_points_and_say_what_is_missing(record):
    runs = invented(record, {"13pct": {1: 0.2, 2: 0.21}, "13pct-lrn": {1: 0.19}})
    lines = contrasts.differences(
        runs, norm_runs.CIFAR_CONTRASTS, norm_runs.TEN_VIEWS
    ).splitlines()
    assert "| normalisation alone | 13pct-lrn less 13pct | -1.00, n=1 |" in lines
    assert sum("not published yet" in line for line in lines) == 4


def test_curves_and_differences_are_drawn_for_the_runs_there_are(record):
    runs = invented(
        record, {"13pct": {1: 0.2, 2: 0.22, 3: 0.2}, "11pct": {1: 0.19, 2: 0.2, 3: 0.2}}
    )
    (ax,) = norm_runs.race(runs).figure.axes
    assert len(ax.lines) == 6
    (ax,) = contrasts.taken_apart(
        runs, norm_runs.CIFAR_CONTRASTS, norm_runs.TEN_VIEWS, "points", -2
    ).figure.axes
    points = [line for line in ax.lines if line.get_marker() == "o"]
    assert len(points) == 1
    assert points[0].get_xdata()[0] == pytest.approx(-100 * 0.03 / 3)
    assert norm_runs.race({}).png().startswith(b"\x89PNG")


def test_every_arm_of_the_photographs_has_its_own_line(record):
    assert not norm_runs.ablation_race({}).figure.axes[0].lines
    runs = invented(record, {arm: {1: 0.5} for arm in ABLATIONS.arms("laptop")})
    (ax,) = norm_runs.ablation_race(runs).figure.axes
    assert len(ax.lines) == len(norm_runs.PHOTOGRAPH_NETS)
    assert [line.get_label().split(":")[0] for line in ax.lines] == list(
        norm_runs.PHOTOGRAPH_NETS
    )
    assert all(list(line.get_ydata()) == [90.0, 30.0] for line in ax.lines)
    assert len({line.get_color() for line in ax.lines}) == len(ax.lines)


def test_contrasts_are_between_arms_there_are():
    for experiment, listed, metric in (
        (CIFAR_NORM, norm_runs.CIFAR_CONTRASTS, norm_runs.TEN_VIEWS),
        (ABLATIONS, norm_runs.ABLATION_CONTRASTS, norm_runs.ABLATION_ERROR),
    ):
        arms = experiment.arms("laptop")
        assert all(c.arm in arms and c.against in arms for c in listed)
        epochs = [collections.defaultdict(float, kernel_colour=[0.0, 0.0])]
        assert metric in experiment.metrics(epochs)
    assert set(norm_runs.NETS) == set(CIFAR_NORM.arms("laptop"))
    compared = {arm for c in norm_runs.ABLATION_CONTRASTS for arm in (c.arm, c.against)}
    assert set(norm_runs.PHOTOGRAPH_NETS) == compared


def test_the_notes_agree_with_the_ledgers_log():
    log = {claim.name: claim.log.value for claim in CLAIMS if claim.log}
    notes = {note.config: note for note in norm_runs.NOTES}
    with_norm, without = notes["#145"], notes["#148"]
    assert with_norm.top1 == log["2012-top-1"]
    for rank, there, gone in (
        ("top-1", with_norm.top1, without.top1),
        ("top-5", with_norm.top5, without.top5),
    ):
        logged = log[f"response-normalisation-{rank}"]
        assert there - gone == pytest.approx(logged, abs=0.006)
