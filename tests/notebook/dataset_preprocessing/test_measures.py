"""What notebook 01 measures and the folder that it prepares."""

import itertools

import pytest
import torch

from alexnet_lib.data import prepared
from alexnet_lib.data.preparing.prepare import prepare
from alexnet_lib.notebook import drawn_photographs
from alexnet_lib.notebook.dataset_preprocessing import measures


@pytest.mark.parametrize("k", [1, 2, 3])
def test_ties_count_by_the_orders_in_which_they_may_be_broken(k):
    scores = torch.randint(0, 3, (20, 4), generator=torch.Generator().manual_seed(k))
    labels = torch.arange(20) % 4
    wrong = 0.0
    for row, label in zip(scores.tolist(), labels.tolist(), strict=True):
        orders = list(itertools.permutations(range(4)))
        firsts = [sorted(order, key=lambda c: -row[c])[:k] for order in orders]
        wrong += sum(label not in first for first in firsts) / len(orders)
    got = measures.top_k_error(scores.float(), labels, k)
    assert got == pytest.approx(wrong / 20)


def test_a_score_that_is_no_number_is_never_right():
    scores = torch.tensor([[torch.nan, 1.0, 0.0], [1.0, torch.nan, 0.0]])
    labels = torch.tensor([0, 0])
    assert measures.top_k_error(scores, labels, 1) == 1.0
    assert measures.top_k_error(scores, labels, 2) == 0.5


def test_only_the_antialiasing_filter_wipes_out_what_is_too_fine():
    fine = measures.grating(512, period=4.3)
    left = {n: measures.reduced(fine, 128, n).std() for n in measures.FILTERS}
    assert left["antialiased bicubic"] < 10 < left["nearest"]


def test_the_drawn_folder_has_three_bad_files_and_is_prepared_without_them(tmp_path):
    folder = drawn_photographs.folder(tmp_path / "photos", train=5, val=1)
    report = prepare("imagenette", folder, workers=1, show=False, max_skipped=0.2)
    assert (report.train, report.test) == (20, 4)
    bad = {name.rsplit("/", 1)[1] for name, _ in report.skipped}
    assert bad == {"empty.JPEG", "torn.JPEG", "letter.JPEG"}
    assert not any("/" in reason for _, reason in report.skipped)  # torchvision's own
    deviations, axes = prepared.read(report.folder).statistics.colour_axes()
    assert deviations[0] > 2 * deviations[1]  # light varies most
    assert (axes[:, 0] > 0.4).all()
