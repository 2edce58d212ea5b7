"""The authors' logs of their ImageNet nets, at the end of their config files.

Errors in per cent over ten views unless said, on the validation set of ILSVRC-2012 or
the test set of LSVRC-2010. Each is one run: how far two runs of one net lie apart is
not in the notes.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class LabNote:
    """One logged number, and the file and lines it was read from."""

    value: float
    source: str


@dataclass(frozen=True)
class Logged:
    """A net's top-1 and top-5 error in per cent."""

    what: str
    top1: float
    top5: float
    source: str

    def less(self, other: Logged) -> tuple[LabNote, LabNote]:
        """This net's top-1 and top-5 error less the other's, in points."""
        source = f"{self.source} minus {other.source}"
        return (
            LabNote(round(self.top1 - other.top1, 3), source),
            LabNote(round(self.top5 - other.top5, 3), source),
        )

    def notes(self) -> tuple[LabNote, LabNote]:
        """Top-1 and top-5 error."""
        return LabNote(self.top1, self.source), LabNote(self.top5, self.source)


LOG: dict[str, Logged] = {
    "#131": Logged("an earlier net, k = 1", 40.934, 18.574, "layer-params-131.cfg:175"),
    "#135": Logged("a later one, k = 2", 41.070, 18.416, "layer-params-135.cfg:177"),
    "#145": Logged("the paper's net", 40.664, 18.210, "layer-params-145.cfg:182"),
    "#145, raised again": Logged(
        "#145, trained on with its rate raised after it had converged",
        40.250,
        17.994,
        "layer-params-145.cfg:192-203",
    ),
    "#146": Logged(
        "six conv layers, pre-trained on all of ImageNet",
        38.990,
        16.622,
        "layer-params-146-2012-2011.cfg:194-195",
    ),
    "#146, 2009": Logged(
        "the same, pre-trained on the release of 2009 alone",
        39.100,
        16.876,
        "layer-params-146-2012-2009.cfg:193",
    ),
    "#147": Logged(
        "pooling 2/2, equal sizes", 41.058, 18.510, "layer-params-147.cfg:165-174"
    ),
    "#148": Logged("no norm at all", 42.034, 19.362, "layer-params-148.cfg:137-148"),
    "#150": Logged(
        "two columns that meet in the classifier, widened",
        41.828,
        19.330,
        "layer-params-150.cfg:165-179",
    ),
    "#166": Logged(
        "layer 2's norm before its ReLU too", 41.096, 18.674, "layer-params-166.cfg:195"
    ),
    "#167": Logged(
        "neither norm in layer 2", 40.488, 18.118, "layer-params-167.cfg:177-185"
    ),
    "#170": Logged(
        "a later net, its rate on a schedule",
        40.528,
        18.048,
        "layer-params-170.cfg:205",
    ),
    "#170-quant": Logged(
        "the same, its GPUs exchanging float16",
        40.524,
        18.416,
        "layer-params-170-quant.cfg",
    ),
    "#145-2010": Logged(
        "#145 on LSVRC-2010", 37.4727, 16.9987, "layer-params-145-2010.cfg:177-178"
    ),
    "#145-2010, centre": Logged(
        "the same, centre view", 39.0247, 18.2953, "layer-params-145-2010.cfg:179-180"
    ),
    "#145-half": Logged(
        "half the kernels on one GPU, LSVRC-2010",
        39.168,
        18.2287,
        "layer-params-145-half.cfg:90-100",
    ),
}
