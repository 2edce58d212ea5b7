"""Spot the bug, notebook 06: mistakes that keep a net from being helped, or tested."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from alexnet_lib.data import views
from alexnet_lib.notebook.answers import Wrong, close, require
from alexnet_lib.notebook.exercise import Attempt, exercise, raising_is_told


@exercise
def noise_for_unit_pixels(attempt: Attempt) -> None:
    """`attempt(images, axes, deviations, draws, unit)`: images under colour noise.

    `images` (B, 3, H, W) are grey levels divided by `unit`; `deviations` (3,) along the
    columns of `axes` are in grey levels, `draws` (B, 3) of deviation .1.
    """
    generator = torch.Generator().manual_seed(21)
    axes = torch.linalg.qr(torch.randn(3, 3, generator=generator, dtype=torch.float64))[
        0
    ]
    deviations = torch.tensor([120.0, 37.0, 20.0], dtype=torch.float64)
    draws = 0.1 * torch.randn(4, 3, generator=generator, dtype=torch.float64)
    pixels = 60 * torch.randn(4, 3, 5, 5, generator=generator, dtype=torch.float64)

    def under(shift: Tensor, images: Tensor) -> Tensor:
        return images + shift[:, :, None, None]

    for unit in (1.0, 70.0, 255.0):
        images = pixels / unit
        shift = draws * deviations @ axes.T
        right = under(shift / unit, images)
        got = attempt(images, axes, deviations, draws, unit, wanted=right)
        mistakes = {
            f"The pixels are divided by {unit:g}, the noise is not: it is {unit:g} "
            "times too strong, and drowns the picture.": under(shift, images),
            f"The noise is divided by {unit:g} twice: it can hardly be seen.": (
                under(shift / unit**2, images)
            ),
            "It takes the eigenvalue, in squared grey levels: the deviation is its "
            "root.": under(draws * deviations**2 @ axes.T / unit, images),
            "The axes are the columns of the matrix, not its rows.": (
                under(draws * deviations @ axes / unit, images)
            ),
        }
        words = f"With pixels divided by {unit:g} it is not the image and its shift."
        require(got, right, mistakes, words)


@exercise
def ten_windows(attempt: Attempt) -> None:
    """`attempt(image, size)`: ten test views (10, 3, size, size), mirrors last."""
    generator = torch.Generator().manual_seed(22)
    image = torch.rand(3, 12, 14, generator=generator)
    right = views.ten_views(image, 8)
    got = attempt(image, 8, wanted=right)
    five, flipped = right[:5], right[5:]
    if not close(got[:5], five):
        raise Wrong("Its first five are not the corners and the centre any more.")
    same = [close(a, b) for a, b in zip(got[5:], flipped, strict=True)]
    if all(same):
        return
    if close(got[5:], five):
        raise Wrong("The last five are not mirrored: each image is answered twice.")
    if close(got[5:], five.flip(-2)):
        raise Wrong("The mirrors stand on their heads: swap left and right.")
    raise Wrong(
        f"{sum(same)} of 5 mirrors are mirrors: {5 - sum(same)} are the view as it was "
        "or another window."
    )


class Pictures:
    """Numbered pictures with a `transform`, applied as one is taken: `pictures[i]`."""

    def __init__(self, numbers: Sequence[int], transform: Any = None) -> None:
        self.numbers, self.transform = numbers, transform

    def __len__(self) -> int:
        return len(self.numbers)

    def __getitem__(self, i: int) -> Any:
        picture = f"picture {self.numbers[i]}"
        return self.transform(picture) if self.transform else picture


@exercise
def own_transforms(attempt: Attempt) -> None:
    """`attempt(pictures, held_out, noisy, plain)`: training and validation pictures.

    The last `held_out` are for validation; of the training ones each is `noisy`, of
    the validation ones `plain`.
    """
    pictures = Pictures(range(6))
    splits: tuple[Any, Any] = attempt(
        pictures, 2, "noisy {}".format, "plain {}".format, wanted=(object(), object())
    )
    wanted = (
        ("training", [f"noisy picture {i}" for i in range(4)]),
        ("validation", [f"plain picture {i}" for i in (4, 5)]),
    )
    for (name, right), split in zip(wanted, splits, strict=True):
        with raising_is_told():
            got = [str(split[i]) for i in range(len(split))]
        if got == right:
            continue
        if list(map(_number, got)) != list(map(_number, right)):
            raise Wrong(
                f"The {name} split should hold pictures "
                f"{', '.join(map(_number, right))}, not {', '.join(map(_number, got))}."
            )
        raise Wrong(
            f"The {name} split gives '{got[0][:40]}', '{right[0]}' is wanted. Both "
            "splits look into one object: how many transforms can it hold?"
        )


def _number(words: str) -> str:
    return words.rpartition(" ")[2]


@exercise
def scaled_once(attempt: Attempt) -> None:
    """`attempt(x, mask, keep, training)`: dropout whose mean is the same in both.

    Inverted: divided by `keep` in training, nothing in testing; or classic.
    """
    generator = torch.Generator().manual_seed(23)
    x = torch.rand(6, 8, generator=generator, dtype=torch.float64) + 1
    for keep in (0.5, 0.75):
        mask = (torch.rand(6, 8, generator=generator) < keep).double()
        mean = keep * attempt(x, torch.ones_like(mask), keep, True, wanted=x)
        tested = attempt(x, mask, keep, False, wanted=x)
        trained = attempt(x, mask, keep, True, wanted=x)
        if not close(trained, trained * mask):
            raise Wrong("In training what the mask drops must be 0.")
        ratio = (mean / tested).mean().item() if tested.abs().min() > 0 else 0.0
        if not close(mean, tested):
            raise Wrong(
                f"With keep = {keep:g}, units are in training, on average, {ratio:.2f} "
                "times as large as in testing: is it scaled in both?"
            )
        if not (close(tested, x) or close(tested, keep * x)):
            raise Wrong(
                "Training and testing agree, but neither is the units nor keep times "
                "them."
            )


@exercise
def validated(attempt: Attempt) -> None:
    """`attempt(net, images, labels)`: error rate of a net that has dropout."""
    generator = torch.Generator().manual_seed(24)
    images = torch.randn(400, 6, generator=generator)
    linear = nn.Linear(6, 4, bias=False)
    linear.weight = nn.Parameter(torch.randn(4, 6, generator=generator))
    net = nn.Sequential(nn.Dropout(0.5), linear)
    labels = net.eval()(images).argmax(1)
    for start in (True, False):
        given = copy.deepcopy(net).train(start)
        got = attempt(given, images, labels, wanted=0.0)
        if got > 0:
            raise Wrong(
                f"The labels are what this net answers, so its error is 0, not "
                f"{got:.2f}. What do its units do while it is asked?"
            )
        if given.training != start:
            raise Wrong(
                "The net is left in another mode than it came in: "
                + (
                    "the next epoch would be trained without dropout."
                    if start
                    else "it was not training before."
                )
            )
    wrong = (labels + 1) % 4
    got = attempt(copy.deepcopy(net), images, wrong, wanted=1.0)
    if abs(got - 1) > 1e-6:
        raise Wrong(f"Where every label is wrong the error rate is 1, not {got:.2f}.")


@exercise
def inputs_of_ten(attempt: Attempt) -> None:
    """`attempt(image, mean, size)`: ten views as the net takes them, (10, 3, s, s).

    `image` and `mean` (3, H, W) in grey levels; a net was trained on `image - mean`.
    """
    generator = torch.Generator().manual_seed(25)
    image = 255 * torch.rand(3, 12, 12, generator=generator)
    mean = 100 + 40 * torch.rand(3, 12, 12, generator=generator)
    right = views.ten_views(image - mean, 8)
    got = attempt(image, mean, 8, wanted=right)
    central = views.ten_views(image, 8) - views.centre_crop(mean, 8)
    if close(got, central):
        return  # as the code has it (`convdata_jpeg.py:209-211`)
    ten = views.ten_views(image, 8)
    mistakes = {
        "The mean is not subtracted: the net has never seen such pixels, and answers "
        "by chance.": ten,
        "The mean is added.": views.ten_views(image + mean, 8),
        "The mean is subtracted of the plain views alone, not of their mirrors.": (
            torch.cat([right[:5], ten[5:]])
        ),
        "The mean is not mirrored with its view.": (
            ten - views.ten_views(mean, 8)[:5].repeat(2, 1, 1, 1)
        ),
        "One mean for all pixels is subtracted; the mean is an image.": ten
        - mean.mean(),
    }
    require(got, right, mistakes, "They are not views of the image minus the mean.")
