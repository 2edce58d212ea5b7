"""Records of schema 1, read as if they were written today.

Until November 2026 what was measured stood among the training's options, and one
figure had several names. The names are brought to the vocabulary of `epochs`, and two
that said too little are replaced, of an experiment and of its data; no value is
touched.
"""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]

_EXPERIMENT = {"ablations": "first-711-updates"}
_DATA = {"bd112cd239efd17f": "imagenette-subset128"}
"""Names of data by fingerprint: `imagenette128` is all of Imagenette now."""
_EPOCH = {
    "lr": "learning_rate",
    "train_loss": "train_running_loss",
    "train_error": "train_running_top1",
    **{
        f"{old}_{figure}{ten}": f"{new}_{name}{ten}"
        for old, new in (("val", "test"), ("train_set", "train"))
        for figure, name in (("error", "top1"), ("top5", "top5"), ("loss", "loss"))
        for ten in ("", "_ten")
    },
}
_RESULT = {
    "final_train_error": "train_running_top1",
    "final_val_error": "test_top1",
    "train_error": "train_top1",
    "test_error": "test_top1",
    "test_error_ten_views": "test_top1_ten",
    "top1": "test_top1",
    "top5": "test_top5",
    "top1_ten_views": "test_top1_ten",
    "top5_ten_views": "test_top5_ten",
    "val_loss_ten_views": "test_loss_ten",
}


def upgraded(content: Json) -> Json:
    """The fields of a schema-1 record under the names and in the places of schema 2."""
    config, result = content["config"], dict(content["result"])
    data = content["data"]
    data_name = _DATA.get(data["fingerprint"], data["name"])
    if not config["training"].get("evaluate_train"):
        result.pop("epochs_to_25_evaluated", None)  # always None, for want of a measure
    return content | {
        "experiment": _EXPERIMENT.get(content["experiment"], content["experiment"]),
        "config": config
        | {
            "data": config["data"] | {"name": data_name},
            "training": _training(config["training"]),
        },
        "measures": _measures(config),
        "data": data | {"name": data_name},
        "epochs": [_renamed(epoch, _EPOCH) for epoch in content["epochs"]],
        "result": _renamed(result, _RESULT),
    }


def _renamed(values: Json, names: dict[str, str]) -> Json:
    return {names.get(name, name): value for name, value in values.items()}


def _training(old: Json) -> Json:
    new = dict(old)
    for name in ("evaluate_train", "probe_images", "kernel_colour"):
        new.pop(name, None)
    drops, target = new.pop("drop_epochs", []), new.pop("stop_at_train_error", None)
    new["schedule"] = {"schedule": "FixedDrops", "epochs": drops}
    if target is not None:
        new["stop"] = {"key": "train_running_top1", "target": target}
    return new


def _measures(config: Json) -> list[Json]:
    training = config["training"]
    measures: list[Json] = [{"measure": "TestErrors"}]
    if images := training.get("evaluate_train"):
        measures.append({"measure": "TrainErrors", "images": images})
    if images := training.get("probe_images"):
        measures.append({"measure": "Probe", "images": images})
    if config["data"].get("augmentation") is not None:
        measures.append({"measure": "TenViewErrors"})
    if training.get("kernel_colour"):
        measures.append({"measure": "KernelColour"})
    return measures
