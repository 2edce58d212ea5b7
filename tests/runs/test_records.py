"""Records: whole, unedited, and the published ones recomputable."""

import dataclasses
import json
import os
import shutil

import pytest

from alexnet_lib import settings
from alexnet_lib.experiments import EXPERIMENTS
from alexnet_lib.experiments.figure1 import CHOSEN_RATE, RATES, fastest
from alexnet_lib.runs import records, schema_1
from alexnet_lib.runs.records import RecordError, published

PUBLISHED = sorted(settings.results_root().glob("*/*.json"))


def test_a_record_survives_the_disk(record, tmp_path):
    assert records.read(records.write(tmp_path, record)) == record


@pytest.mark.parametrize(
    "edit",
    [
        lambda c: c["result"].update(test_top1=0.1),
        lambda c: c["epochs"][1].update(train_running_top1=0.2),
        lambda c: c["config"]["training"].update(learning_rate=0.5),
        lambda c: c["code"].update(dirty=not c["code"]["dirty"]),
        lambda c: c.update(seed=9),
        lambda c: c.update(note="better"),
    ],
)
def test_an_edited_record_is_refused(record, tmp_path, edit):
    path = records.write(tmp_path, record)
    content = json.loads(path.read_bytes())
    edit(content)
    path.write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(RecordError, match="changed after it was written"):
        records.read(path)


@pytest.mark.parametrize("keep", [0, 50, 500])
def test_a_torn_record_is_refused(record, tmp_path, keep):
    path = records.write(tmp_path, record)
    path.write_text(path.read_text(encoding="utf-8")[:keep])
    with pytest.raises(RecordError, match="not a run record"):
        records.read(path)


@pytest.mark.parametrize("content", ["[]", "{}", "null", "3", '{"schema": 2}', "[[]]"])
def test_other_json_is_no_record(tmp_path, content):
    path = tmp_path / "2012-relu.s1.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(RecordError, match="no object with a schema and a sha256"):
        records.read(path)


@pytest.mark.parametrize(
    "place",
    [
        "figure1/2012-relu.s1 copy.json",
        "figure1/2012-relu.s2.json",
        "figure1/2012-tanh.s1.json",
        "figure1/2012-ReLU.s1.json",
        "figure1/2012-relu.s01.json",
        "figure1/.2012-relu.s1.json",
        "figure1-rates/2012-relu.s1.json",
    ],
)
@pytest.mark.parametrize("copy", [shutil.copy, os.link, os.symlink])
def test_a_copy_is_not_another_run(record, tmp_path, place, copy):
    path = records.write(tmp_path, record)
    other = tmp_path / place
    other.parent.mkdir(exist_ok=True)
    copy(path, other)
    with pytest.raises(RecordError, match=r"belongs to .*2012-relu\.s1\.json; move"):
        records.read_all(tmp_path, other.parent.name)
    other.unlink()
    assert records.read_all(tmp_path, "figure1") == {"2012-relu": [record]}


def test_a_record_of_another_scale_is_not_one_of_this(record, monkeypatch, tmp_path):
    monkeypatch.setenv("ALEXNET_RUNS", str(tmp_path))
    path = records.write(tmp_path / "smoke", record)
    assert records.own("figure1", "smoke") == {"2012-relu": [record]}
    for scale in ("laptop", "paper"):
        shutil.copytree(path.parent, tmp_path / scale / "figure1")
        with pytest.raises(RecordError, match=f"of scale smoke among those of {scale}"):
            records.own("figure1", scale)


def test_another_schema_is_refused(record, tmp_path, monkeypatch):
    monkeypatch.setattr(records, "SCHEMA", 3)
    path = records.write(tmp_path, record)
    monkeypatch.undo()
    with pytest.raises(RecordError, match="schema 3, this library reads 1 and 2"):
        records.read(path)


def test_a_write_that_fails_leaves_the_old_record(record, tmp_path, monkeypatch):
    path = records.write(tmp_path, record)

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        records.write(tmp_path, dataclasses.replace(record, wall_seconds=0.0))
    monkeypatch.undo()
    assert records.read(path) == record


# --- what is published --------------------------------------------------------


SIZES = {"cifar10": (50_000, 10_000), "imagenette-subset128": (6_500, 1_500)}


def test_something_is_published():
    assert PUBLISHED


BY_MODULE = ("vgg-depth", "vgg-start")
"""Run as `python -m alexnet_lib` before a record called that `alexnet`."""


@pytest.mark.parametrize("path", PUBLISHED, ids=lambda p: f"{p.parent.name}/{p.stem}")
def test_a_published_record_is_what_it_must_be(path):
    record = records.read(path)
    assert record.published
    experiment = EXPERIMENTS[record.experiment]
    assert path == records.path_of(
        settings.results_root(), record.experiment, record.arm, record.seed
    )
    assert record.config == experiment.arms(record.scale)[record.arm]
    assert record.result == experiment.result(record.epochs)
    assert (record.data["train"], record.data["test"]) == SIZES[record.data["name"]]
    written = json.loads(path.read_bytes())["experiment"]
    program, *words = record.code["command"].split()
    assert program == ("__main__.py" if written in BY_MODULE else "alexnet")
    assert words[:2] == ["run", written]


def test_a_data_name_has_one_fingerprint():
    read = [records.read(path).data for path in PUBLISHED]
    fingerprints = {(data["name"], data["fingerprint"]) for data in read}
    assert len(fingerprints) == len({name for name, _ in fingerprints})


def values(content):
    """All numbers and words in a JSON value, sorted, without the names of fields."""
    if isinstance(content, dict | list):
        inner = content.values() if isinstance(content, dict) else content
        return sorted(v for item in inner for v in values(item))
    return [repr(content)]


OLD = [path for path in PUBLISHED if json.loads(path.read_bytes())["schema"] == 1]
RENAMED = {"ablations": "first-711-updates", "imagenette128": "imagenette-subset128"}


@pytest.mark.parametrize("path", OLD, ids=lambda p: f"{p.parent.name}/{p.stem}")
def test_reading_an_old_record_renames_and_changes_no_value(path):
    old = json.loads(path.read_bytes())
    new = schema_1.upgraded(old)
    same = ("arm", "seed", "scale", "weights_sha256", "environment", "code", "started")
    for field in (*same, "wall_seconds"):
        assert new[field] == old[field]
    name = RENAMED.get(old["data"]["name"], old["data"]["name"])
    assert new["experiment"] == RENAMED.get(old["experiment"], old["experiment"])
    assert new["data"] == old["data"] | {"name": name}
    assert new["config"]["data"] == old["config"]["data"] | {"name": name}
    assert new["config"]["network"] == old["config"]["network"]
    training, before = new["config"]["training"], old["config"]["training"]
    kept = training.keys() & before.keys()
    assert {key: training[key] for key in kept} == {key: before[key] for key in kept}
    assert training["schedule"]["epochs"] == before["drop_epochs"]
    assert training.get("stop", {}).get("target") == before["stop_at_train_error"]
    for epoch, written in zip(new["epochs"], old["epochs"], strict=True):
        assert values(epoch) == values(written)
    if "epochs_to_25" not in new["result"]:  # one beside it was never measured
        assert values(new["result"]) == values(old["result"])


def test_figure_1_has_five_seeds_per_arm():
    runs = published("figure1")
    assert runs.keys() == RATES.keys()
    for arm, all_ in runs.items():
        assert [r.seed for r in all_] == [1, 2, 3, 4, 5], arm


@pytest.mark.parametrize("arm", RATES)
def test_the_rates_of_figure_1_are_those_of_its_grids(arm):
    grid = published("figure1-rates")
    finished = {rate: grid[f"{arm}-{rate:g}"][0].epochs for rate in RATES[arm]}
    assert fastest(finished) == CHOSEN_RATE[arm]
    assert min(finished) < CHOSEN_RATE[arm] < max(finished)
