"""Pictures and tables of published runs show what lies beside the records."""

import dataclasses

import numpy as np
import pytest

from alexnet_lib.experiments.long_photographs import PHOTOGRAPHS
from alexnet_lib.ledger import report
from alexnet_lib.notebook.explorer import Explorer
from alexnet_lib.notebook.results import colour, explorers, published, standing
from alexnet_lib.runs import artifacts, records
from tests.drawn import Panel, assert_shows, panel_of, unnoticed

IMAGES, CLASSES, SEEDS = 60, 3, (1, 2, 3)
LABELS = (np.arange(IMAGES) % CLASSES).astype(np.uint8)
NAMES = ["cat", "dog", "fox"]


def arrays_of(seed):
    """What a run has kept, all of it invented."""
    rng = np.random.default_rng(seed)
    probabilities = rng.dirichlet(np.ones(CLASSES), IMAGES)
    return {
        "ten": {"probabilities": probabilities.astype(np.float16), "labels": LABELS},
        "views": {"chosen": rng.integers(0, 3, (10, IMAGES)), "labels": LABELS},
        "conv1": {"weight": rng.normal(size=(96, 3, 11, 11)).astype(np.float16)},
        "retrieval": {
            "labels": LABELS,
            "hits_fc7": rng.integers(0, 7, IMAGES, dtype=np.uint8),
            "hits_flatten": rng.integers(0, 7, IMAGES, dtype=np.uint8),
        },
    }


@pytest.fixture
def runs(record, tmp_path):
    """Three runs of the long baseline, and two of its control."""
    made = {"baseline": [], "dense-conv2": []}
    for arm, seeds in (("baseline", SEEDS), ("dense-conv2", SEEDS[:2])):
        for seed in seeds:
            result = {
                **{"response_first_half": 0.1 * seed, "response_second_half": 0.25},
                **{"test_top1": 0.3, "test_top1_grey": 0.5},
                **{"grey_costs_greyer_half": 0.01 * seed, "grey_costs_other_half": 0.1},
            }
            run = dataclasses.replace(
                record, experiment="photographs", arm=arm, seed=seed, result=result
            )
            path = records.write(tmp_path, run)
            if arm == "baseline":
                for name, arrays in arrays_of(seed).items():
                    artifacts.write(artifacts.path_of(path, name), arrays)
            made[arm].append(records.read(path))
    first = made["baseline"][0].path
    for epoch in (0, 1):
        kernels = np.full((96, 3, 11, 11), epoch, np.float16)
        kernels[0, 0, 0, 0] = 2
        artifacts.write(artifacts.path_of(first, "conv1", epoch), {"weight": kernels})
    pixels = {"hits_pixels": np.full(IMAGES, 3, np.uint8)}
    artifacts.write(artifacts.path_of(first, "pixels"), pixels)
    return made


def test_ensembles_go_from_one_net_to_all(runs):
    picture = published.ensemble_sizes(runs["baseline"])
    each = [arrays_of(seed)["ten"]["probabilities"].astype(float) for seed in SEEDS]
    sizes = [[(0,), (1,), (2,)], [(0, 1), (0, 2), (1, 2)], [(0, 1, 2)]]
    errors, losses = [], []
    for chosen in sizes:
        means = [np.mean([each[i] for i in nets], axis=0) for nets in chosen]
        errors.append(100 * np.mean([(m.argmax(1) != LABELS).mean() for m in means]))
        own = [np.maximum(m[np.arange(IMAGES), LABELS], 6e-8) for m in means]
        losses.append(np.mean([-np.log(p).mean() for p in own]))
    panels = [Panel([list(enumerate(v, start=1))]) for v in (errors, losses)]
    words = [f"from {v[0]:.2f} to {v[-1]:.2f}" for v in (errors, losses)]
    assert_shows(picture, panels, words)
    assert unnoticed(picture, panels, words) == []


def test_retrieval_is_shown_by_class(runs):
    picture = published.retrieval_by_class(runs, "baseline", NAMES)
    lines = []
    for name in ("hits_fc7", "hits_flatten"):
        hits = [arrays_of(seed)["retrieval"][name].astype(float) for seed in SEEDS]
        means = [
            100 / 6 * np.mean([of[c == LABELS].mean() for of in hits]) for c in range(3)
        ]
        lines.append(list(enumerate(means)))
    lines.append([(c, 50) for c in range(3)])
    lines.append([(0, 100 / 3), (1, 100 / 3)])
    panels = [Panel(lines)]
    assert_shows(picture, panels, ["pixels 50 to 50 %"])
    assert unnoticed(picture, panels, ["pixels 50 to 50 %"]) == []
    (ax,) = picture.figure.axes
    assert [label.get_text() for label in ax.get_xticklabels()] == NAMES


def test_the_table_has_a_row_for_each_way_that_was_kept(runs):
    shown = str(published.retrieval_table(runs))
    whole = np.mean([arrays_of(s)["retrieval"]["hits_fc7"].mean() for s in SEEDS]) / 6
    assert f"| fc7 | {100 * whole:.1f} [" in shown
    assert "| pixels | 50.0 [" in shown
    assert "untrained" not in shown


def test_views_are_scored_one_by_one(runs):
    shown = str(published.views_table(runs["baseline"])).splitlines()
    chosen = [arrays_of(seed)["views"]["chosen"] for seed in SEEDS]
    centre = 100 * np.mean([(of[4] != LABELS).mean() for of in chosen])
    assert f"| centre | {centre:.1f} [" in shown[6]
    apart = 100 * np.mean([(of != of[0]).any(0).mean() for of in chosen])
    assert f"views disagree | {apart:.1f}" in shown[-1]


def test_halves_are_as_far_apart_as_the_records_say(runs):
    picture = colour.halves_apart(runs)
    far = {seed: abs(0.1 * seed - 0.25) for seed in SEEDS}
    baseline = [(far[seed], 0) for seed in SEEDS]
    control = [(far[seed], 1) for seed in SEEDS[:2]]
    largest = max(far[1], far[2])
    panels = [Panel([baseline, control, [(largest, 0), (largest, 1)]])]
    words = ["baseline 0.050 to 0.150", "dense-conv2 0.050 to 0.150"]
    assert_shows(picture, panels, words)


def test_the_twin_is_in_per_cent_of_error(runs):
    shown = str(colour.twin_table(runs, ["baseline", "half"])).splitlines()
    cells = [cell.split()[0] for cell in shown[2].split("|")[2:6]]
    assert cells == ["30.0", "32.0", "40.0", "50.0"]
    assert len(shown) == 3


def test_kernels_are_chosen_by_run_and_by_epoch(runs):
    explorer = explorers.by_run(runs)
    assert isinstance(explorer, Explorer)
    (run,) = {e.tried[1] for e in [explorer.controls["run"]]}
    assert run == "photographs: baseline, seed 2"
    assert "seed 2, at the end" in explorer.at(run=run)
    training = explorers.through_training(runs)
    assert "after epoch 0" in training.at()
    assert "seed 1, at the end" in training.at(after="epoch 1, the end")
    drawn = training.draw(after="epoch 1", scale="one scale for all")
    image = panel_of(drawn.figure.axes[0]).images[0]
    assert image[1, 1].tolist() == [1, 0, 0]


def test_nothing_that_was_not_run_looks_run():
    nothing = {}
    tables = [
        published.retrieval_table(nothing),
        published.views_table([]),
        colour.twin_table(nothing, ["baseline"]),
        explorers.by_run(nothing),
        explorers.through_training(nothing),
    ]
    assert all("not run yet" in str(table) for table in tables)
    pictures = [
        published.ensemble_sizes([]),
        published.retrieval_by_class(nothing, "baseline", NAMES),
        colour.halves_apart(nothing),
    ]
    for picture in pictures:
        assert picture.alt.endswith("not run yet")
        texts = [t.get_text() for ax in picture.figure.axes for t in ax.texts]
        assert texts == ["not run yet"] * len(picture.figure.axes)
    assert all(line.endswith("not run yet") for line in standing.runs_done(nothing))


def test_runs_are_counted_against_the_plan(runs):
    lines = list(standing.runs_done(runs))
    assert lines[0] == "baseline: 3 of 8 runs"
    assert len(lines) == len(PHOTOGRAPHS.arms("laptop"))


def test_every_claim_is_in_the_count_once():
    rows = report.ledger("smoke")
    lines = str(standing.verdict_table(rows)).splitlines()[2:]
    numbers = [list(map(int, line.split("|")[2:-1])) for line in lines]
    assert numbers[-1][0] == len(rows)
    for total, *parts in numbers:
        assert sum(parts) == total
    waiting = sum(row.verdict.startswith("not run yet") for row in rows)
    assert numbers[-1][2] == waiting
