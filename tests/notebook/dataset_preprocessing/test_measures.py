"""What notebook 01 measures and the folder that it prepares."""

from alexnet_lib.data import shards
from alexnet_lib.data.preparing.prepare import prepare_folder
from alexnet_lib.notebook import drawn_photographs
from alexnet_lib.notebook.dataset_preprocessing import measures


def test_only_the_antialiasing_filter_wipes_out_what_is_too_fine():
    fine = measures.grating(512, period=4.3)
    left = {n: measures.reduced(fine, 128, n).std() for n in measures.FILTERS}
    assert left["antialiased bicubic"] < 10 < left["nearest"]


def test_the_drawn_folder_has_three_bad_files_and_is_prepared_without_them(tmp_path):
    folder = drawn_photographs.folder(tmp_path / "photos", train=5, val=1)
    report = prepare_folder(
        folder, tmp_path / "squares", workers=1, show=False, max_skipped=0.2
    )
    assert (report.train, report.test) == (20, 4)
    bad = {name.rsplit("/", 1)[1] for name, _ in report.skipped}
    assert bad == {"empty.JPEG", "torn.JPEG", "letter.JPEG"}
    assert not any("/" in reason for _, reason in report.skipped)  # torchvision's own
    deviations, axes = shards.read(report.folder).statistics.colour_axes()
    assert deviations[0] > 2 * deviations[1]  # light varies most
    assert (axes[:, 0] > 0.4).all()
