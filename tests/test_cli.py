"""The command as a reader meets it."""

import json
from urllib.error import URLError

import pytest
from PIL import Image

from alexnet_lib import cli, data, settings
from alexnet_lib.bench import step
from alexnet_lib.commands import check
from alexnet_lib.data import synthetic
from alexnet_lib.data.sources import cifar
from alexnet_lib.experiments import figure1

from .conftest import quick


@pytest.fixture
def offline(monkeypatch):
    data.load.cache_clear()

    def download(*_):
        raise URLError("no network")

    monkeypatch.setattr(cifar, "download_url", download)
    monkeypatch.setattr(figure1, "FIGURE1", quick())


def test_reproduce_without_data_and_network_says_so_and_runs_drawn_images(
    offline, capsys
):
    assert cli.main(["reproduce"]) == 0
    out = capsys.readouterr().out
    assert "NOT THE PAPER'S NUMBERS" in out
    assert "no network" in out
    assert "| verdict |" in out
    figure = settings.runs_root() / "smoke" / "figure1.png"
    assert str(figure) in out
    assert figure.read_bytes().startswith(b"\x89PNG")


def test_reproduce_with_damaged_data_fails_in_one_line(offline, capsys):
    archive = settings.data_root() / cifar.ARCHIVE
    archive.parent.mkdir(parents=True)
    archive.write_bytes(b"not an archive")
    assert cli.main(["reproduce"]) == 1
    captured = capsys.readouterr()
    assert "NOT THE PAPER'S NUMBERS" not in captured.out
    assert captured.err.startswith(f"alexnet: {archive}: wrong checksum")
    assert captured.err.count("\n") == 1


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["run", "figure7"], "no experiment 'figure7'; known: figure1"),
        (["run", "figure1", "--scale", "smoke", "--arm", "x"], "has no arm x"),
        (["figure", "1", "--scale", "smoke"], "no runs for Figure 1"),
        (
            ["train", "--data", "mnist", "--device", "cpu"],
            "no data set is called 'mnist'",
        ),
        (["figure", "9"], "Figure 9 is not reproduced yet"),
        (["data", "prepare", "mnist"], "no data set is called 'mnist'"),
    ],
)
def test_a_wrong_word_is_one_line_and_status_1(words, message, capsys):
    assert cli.main(words) == 1
    err = capsys.readouterr().err
    assert message in err
    assert err.count("\n") == 1


def test_an_unknown_scale_in_the_environment_is_refused(monkeypatch, capsys):
    monkeypatch.setenv("ALEXNET_SCALE", "huge")
    assert cli.main(["report"]) == 1
    assert "unknown scale 'huge'" in capsys.readouterr().err


def test_an_interrupt_leaves_a_hint_and_status_130(monkeypatch, capsys):
    def interrupted(_):
        raise KeyboardInterrupt

    monkeypatch.setattr(check, "run", interrupted)
    assert cli.main(["check"]) == 130
    line = "\nstopped; the same command goes on from the last checkpoint\n"
    assert capsys.readouterr().err == line


def test_check_says_device_memory_and_data(capsys):
    assert cli.main(["check"]) == 0
    out = capsys.readouterr().out
    for word in ("torch", "device", "memory", "cifar10  not found"):
        assert word in out


def photographs(root, spoilt):
    """Class folders of two classes, 60 training and 10 test files each."""
    for split, count in (("train", 60), ("val", 10)):
        for label, wnid in enumerate(("n01440764", "n02102040")):
            folder = root / split / wnid
            folder.mkdir(parents=True)
            images, _ = synthetic.images(count, 64, seed=label)
            for i, image in enumerate(images):
                pixels = image.permute(1, 2, 0).numpy()
                Image.fromarray(pixels).save(folder / f"{i}.JPEG")
    if spoilt:
        (root / "train" / "n01440764" / "7.JPEG").write_bytes(b"torn")


@pytest.mark.parametrize(("spoilt", "status"), [(False, 0), (True, 3)])
def test_preparing_says_what_it_skipped_and_its_status_does(
    tmp_path, capsys, spoilt, status
):
    photographs(tmp_path / "mine", spoilt)
    words = ["data", "prepare", "imagenette", "--from", str(tmp_path / "mine")]
    assert cli.main([*words, "--workers", "1"]) == status
    out = capsys.readouterr().out
    assert f"imagenette: {120 - spoilt} training and 20 test images in" in out
    assert ("7.JPEG" in out) == spoilt
    assert cli.main(["data", "ls"]) == 0
    assert (
        str(settings.data_root() / "prepared" / "imagenette") in capsys.readouterr().out
    )


def test_a_plan_is_printed_and_nothing_made(tmp_path, capsys):
    photographs(tmp_path / "mine", False)
    words = ["data", "prepare", "imagenette", "--from", str(tmp_path / "mine")]
    assert cli.main([*words, "--plan", "--images", "1000000"]) == 0
    out = capsys.readouterr().out
    assert "imagenette: 1,000,000 images" in out
    assert "disk    196.6 GB" in out
    assert not (settings.data_root() / "prepared").exists()


def test_bench_prints_json(monkeypatch, capsys):
    few = step.measure
    monkeypatch.setattr(
        step, "measure", lambda: few(trials=1, batch=2, alexnet_trials=1)
    )
    assert cli.main(["bench", "step", "--json"]) == 0
    figures = json.loads(capsys.readouterr().out)
    assert figures["library_over_bare"] == pytest.approx(
        figures["library_ms_per_batch"] / figures["bare_ms_per_batch"]
    )
    seconds = figures["alexnet"]["seconds_per_step"]
    for other in ("plain", "plain_tuned", "torchvision"):
        ratio = seconds[other] / seconds["library"]
        assert figures["alexnet"][f"{other}_over_library"] == pytest.approx(ratio)
