"""Nonlinearities as modules (formulas: lecture 001; ``stanh``: LeCun et al. 1998, eq. 6)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from vzor.spec.rows import Act


class ScaledTanh(nn.Module):
    """``1.7159 tanh(2x/3)``: f(±1) = ±1, largest curvature at ±1."""

    def forward(self, x: Tensor) -> Tensor:
        return 1.7159 * torch.tanh(x * (2 / 3))


class AbsTanh(nn.Module):
    """``|tanh x|``."""

    def forward(self, x: Tensor) -> Tensor:
        return torch.tanh(x).abs()


def activation(act: Act | None, inplace: bool = False) -> nn.Module | None:
    """The module of a nonlinearity.  ``inplace`` where what arrives is nobody else's to read."""
    if act is None:
        return None
    match act.name:
        case "relu":
            return nn.ReLU(inplace)
        case "relu6":
            return nn.ReLU6(inplace)
        case "leaky":
            return nn.LeakyReLU(act.alpha, inplace)
        case "elu":
            return nn.ELU(act.alpha, inplace)
        case "softmax":
            return nn.Softmax(1)
    plain = {
        "sigmoid": nn.Sigmoid,
        "tanh": nn.Tanh,
        "stanh": ScaledTanh,
        "abstanh": AbsTanh,
        "silu": nn.SiLU,
        "gelu": nn.GELU,
        "hswish": nn.Hardswish,
        "hsigmoid": nn.Hardsigmoid,
    }
    return plain[act.name]()
