"""Numbers that are counted of the network: abstract, §1, the sizes of Figure 2."""

from __future__ import annotations

from alexnet_lib.ledger.claim import AtMost, Claim
from alexnet_lib.ledger.counted import Counted
from alexnet_lib.nets.counts import PRINTED

_THOUSAND, _MILLION = 1e3, 1e6
_UNIT = {_THOUSAND: "thousand", _MILLION: "million", 1.0: ""}


def _count(
    name: str, section: str, statement: str, paper: str, measure: Counted
) -> Claim:
    """A number of the text's network."""
    return Claim(
        name=name,
        section=section,
        statement=statement,
        unit=_UNIT[measure.per],
        paper=paper,
        measure=measure,
    )


def _abstract(
    name: str, statement: str, paper: str, what: str, per: float = 1.0
) -> Claim:
    return _count(name, "abstract", statement, paper, Counted("paper", what, per))


_WHOLE = (
    _abstract("parameters", "parameters of the network", "60", "parameters", _MILLION),
    _abstract("neurons", "neurons of the network", "650", "units", _THOUSAND),
    _abstract("convolutions", "convolutional layers", "5", "convolutions"),
    _abstract("dense-layers", "fully connected layers", "3", "fully connected layers"),
    _abstract("softmax", "classes of the softmax", "1000", "classes"),
    Claim(
        name="largest-convolution",
        section="§1",
        statement="part of all parameters in the largest convolutional layer",
        unit="%",
        paper="1 at most",
        rule=AtMost(1.0),
        measure=Counted("paper", "largest convolution's part"),
    ),
)
_FIGURE2 = "§3.5, Fig. 2"
CLAIMS = (
    *_WHOLE,
    *(
        _count(
            f"figure2-{layer}",
            _FIGURE2,
            "values of the input" if layer == "input" else f"units of {layer}",
            str(printed),
            Counted("paper", "inputs")
            if layer == "input"
            else Counted("paper", "units", layer=layer),
        )
        for layer, printed in PRINTED.items()
    ),
)
