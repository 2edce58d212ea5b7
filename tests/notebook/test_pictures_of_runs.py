"""Every picture of runs shows what the records on disk hold, and says it in words.

The records are read here as JSON and by their names, not by the library.
"""

import dataclasses
import json
import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pytest
from scipy import stats

from alexnet_lib import settings
from alexnet_lib.figures import figure1
from alexnet_lib.figures.picture import Picture
from alexnet_lib.notebook import comparisons, first_updates
from alexnet_lib.notebook.local_response_normalization import published as lrn
from alexnet_lib.notebook.overlapping_pooling import published as pooling
from alexnet_lib.notebook.reducing_overfitting import published as ten_views
from alexnet_lib.notebook.relu_vs_tanh import pictures as relu_vs_tanh
from alexnet_lib.notebook.relu_vs_tanh import threshold
from alexnet_lib.notebook.two_gpu_training import pictures as towers
from alexnet_lib.notebook.two_gpu_training import published as two_gpus
from alexnet_lib.notebook.two_gpu_training import tower_colour
from alexnet_lib.runs import records
from tests.drawn import Panel, assert_shows, spoilt, unnoticed


class Case(NamedTuple):
    """A picture of published runs, and what it should show and say."""

    draw: Callable[[], Picture]
    shows: Callable[[], tuple[list[Panel], list[str]]]


def raw(experiment, arm):
    """The records of an arm, by seed."""
    paths = (settings.results_root() / experiment).glob(f"{arm}.s*.json")
    return sorted((json.loads(p.read_text()) for p in paths), key=lambda r: r["seed"])


def course(record, *keys, factor=100, first=0):
    """Epoch, or the first of two keys, against the last key."""
    x, y = keys if len(keys) == 2 else ("epoch", *keys)
    scale = [1 if x == "epoch" else factor, factor]
    rows = [[e[x], e[y]] for e in record["epochs"] if x in e and y in e]
    return np.array(rows, float)[first:] * scale


def span(values):
    low, high = f"{min(values):.3g}", f"{max(values):.3g}"
    return low if low == high else f"{low} to {high}"


def ends(lines):
    """The words for where lines of one net end."""
    return (
        f"{span([xy[-1, 1] for xy in lines])} after {span([xy[-1, 0] for xy in lines])}"
    )


def figure_1():
    panels, words = [], []
    for regime in ("2012", "today"):
        nets = [raw("figure1", f"{regime}-{unit}") for unit in ("relu", "tanh")]
        lines = [[course(r, "train_error", factor=1) for r in net] for net in nets]
        panels.append(Panel([*lines[0], *lines[1], [[0, 0.25], [1, 0.25]]]))
        words += map(ends, lines)
    return panels, words


def rates(experiment, limit):
    """A line through each rate's first seed; points of other seeds; who was late."""

    def shows():
        panels, words = [], []
        for regime in ("2012", "today"):
            lines = []
            for unit in ("relu", "tanh"):
                runs = raw(experiment, f"{regime}-{unit}-*")
                found = sorted(
                    (float(r["arm"].split("-")[2]), r["seed"], number, r)
                    for number, r in enumerate(runs)
                )
                reached = [(x, r["result"]["epochs_to_25"]) for x, _, _, r in found]
                drawn = [(x, math.nan if e is None else e) for x, e in reached]
                firsts = [
                    i == 0 or drawn[i - 1][0] != x for i, (x, _) in enumerate(drawn)
                ]
                late = [(x, limit) for x, e in reached if e is None]
                line = [p for p, first in zip(drawn, firsts, strict=True) if first]
                others = [
                    p for p, first in zip(drawn, firsts, strict=True) if not first
                ]
                lines += [points for points in (line, others, late) if points]
                words += [
                    f"{x:g} {e:.1f}" if e else f"{x:g} not within {limit}"
                    for x, e in reached
                ]
            panels += [Panel(lines)] if lines else []
        return panels, words

    return shows


def crossing(record, key, target):
    """Where the straight line between epochs first falls to the target."""
    x, y = course(record, key, factor=1).T
    at = np.argmax(y <= target)
    return (
        x[0] if at == 0 else np.interp(target, [y[at], y[at - 1]], [x[at], x[at - 1]])
    )


def ratio_by_threshold():
    lines, words = [], []
    for key, shift in (("train_error", -0.2), ("train_set_error", 0.2)):
        curve, bars = [], []
        for target in (50, 45, 40, 35, 30, 25):
            tanh, relu = (
                np.log([crossing(r, key, target / 100) for r in raw("figure1", arm)])
                for arm in ("2012-tanh", "2012-relu")
            )
            ratio = np.exp(tanh.mean() - relu.mean())
            welch = stats.ttest_ind(tanh, relu, equal_var=False)
            bounds = np.exp(welch.confidence_interval(0.95))
            curve.append((target + shift, ratio))
            bars.append([(target + shift, bound) for bound in bounds])
            words.append(f"{target} % {ratio:.1f}")
        lines += [curve, *bars]
    return [Panel([*lines, [(0, 6), (1, 6)]])], words


def reasons(measure, layers):
    def expected():
        arms = ["2012-relu", "2012-tanh", "today-relu", "today-tanh"]
        panels, words = [], []
        for layer in layers:
            lines = []
            for arm in arms:
                runs = [r["epochs"] for r in raw("figure1", arm)]
                seeds = zip(*runs, strict=False)  # as far as the shortest goes
                means = [
                    np.mean([e["probe"][layer][measure] for e in at]) for at in seeds
                ]
                lines.append(list(enumerate(means)))
                words.append(f"{means[-1]:.2g}")
            panels.append(Panel(lines))
        return panels, words

    return Case(
        lambda: relu_vs_tanh.reasons(records.published("figure1"), measure), expected
    )


def cifar_race():
    nets = [
        [course(r, "val_error", first=1) for r in raw("cifar-norm", arm)]
        for arm in ("13pct", "13pct-lrn", "13pct-wide", "11pct")
    ]
    return [Panel([line for net in nets for line in net])], list(map(ends, nets))


def pooled_half_width(table):
    """Of any two rows' difference, by what rows and columns leave of the table."""
    arms, seeds = table.shape
    left = table - table.mean(0) - table.mean(1)[:, None] + table.mean()
    df = (arms - 1) * (seeds - 1)
    return stats.t.ppf(0.975, df) * np.sqrt((left**2).sum() / df * 2 / seeds), df


def intervals(experiment, listed, metric, at=(), pooled=()):
    """Dots and bars of t intervals, then the lines at 0 and `at`.

    The intervals are those of pairs, or have the error of all the arms in `pooled`.
    """

    def expected():
        lines, words = [], []
        for row, (arm, less) in enumerate(listed):
            ours, theirs = (
                [100 * r["result"][metric] for r in raw(experiment, name)]
                for name in (arm, less)
            )
            low, high = stats.ttest_rel(ours, theirs).confidence_interval(0.95)
            mean, df = np.mean(ours) - np.mean(theirs), ""
            if pooled:
                results = [
                    [100 * r["result"][metric] for r in raw(experiment, name)]
                    for name in pooled
                ]
                half, freedom = pooled_half_width(np.array(results))
                low, high, df = mean - half, mean + half, f", df={freedom}"
            lines += [[(mean, row)], [(low, row), (high, row)]]
            words.append(f"{mean:.2f} [{low:.2f}, {high:.2f}], n={len(ours)}{df}")
        return [Panel(lines + [[(x, 0), (x, 1)] for x in (0, *at)])], words

    return expected


CHANGES = [
    *(("source", arm) for arm in ("no-norm", "no-norm-2")),
    ("norm-after-relu", "source"),
    ("source", "norm-2-before-relu"),
    *((arm, "source") for arm in ("alpha-as-printed", "batch-norm")),
]


def paired_curves(pairs):
    def expected():
        panels, words = [], []
        for arm, baseline in pairs:
            nets = [
                [course(r, "val_error") for r in raw("first-711-updates", name)]
                for name in (baseline, arm)
            ]
            panels.append(Panel([*nets[0], *nets[1]]))
            words += map(ends, nets)
        return [*panels, *[Panel()] * (len(pairs) % 2)], words

    return expected


NETWORKS = ("paper", "paper-code-init", "source")


def networks():
    nets = [
        [course(r, "val_error") for r in raw("first-711-updates", arm)]
        for arm in NETWORKS
    ]
    return [Panel([line for net in nets for line in net])], list(map(ends, nets))


def overlapping(experiment, arms):
    def expected():
        errors, distances, words = [], [], []
        for arm in arms:
            runs = raw(experiment, arm)
            test, train = (
                [course(r, key) for r in runs]
                for key in ("val_error", "train_set_error")
            )
            errors += [*test, *train]
            gaps = [
                np.stack([a[:, 0], a[:, 1] - b[:, 1]], 1)
                for a, b in zip(test, train, strict=True)
            ]
            distances += gaps
            words += [ends(test), ends(train), ends(gaps)]
        return [Panel(errors), Panel(distances)], words

    return expected


def at_equal_training_error():
    nets = [
        [
            course(r, "train_set_error", "val_error", first=1)
            for r in raw("cifar-pooling", arm)
        ]
        for arm in ("overlapping", "apart")
    ]
    words = [
        f"at training error {span([xy[-1, 0] for xy in net])} "
        f"test error {span([xy[-1, 1] for xy in net])}"
        for net in nets
    ]
    return [Panel([*nets[0], *nets[1]])], words


def ten_view_intervals():
    """Ten views less the centre, run by run; last the mean over nets of each seed."""
    gains = np.array(
        [
            [100 * (r["result"]["top1_ten_views"] - r["result"]["top1"]) for r in runs]
            for runs in (raw("first-711-updates", arm) for arm in ten_views.LEARNED)
        ]
    )
    lines, words = [], []
    for row, values in enumerate([*gains, gains.mean(0)]):
        low, high = stats.ttest_1samp(values, 0).confidence_interval(0.95)
        lines += [[(values.mean(), row)], [(low, row), (high, row)]]
        words.append(f"{values.mean():.2f} [{low:.2f}, {high:.2f}], n={len(values)}")
    return [Panel(lines + [[(x, 0), (x, 1)] for x in (0, -1.5)])], words


def colour_strips():
    lines, words, edges = [], [], []
    at = 0
    for arm in ("source", "half", "no-communication"):
        edges += [[(at - 0.5, 0), (at - 0.5, 1)]] if at else []
        for record in raw("first-711-updates", arm):
            shares = np.array(record["epochs"][-1]["kernel_colour"])
            halves = np.split(shares, 2)
            for half, x in zip(halves, (at - 0.18, at + 0.18), strict=True):
                lines += [[(x, share) for share in half], [(x, half.mean())]]
            first, second = (half.mean() for half in halves)
            words.append(f"{arm} seed {record['seed']} {first:.2f} and {second:.2f}")
            at += 1
    return [Panel([*lines, [(0, 2 / 3), (1, 2 / 3)], *edges])], words


LOSSES = {"one process": [2.5, 1.5, 1.25], "two processes": [2.5, 1.5, 1.2]}


def by_window():
    runs = records.published("first-711-updates")
    return {"overlapping": runs["source"], "apart": runs["without-overlap"]}


def published(experiment, draw, *arguments):
    return lambda: draw(records.published(experiment), *arguments)


CASES = {
    "race": Case(published("figure1", figure1.race), figure_1),
    "rate_grid": Case(
        published("figure1-rates", relu_vs_tanh.rate_grid), rates("figure1-rates", 12)
    ),
    "rates_to_the_endpoint": Case(
        published("figure1-endpoint", relu_vs_tanh.rate_grid),
        rates("figure1-endpoint", 60),
    ),
    "ratio_by_threshold": Case(
        published("figure1", threshold.ratio_by_threshold), ratio_by_threshold
    ),
    "flat": reasons("flat", ["unit1", "unit2", "unit3"]),
    "stuck": reasons("stuck", ["unit1", "unit2", "unit3"]),
    "gradient": reasons("relative_gradient", ["conv1", "conv2", "conv3", "fc4"]),
    "cifar_race": Case(published("cifar-norm", lrn.race), cifar_race),
    "cifar_intervals": Case(
        published("cifar-norm", comparisons.interval_plot, lrn.CIFAR, "points", -2),
        intervals(
            "cifar-norm",
            [
                ("11pct", "13pct"),
                ("13pct-lrn", "13pct"),
                ("13pct-wide", "13pct"),
                ("11pct", "13pct-lrn"),
                ("11pct", "13pct-wide"),
            ],
            "test_error_ten_views",
            at=(-2,),
            pooled=("13pct", "13pct-lrn", "13pct-wide", "11pct"),
        ),
    ),
    "ablation_intervals": Case(
        published(
            "first-711-updates", comparisons.interval_plot, lrn.CHANGES, "points"
        ),
        intervals("first-711-updates", CHANGES, "top1_ten_views"),
    ),
    "ablation_curves": Case(
        published("first-711-updates", comparisons.paired_curves, lrn.DISCUSSED),
        paired_curves(CHANGES[-2:]),
    ),
    "curves_of_two_gpus": Case(
        published("first-711-updates", comparisons.paired_curves, two_gpus.PAIRS),
        paired_curves([("source", "half"), ("source", "no-communication")]),
    ),
    "three_networks": Case(
        published("first-711-updates", first_updates.errors, *NETWORKS), networks
    ),
    "pooling_curves": Case(
        published("cifar-pooling", pooling.curves),
        overlapping("cifar-pooling", ["overlapping", "apart"]),
    ),
    "pooling_curves_of_photographs": Case(
        lambda: pooling.curves(by_window()),
        overlapping("first-711-updates", ["source", "without-overlap"]),
    ),
    "at_equal_training_error": Case(
        published("cifar-pooling", pooling.at_equal_training_error),
        at_equal_training_error,
    ),
    "ten_view_intervals": Case(
        published(
            "first-711-updates",
            comparisons.interval_plot,
            ten_views.TEN_VIEWS,
            "points of top-1 error",
            -1.5,
        ),
        ten_view_intervals,
    ),
    "colour_strips": Case(
        published(
            "first-711-updates",
            tower_colour.strips,
            ["source", "half", "no-communication"],
        ),
        colour_strips,
    ),
    "two_losses": Case(
        lambda: towers.two_losses(LOSSES),
        lambda: (
            [Panel([list(enumerate(losses, start=1)) for losses in LOSSES.values()])],
            ["one process from 2.500 to 1.250", "two processes from 2.500 to 1.200"],
        ),
    ),
}


@pytest.fixture(params=CASES.values(), ids=list(CASES))
def case(request):
    return request.param


def test_it_shows_and_says_what_the_records_hold(case):
    assert_shows(case.draw(), *case.shows())


def test_nothing_spoilt_goes_unnoticed(case):
    picture = case.draw()
    assert len(list(spoilt(picture.figure))) >= 2
    assert unnoticed(picture, *case.shows()) == []


def test_the_ratio_s_table_has_what_its_picture_shows():
    """The middle rows as the protocol of this experiment has them, summed."""
    shown = str(threshold.ratio_table(records.published("figure1"))).splitlines()
    rows = {row.split("|")[1].strip(): row.split("|")[2:4] for row in shown[2:]}
    summed = {target: row[0].split()[0] for target, row in rows.items()}
    assert summed == {
        **{"50 %": "1.9", "45 %": "2.6", "40 %": "3.7"},
        **{"35 %": "4.9", "30 %": "6.0", "25 %": "6.9"},
    }
    assert rows["25 %"][1].strip() == "7.1 [6.7, 7.6], n=5"


def test_a_target_that_a_net_never_reaches_has_no_ratio():
    runs = records.published("figure1")
    short = dataclasses.replace(
        runs["2012-tanh"][0], epochs=runs["2012-tanh"][0].epochs[:20]
    )
    nets = {**runs, "2012-tanh": [short, *runs["2012-tanh"][1:]]}
    reached = [target for target, _ in threshold.ratios(nets, "train_running_top1")]
    assert reached == [0.5, 0.45, 0.4, 0.35]
    assert "| 25 % | - |" in threshold.ratio_table(nets)
    assert list(threshold.ratios({}, "train_running_top1")) == []
