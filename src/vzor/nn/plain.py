"""Rows without weights as modules."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vzor.spec import rows as r
from vzor.spec.row import Axis, Shape


class SamePad(nn.Module):
    """Zeros (or ``value``) so that a window of ``k``, ``s``, ``d`` gives ceil(n / s) cells, at any size."""

    def __init__(self, k: tuple[int, ...], s: tuple[int, ...], d: tuple[int, ...], value: float = 0.0) -> None:
        super().__init__()
        self.k, self.s, self.d, self.value = k, s, d, value

    def forward(self, x: Tensor) -> Tensor:
        pads: list[int] = []
        for n, k, s, d in zip(x.shape[2:], self.k, self.s, self.d, strict=True):
            total = max((-(-n // s) - 1) * s + d * (k - 1) + 1 - n, 0)
            pads = [total // 2, total - total // 2, *pads]
        return F.pad(x, pads, value=self.value) if any(pads) else x


class FixedPad(nn.Module):
    """Padding known as numbers, in torch's order (last axis first); negative numbers crop."""

    def __init__(self, pads: tuple[int, ...], value: float = 0.0, channels: int = 0) -> None:
        super().__init__()
        self.pads, self.value, self.channels = pads, value, channels

    def forward(self, x: Tensor) -> Tensor:
        return F.pad(x, (*self.pads, 0, self.channels) if self.channels else self.pads, value=self.value)


class LocalResponseNorm(nn.Module):
    """``x / (k + alpha / n · Σ x²) ^ beta`` over ``n`` neighbouring channels, for maps of any rank.

    torch's own pads through a 3-D pooling; a running sum over channels is the same and several times faster.
    """

    def __init__(self, row: r.LRN) -> None:
        super().__init__()
        self.n, self.alpha, self.beta, self.k = row.n, row.alpha, row.beta, row.k

    def forward(self, x: Tensor) -> Tensor:
        square = x.square().transpose(1, -1)  # channels last, so that one 1-D pooling does it
        flat = square.reshape(-1, 1, square.shape[-1])
        padded = F.pad(flat, (self.n // 2, (self.n - 1) // 2))
        mean = F.avg_pool1d(padded, self.n, 1).view(square.shape).transpose(1, -1)
        return x / (self.k + self.alpha * mean).pow(self.beta)


class DropPath(nn.Module):
    """The whole sample dropped with probability ``p`` in training, the rest scaled up."""

    def __init__(self, p: float) -> None:
        super().__init__()
        self.p = p

    def forward(self, x: Tensor) -> Tensor:
        if not self.training or not self.p:
            return x
        keep = x.new_empty(x.shape[0], *(1,) * (x.dim() - 1)).bernoulli_(1 - self.p)
        return x * keep / (1 - self.p)


class Do(nn.Module):
    """A function of tensors without weights."""

    def __init__(self, words: str, function: Callable[..., Any]) -> None:
        super().__init__()
        self.words, self.function = words, function

    def forward(self, *xs: Tensor) -> Any:
        return self.function(*xs)

    def extra_repr(self) -> str:
        return self.words


def pads(window: tuple[Axis, ...]) -> tuple[int, ...]:
    """Padding in torch's order: last axis first."""
    return tuple(n for axis in reversed(window) for n in (axis.before, axis.after))


def pool(row: r.Pool, x: Shape) -> nn.Module:
    window, rank = row.window(x), len(x) - 1
    k, s = tuple(a.k for a in window), tuple(a.s for a in window)
    even = row.p != "same" and all(a.before == a.after <= a.k // 2 for a in window)
    inside = tuple(a.before for a in window) if even else (0,) * rank
    average = {1: F.avg_pool1d, 2: F.avg_pool2d, 3: F.avg_pool3d}[rank]
    largest = {1: F.max_pool1d, 2: F.max_pool2d, 3: F.max_pool3d}[rank]
    words = f"{row.op}, kernel {k}, stride {s}, padding {inside if even else row.p}, ceil {row.ceil}"
    if even and row.op == "max":
        return Do(words, lambda v: largest(v, k, s, inside, ceil_mode=row.ceil))
    if even:
        return Do(words, lambda v: average(v, k, s, inside, row.ceil, row.count_pad))
    # Uneven padding: max pooling over -inf outside; an average that leaves padding out divides by its share.
    fill = float("-inf") if row.op == "max" else 0.0
    pad = SamePad(k, s, (1,) * rank, fill) if row.p == "same" else FixedPad(pads(window), fill)
    if row.op == "max":
        return Do(words, lambda v: largest(pad(v), k, s, ceil_mode=row.ceil))
    if row.count_pad:
        return Do(words, lambda v: average(pad(v), k, s, 0, row.ceil))

    def shared(v: Tensor) -> Tensor:
        inside_share = average(pad(torch.ones_like(v[:1, :1])), k, s, 0, row.ceil)
        return average(pad(v), k, s, 0, row.ceil) / inside_share

    return Do(words, shared)


def gap(row: r.Gap, x: Shape) -> nn.Module:
    rank = len(x) - 1
    if row.size == 1 and row.op == "avg":
        return Do("global average", lambda v: v.mean(tuple(range(2, 2 + rank)), keepdim=True))
    size = row.size if isinstance(row.size, tuple) else (row.size,) * rank
    average = {1: F.adaptive_avg_pool1d, 2: F.adaptive_avg_pool2d, 3: F.adaptive_avg_pool3d}[rank]
    largest = {1: F.adaptive_max_pool1d, 2: F.adaptive_max_pool2d, 3: F.adaptive_max_pool3d}[rank]
    run = average if row.op == "avg" else largest
    return Do(f"{row.op} to {size}", lambda v: run(v, size))  # type: ignore[arg-type]


def up(row: r.Up, x: Shape) -> nn.Module:
    rank = len(x) - 1
    by = tuple(float(n) for n in (row.by if isinstance(row.by, tuple) else (row.by,) * rank))
    mode = "nearest" if row.mode == "nearest" else {1: "linear", 2: "bilinear", 3: "trilinear"}[rank]
    corners = None if row.mode == "nearest" else False
    return Do(f"{mode} ×{row.by}", lambda v: F.interpolate(v, scale_factor=list(by), mode=mode, align_corners=corners))


def reorg(row: r.Reorg, x: Shape) -> nn.Module:
    rank, s = len(x) - 1, row.s

    def run(v: Tensor) -> Tensor:
        for axis in range(rank):
            v = v.unflatten(2 + 2 * axis, (-1, s))
        order = (0, *(3 + 2 * axis for axis in range(rank)), 1, *(2 + 2 * axis for axis in range(rank)))
        return v.permute(order).flatten(1, 1 + rank)

    return Do(f"space to depth {s}", run)


def pad(row: r.Pad, x: Shape) -> nn.Module:
    sides = tuple(n for side in reversed(row.sides(x)) for n in side)
    return FixedPad(sides, channels=(row.channels or x[0]) - x[0])


def slice(row: r.Slice, x: Shape) -> nn.Module:
    parts = row.parts(x)
    start = sum(parts[: row.i])
    return Do(f"channels {start}:{start + parts[row.i]}", lambda v: v.narrow(1, start, parts[row.i]))


def split(row: r.Split, x: Shape) -> nn.Module:
    parts = list(r.Slice(0, row.of).parts(x))
    return Do(f"channels {parts}", lambda v: v.split(parts, 1))


class Take(nn.Module):
    """Channels by number."""

    indices: Tensor

    def __init__(self, row: r.Take) -> None:
        super().__init__()
        self.register_buffer("indices", torch.tensor(row.indices), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        return x.index_select(1, self.indices)


def add(*xs: Tensor) -> Tensor:
    total = xs[0]
    for x in xs[1:]:
        total = total + x
    return total


def multiply(*xs: Tensor) -> Tensor:
    total = xs[0]
    for x in xs[1:]:
        total = total * x
    return total
