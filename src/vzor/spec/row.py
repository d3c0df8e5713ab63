"""What a row is: a line of a table that knows its shape and cost from integers alone.

A shape is ``(C, *spatial)``: ``(3, 224, 224)`` for a picture, ``(C, D, H, W)`` for a volume, ``(C, L)``
for a signal, ``(C,)`` for a vector.  The batch is never part of it.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import lru_cache
from math import prod
from typing import Any, ClassVar, Literal, NamedTuple

from vzor.spec.errors import TableError

Shape = tuple[int, ...]
Size = int | tuple[int, ...]
#: None: half the kernel; "same": as TensorFlow computes it; a number, one per axis, or (before, after) pairs.
Padding = None | str | int | tuple[int | tuple[int, int], ...]


class Axis(NamedTuple):
    """One spatial axis of a sliding window: ``n`` cells, kernel, stride, padding before/after, dilation."""

    n: int
    k: int
    s: int
    before: int
    after: int
    d: int

    @property
    def span(self) -> int:
        """Cells that the dilated kernel covers."""
        return self.d * (self.k - 1) + 1


class Saves(NamedTuple):
    """What is held between the forward and the backward pass: the row's input, its output, numbers in between."""

    input: bool = False
    output: bool = False
    between: int = 0


@dataclass(frozen=True)
class Row:
    """A line of a table.  Input widths are never written: every method gets the shapes that arrive.

    A leaf row has ``shape`` and the counts; a block has ``expand`` instead, which gives its smaller table.
    A leaf row of a user's own also has ``module(*xs)``, which gives its ``torch.nn.Module``.
    """

    def shape(self, *xs: Shape) -> Shape | list[Shape]:
        """Output shape for the input shapes ``xs``; a list when the row has several outputs."""
        return one(self, xs)

    #: True where the output is the input's own memory seen otherwise (Flatten, Slice): it costs nothing.
    view: ClassVar[bool] = False

    def params(self, *xs: Shape) -> int:
        """Parameters, frozen ones too."""
        return 0

    def frozen(self, *xs: Shape) -> int:
        """How many of :meth:`params` are never trained."""
        return 0

    def buffers(self, *xs: Shape) -> int:
        """Numbers kept but not learnt: running means and variances, fixed codes."""
        return 0

    def macs(self, *xs: Shape) -> int:
        """Multiply-adds of convolutions and matrix products for one sample."""
        return 0

    def saves(self, *xs: Shape) -> Saves:
        """What the backward pass needs of this row."""
        return Saves()

    def window(self, *xs: Shape) -> tuple[Axis, ...] | Literal["all"] | None:
        """The sliding window, for the receptive field: None for pointwise, "all" if every cell is seen."""
        return None

    def expand(self, *xs: Shape) -> Row | None:
        """The smaller table that a block stands for; None for a leaf row."""
        return None

    @property
    def kind(self) -> str:
        """The row's name in the vocabulary."""
        return type(self).__name__

    def given(self) -> dict[str, Any]:
        """The fields that differ from their defaults, in order of writing."""
        return {f.name: v for f in fields(self) if (v := getattr(self, f.name)) != f.default}


def elements(shape: Shape | list[Shape]) -> int:
    """How many numbers a shape (or the shapes of a list) holds."""
    return sum(map(prod, shape)) if isinstance(shape, list) else prod(shape)


def one(row: Row, xs: tuple[Shape, ...]) -> Shape:
    """The single input of ``row``; TableError when it got several."""
    if len(xs) != 1:
        raise TableError(f"{row.kind} takes one input and got {len(xs)}; join them with Concat, Sum or Product")
    return xs[0]


def picture(row: Row, xs: tuple[Shape, ...]) -> Shape:
    """The single input of ``row``, which must have spatial axes."""
    x = xs[0] if len(xs) == 1 else one(row, xs)
    if len(x) < 2:
        raise TableError(f"{row.kind} needs a map with width and height, but a vector arrived")
    return x


def per_axis(value: Any, rank: int, what: str) -> tuple[Any, ...]:
    """``value`` once per spatial axis."""
    if not isinstance(value, tuple):
        return (value,) * rank
    if len(value) != rank:
        raise TableError(f"{what} {text(value)} has {len(value)} numbers for {rank} spatial axes; give one per axis")
    return value


@lru_cache(1024)
def cells(k: Size, rank: int) -> int:
    """How many cells a kernel has."""
    return prod(per_axis(k, rank, "kernel"))


@lru_cache(4096)  # networks repeat their windows hundreds of times
def axes(sizes: Shape, k: Size, s: Size, p: Padding, d: Size = 1) -> tuple[Axis, ...]:
    """The sliding window on every spatial axis, of these ``sizes``; padding resolved to numbers.

    ``p=None`` pads half the dilated kernel on both sides; ``"same"`` pads as TensorFlow does, so that the
    output is ``ceil(n / s)`` with the odd cell after (it depends on the size and can be asymmetric).
    """
    rank = len(sizes)
    ks, ss, ds = per_axis(k, rank, "kernel"), per_axis(s, rank, "stride"), per_axis(d, rank, "dilation")
    if min(*ks, *ss, *ds) < 1:
        raise TableError("kernel, stride and dilation must be at least 1")
    if isinstance(p, str) and p != "same":
        raise TableError(f"padding '{p}' is not known; write a number, None (half the kernel) or 'same'")
    pads = per_axis(p, rank, "padding")
    found = []
    for n, k1, s1, p1, d1 in zip(sizes, ks, ss, pads, ds, strict=True):
        span = d1 * (k1 - 1) + 1
        if p1 is None:
            before = after = span // 2
        elif p1 == "same":
            total = max((-(-n // s1) - 1) * s1 + span - n, 0)
            before, after = total // 2, total - total // 2
        else:
            before, after = p1 if isinstance(p1, tuple) else (p1, p1)
        found.append(Axis(n, k1, s1, before, after, d1))
    return tuple(found)


@lru_cache(4096)
def slide(window: tuple[Axis, ...], ceil: bool = False) -> Shape:
    """Spatial output sizes of a sliding window; TableError when the kernel does not fit."""
    sizes = []
    for axis in window:
        room = axis.n + axis.before + axis.after - axis.span
        steps = -(-room // axis.s) if ceil else room // axis.s
        if steps < 0:
            raise TableError(
                f"the kernel covers {axis.span} cells and only {axis.n + axis.before + axis.after} arrive "
                "(padding included); enlarge the input, or take a smaller kernel, stride or more padding"
            )
        # torch's rule: with ceil, the last window must start inside the input or its left padding.
        if ceil and steps * axis.s >= axis.n + axis.before:
            steps -= 1
        sizes.append(steps + 1)
    return tuple(sizes)


def padded(x: Shape, window: tuple[Axis, ...], p: Padding, own: bool = False) -> int:
    """Numbers of ``x`` with its padding, where a row makes such a copy before its window slides; else 0.

    It does where its layer cannot pad: for ``p="same"``, which depends on the size, for unlike numbers before and
    after, and where ``own`` says so.
    """
    pads = [(axis.before, axis.after) for axis in window]
    if not any(map(any, pads)) or not (own or p == "same" or any(before != after for before, after in pads)):
        return 0
    return x[0] * prod([axis.n + axis.before + axis.after for axis in window])


def text(value: Any) -> str:
    """A shape or a size as people write it: ``3×224×224``, ``3×3``, ``5``."""
    return "×".join(map(str, value)) if isinstance(value, tuple) else str(value)
