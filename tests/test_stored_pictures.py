"""A stored picture that is stale is noticed; one of another matplotlib is not stale."""

import io

import numpy as np
import pytest
from PIL import Image

from alexnet_lib.figures import figure1
from alexnet_lib.figures.picture import Picture, canvas, own_settings
from alexnet_lib.runs import records
from alexnet_lib.settings import PROJECT
from tests.stored_pictures import alike, images


@own_settings
def picture(end=1.0, legend="upper left", width=4.0):
    figure, (ax,) = canvas(1, 1, width, 3)
    ax.plot([0, 1], [0, end], label="a line")
    ax.set(ylim=(0, 1))
    ax.legend(loc=legend)
    return Picture(figure, "a line from 0 to 1")


def stored(drawn):
    """As a notebook keeps it."""
    outputs = [{"output_type": "execute_result", "data": drawn._repr_mimebundle_()}]
    (image,) = images(outputs)
    return image


def test_a_picture_is_like_itself_drawn_again():
    assert alike(stored(picture()), stored(picture()))


@pytest.mark.parametrize(
    "other", [{"end": 0.8}, {"legend": "lower right"}, {"width": 4.2}]
)
def test_a_change_is_noticed(other):
    assert not alike(stored(picture()), stored(picture(**other)))


def test_letters_set_a_pixel_aside_by_another_version_are_no_change():
    drawn = stored(picture())
    aside = np.roll(np.asarray(drawn), 1, axis=1)
    assert not alike(drawn, Image.fromarray(255 - aside))
    assert alike(drawn, Image.fromarray(aside))
    same_version = Image.fromarray(aside)
    same_version.info["Software"] = drawn.info["Software"]
    assert not alike(same_version, drawn)


def test_pictures_are_found_among_other_outputs():
    shown = {"output_type": "display_data", "data": picture()._repr_mimebundle_()}
    assert len(images([{"output_type": "stream", "text": "x"}, shown])) == 1


def test_readmes_figure_1_is_what_is_drawn():
    runs = records.published("figure1")
    drawn = figure1.race(runs, "Figure 1 on CIFAR-10, published runs").png()
    with Image.open(PROJECT / "notebooks" / "images" / "figure1.png") as image:
        assert alike(image, Image.open(io.BytesIO(drawn)))
