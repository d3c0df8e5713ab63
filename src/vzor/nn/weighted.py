"""Rows with weights as modules: torch's own layers where it has them."""

from __future__ import annotations

from math import prod

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vzor.nn.activations import activation
from vzor.nn.plain import FixedPad, SamePad, pads
from vzor.nn.undrawn import undrawn
from vzor.spec import rows as r
from vzor.spec.act import named_act
from vzor.spec.errors import TableError
from vzor.spec.row import Axis, Shape

CONV = {1: nn.Conv1d, 2: nn.Conv2d, 3: nn.Conv3d}
CONV_T = {1: nn.ConvTranspose1d, 2: nn.ConvTranspose2d, 3: nn.ConvTranspose3d}
NORM = {0: nn.BatchNorm1d, 1: nn.BatchNorm1d, 2: nn.BatchNorm2d, 3: nn.BatchNorm3d}


class ConvUnit(nn.Module):
    """[padding of its own +] ``conv`` [+ ``bn``] [+ nonlinearity]."""

    def __init__(self, conv: nn.Module, bn: nn.Module | None, act: nn.Module | None, pad: nn.Module | None) -> None:
        super().__init__()
        self.pad, self.conv, self.bn, self.act = pad, conv, bn, act

    def forward(self, x: Tensor) -> Tensor:
        if self.pad is not None:
            x = self.pad(x)
        x = self.conv(x)
        if self.bn is not None:
            x = self.bn(x)
        return x if self.act is None else self.act(x)


class ConnectedConv2d(nn.Module):
    """A convolution where every output map reads its own list of input maps (LeNet-5's C3).

    Only the existing weights are parameters (``weight``: one row of k·k per connection, in reading order).
    """

    index: Tensor

    def __init__(self, row: r.Conv, x: Shape, window: tuple[Axis, ...]) -> None:
        super().__init__()
        assert row.connect is not None and row.out is not None
        self.shape = (row.out, x[0], *(axis.k for axis in window))
        self.stride = tuple(axis.s for axis in window)
        self.dilation = tuple(axis.d for axis in window)
        places = [i * x[0] + j for i, maps in enumerate(row.connect) for j in maps]
        self.fan_in = prod(self.shape[2:]) * len(places) / row.out
        self.weight = nn.Parameter(torch.empty(len(places), prod(self.shape[2:])))
        self.bias = nn.Parameter(torch.empty(row.out)) if row.biased else None
        self.register_buffer("index", torch.tensor(places), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        out, width, *k = self.shape
        dense = self.weight.new_zeros(out * width, prod(k)).index_copy(0, self.index, self.weight)
        run = {1: F.conv1d, 2: F.conv2d, 3: F.conv3d}[len(k)]
        return run(x, dense.view(self.shape), self.bias, self.stride, 0, self.dilation)


class LocalUnit(nn.Module):
    """Locally connected 2-D: its own filter at every place; weight (places, out, in·k·k)."""

    def __init__(self, row: r.Local, x: Shape, window: tuple[Axis, ...], out: Shape) -> None:
        super().__init__()
        if len(window) != 2:
            raise TableError("a locally connected row works on pictures; use Conv for other ranks")
        self.k = tuple(axis.k for axis in window)
        self.s = tuple(axis.s for axis in window)
        self.pads = pads(window)
        self.out = out
        fan_in = x[0] * prod(self.k)
        self.weight = nn.Parameter(torch.empty(prod(out[1:]), row.out, fan_in))
        self.bias = nn.Parameter(torch.empty(out)) if row.bias else None
        self.act = activation(named_act(row.act))

    def forward(self, x: Tensor) -> Tensor:
        columns = F.unfold(F.pad(x, self.pads), self.k, stride=self.s)
        y = torch.einsum("bfp,pof->bop", columns, self.weight).unflatten(2, self.out[1:])
        y = y if self.bias is None else y + self.bias
        return y if self.act is None else self.act(y)


class FcUnit(nn.Linear):
    """Fully connected; flattens what arrives; nonlinearity and dropout after it."""

    def __init__(self, row: r.Fc, x: Shape) -> None:
        super().__init__(prod(x), row.out, bias=row.bias)
        self.act = activation(named_act(row.act))
        self.drop = row.drop

    def forward(self, x: Tensor) -> Tensor:
        x = super().forward(x.flatten(1) if x.dim() > 2 else x)
        x = x if self.act is None else self.act(x)
        return F.dropout(x, self.drop, self.training) if self.drop else x


class RBFUnit(nn.Module):
    """Minus the squared distance to fixed codes of ±1: ``2 x·c - |x|² - |c|²``."""

    codes: Tensor

    def __init__(self, row: r.RBF, x: Shape) -> None:
        super().__init__()
        drawn = torch.randint(0, 2, (row.out, prod(x)), generator=torch.Generator().manual_seed(row.seed), device="cpu")
        self.register_buffer("codes", (drawn.float() * 2 - 1).to(torch.get_default_device()))

    def forward(self, x: Tensor) -> Tensor:
        x = x.flatten(1)
        return 2 * x @ self.codes.T - x.square().sum(1, keepdim=True) - self.codes.square().sum(1)


class GainUnit(nn.Module):
    """A factor, and perhaps an offset, per channel."""

    def __init__(self, row: r.Gain, x: Shape) -> None:
        super().__init__()
        shape = (x[0], *(1,) * (len(x) - 1))
        self.weight = nn.Parameter(torch.full(shape, row.init))
        self.bias = nn.Parameter(torch.zeros(shape)) if row.bias else None

    def forward(self, x: Tensor) -> Tensor:
        x = x * self.weight
        return x if self.bias is None else x + self.bias


class LayerNormUnit(nn.LayerNorm):
    """Layer normalisation of the channels, which are the second axis here and torch's last."""

    def __init__(self, row: r.LayerNorm, x: Shape) -> None:
        super().__init__(x[0], row.eps)

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x.movedim(1, -1)).movedim(-1, 1)


class L2NormUnit(nn.Module):
    """Channel vectors scaled to a learnt length."""

    def __init__(self, row: r.L2Norm, x: Shape) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.full((x[0], *(1,) * (len(x) - 1)), row.scale))

    def forward(self, x: Tensor) -> Tensor:
        return F.normalize(x, dim=1) * self.weight


class AttentionUnit(nn.Module):
    """Multi-head self-attention over positions of a map of ``heads × (2·key + value)`` channels."""

    def __init__(self, row: r.Attention, x: Shape) -> None:
        super().__init__()
        self.heads, self.key = row.heads, row.key
        self.value = x[0] // row.heads - 2 * row.key

    def forward(self, x: Tensor) -> Tensor:
        parts = x.unflatten(1, (self.heads, -1)).flatten(3).transpose(2, 3)
        q, k, v = parts.split((self.key, self.key, self.value), 3)
        y = F.scaled_dot_product_attention(q, k, v)
        return y.transpose(2, 3).reshape(x.shape[0], self.heads * self.value, *x.shape[2:])


def conv(row: r.Conv, x: Shape) -> nn.Module:
    window, rank = row.window(x), len(x) - 1
    if rank not in CONV:
        raise TableError(f"convolutions exist for 1, 2 and 3 spatial axes, not {rank}; change the input")
    outside: nn.Module | None = None
    inside: tuple[int, ...] = (0,) * rank
    if row.p == "same":
        outside = SamePad(tuple(a.k for a in window), tuple(a.s for a in window), tuple(a.d for a in window))
    elif row.connect or any(a.before != a.after for a in window):
        outside = FixedPad(pads(window)) if any(pads(window)) else None
    else:
        inside = tuple(a.before for a in window)
    if row.connect:
        conv: nn.Module = ConnectedConv2d(row, x, window)
    else:
        ks, ss, ds = (tuple(axis) for axis in zip(*((a.k, a.s, a.d) for a in window), strict=True))
        conv = undrawn(CONV[rank], x[0], row.width(x), ks, ss, inside, ds, row.groups(x), row.biased)
    bn = norm(row.bn, (row.width(x), *x[1:])) if row.bn else None
    if row.fixed is not None:  # part of the table: neither drawn nor trained
        weight = torch.tensor(row.fixed, dtype=torch.float32).view_as(conv.weight)  # type: ignore[arg-type]
        conv.weight = nn.Parameter(weight, requires_grad=False)
    return ConvUnit(conv, bn, activation(named_act(row.act), inplace=True), outside)


def conv_t(row: r.ConvT, x: Shape) -> nn.Module:
    rank = len(x) - 1
    if rank not in CONV_T:
        raise TableError(f"convolutions exist for 1, 2 and 3 spatial axes, not {rank}; change the input")
    out = row.shape(x)
    conv = undrawn(CONV_T[rank], x[0], row.out, row.k, row.s, row.p, row.op, row.g, row.biased, row.d)
    bn = norm(row.bn, out) if row.bn else None
    return ConvUnit(conv, bn, activation(named_act(row.act), inplace=True), None)


def norm(row: r.Norm, x: Shape) -> nn.Module:
    """torch's batch normalisation; gamma or beta left out stays at 1 or 0 and is not a parameter."""
    bn = NORM[len(x) - 1](x[0], row.eps, row.momentum, affine=row.gamma or row.beta)
    if row.gamma != row.beta:
        missing = "bias" if row.gamma else "weight"
        value = getattr(bn, missing).detach()
        delattr(bn, missing)
        bn.register_buffer(missing, value, persistent=False)
    return bn
