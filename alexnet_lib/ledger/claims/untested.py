"""Numbers and sentences that nothing here can test yet, with what a test would take."""

from __future__ import annotations

from typing import NamedTuple

from alexnet_lib.ledger.claim import Claim
from alexnet_lib.ledger.claims.of_imagenet import IMAGENET

_LISTS = "ImageNet's own lists of that time"
_FILES = "ImageNet's files, which `alexnet data prepare` counts"
_FIGURE1_CODE = "the configuration of Figure 1's nets, which the released code lacks"
_TRAINED = "a net trained on ImageNet, and eyes"


class _Untested(NamedTuple):
    """A number or sentence of the text, and what a test of it would take."""

    section: str
    name: str
    statement: str
    paper: str
    needs: str
    unit: str = ""

    def claim(self) -> Claim:
        """The row of the ledger."""
        return Claim(**self._asdict())


_ROWS = (
    _Untested("§2", "imagenet-images", "images of ImageNet", "15", _LISTS, "million"),
    _Untested("§2", "imagenet-categories", "categories of ImageNet", "22000", _LISTS),
    _Untested("§2", "ilsvrc-categories", "categories of ILSVRC", "1000", _FILES),
    _Untested("§2", "ilsvrc-each", "images of a category of ILSVRC", "1000", _FILES),
    _Untested(
        "§2", "ilsvrc-training", "training images of ILSVRC", "1.2", _FILES, "million"
    ),
    _Untested(
        "§2", "ilsvrc-validation", "validation images of ILSVRC", "50000", _FILES
    ),
    _Untested("§2", "ilsvrc-test", "test images of ILSVRC", "150000", _FILES),
    _Untested(
        "§2",
        "ilsvrc-2010-labels",
        "years of ILSVRC whose test labels are public",
        "2010 alone",
        _LISTS,
    ),
    _Untested(
        "§2",
        "squares",
        "images are scaled to a shorter side of 256, then cut to the centre",
        "256x256",
        "the authors' preparing program, which the released code lacks",
    ),
    _Untested(
        "§3.1, Fig. 1",
        "figure1-rates-chosen",
        "Figure 1's learning rates",
        "chosen for each net",
        _FIGURE1_CODE,
    ),
    _Untested(
        "§3.1, Fig. 1",
        "figure1-no-regularisation",
        "Figure 1's nets are regularised",
        "in no way",
        _FIGURE1_CODE,
    ),
    _Untested(
        "§3.1, Fig. 1",
        "relu-speedup-architecture",
        "how much faster ReLU is, in other architectures",
        "it varies",
        "Figure 1's race with a net of another architecture",
    ),
    _Untested("§6", "2009-categories", "categories of autumn 2009", "10184", _LISTS),
    _Untested("§6", "2009-images", "images of autumn 2009", "8.9", _LISTS, "million"),
    _Untested(
        "§6",
        "validation-as-test",
        "validation error differs from test error",
        "0.1 at most",
        "the test set's labels, which were never published",
        "points",
    ),
    _Untested(
        "§6.1",
        "figure3-kinds",
        "conv1's kernels",
        "selective for frequency, orientation and colour",
        _TRAINED,
    ),
    _Untested(
        "§6.1",
        "far-in-pixels",
        "images that are near by fc7 are near in pixels",
        "generally not",
        "each image's neighbours by either, beside the precision that runs keep",
    ),
    _Untested(
        "§6.1",
        "auto-encoder",
        "codes of an auto-encoder of fc7's vectors against one of raw pixels",
        "much better",
        "both auto-encoders; of fc7's principal axes there is a row",
    ),
    _Untested(
        "§6.1",
        "off-centre",
        "objects that lie off the centre are recognised",
        "even these",
        _TRAINED,
    ),
    _Untested(
        "§6.1",
        "reasonable-labels",
        "most of the five likeliest labels are reasonable",
        "most",
        _TRAINED,
    ),
    _Untested(
        "§7",
        "unsupervised",
        "unsupervised pre-training",
        "expected to help, not used",
        "such a training, and ImageNet",
    ),
    _Untested(
        "§7",
        "larger-and-longer",
        "results have improved with larger nets and longer training",
        "so far",
        f"nets of several sizes: {IMAGENET} each",
    ),
)
CLAIMS = tuple(row.claim() for row in _ROWS)
