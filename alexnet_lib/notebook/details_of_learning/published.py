"""Comparisons of §5's published runs."""

from __future__ import annotations

from alexnet_lib.notebook.comparisons import in_points

RULE = in_points(
    {"the paper's rule instead of torch's": ("paper", "torch")}, "test_top1"
)
BIASES = in_points(
    {
        "biases at the weights' rate": ("one-rate", "code"),
        "biases with decay": ("decayed", "code"),
        "the biases' rate never dropped": ("kept", "code"),
    },
    "test_top1",
)
