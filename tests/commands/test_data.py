"""`alexnet data` and `alexnet check`."""

import os
import tempfile
from pathlib import Path

import pytest
from PIL import Image

from alexnet_lib import cli, settings
from alexnet_lib.data import synthetic
from tests.conftest import POSIX, ordinary_user


def test_check_says_device_memory_code_and_data(capsys):
    assert cli.main(["check"]) == 0
    out = capsys.readouterr().out
    for word in ("torch", "device", "memory", "code", "cifar10 "):
        assert word in out


@POSIX
@pytest.mark.parametrize("words", [["check"], ["data", "ls"]])
@pytest.mark.parametrize("name", ["cifar10", "imagenette", "imagenet2010"])
def test_data_that_may_not_be_read_do_not_hide_the_rest(
    monkeypatch, capsys, words, name
):
    with tempfile.TemporaryDirectory() as place:
        closed = Path(place, "prepared", name)
        closed.mkdir(parents=True)
        closed.chmod(0)
        for folder in (place, closed.parent):
            os.chmod(folder, 0o755)
        monkeypatch.setenv("ALEXNET_DATA", place)
        with ordinary_user():
            assert cli.main(words) == 0
        closed.chmod(0o700)
    said = dict(line.split(None, 1) for line in capsys.readouterr().out.splitlines())
    assert "Permission denied" in said.pop(name)
    assert said["imagenet"] == "not found"


@pytest.fixture
def mine(tmp_path):
    """Class folders of two classes, 60 training and 10 test files each."""
    root = tmp_path / "mine"
    for split, count in (("train", 60), ("val", 10)):
        for label, wnid in enumerate(("n01440764", "n02102040")):
            folder = root / split / wnid
            folder.mkdir(parents=True)
            images, _ = synthetic.images(count, 64, seed=label)
            for i, image in enumerate(images):
                pixels = image.permute(1, 2, 0).numpy()
                Image.fromarray(pixels).save(folder / f"{i}.JPEG")
    return root


def prepare(mine, *words):
    return cli.main(["data", "prepare", "imagenette", "--from", str(mine), *words])


@pytest.mark.parametrize(("spoilt", "status"), [(False, 0), (True, 3)])
def test_preparing_says_what_it_skipped_and_its_status_does(
    mine, capsys, spoilt, status
):
    if spoilt:
        (mine / "train" / "n01440764" / "7.JPEG").write_bytes(b"torn")
    assert prepare(mine, "--workers", "1") == status
    out = capsys.readouterr().out
    assert f"imagenette: {120 - spoilt} training and 20 test images in" in out
    assert ("7.JPEG" in out) == spoilt
    assert cli.main(["data", "ls"]) == 0
    assert str(prepared()) in capsys.readouterr().out


def prepared():
    return settings.data_root() / "prepared" / "imagenette"


def test_from_is_refused_where_it_would_not_be_read(mine, capsys, tmp_path):
    assert prepare(mine, "--workers", "1") == 0
    assert prepare(mine) == 0
    assert prepare(tmp_path / "elsewhere") == 1
    err = capsys.readouterr().err
    assert f"{prepared()}: prepared already, from {mine}; leave" in err
    assert cli.main(["data", "prepare", "imagenette"]) == 0


def test_a_plan_is_printed_and_nothing_made(mine, capsys):
    assert prepare(mine, "--plan", "--images", "1000000") == 0
    out = capsys.readouterr().out
    assert "imagenette: 1,000,000 images" in out
    assert "disk    196.6 GB" in out
    assert not prepared().parent.exists()
