"""Figure 4 from a reader's own network and pictures, to be browsed by slider."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from numpy.typing import NDArray
from torch import Tensor, nn

from alexnet_lib.config import Precision
from alexnet_lib.data import Dataset, Split
from alexnet_lib.data.augment import CentreViews
from alexnet_lib.data.views import centre_crop
from alexnet_lib.evaluation.errors import Answers, answers
from alexnet_lib.evaluation.features import last_hidden, outputs_of, pixels_of
from alexnet_lib.evaluation.neighbours import Neighbours, distances, nearest
from alexnet_lib.experiments.figure1 import FIGURE1
from alexnet_lib.experiments.kept import NEIGHBOURS
from alexnet_lib.experiments.long_photographs import PHOTOGRAPHS
from alexnet_lib.figures import figure4
from alexnet_lib.figures.picture import Picture
from alexnet_lib.machine import device
from alexnet_lib.modules.precision import to_device
from alexnet_lib.runs.run import Run
from alexnet_lib.runs.train_config import centre_views, load_for, train_config
from alexnet_lib.settings import Scale

By = Literal["last hidden layer", "pixels"]
_QUERIES, _SEARCHED = 400, 5000
_PREDICTED, _ROWS = 5, 3
_SMOKE_EPOCHS = 8


@dataclass(frozen=True)
class Gallery:
    """Test images with a network's answers, and the training images near to them.

    `near` by each way; `test` and `train` are the images that are searched for and
    among, seen through `size`, the side of a view.
    """

    test: Split
    train: Split
    classes: tuple[str, ...]
    size: int
    given: Answers
    near: dict[By, Neighbours]

    def predictions(self, first: int = 0) -> Picture:
        """Figure 4, left, of the test images from number `first` on."""
        chosen = slice(first, first + _PREDICTED)
        return figure4.predictions(
            self._pictures(self.test, chosen),
            self.given.probabilities[chosen].cpu().numpy(),
            self.test.labels[chosen].numpy(),
            self.classes,
            f"Test images from number {first}, and the five most probable labels",
        )

    def retrieval(self, first: int = 0, by: By = "last hidden layer") -> Picture:
        """Figure 4, right, of the test images from number `first` on."""
        chosen = slice(first, first + _ROWS)
        near = Neighbours(*(of[chosen] for of in self.near[by]))
        found = self._pictures(self.train, near.indices.flatten())
        return figure4.retrieval(
            self._pictures(self.test, chosen),
            found.reshape(*near.indices.shape, *found.shape[1:]),
            near.distances.numpy(),
            (
                self.test.labels[chosen].numpy(),
                self.train.labels[near.indices].numpy(),
            ),
            self.classes,
            f"Test images from number {first}, and the training images nearest by the "
            f"{by}",
        )

    def _pictures(self, split: Split, chosen: slice | Tensor) -> NDArray:
        return centre_crop(split.images[chosen], self.size).numpy()


def of_network(
    net: nn.Sequential,
    dataset: Dataset,
    views: CentreViews,
    precision: Precision = "float32",
) -> Gallery:
    """The gallery of any network and data: 400 test images, 5,000 to search among.

    Or as many as there are; every class in proportion.
    """
    test = dataset.test.every_nth(_QUERIES)
    train = dataset.train.every_nth(_SEARCHED)
    layer, both = last_hidden(net), (test, train)
    seen = [outputs_of(net, [layer], split, views, precision)[layer] for split in both]
    pixels = [pixels_of(split, views) for split in both]
    near: dict[By, Neighbours] = {
        "last hidden layer": nearest(distances(*seen), NEIGHBOURS),
        "pixels": nearest(distances(*pixels), NEIGHBOURS),
    }
    given = answers(net, test, views, precision)
    return Gallery(test, train, dataset.classes, views.size, given, near)


def of_run(run: Run) -> Gallery:
    """The gallery of a reader's own finished run.

    Raises `FileNotFoundError` that names the command, if it is not finished.
    """
    config, net = run.config, to_device(run.network(), device())
    dataset = load_for(config)
    views = centre_views(config, dataset, device())
    return of_network(net, dataset, views, config.training.precision)


def own(scale: Scale) -> Gallery:
    """The gallery of notebook 08: of the reader's long baseline, its first seed.

    At `smoke` a small net is trained for it: the rectifiers' of Figure 1, today's
    scaling, on synthetic images.
    """
    if scale != "smoke":
        return of_run(Run(PHOTOGRAPHS, "baseline", 1, scale))
    config = FIGURE1.arms(scale)["today-relu"].with_training(
        epochs=_SMOKE_EPOCHS, stop=None
    )
    of, _ = train_config(config, load_for(config), 1, measures=(), show=False)
    return of_network(of.alone("gallery"), of.dataset, of.views)
