"""Preparing photographs and feeding a network with them, in images per second.

Rates are per second of processor time, all threads of the process together: what
one core gives that has nothing else to do, also while other work shares it.
"""

from __future__ import annotations

import io
import itertools
import statistics
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import PIL
import simplejpeg
import torch
from PIL import Image
from torchvision.io import ImageReadMode, decode_jpeg
from torchvision.transforms.v2 import functional as transforms

from alexnet_lib import machine, settings
from alexnet_lib.bench import interleaved
from alexnet_lib.bench.step import alexnet_step
from alexnet_lib.config import Augmentation
from alexnet_lib.data import synthetic
from alexnet_lib.data.augment import SOURCE, TrainViews
from alexnet_lib.data.batches import ViewBatches
from alexnet_lib.data.dataset import Dataset, Split
from alexnet_lib.data.mapped import ShardedImages
from alexnet_lib.data.preparing.decode import decode, quiet
from alexnet_lib.data.preparing.shard import Shard, make_shard
from alexnet_lib.data.shards import SIDE
from alexnet_lib.data.sources.folders import Item
from alexnet_lib.data.statistics import Statistics

_IMAGES = 256
_BATCH = 128


def measure(trials: int = 5) -> dict[str, Any]:
    """Rates of `prepare` against plain loops, and of the training loader.

    Files are Imagenette's, if it lies in class folders under `$ALEXNET_DATA`, and
    drawn JPEGs of 500x375, the usual size in ImageNet. `pil` opens, converts,
    resizes and crops with the same filter, `torchvision` decodes and does so;
    All use the same filter, and none a reduced JPEG scale (Pillow's draft mode).
    `decode` is the library's part of that, `prepare` all it does with a file: also
    reading, mean, covariance, checksum and writing. `step` is what AlexNet's
    training consumes, in images per second of wall time on all threads, and
    `loader_over_step` how many times that one loader's core gives.
    """
    machine.prepare_process()
    step = _step_rate(trials)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with tempfile.TemporaryDirectory() as folder, quiet():
            sets = {"drawn 500x375": _drawn(Path(folder))} | _imagenette()
            rates = {name: _prepare_rates(s, trials) for name, s in sets.items()}
        loader = _loader_rates(trials)
        return {
            "settings": {
                "shorter_side": SIDE,
                "filter": "bicubic, antialiased, on all sides",
                "decoder": f"Pillow {PIL.__version__}, no draft mode; the library's "
                f"simplejpeg {simplejpeg.__version__}",
                "threads": 1,
            },
            "prepare": rates,
            "loader": loader,
            "step": step,
            "loader_over_step": {name: rate / step for name, rate in loader.items()},
        }
    finally:
        torch.set_num_threads(threads)


def _imagenette() -> dict[str, list[Item]]:
    train = settings.data_root() / "imagenette" / "train"
    files = sorted(train.glob("*/*"))
    chosen = files[:: max(1, len(files) // _IMAGES)][:_IMAGES]
    return {"imagenette": [_item(file) for file in chosen]} if chosen else {}


def _drawn(folder: Path) -> list[Item]:
    """JPEGs of some 50 kB, from drawn patterns without their noise's finest grain."""
    images, _ = synthetic.images(_IMAGES, SIDE, seed=1)
    for i, image in enumerate(images):
        picture = Image.fromarray(image.permute(1, 2, 0).numpy())
        picture = picture.resize((500, 375), Image.Resampling.BICUBIC)
        picture.save(folder / f"{i}.jpg", quality=90)
    return [_item(folder / f"{i}.jpg") for i in range(len(images))]


def _item(file: Path) -> Item:
    status = file.stat()
    return Item(0, file.name, str(file), 0, status.st_size, status.st_mtime_ns)


def _prepare_rates(items: list[Item], trials: int) -> dict[str, Any]:
    fresh = itertools.count()  # to write over a shard costs as much as to write it
    sides: dict[str, Callable[[], object]] = {
        "pil": partial(_each, _pil, items),
        "torchvision": partial(_each, _torchvision, items),
        "decode": partial(_each, lambda item: decode(item.read()), items),
    }
    with tempfile.TemporaryDirectory() as folder:
        sides["prepare"] = lambda: make_shard(
            Shard(Path(folder), "train", next(fresh), SIDE, tuple(items))
        )
        seconds = interleaved(sides, trials, time.process_time)
    return {
        "files": len(items),
        "bytes_per_file": round(statistics.mean(item.size for item in items)),
        "images_per_second": {n: len(items) / s for n, s in seconds.items()},
        "decode_over_pil": seconds["pil"] / seconds["decode"],
        "prepare_over_pil": seconds["pil"] / seconds["prepare"],
        "prepare_over_torchvision": seconds["torchvision"] / seconds["prepare"],
    }


def _each(work: Callable[[Item], object], items: list[Item]) -> None:
    """A plain loop that lets its results go: kept, they would cost it fresh memory."""
    for item in items:
        work(item)


def _pil(item: Item) -> np.ndarray:
    """The plain loop's body, as one would write it."""
    image = Image.open(io.BytesIO(item.read())).convert("RGB")
    scale = SIDE / min(image.size)
    width, height = (round(n * scale) for n in image.size)
    image = image.resize((width, height), Image.Resampling.BICUBIC)
    left, top = (width - SIDE) // 2, (height - SIDE) // 2
    return np.asarray(image.crop((left, top, left + SIDE, top + SIDE)))


def _torchvision(item: Item) -> torch.Tensor:
    encoded = torch.frombuffer(bytearray(item.read()), dtype=torch.uint8)
    image = decode_jpeg(encoded, ImageReadMode.RGB)
    bicubic = transforms.InterpolationMode.BICUBIC
    return transforms.center_crop(
        transforms.resize(image, [SIDE], bicubic, antialias=True), [SIDE, SIDE]
    )


def _loader_rates(trials: int) -> dict[str, float]:
    """Images per second of whole batches, by augmentation."""
    rng = np.random.default_rng(0)
    shards = [
        rng.integers(0, 256, (2 * _BATCH, SIDE, SIDE, 3), np.uint8) for _ in range(2)
    ]
    images = ShardedImages(shards)
    split = Split(images, torch.zeros(len(images), dtype=torch.int64))
    data = Dataset("bench", split, split, (), "", sums=Statistics.of(images[:64]))
    device = machine.device()
    sides = {
        name: ViewBatches(split, TrainViews(data, views, device), _BATCH, seed=1)
        for name, views in (("own mean", Augmentation()), ("source", SOURCE))
    }
    drained = {name: partial(_drain, batches) for name, batches in sides.items()}
    seconds = interleaved(drained, trials, time.process_time)
    return {name: len(images) / spent for name, spent in seconds.items()}


def _step_rate(trials: int) -> float:
    """Images per second of the `paper` net's training steps in bfloat16."""
    return _BATCH / interleaved({"step": alexnet_step(_BATCH)}, trials)["step"]


def _drain(batches: ViewBatches) -> None:
    for _ in batches.epoch(0):
        pass
