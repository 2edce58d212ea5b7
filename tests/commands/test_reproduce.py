"""`alexnet reproduce`, with and without data."""

from urllib.error import URLError

import pytest

from alexnet_lib import cli, settings
from alexnet_lib.data.sources import cifar
from alexnet_lib.experiments import figure1
from tests.conftest import quick


@pytest.fixture
def offline(monkeypatch):
    def download(*_):
        raise URLError("no network")

    monkeypatch.setattr("torchvision.datasets.utils.download_url", download)
    monkeypatch.setattr(figure1, "FIGURE1", quick())


def test_without_data_and_network_it_says_so_and_runs_drawn_images(offline, capsys):
    assert cli.main(["reproduce"]) == 0
    out = capsys.readouterr().out
    assert "NOT THE PAPER'S NUMBERS" in out
    assert "no network" in out
    assert "| verdict |" in out
    figure = settings.runs_root() / "smoke" / "figure1.png"
    assert str(figure) in out
    assert figure.read_bytes().startswith(b"\x89PNG")


def test_damaged_data_is_a_fault_in_one_line(offline, capsys):
    archive = settings.data_root() / cifar.ARCHIVE
    archive.parent.mkdir(parents=True)
    archive.write_bytes(b"not an archive")
    assert cli.main(["reproduce"]) == 1
    captured = capsys.readouterr()
    assert "NOT THE PAPER'S NUMBERS" not in captured.out
    assert captured.err.startswith(f"alexnet: {archive}: wrong checksum")
    assert captured.err.count("\n") == 1
