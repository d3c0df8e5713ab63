"""Receptive fields, carried through a table's operations in order.

Along an axis, output cell ``i`` of an operation sees the input cells ``low + i·step … high + i·step``
(Araujo et al. 2019, "Computing receptive fields of convolutional neural networks").  Where a gate or attention
lets a map see everything, the bounds are infinite and its cells still stand ``step`` apart.
"""

from __future__ import annotations

from fractions import Fraction
from math import ceil, inf
from typing import Any, NamedTuple

from vzor.spec.row import Axis, Shape
from vzor.spec.rows import Attention, ConvT, Up
from vzor.spec.sheet import Field
from vzor.spec.trace import Node, Trace

Number = int | float | Fraction


class Span(NamedTuple):
    """What output cell 0 sees along one axis, and how far the view moves per cell."""

    low: Number
    high: Number
    step: int | Fraction


#: Per axis; "all" for what sees everything and has no place of its own: a vector, a global mean.
Seen = tuple[Span, ...] | str


def fields(opened: Trace) -> list[Seen]:
    """What each operation's output sees of the table's input, by operation number."""
    seen: list[Seen] = []
    windows: dict[tuple[int, tuple[Shape, ...]], Any] = {}  # equal blocks share their rows
    for node in opened.ops:
        if not node.reads:
            seen.append(tuple(Span(0, 0, 1) for _ in node.out[1:]) or "all")
            continue
        merged = seen[node.reads[0]]
        for other in node.reads[1:]:
            merged = _merge(merged, seen[other])
        seen.append(_through(node, merged, windows) if node.leaf else merged)
    return seen


def whole(seen: Seen) -> bool:
    """Whether everything is seen."""
    return isinstance(seen, str) or any(span.high == inf for span in seen)


def as_field(seen: Seen, size: tuple[int, ...]) -> Field | None:
    """The public form; ``size`` is the network input's spatial size, for rows that see everything."""
    if isinstance(seen, str):
        return Field(size, (Fraction(0),) * len(size), (Fraction(0),) * len(size), whole=True)
    if whole(seen):
        return Field(size, tuple(Fraction(s.step) for s in seen), (Fraction(0),) * len(size), whole=True)
    spans = [(ceil(s.high - s.low) + 1, Fraction(s.step), Fraction(s.low)) for s in seen]
    sizes, steps, lows = zip(*spans, strict=True) if spans else ((), (), ())
    return Field(sizes, steps, lows)


def _merge(a: Seen, b: Seen) -> Seen:
    if a == b:
        return a
    if isinstance(a, str):
        a, b = b, a
    if isinstance(a, str):
        return "all"
    if isinstance(b, str):
        return _everything(a)
    return tuple(Span(min(p.low, q.low), max(p.high, q.high), max(p.step, q.step)) for p, q in zip(a, b, strict=True))


def _everything(seen: tuple[Span, ...]) -> tuple[Span, ...]:
    """Cells where they were, of which each sees all there is."""
    return tuple(Span(-inf, inf, span.step) for span in seen)


def _through(node: Node, seen: Seen, windows: dict[tuple[int, tuple[Shape, ...]], Any]) -> Seen:
    """What the output sees when the input sees ``seen``."""
    row = node.row
    if isinstance(seen, str) or len(node.out) == 1:
        return "all"
    if isinstance(row, Up):
        by = row.by if isinstance(row.by, tuple) else (row.by,) * len(seen)
        return tuple(_enlarged(row.mode == "linear", span, n) for span, n in zip(seen, by, strict=True))
    if isinstance(row, ConvT):
        return tuple(_transposed(row, span, i) for i, span in enumerate(seen))
    key = (id(row), node.xs)
    if key not in windows:
        windows[key] = row.window(*node.xs)
    window = windows[key]
    if window is None:
        return seen
    if isinstance(window, str):
        return _everything(seen) if isinstance(row, Attention) else "all"
    if len(seen) == 2 and seen[0] == seen[1] and window[0] == window[1]:  # a square: both axes are alike
        along = _slid(seen[0], window[0])
        return along, along
    return tuple(map(_slid, seen, window))


def _slid(s: Span, a: Axis) -> Span:
    """What a window's output sees along one axis."""
    return Span(s.low - a.before * s.step, s.high + (a.span - 1 - a.before) * s.step, s.step * a.s)


def _enlarged(linear: bool, span: Span, by: int) -> Span:
    """Output cell ``o`` reads input ``floor(o / by)``, or the two around ``(o + ½) / by - ½``; the widest phase."""
    half = Fraction(1, 2)
    firsts = [((o + half) / by - half) // 1 if linear else Fraction(o // by) for o in range(by)]
    low = min(first - Fraction(o, by) for o, first in enumerate(firsts))
    high = max(first + linear - Fraction(o, by) for o, first in enumerate(firsts))
    return Span(span.low + low * span.step, span.high + high * span.step, Fraction(span.step) / by)


def _transposed(row: ConvT, span: Span, axis: int) -> Span:
    """Output cell ``o`` reads inputs ``ceil((o + p - d(k-1)) / s) … floor((o + p) / s)``; the widest phase."""
    k, s, p, d = (v[axis] if isinstance(v, tuple) else v for v in (row.k, row.s, row.p, row.d))
    low = min(Fraction(-((d * (k - 1) - p - o) // s)) - Fraction(o, s) for o in range(s))
    high = max(Fraction((o + p) // s) - Fraction(o, s) for o in range(s))
    return Span(span.low + low * span.step, span.high + high * span.step, Fraction(span.step) / s)
