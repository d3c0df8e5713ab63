"""Rows that hold weights: convolutions, fully connected, RBF output, normalisations, learnt gains."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import Literal

from vzor.spec.act import Act, after, named_act
from vzor.spec.errors import TableError
from vzor.spec.row import Axis, Padding, Row, Saves, Shape, Size, axes, cells, one, padded, per_axis, picture, slide


@dataclass(frozen=True)
class Norm(Row):
    """Batch normalisation (lecture 004, kind 4): ``(x - mean) / sqrt(var + eps) * gamma + beta`` per channel."""

    eps: float = 1e-5
    momentum: float = 0.1
    gamma: bool = True
    beta: bool = True

    def params(self, *xs: Shape) -> int:
        return one(self, xs)[0] * (self.gamma + self.beta)

    def buffers(self, *xs: Shape) -> int:
        return 2 * one(self, xs)[0]

    def saves(self, *xs: Shape) -> Saves:
        return Saves(True, False, 2 * one(self, xs)[0])  # the batch's mean and deviation


def normalised(bn: Norm | None, out: Shape) -> int:
    """Numbers that are held for the normalisation inside a row: what arrives there, and its statistics."""
    return bn.saves(out).between + prod(out) if bn else 0


@dataclass(frozen=True)
class Conv(Row):
    """Convolution [+ batch normalisation] [+ nonlinearity] (lecture 004, kind 1).

    ``out`` filters of ``k`` cells, stride ``s``, padding ``p`` (None: half the kernel), dilation ``d``, ``g``
    groups.  ``dw=m`` instead of ``out``: depthwise, every channel by itself with ``m`` filters.  ``bias`` None:
    only where no ``bn`` follows.  ``connect`` lists for every output map the input maps it reads (LeNet-5's
    C3): only those weights exist.  ``fixed``: the weights, in reading order, which are then never trained.
    """

    out: int | None = None
    k: Size = 3
    s: Size = 1
    p: Padding = None
    d: Size = 1
    g: int = 1
    dw: int | None = None
    bias: bool | None = None
    bn: Norm | None = None
    act: str | Act | None = "relu"
    connect: tuple[tuple[int, ...], ...] | None = None
    fixed: tuple[float, ...] | None = None

    def width(self, x: Shape) -> int:
        """Output channels; TableError where groups or the connection table do not fit the input."""
        if self.dw is not None:
            if self.out is not None or self.g != 1 or self.connect:
                raise TableError("a depthwise convolution (dw) takes no out, g or connect; leave them out")
            return x[0] * self.dw
        if self.g < 1:
            raise TableError(f"{self.g} groups cannot be; write 1 or more")
        if not self.out or self.out < 1:
            raise TableError("a convolution needs its number of filters; write out=, or dw= for a depthwise one")
        if x[0] % self.g or self.out % self.g:
            raise TableError(f"{x[0]} channels into {self.out} filters do not divide into {self.g} groups")
        if self.connect and (len(self.connect) != self.out or max(map(max, self.connect)) >= x[0]):
            raise TableError(f"the connection table is not {self.out} lists of maps below {x[0]}")
        return self.out

    @property
    def biased(self) -> bool:
        return self.bn is None if self.bias is None else self.bias

    def groups(self, x: Shape) -> int:
        return x[0] if self.dw is not None else self.g

    def window(self, *xs: Shape) -> tuple[Axis, ...]:
        return axes(picture(self, xs)[1:], self.k, self.s, self.p, self.d)

    def shape(self, *xs: Shape) -> Shape:
        named_act(self.act)  # an unknown one is said where the row stands
        out = (self.width(xs[0]), *slide(self.window(*xs)))
        if self.fixed is not None and len(self.fixed) != self.weights(xs[0]):
            raise TableError(f"{len(self.fixed)} fixed weights are given for {self.weights(xs[0])}; give as many")
        return out

    def frozen(self, *xs: Shape) -> int:
        return 0 if self.fixed is None else len(self.fixed)

    def weights(self, x: Shape) -> int:
        """Weights without biases and normalisation."""
        area = cells(self.k, len(x) - 1)
        if self.connect:
            return area * sum(map(len, self.connect))
        return area * (x[0] // self.groups(x)) * self.width(x)

    def params(self, *xs: Shape) -> int:
        x = xs[0]
        width = self.width(x)
        return self.weights(x) + width * self.biased + (self.bn.params((width,)) if self.bn else 0)

    def buffers(self, *xs: Shape) -> int:
        return self.bn.buffers((self.width(xs[0]),)) if self.bn else 0

    def macs(self, *xs: Shape) -> int:
        return self.weights(xs[0]) * prod(slide(self.window(*xs)))

    def saves(self, *xs: Shape) -> Saves:
        copy = padded(xs[0], self.window(*xs), self.p, bool(self.connect))
        return after(self.act, out := self.shape(*xs), normalised(self.bn, out), copy, inplace=True)


@dataclass(frozen=True)
class ConvT(Row):
    """Transposed convolution: ``n -> (n - 1) s - 2 p + d (k - 1) + op + 1`` cells (``op``: output padding)."""

    out: int
    k: Size = 2
    s: Size = 2
    p: Size = 0
    op: Size = 0
    d: Size = 1
    g: int = 1
    bias: bool | None = None
    bn: Norm | None = None
    act: str | Act | None = "relu"

    @property
    def biased(self) -> bool:
        return self.bn is None if self.bias is None else self.bias

    def shape(self, *xs: Shape) -> Shape:
        x = picture(self, xs)
        if x[0] % self.g or self.out % self.g:
            raise TableError(f"{x[0]} channels into {self.out} filters do not divide into {self.g} groups")
        settings = (per_axis(v, len(x) - 1, "size") for v in (self.k, self.s, self.p, self.op, self.d))
        sizes = tuple(
            (n - 1) * s - 2 * p + d * (k - 1) + op + 1 for n, k, s, p, op, d in zip(x[1:], *settings, strict=True)
        )
        if min(sizes) < 1:
            raise TableError("the padding of this transposed convolution leaves nothing; take a smaller p")
        named_act(self.act)
        return (self.out, *sizes)

    def weights(self, x: Shape) -> int:
        return cells(self.k, len(x) - 1) * (x[0] // self.g) * self.out

    def params(self, *xs: Shape) -> int:
        extra = self.bn.params((self.out,)) if self.bn else 0
        return self.weights(xs[0]) + self.out * self.biased + extra

    def buffers(self, *xs: Shape) -> int:
        return self.bn.buffers((self.out,)) if self.bn else 0

    def macs(self, *xs: Shape) -> int:
        return self.weights(xs[0]) * prod(xs[0][1:])

    def saves(self, *xs: Shape) -> Saves:
        return after(self.act, out := self.shape(*xs), normalised(self.bn, out), inplace=True)


@dataclass(frozen=True)
class Local(Row):
    """Locally connected: a convolution whose filters differ at every place (YOLO v1's `local` layer)."""

    out: int
    k: Size = 3
    s: Size = 1
    p: Padding = None
    bias: bool = True
    act: str | Act | None = "relu"

    def window(self, *xs: Shape) -> tuple[Axis, ...]:
        return axes(picture(self, xs)[1:], self.k, self.s, self.p)

    def shape(self, *xs: Shape) -> Shape:
        named_act(self.act)
        return (self.out, *slide(self.window(*xs)))

    def macs(self, *xs: Shape) -> int:
        return prod(axis.k for axis in self.window(*xs)) * xs[0][0] * prod(self.shape(*xs))

    def params(self, *xs: Shape) -> int:
        return self.macs(*xs) + self.bias * prod(self.shape(*xs))

    def saves(self, *xs: Shape) -> Saves:
        columns = self.macs(*xs) // self.out
        return after(self.act, self.shape(*xs), columns)


@dataclass(frozen=True)
class Fc(Row):
    """Fully connected (lecture 004, kind 10) [+ nonlinearity] [+ dropout]; flattens whatever arrives."""

    out: int
    act: str | Act | None = None
    drop: float = 0.0
    bias: bool = True

    def shape(self, *xs: Shape) -> Shape:
        one(self, xs)
        if self.out < 1 or not 0 <= self.drop < 1:
            raise TableError("a fully connected row needs at least one output and a dropout from 0 to below 1")
        named_act(self.act)
        return (self.out,)

    def params(self, *xs: Shape) -> int:
        return self.macs(*xs) + self.bias * self.out

    def macs(self, *xs: Shape) -> int:
        return prod(xs[0]) * self.out

    def window(self, *xs: Shape) -> Literal["all"]:
        return "all"

    def saves(self, *xs: Shape) -> Saves:
        saved = after(self.act, (self.out,))
        # Dropout hides the nonlinearity's output, which then is held beside the row's own, and its mask.
        return Saves(True, False, saved.between + self.out * (1 + saved.output)) if self.drop else saved


@dataclass(frozen=True)
class RBF(Row):
    """Euclidean radial basis functions (LeCun et al. 1998, eq. 7): minus the squared distance to a code.

    The codes of ±1 are fixed, drawn from ``seed`` for any number of classes, and kept as a buffer.  Minus the
    distance, so that larger is better, as with every other output layer; softmax cross-entropy over it is
    the paper's discriminative criterion (eq. 9) without the rubbish class.
    """

    out: int
    seed: int = 0

    def shape(self, *xs: Shape) -> Shape:
        one(self, xs)
        return (self.out,)

    def buffers(self, *xs: Shape) -> int:
        return prod(xs[0]) * self.out

    def macs(self, *xs: Shape) -> int:
        return prod(xs[0]) * self.out

    def saves(self, *xs: Shape) -> Saves:
        return Saves(input=True)

    def window(self, *xs: Shape) -> Literal["all"]:
        return "all"


@dataclass(frozen=True)
class Gain(Row):
    """A learnt factor per channel [and a learnt offset]: LeNet-5's trainable sub-sampling, layer scale."""

    bias: bool = False
    init: float = 1.0

    def params(self, *xs: Shape) -> int:
        return one(self, xs)[0] * (1 + self.bias)

    def saves(self, *xs: Shape) -> Saves:
        return Saves(input=True)


@dataclass(frozen=True)
class LayerNorm(Row):
    """Layer normalisation (Ba et al. 2016, arXiv:1607.06450) of the channels of every place by itself.

    ``(x - mean) / sqrt(var + eps) * gamma + beta``, mean and variance of one place's channels in one sample:
    the same in training and in evaluation.
    """

    eps: float = 1e-5

    def params(self, *xs: Shape) -> int:
        return 2 * one(self, xs)[0]

    def saves(self, *xs: Shape) -> Saves:
        return Saves(True, False, 2 * prod(one(self, xs)[1:]))  # every place's mean and deviation


@dataclass(frozen=True)
class L2Norm(Row):
    """Every position's channel vector scaled to length ``scale``, learnt per channel (SSD's conv4_3)."""

    scale: float = 20.0

    def params(self, *xs: Shape) -> int:
        return one(self, xs)[0]

    def saves(self, *xs: Shape) -> Saves:
        return Saves(input=True)


@dataclass(frozen=True)
class Attention(Row):
    """Multi-head self-attention over positions; no weights of its own.

    Reads ``heads × (2·key + value)`` channels, for each head its query, key and value, and gives
    ``heads × value`` channels: ``softmax(q kᵀ / sqrt(key)) v`` (Vaswani et al. 2017, eq. 1).
    """

    heads: int
    key: int

    def shape(self, *xs: Shape) -> Shape:
        x = picture(self, xs)
        if self.heads < 1 or self.key < 1:
            raise TableError("attention needs at least one head and a key of at least one channel")
        value = x[0] // self.heads - 2 * self.key
        if x[0] % self.heads or value < 1:
            raise TableError(f"{x[0]} channels are not {self.heads} heads of 2×{self.key} + value; change them")
        return (self.heads * value, *x[1:])

    def macs(self, *xs: Shape) -> int:
        places = prod(xs[0][1:])
        return places * places * (self.heads * self.key + self.shape(*xs)[0])

    def saves(self, *xs: Shape) -> Saves:
        return Saves(True, False, self.heads * prod(xs[0][1:]) ** 2)

    def window(self, *xs: Shape) -> Literal["all"]:
        return "all"
