"""How weights begin, as data: what a paper says of it, row by row.  No torch."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal, NamedTuple

#: What arrives at an output number; what leaves an input number, as torch counts it (through all groups); the
#: same within its group (as TensorFlow counts a depthwise convolution); the mean of the first two.
Fan = Literal["in", "out", "group", "mean"]


class Fans(NamedTuple):
    """How many numbers a layer's output reads, and how many read its input, through ``groups`` groups."""

    arrives: float
    leaves: float
    groups: int = 1

    def of(self, fan: Fan) -> float:
        """The number that ``fan`` means."""
        outward = self.leaves * self.groups
        return {"in": self.arrives, "out": outward, "group": self.leaves, "mean": (self.arrives + outward) / 2}[fan]


class Draw(NamedTuple):
    """Independent numbers around 0.

    form   "normal"; "truncated": normal, drawn anew beyond two deviations; "uniform"
    size   the deviation (before truncation); of "uniform", the bound
    fan    ``size`` is divided by ``fan ** power``; None: it stands as it is
    """

    form: Literal["normal", "truncated", "uniform"]
    size: float
    fan: Fan | None = None
    power: float = 0.5

    def spread(self, fans: Fans) -> float:
        """Deviation or bound for a layer with these fans."""
        return self.size if self.fan is None else float(self.size / fans.of(self.fan) ** self.power)


class Start(NamedTuple):
    """How the rows begin whose whole path matches the pattern ``rows``: their weights, and their biases."""

    rows: str
    weight: Draw
    bias: float = 0.0


#: The first that matches a row's path holds.
Init = Sequence[Start]


def start_of(path: str, init: Init) -> Start | None:
    """How the row at ``path`` begins; None where ``init`` says nothing of it."""
    return next((start for start in init if re.fullmatch(start.rows, path)), None)


def normal(std: float) -> Draw:
    """Normal, of deviation ``std``."""
    return Draw("normal", std)


def truncated(std: float) -> Draw:
    """Normal of deviation ``std``, drawn anew beyond 2 ``std`` (TensorFlow's): a deviation of 0.88 ``std`` is left."""
    return Draw("truncated", std)


def he(fan: Fan) -> Draw:
    """He et al. 2015, arXiv:1502.01852, eq. 10 ("in") and 14 ("out"): normal, variance 2 / fan."""
    return Draw("normal", 2**0.5, fan)


def he_truncated(fan: Fan) -> Draw:
    """TF-slim's variance scaling: truncated normal of deviation sqrt(1.3 · 2 / fan), which leaves about 2 / fan."""
    return Draw("truncated", 2.6**0.5, fan)


def glorot() -> Draw:
    """Glorot and Bengio 2010, eq. 16: uniform, bound sqrt(6 / (in + out))."""
    return Draw("uniform", 3**0.5, "mean")


def xavier() -> Draw:
    """Caffe's "xavier": uniform, bound sqrt(3 / in)."""
    return Draw("uniform", 3**0.5, "in")


def uniform(fan: Fan) -> Draw:
    """Torch7's own for a layer: uniform, bound sqrt(1 / fan)."""
    return Draw("uniform", 1.0, fan)
