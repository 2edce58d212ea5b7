"""Ensembles and retrieval of published runs, from arrays written beside records."""

import dataclasses
import itertools
import math

import numpy as np
import pytest
import torch
from scipy import stats

from alexnet_lib.evaluation.errors import right
from alexnet_lib.ledger import estimate
from alexnet_lib.ledger.ensembles import (
    EnsembleGain,
    SearchedGain,
    crossed,
    of_all_sizes,
    probabilities_of,
)
from alexnet_lib.ledger.retrieval import Precision, Way
from alexnet_lib.runs import artifacts, records

IMAGES, CLASSES, NETS = 300, 5, 7
LABELS = np.arange(IMAGES) % CLASSES


def answers(seed, skill=1.0):
    """Probabilities of a net; what is hard of an image is hard for all nets."""
    common = np.random.default_rng(0).normal(size=(IMAGES, CLASSES))
    scores = common + np.random.default_rng(seed).normal(size=(IMAGES, CLASSES))
    scores[np.arange(IMAGES), LABELS] += skill
    e = np.exp(scores)
    return (e / e.sum(1, keepdims=True)).astype(np.float16)


@pytest.fixture
def runs(record, tmp_path):
    """Seven nets, whose answers and neighbours lie beside their records."""
    made = []
    for seed in range(1, NETS + 1):
        run = dataclasses.replace(record, arm="baseline", seed=seed)
        path = records.write(tmp_path, run)
        artifacts.write(
            artifacts.path_of(path, "ten"),
            {"probabilities": answers(seed), "labels": LABELS},
        )
        rng = np.random.default_rng(100 + seed)
        artifacts.write(
            artifacts.path_of(path, "retrieval"),
            {
                "hits_fc7": rng.integers(3, 7, IMAGES, dtype=np.uint8),
                "hits_flatten": rng.integers(1, 7, IMAGES, dtype=np.uint8),
            },
        )
        artifacts.write(
            artifacts.path_of(path, "retrieval", 0),
            {"hits_fc7": rng.integers(0, 4, IMAGES, dtype=np.uint8)},
        )
        if seed == 2:
            pixels = rng.integers(0, 4, IMAGES, dtype=np.uint8)
            artifacts.write(artifacts.path_of(path, "pixels"), {"hits_pixels": pixels})
        made.append(records.read(path))
    return {"baseline": made}


def wrong(nets):
    mean = np.mean([answers(seed).astype(float) for seed in nets], axis=0)
    fits = right(torch.from_numpy(mean), torch.from_numpy(LABELS), 1)
    return 1 - fits.numpy()


def loss(nets):
    mean = np.mean([answers(seed).astype(float) for seed in nets], axis=0)
    return -np.log(mean[np.arange(IMAGES), LABELS])


@pytest.mark.parametrize(("figure", "of"), [("top1", wrong), ("loss", loss)])
def test_the_gain_is_over_all_ensembles_with_nets_and_images_in_its_interval(
    runs, figure, of
):
    def gain(nets):
        fives = [of(five) for five in itertools.combinations(nets, 5)]
        return np.mean(fives, 0) - np.mean([of([net]) for net in nets], 0)

    nets = range(1, NETS + 1)
    by_image = gain(nets)
    without = [gain([n for n in nets if n != left]).mean() for left in nets]
    deviations = np.array(without) - np.mean(without)
    jackknife = math.sqrt((NETS - 1) / NETS * (deviations**2).sum())
    rng = np.random.default_rng(5)
    bootstrap = np.std([rng.choice(by_image, IMAGES).mean() for _ in range(4000)])
    half = math.hypot(
        stats.t.ppf(0.975, NETS - 1) * jackknife,
        stats.t.ppf(0.975, IMAGES - 1) * bootstrap,
    )
    found = EnsembleGain("baseline", 5, figure, 100)(runs)
    assert found.value == pytest.approx(100 * by_image.mean())
    assert found.value < 0
    assert (found.high - found.low) / 2 == pytest.approx(100 * half, rel=0.03)
    assert (found.n, found.df, found.images) == (NETS, NETS - 1, IMAGES)
    assert found.text().endswith("n=7, over 300 images too")


def test_five_nets_alone_have_no_interval_and_fewer_no_number(runs):
    five = {"baseline": runs["baseline"][:5]}
    found = EnsembleGain("baseline")(five)
    assert found.value == pytest.approx(
        wrong(range(1, 6)).mean() - np.mean([wrong([net]) for net in range(1, 6)])
    )
    assert found.low is None
    assert EnsembleGain("baseline")({"baseline": runs["baseline"][:4]}) is None
    assert EnsembleGain("baseline")({}) is None


def test_nets_that_kept_nothing_or_saw_other_images_make_no_ensemble(runs):
    listed = runs["baseline"]
    other = dataclasses.replace(
        listed[0], data=listed[0].data | {"fingerprint": "another"}
    )
    assert probabilities_of([other, *listed[1:]]) is None
    artifacts.path_of(listed[3].path, "ten").unlink()
    assert probabilities_of(listed) is None
    assert EnsembleGain("baseline")(runs) is None


def test_sizes_go_from_one_net_to_all(runs):
    kept = probabilities_of(runs["baseline"])
    errors = of_all_sizes(*kept, "top1")
    assert len(errors) == NETS
    assert errors[0] == pytest.approx(
        np.mean([wrong([net]) for net in range(1, NETS + 1)])
    )
    pairs = itertools.combinations(range(1, NETS + 1), 2)
    assert errors[1] == pytest.approx(np.mean([wrong(pair) for pair in pairs]))
    assert errors[-1] == pytest.approx(wrong(range(1, NETS + 1)).mean())


def test_no_image_is_tested_whose_label_the_weights_were_searched_by(runs):
    """With the labels of the tested half spoilt the same answers are given to it."""
    probabilities, labels = probabilities_of(runs["baseline"])
    even = np.arange(IMAGES) % 2 == 0
    fits = 1 - crossed(probabilities, labels)[even]
    shifted = np.where(even, (labels + 1) % CLASSES, labels)
    moved = 1 - crossed(probabilities, shifted)[even]
    assert not ((fits == 1) & (moved == 1)).any()  # one answer is not right for both
    found = SearchedGain("baseline", 100)(runs)
    equal = wrong(range(1, NETS + 1)).mean()
    assert found.value == pytest.approx(
        100 * (crossed(probabilities, labels).mean() - equal)
    )
    assert found.low < found.value < found.high


def test_precision_is_a_mean_over_nets_with_its_images(runs):
    table = 100 / 6 * np.stack([kept(run, "retrieval") for run in runs["baseline"]])
    found = Precision("baseline", Way())(runs)
    means = estimate.mean(table.mean(1).tolist())
    assert found == estimate.over_images(means, table)
    assert found.images == IMAGES
    less = Precision("baseline", Way(), Way(epoch=0))(runs)
    before = [kept(run, "retrieval", 0).mean() for run in runs["baseline"]]
    assert less.value == pytest.approx(found.value - 100 / 6 * np.mean(before))


def kept(run, name, epoch=None, counts="hits_fc7"):
    return artifacts.read(artifacts.path_of(run.path, name, epoch))[counts].astype(
        float
    )


def test_pixels_are_kept_once_for_all_runs(runs):
    pixels = kept(runs["baseline"][1], "pixels", counts="hits_pixels")
    found = Precision("baseline", Way("hits_pixels"))(runs)
    assert found.value == pytest.approx(100 / 6 * pixels.mean())
    less = Precision("baseline", Way(), Way("hits_pixels"))(runs)
    whole = Precision("baseline", Way())(runs)
    assert less.value == pytest.approx(whole.value - found.value)


def test_a_run_that_kept_no_neighbours_leaves_no_number(runs):
    assert Precision("baseline", Way("hits_fc7_pca-8"))(runs) is None
    artifacts.path_of(runs["baseline"][0].path, "retrieval").unlink()
    assert Precision("baseline", Way())(runs) is None
    assert Precision("baseline", Way())({}) is None
