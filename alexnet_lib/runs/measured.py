"""Measures and artifacts taken: from a network and its data to figures and arrays."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from statistics import fmean
from typing import Any, cast

import torch
from torch import Tensor, nn

from alexnet_lib.config import Precision
from alexnet_lib.data import Dataset, Split
from alexnet_lib.data.augment import CentreViews
from alexnet_lib.epochs import Epoch
from alexnet_lib.evaluation.colour import (
    colour_shares,
    errors_in_grey,
    response_shares,
)
from alexnet_lib.evaluation.errors import Answers, Errors, answers, errors
from alexnet_lib.evaluation.features import outputs_of
from alexnet_lib.evaluation.probe import probe
from alexnet_lib.experiments import kept
from alexnet_lib.experiments import measures as asked
from alexnet_lib.experiments.kept import Artifact
from alexnet_lib.experiments.measures import Measure, When
from alexnet_lib.modules.build import build
from alexnet_lib.modules.precision import to_device
from alexnet_lib.nets.network import NetworkConfig
from alexnet_lib.runs import artifacts, retrieved
from alexnet_lib.runs.artifacts import Arrays, half, small
from alexnet_lib.training.team import SINGLE_PROCESS, Team, random_state_kept


@dataclass(frozen=True)
class Subject:
    """A network, and what is needed to measure it: data, their views, who trains.

    Where several processes share it, `network` says what it is when it is merged.
    Its answers to the test images are asked for once and kept until `forget`.
    """

    net: nn.Module
    dataset: Dataset
    views: CentreViews
    precision: Precision = "float32"
    team: Team = SINGLE_PROCESS
    network: NetworkConfig | None = None
    _given: dict[bool, Answers] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def forget(self) -> None:
        """Drop the answers that are kept: to be called when the network has changed."""
        self._given.clear()

    def errors(self, split: Split) -> Errors:
        """Errors on `split`, from the centre."""
        return errors(self.net, split, self.views, self.precision)

    def answers(self, *, ten: bool = False) -> Answers:
        """Answers to each test image, from the centre or from ten views."""
        if ten not in self._given:
            split = self.dataset.test
            self._given[ten] = answers(
                self.net, split, self.views, self.precision, ten=ten
            )
        return self._given[ten]

    def alone(self, what: str) -> nn.Sequential:
        """The network, if this process has all of it; else `ValueError`."""
        if self.team.processes > 1 or not isinstance(self.net, nn.Sequential):
            raise ValueError(
                f"{what}: units are looked at where one process has them all, but "
                f"{self.team.processes} share this network; train in one process"
            )
        return self.net

    def merged(self) -> nn.Sequential | None:
        """The whole network: in a team the main process's copy, None in the others.

        All processes of a team call it together.
        """
        if self.team.processes == 1:
            return self.alone("merged")
        whole = _merged(self)
        if not self.team.is_main:
            return None
        assert self.network is not None
        with random_state_kept(self.team.device):
            net = to_device(build(self.network, seed=0), self.team.device)
        net.load_state_dict(whole)
        return net


def take(measures: Iterable[Measure], when: When, of: Subject) -> Epoch:
    """The figures of those `measures` that are due at `when`, together."""
    figures: dict[str, Any] = {}
    for measure in measures:
        if measure.when == when:
            figures |= FIGURES[type(measure)](measure, of)
    return cast(Epoch, figures)


def _test(measure: asked.TestErrors, of: Subject) -> dict[str, Any]:
    return _named(measure, of.answers().errors())


def _validation(measure: asked.ValidationErrors, of: Subject) -> dict[str, Any]:
    if of.dataset.validation is None:
        raise ValueError(
            f"{of.dataset.name} has no validation images; set held_out in its "
            "DataConfig to the number of each class to cut from the training set"
        )
    return _named(measure, of.errors(of.dataset.validation))


def _train(measure: asked.TrainErrors, of: Subject) -> dict[str, Any]:
    return _named(measure, of.errors(of.dataset.train.every_nth(measure.images)))


def _ten(measure: asked.TenViewErrors, of: Subject) -> dict[str, Any]:
    return _named(measure, of.answers(ten=True).errors())


def _shifted(measure: asked.ShiftedErrors, of: Subject) -> dict[str, Any]:
    deviations, axes = of.dataset.statistics.colour_axes()
    errors_of = []
    for step in (measure.deviations * axes * deviations).T:  # (RGB,), an axis each
        moved = [
            dataclasses.replace(of, views=of.views.shifted(way * step))
            for way in (1, -1)
        ]
        errors_of.append(fmean(m.errors(m.dataset.test).top1 for m in moved))
    return dict(zip(measure.keys, errors_of, strict=True))


def _probe(measure: asked.Probe, of: Subject) -> dict[str, Any]:
    net, few = of.alone("probe"), of.dataset.train.first(measure.images)
    labels = few.labels.to(of.views.device)
    return {"probe": probe(net, of.views(few.images[:]), labels)}


def _colour(_: asked.KernelColour, of: Subject) -> dict[str, Any]:
    kernels = _merged(of).get("conv1.weight")  # the main process of a team has it
    return {} if kernels is None else {"kernel_colour": colour_shares(kernels).tolist()}


def _response(measure: asked.ResponseColour, of: Subject) -> dict[str, Any]:
    net, split = of.merged(), of.dataset.test.every_nth(measure.images)
    if net is None:
        return {}
    return {"response_colour": response_shares(net, split, of.views).tolist()}


def _in_grey(measure: asked.GreyErrors, of: Subject) -> dict[str, Any]:
    net, test = of.merged(), of.dataset.test
    if net is None:
        return {}
    found = [
        errors_in_grey(net, test, of.views, halves, of.precision)
        for halves in ((0,), (1,), (0, 1))
    ]
    return dict(zip(measure.keys, itertools.chain(*found), strict=True))


def _named(measure: Measure, found: Errors) -> dict[str, Any]:
    return dict(zip(measure.keys, found, strict=True))


def _merged(of: Subject) -> dict[str, Tensor]:
    return of.team.merge(of.net, of.net.state_dict())


FIGURES: dict[type[Measure], Callable[[Any, Subject], dict[str, Any]]] = {
    asked.TestErrors: _test,
    asked.ValidationErrors: _validation,
    asked.TrainErrors: _train,
    asked.TenViewErrors: _ten,
    asked.ShiftedErrors: _shifted,
    asked.Probe: _probe,
    asked.KernelColour: _colour,
    asked.ResponseColour: _response,
    asked.GreyErrors: _in_grey,
}
"""How each measure is taken."""


def arrays_of(artifact: Artifact, of: Subject) -> Arrays:
    """The arrays that `artifact` keeps of a network; in a team all processes call it.

    The main process has them all. Raises `ValueError` where they need the whole
    network in one process, or views that the data do not give.
    """
    return ARRAYS[type(artifact)](artifact, of)


def _first_layer(_: kept.FirstLayer, of: Subject) -> Arrays:
    whole, mean = _merged(of), of.dataset.mean_image.mean((1, 2))
    tensors = {
        "weight": whole["conv1.weight"],
        "bias": whole["conv1.bias"],
        "mean": mean,
    }
    return {name: half(tensor) for name, tensor in tensors.items()}


def _right(_: kept.RightAnswers, of: Subject) -> Arrays:
    arrays: Arrays = {"images": torch.tensor(len(of.dataset.test)).numpy()}
    for views in ("", "_ten") if of.views.crops else ("",):
        given = of.answers(ten=bool(views))
        for k in (1, 5):
            arrays[f"top{k}{views}"] = artifacts.packed(
                given.right(k).cpu().numpy() > 0.5
            )
    return arrays


def _probabilities(_: kept.Probabilities, of: Subject) -> Arrays:
    given = of.answers(ten=True)
    return {
        "probabilities": half(given.probabilities),
        "labels": given.labels.cpu().numpy(),
    }


def _features(artifact: kept.Features, of: Subject) -> Arrays:
    net, how = of.alone(artifact.layer), (of.views, of.precision)
    splits = {"test": of.dataset.test}
    if artifact.train:
        splits["train"] = of.dataset.train.every_nth(artifact.train)
    return {
        name: half(*outputs_of(net, [artifact.layer], split, *how).values())
        for name, split in splits.items()
    }


def _views(_: kept.Views, of: Subject) -> Arrays:
    given = of.answers(ten=True)
    return {"chosen": small(given.chosen), "labels": small(given.labels)}


def _retrieval(artifact: kept.Retrieval, of: Subject) -> Arrays:
    net = of.merged()
    if net is None:
        return {}
    return retrieved.by_layers(artifact, net, of.dataset, of.views)


def _pixels(artifact: kept.PixelRetrieval, of: Subject) -> Arrays:
    return retrieved.by_pixels(artifact, of.dataset, of.views)


ARRAYS: dict[type[Artifact], Callable[[Any, Subject], Arrays]] = {
    kept.FirstLayer: _first_layer,
    kept.RightAnswers: _right,
    kept.Probabilities: _probabilities,
    kept.Features: _features,
    kept.Views: _views,
    kept.Retrieval: _retrieval,
    kept.PixelRetrieval: _pixels,
}
"""How each kind of artifact is taken."""
