"""The words of `alexnet train`: acted on or refused."""

import dataclasses
import json

import pytest

from alexnet_lib import cli, settings
from alexnet_lib.commands import train, words
from alexnet_lib.config import RunConfig, StartFrom
from alexnet_lib.config_json import to_dict
from alexnet_lib.experiments.photographs import FIRST_UPDATES

ARM = ("--experiment", "figure1-rates", "--arm", "2012-relu-0.001")


STARTED = json.dumps(
    to_dict(
        dataclasses.replace(
            FIRST_UPDATES.arms("smoke")["source"], start=StartFrom("paper", ("conv1",))
        )
    )
)


def asked(*more):
    parser = words.Parser(prog="alexnet train")
    train.add(parser)
    return parser.parse_args(more)


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ((*ARM, "--save-every", "9"), "--save-every does not go with --experiment"),
        ((*ARM, "--learning-rate", ".5"), "--learning-rate does not go with --exper"),
        ((*ARM, "--batch-size", "64"), "--batch-size does not go with --experiment"),
        ((*ARM, "--drop"), "--drop does not go with --experiment"),
        ((*ARM, "--save", "x.pt"), "--save does not go with --experiment"),
        ((*ARM, "--config", "x.json"), "--config does not go with --experiment"),
        (("--config", "x.json", "--epochs", "9"), "--epochs does not go with --config"),
        (("--config", "x.json", "--data", "cifar10"), "--data does not go with --conf"),
        (("--config", "x.json", "--scale", "smoke"), "--scale goes with --experiment"),
        (("--arm", "source"), "--arm goes with --experiment only"),
        (("--scale", "smoke"), "--scale goes with --experiment only"),
        (("--experiment", "figure1"), "--arm is missing: which of figure1?"),
        (("--towers", "0"), "--towers: 0 is not a number from 1"),
        (("--epochs", "-1"), "--epochs: -1 is not a number from 1"),
        (("--drop", "-1"), "--drop: -1 is not a number from 1"),
        (("--batch-size", "0"), "--batch-size: 0 is not a number from 1"),
        (("--crop", "many"), "--crop: invalid whole number value"),
        (("--wire", "float16"), "--wire and --output are for towers; here is one"),
        (("--output", "first"), "--wire and --output are for towers; here is one"),
        (("--seed", "-3"), "--seed: -3 is not a number from 0"),
        (("--save-every", "-1"), "--save-every: -1 is not a number from 0"),
        (("--save-every", "nan"), "--save-every: nan is not a number from 0"),
        (("--save-every", "soon"), "--save-every: invalid seconds value: 'soon'"),
        (("--save", ""), "--save: . is a folder; name a file in it"),
        (("--save", "/"), "--save: / is a folder; name a file in it"),
    ],
)
def test_words_that_would_not_be_acted_on_are_refused(said, told, capsys):
    try:
        status = cli.main(["train", "--device", "cpu", *said])
    except SystemExit as ended:  # argparse's own way
        status = ended.code
    err = capsys.readouterr().err
    assert status == 2
    assert told in err
    assert len(err.splitlines()) == 1


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (STARTED, "start: only an experiment's arm starts from the weights of another"),
        ("{}", "RunConfig: the field data is missing"),
        ("[]", "RunConfig: an object of named fields is wanted, not []"),
        ("{", "Expecting property name"),
        ("\xff", "can't decode byte"),
        ("[" * 100_000, "recursion"),
    ],
)
def test_a_file_that_holds_no_config_is_told_in_one_line(
    tmp_path, capsys, content, told
):
    file = tmp_path / "config.json"
    file.write_text(content, encoding="latin-1")
    assert cli.main(["train", "--device", "cpu", "--config", str(file)]) == 1
    err = capsys.readouterr().err
    assert f"alexnet: {file}: " in err
    assert told in err
    assert len(err.splitlines()) == 1


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("--learning-rate", "-1"), "training.learning_rate is -1.0"),
        (("--learning-rate", "nan"), "training.learning_rate is nan"),
        (("--epochs", "9", "--drop", "9"), "schedule.epochs: 9, but the training ends"),
        (("--crop", "300"), "crops of 300 pixels, but the images of synthetic256"),
    ],
)
def test_a_recipe_that_cannot_be_trained_writes_nothing(capsys, change, told):
    said = ["train", "--device", "cpu", "--data", "synthetic256", *change]
    assert cli.main(said) == 1
    err = capsys.readouterr().err
    assert told in err
    assert len(err.splitlines()) == 1
    assert not [p for p in settings.runs_root().rglob("*") if p.is_file()]


def test_a_config_is_trained_as_it_says_and_saved_where_it_is_told(tmp_path, capsys):
    config = FIRST_UPDATES.arms("smoke")["source"]
    small = dataclasses.replace(config.network, layers=config.network.layers[-1:])
    training = dataclasses.replace(config.training, learning_rate=1e-6)
    held_out = dataclasses.replace(config.data, held_out=2)
    config = RunConfig(held_out, small, training)
    file, saved = tmp_path / "config.json", tmp_path / "net.pt"
    file.write_text(json.dumps(to_dict(config)), encoding="utf-8")
    said = ["train", "--device", "cpu", "--config", str(file), "--save", str(saved)]
    assert cli.main(said) == 0
    out = capsys.readouterr().out
    assert f"weights in {saved}" in out
    assert "learning_rate 1e-06" in out
    assert "validation_top1 " in out
    assert saved.exists()
