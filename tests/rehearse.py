"""Rehearse a training of #145 from files to errors on a slice of Imagenette: a minute.

    python tests/rehearse.py

The commands are those of ImageNet with other data and fewer epochs: prepare, plan,
train; killed after the first epoch, and finished by two processes, a tower each. Takes
Imagenette's class folders from ALEXNET_DATA; whatever it writes is removed again.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import torch

from alexnet_lib import settings

PER_CLASS = {"train": 6, "val": 3}
TRAIN = ["train", "--data", "imagenette", "--epochs", "2", "--drop", "1"]
TRAIN += ["--batch-size", "20"]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    device = ["--device", parser.parse_args().device]
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        cut_slice(settings.data_root() / "imagenette", root / "data" / "imagenette")
        places = {"ALEXNET_DATA": root / "data", "ALEXNET_RUNS": root / "runs"}
        environment = os.environ | {name: str(path) for name, path in places.items()}
        rehearse(environment, device, root / "net.pt")


def cut_slice(whole, part):
    """Copy a few images of each class."""
    for split, count in PER_CLASS.items():
        classes = sorted(p for p in (whole / split).iterdir() if p.is_dir())
        for of_class in classes:
            place = part / split / of_class.name
            place.mkdir(parents=True)
            for image in sorted(of_class.iterdir())[:count]:
                shutil.copy(image, place)


def rehearse(environment, device, saved):
    train = [*TRAIN, *device, "--save", str(saved)]
    told("prepare", environment, "data", "prepare", "imagenette")
    plan = told("plan", environment, *TRAIN, *device, "--plan")
    assert "hours " in plan
    began = killed_after_an_epoch(environment, train, saved)
    last = told("go on as two towers", environment, *train, processes=2)
    assert "test_top1_ten" in last, "the errors from ten views are missing"
    history = torch.load(saved, weights_only=True)["progress"]["history"]
    assert [epoch["epoch"] for epoch in history] == [0, 1, 2]
    assert history[:2] == began, "the first epoch was trained again"
    print("rehearsed: prepared, planned, killed, gone on with, tested")


def told(what, environment, *words, processes=1):
    """Run a command, print what it is and how long it took; returns what it says."""
    started = time.monotonic()
    several = ["-m", "torch.distributed.run", "--nproc-per-node", str(processes)]
    launcher = [*several, "--standalone", "-m"] if processes > 1 else ["-m"]
    done = subprocess.run(
        [sys.executable, *launcher, "alexnet_lib", *words],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    print(f"{what}: {time.monotonic() - started:.0f} s\n{done.stdout}", flush=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def killed_after_an_epoch(environment, words, saved):
    """Kill a training once its first epoch is saved; returns the epochs it saved."""
    started = time.monotonic()
    command = [sys.executable, "-m", "alexnet_lib", *words]
    with subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL) as run:
        while not saved.exists():
            assert run.poll() is None, "it ended before it saved anything"
            time.sleep(0.1)
        run.kill()
    history = torch.load(saved, weights_only=True)["progress"]["history"]
    print(f"train, and be killed: {time.monotonic() - started:.0f} s", flush=True)
    assert [epoch["epoch"] for epoch in history] == [0, 1]
    return history


if __name__ == "__main__":
    main()
