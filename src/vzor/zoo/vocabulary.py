"""Blocks of the zoo that a table file of the form ``from n module arguments`` may name, beside the plain rows.

Each is a function of the row's printed arguments: ``c`` is the width that arrives and ``cs`` are the widths,
which the reader compares with the table and the block does not need.
"""

from __future__ import annotations

from collections.abc import Callable

from vzor.spec.row import Row
from vzor.zoo.yolo11 import C2PSA, SPPF, Bottleneck, C3k, C3k2, Detect


def _bottleneck(c: int, out: int, e: float = 0.5) -> Row:
    return Bottleneck(out, e)


def _c3k(c: int, out: int) -> Row:
    return C3k(out)


def _c3k2(c: int, out: int, n: int = 1, c3k: bool = False, e: float = 0.5) -> Row:
    return C3k2(out, n, c3k, e)


def _sppf(c: int, out: int, k: int = 5) -> Row:
    return SPPF(out, k)


def _c2psa(c: int, out: int, n: int = 1) -> Row:
    return C2PSA(out, n)


def _detect(classes: int, cs: list[int] | None = None) -> Row:
    return Detect(classes)


VOCAB: dict[str, Callable[..., Row]] = {
    "Bottleneck": _bottleneck,
    "C3k": _c3k,
    "C3k2": _c3k2,
    "SPPF": _sppf,
    "C2PSA": _c2psa,
    "Detect": _detect,
}
