"""A picture is an HTML image with words, and the same under any reader's settings."""

import base64
import importlib
import inspect
import io
import pkgutil
import re

import matplotlib
import numpy as np
import pytest
import torch
from PIL import Image

from alexnet_lib import figures, notebook
from alexnet_lib.figures import figure1
from alexnet_lib.figures.panels import show
from alexnet_lib.figures.picture import WIDEST, Picture, canvas, own_settings
from alexnet_lib.notebook import drawn_photographs
from alexnet_lib.notebook.dataset_preprocessing import pictures as preprocessing
from alexnet_lib.notebook.local_response_normalization import windows as lrn
from alexnet_lib.notebook.overlapping_pooling import pictures as pooling
from alexnet_lib.notebook.relu_vs_tanh import pictures as relu_vs_tanh
from alexnet_lib.notebook.two_gpu_training import pictures as towers
from tests.conftest import limited


def random(*shape):
    return torch.rand(*shape, generator=torch.Generator().manual_seed(0))


@own_settings
def photograph():
    figure, (ax,) = canvas(1, 1, 3, 3)
    show(ax, torch.from_numpy(drawn_photographs.photograph("sea", 1)), "the sea")
    return Picture(figure, 'a "photograph" & <more>')


@pytest.mark.parametrize(
    ("picture", "format"), [(photograph, "jpeg"), (relu_vs_tanh.saturation, "png")]
)
def test_html_holds_the_file_and_the_words(picture, format):
    made = picture()
    found = re.fullmatch(
        r'<img src="data:image/(\w+);base64,([^"]*)" alt="([^"]*)">', made.html()
    )
    assert found[1] == format
    content = base64.b64decode(found[2])
    assert content == made.encoded(format)
    with Image.open(io.BytesIO(content)) as image:
        assert image.format.lower() == format
    words = found[3].replace("&quot;", '"').replace("&lt;", "<").replace("&gt;", ">")
    assert words.replace("&amp;", "&") == made.alt
    bundle = made._repr_mimebundle_()
    assert bundle == {"text/html": made.html(), "text/plain": made.alt}


def test_a_jpeg_shows_what_the_png_shows():
    made = photograph()
    png, jpeg = (
        np.asarray(Image.open(io.BytesIO(made.encoded(f))).convert("RGB"), float)
        for f in ("png", "jpeg")
    )
    assert np.abs(png - jpeg).mean() < 3
    assert 2 * len(made.encoded("jpeg")) < len(made.png())


def test_a_picture_is_saved_in_a_folder_of_its_own(tmp_path):
    made = relu_vs_tanh.saturation()
    path = made.save(tmp_path / "new" / "picture.png")
    assert path.read_bytes() == made.png()
    whole = path.read_bytes()
    with (
        limited("RLIMIT_FSIZE", len(whole) // 2),
        pytest.raises(OSError, match=r"picture\.png"),
    ):
        made.save(path)
    assert path.read_bytes() == whole
    assert list(path.parent.iterdir()) == [path]


def test_a_figure_too_wide_for_a_page_is_refused():
    with pytest.raises(ValueError, match="can be read"):
        canvas(1, 1, WIDEST + 0.1)


def drawing_functions():
    """Every function of the library that says that it returns a `Picture`."""
    for package in (figures, notebook):
        names = pkgutil.walk_packages(package.__path__, package.__name__ + ".")
        for module in (importlib.import_module(found.name) for found in names):
            for function in vars(module).values():
                if (
                    inspect.isfunction(function)
                    and function.__module__ == module.__name__
                    and function.__annotations__.get("return") == "Picture"
                ):
                    yield function


def test_all_that_draws_has_its_own_settings():
    found = list(drawing_functions())
    assert len(found) > 30
    assert [f.__qualname__ for f in found if not hasattr(f, "__wrapped__")] == []


HOSTILE = {
    "dark and large": """
        figure.facecolor: black
        axes.facecolor: black
        text.color: white
        font.size: 30
        lines.linewidth: 9
        axes.grid: True
        savefig.dpi: 30
        savefig.bbox: tight
        """,
    "LaTeX that is not there": """
        text.usetex: True
        font.family: serif
        axes.unicode_minus: False
        """,
    "upside down": """
        image.origin: lower
        image.cmap: jet
        image.interpolation: nearest
        axes.xmargin: 0.5
        axes.prop_cycle: cycler('color', 'rgb')
        hatch.linewidth: 7
        boxplot.notch: True
        legend.frameon: True
        figure.constrained_layout.use: False
        path.sketch: 3, 100, 2
        """,
}
SUMS = {name: random(6, 500) for name in ("a", "b")}
DRAWN = {
    "curves": lambda: figure1.race({}, "a title"),
    "bars": relu_vs_tanh.saturation,
    "hatches": lrn.window,
    "boxes": lambda: preprocessing.sums_of_kernels(SUMS),
    "maps": pooling.lines,
    "arrows": towers.split,
    "photograph": photograph,
}


@pytest.mark.parametrize("name", DRAWN)
@pytest.mark.parametrize("settings", HOSTILE)
def test_a_readers_settings_change_nothing(name, settings, tmp_path):
    expected = DRAWN[name]().png()
    rc = tmp_path / "matplotlibrc"
    rc.write_text(inspect.cleandoc(HOSTILE[settings]))
    with matplotlib.rc_context(fname=rc):
        before = dict(matplotlib.rcParams)
        assert DRAWN[name]().png() == expected
        assert dict(matplotlib.rcParams) == before


def test_without_settings_of_its_own_a_picture_would_change():
    bare = relu_vs_tanh.saturation.__wrapped__
    with matplotlib.rc_context({"font.size": 15, "lines.linewidth": 9}):
        assert bare().png() != relu_vs_tanh.saturation().png()
