"""Rows without weights: input, pooling, joining, splitting, arithmetic, loss."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import Literal

from vzor.spec.errors import TableError
from vzor.spec.row import (
    Axis,
    Padding,
    Row,
    Saves,
    Shape,
    Size,
    axes,
    elements,
    one,
    padded,
    per_axis,
    picture,
    slide,
    text,
)


@dataclass(frozen=True)
class Input(Row):
    """The data layer: ``Input(3, 224, 224)``.  Every table starts with one."""

    size: Shape

    def __init__(self, *size: int) -> None:
        if not size or min(size) < 1:
            raise TableError(f"Input{size} needs positive sizes such as Input(3, 224, 224)")
        object.__setattr__(self, "size", tuple(size))

    def shape(self, *xs: Shape) -> Shape:
        return self.size


@dataclass(frozen=True)
class Pool(Row):
    """Max or average pooling (lecture 004, kind 3); stride None: the kernel's size.

    ``ceil`` lets the last window hang over the edge; ``count_pad``: the average counts padded zeros.
    """

    op: Literal["max", "avg"] = "max"
    k: Size = 2
    s: Size | None = None
    p: Padding = 0
    ceil: bool = False
    count_pad: bool = True

    def window(self, *xs: Shape) -> tuple[Axis, ...]:
        if self.op not in ("max", "avg"):
            raise TableError(f"pooling '{self.op}' is not known; write 'max' or 'avg'")
        return axes(picture(self, xs)[1:], self.k, self.k if self.s is None else self.s, self.p)

    def shape(self, *xs: Shape) -> Shape:
        return (xs[0][0], *slide(self.window(*xs), self.ceil))

    def saves(self, *xs: Shape) -> Saves:
        out, window = self.shape(*xs), self.window(*xs)
        # Torch pads a pooling by half its kernel at the most; otherwise a padded copy is kept instead of the input.
        copy = padded(xs[0], window, self.p, any(axis.before > axis.k // 2 for axis in window))
        if self.op == "max":
            return Saves(not copy, False, copy + 2 * elements(out))  # and every maximum's place, a 64-bit index
        shares = prod(out[1:]) if copy and not self.count_pad else 0  # how much of a window is no padding
        return Saves(not copy, False, copy + shares)


@dataclass(frozen=True)
class Gap(Row):
    """Global pooling to ``size`` cells per axis (1: global average pooling; 7: VGG's adaptive pooling)."""

    size: Size = 1
    op: Literal["max", "avg"] = "avg"

    def shape(self, *xs: Shape) -> Shape:
        x = picture(self, xs)
        sizes = per_axis(self.size, len(x) - 1, "size")
        if min(sizes) < 1:
            raise TableError("global pooling gives at least one cell per axis; write 1 or more")
        return (x[0], *sizes)

    def saves(self, *xs: Shape) -> Saves:
        places = 2 * elements(self.shape(*xs)) if self.op == "max" else 0  # 64-bit indices, as of any max pooling
        return Saves(self.size != 1 or self.op == "max", False, places)

    def window(self, *xs: Shape) -> tuple[Axis, ...] | Literal["all"]:
        x = xs[0]
        sizes = self.shape(x)[1:]
        if self.size == 1 or any(n % size for n, size in zip(x[1:], sizes, strict=True)):
            return "all"  # cells of unequal size: the largest statement that is always true
        return tuple(Axis(n, n // size, n // size, 0, 0, 1) for n, size in zip(x[1:], sizes, strict=True))


@dataclass(frozen=True)
class LRN(Row):
    """Local response normalisation across ``n`` channels (Krizhevsky et al. 2012, §3.3).

    ``x / (k + alpha / n · Σ x²) ^ beta``, the form of Caffe and torch; the paper's alpha is not divided by n.
    """

    n: int = 5
    alpha: float = 1e-4
    beta: float = 0.75
    k: float = 2.0

    def saves(self, *xs: Shape) -> Saves:
        x = one(self, xs)  # besides what it gives: squares, with n - 1 channels of zeros, and their mean
        return Saves(True, False, 3 * elements(x) + (self.n - 1) * prod(x[1:]))


@dataclass(frozen=True)
class Drop(Row):
    """Dropout of single numbers, or of whole channels (``maps=True``), in training only."""

    p: float = 0.5
    maps: bool = False

    def shape(self, *xs: Shape) -> Shape:
        if not 0 <= self.p < 1:
            raise TableError(f"dropout of {self.p:g} cannot be; write a share from 0 to below 1")
        return one(self, xs)

    def saves(self, *xs: Shape) -> Saves:
        return Saves(between=elements(one(self, xs)))  # which numbers were dropped


@dataclass(frozen=True)
class DropPath(Row):
    """Stochastic depth: the whole sample's branch is dropped with probability ``p`` in training."""

    p: float = 0.1

    def saves(self, *xs: Shape) -> Saves:
        return Saves(between=int(self.p > 0))  # whether the sample was kept


@dataclass(frozen=True)
class Concat(Row):
    """Channels of several inputs one after another (lecture 004, kind 6)."""

    def shape(self, *xs: Shape) -> Shape:
        if not xs or len({x[1:] for x in xs}) != 1:
            raise TableError("only maps of one size can be concatenated; resize or pool them to one size")
        return (sum(x[0] for x in xs), *xs[0][1:])


@dataclass(frozen=True)
class Sum(Row):
    """Elementwise sum (lecture 004, kind 9)."""

    def shape(self, *xs: Shape) -> Shape:
        if len(set(xs)) != 1:
            raise TableError("only inputs of one shape can be added; bring them to one number of channels and size")
        return xs[0]


@dataclass(frozen=True)
class Product(Row):
    """Elementwise product (lecture 004, kind 9); a ``C×1×1`` input is spread over the whole map."""

    def shape(self, *xs: Shape) -> Shape:
        if not xs:
            raise TableError("a product needs inputs; name them with From")
        largest = max(xs, key=prod)
        for x in xs:
            if x != largest and (x[0] != largest[0] or len(x) != len(largest) or set(x[1:]) != {1}):
                raise TableError("a product takes inputs of one shape, or C×1×1 beside C×H×W; change the branch")
        return largest

    def saves(self, *xs: Shape) -> Saves:
        return Saves(input=True)


@dataclass(frozen=True)
class Slice(Row):
    """One part of the channels (lecture 004, kind 8): the ``i``-th of ``of`` equal parts, or of given widths."""

    i: int
    of: int | tuple[int, ...]

    def parts(self, x: Shape) -> tuple[int, ...]:
        """Widths of all parts."""
        if isinstance(self.of, int):
            if self.of < 1 or x[0] % self.of:
                raise TableError(f"{x[0]} channels do not divide into {self.of} equal parts; give the widths")
            return (x[0] // self.of,) * self.of
        if sum(self.of) != x[0]:
            raise TableError(f"the parts {text(self.of)} do not add up to {x[0]} channels; change them")
        return self.of

    def shape(self, *xs: Shape) -> Shape:
        parts = self.parts(one(self, xs))
        if not 0 <= self.i < len(parts):
            raise TableError(f"part {self.i} does not exist; count from 0 to {len(parts) - 1}")
        return (parts[self.i], *xs[0][1:])

    view = True


@dataclass(frozen=True)
class Split(Row):
    """All parts of the channels as several outputs (lecture 004, kind 8); the next row gets them all."""

    of: int | tuple[int, ...] = 2

    def shape(self, *xs: Shape) -> list[Shape]:
        x = one(self, xs)
        return [(width, *x[1:]) for width in Slice(0, self.of).parts(x)]

    view = True


@dataclass(frozen=True)
class Take(Row):
    """The channels with these numbers, in this order."""

    indices: tuple[int, ...]

    def shape(self, *xs: Shape) -> Shape:
        x = one(self, xs)
        if not self.indices or min(self.indices) < 0 or max(self.indices) >= x[0]:
            raise TableError(f"channels to take must lie in 0..{x[0] - 1}; change the list")
        return (len(self.indices), *x[1:])


@dataclass(frozen=True)
class Scale(Row):
    """Times a constant (lecture 004, kind 11)."""

    by: float


@dataclass(frozen=True)
class Power(Row):
    """To a constant power (lecture 004, kind 11)."""

    to: float

    def saves(self, *xs: Shape) -> Saves:
        return Saves(input=True)


@dataclass(frozen=True)
class Shift(Row):
    """Plus a constant (lecture 004, kind 11)."""

    by: float


@dataclass(frozen=True)
class Up(Row):
    """Enlarged ``by`` times, nearest or linear (bilinear, trilinear; without aligned corners)."""

    by: Size = 2
    mode: Literal["nearest", "linear"] = "nearest"

    def shape(self, *xs: Shape) -> Shape:
        x = picture(self, xs)
        if min(per_axis(self.by, len(x) - 1, "factor")) < 1:
            raise TableError("enlarging needs whole factors of 1 or more; use Pool or a stride to shrink")
        return (x[0], *(n * by for n, by in zip(x[1:], per_axis(self.by, len(x) - 1, "factor"), strict=True)))


@dataclass(frozen=True)
class Reorg(Row):
    """Space to depth: ``C×H×W -> C·s²×H/s×W/s`` (YOLOv2's passthrough)."""

    s: int = 2

    def shape(self, *xs: Shape) -> Shape:
        x = picture(self, xs)
        if self.s < 1 or any(n % self.s for n in x[1:]):
            raise TableError(f"the sizes {text(x[1:])} do not divide by {self.s}; take an input that does")
        return (x[0] * self.s ** (len(x) - 1), *(n // self.s for n in x[1:]))

    def window(self, *xs: Shape) -> tuple[Axis, ...]:
        return tuple(Axis(n, self.s, self.s, 0, 0, 1) for n in xs[0][1:])


@dataclass(frozen=True)
class Pad(Row):
    """Zeros around: one number, one per axis, or (before, after) pairs; negative numbers crop.

    ``channels=n`` zero-pads the channels up to ``n`` (ResNet's option-A shortcut).
    """

    by: int | tuple[int | tuple[int, int], ...] = 0
    channels: int | None = None

    def sides(self, x: Shape) -> list[tuple[int, int]]:
        """(before, after) per spatial axis."""
        return [p if isinstance(p, tuple) else (p, p) for p in per_axis(self.by, len(x) - 1, "padding")]

    def shape(self, *xs: Shape) -> Shape:
        x = picture(self, xs)
        width = x[0] if self.channels is None else self.channels
        sizes = tuple(n + a + b for n, (a, b) in zip(x[1:], self.sides(x), strict=True))
        if width < x[0] or min(sizes) < 1:
            raise TableError("the crop leaves nothing, or fewer channels than arrive; take smaller numbers")
        return (width, *sizes)

    def window(self, *xs: Shape) -> tuple[Axis, ...]:
        return tuple(Axis(n, 1, 1, a, b, 1) for n, (a, b) in zip(xs[0][1:], self.sides(xs[0]), strict=True))


@dataclass(frozen=True)
class Flatten(Row):
    """A map as one vector."""

    def shape(self, *xs: Shape) -> Shape:
        return (prod(one(self, xs)),)

    def window(self, *xs: Shape) -> Literal["all"]:
        return "all"

    view = True


@dataclass(frozen=True)
class Id(Row):
    """What arrives."""

    view = True


@dataclass(frozen=True)
class Loss(Row):
    """The loss function (lecture 004, kind 12): what arrives, with the weight it has in the task's loss."""

    weight: float = 1.0

    view = True
