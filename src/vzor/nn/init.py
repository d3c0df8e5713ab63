"""Initialisation, by what follows the weights.

Before ReLU and its kin: He et al. 2015 (arXiv:1502.01852), normal, for convolutions by what leaves
(as the published ResNets were begun), for fully connected rows by what arrives.  Before tanh, sigmoid or
nothing: Glorot and Bengio 2010, uniform.  Biases 0; batch normalisation 1 and 0.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from vzor.nn.weighted import ConnectedConv2d, ConvUnit, FcUnit, LocalUnit

SATURATING = ("Tanh", "Sigmoid", "ScaledTanh", "AbsTanh", "Softmax", "Hardsigmoid")


@torch.no_grad()
def initialise(network: nn.Module, seed: int | None = None) -> None:
    """Draw every weight of ``network``; the same ``seed`` gives the same weights, None uses torch's generator."""
    generator = None if seed is None else torch.Generator().manual_seed(seed)
    for module in network.modules():
        if isinstance(module, ConvUnit):
            _convolution(module, generator)
        elif isinstance(module, FcUnit):
            _draw(module.weight, _rectified(module.act), module.in_features, module.out_features, generator)
        elif isinstance(module, LocalUnit):
            _draw(module.weight, _rectified(module.act), module.weight.shape[2], module.weight.shape[1], generator)
        else:
            continue
        bias = module.conv.bias if isinstance(module, ConvUnit) else module.bias
        if isinstance(bias, Tensor):
            bias.zero_()


def _convolution(unit: ConvUnit, generator: torch.Generator | None) -> None:
    conv = unit.conv
    if isinstance(conv.weight, Tensor) and not conv.weight.requires_grad:
        return  # fixed by the table
    rectified = _rectified(unit.act)
    if isinstance(conv, ConnectedConv2d):
        _draw(conv.weight, rectified, conv.fan_in, conv.fan_in, generator)
        return
    weight = conv.weight
    assert isinstance(weight, Tensor)
    area = math.prod(weight.shape[2:])
    arrives, leaves = weight.shape[1] * area, weight.shape[0] * area // int(getattr(conv, "groups", 1))
    if isinstance(conv, nn.ConvTranspose1d | nn.ConvTranspose2d | nn.ConvTranspose3d):
        arrives, leaves = weight.shape[0] * area, weight.shape[1] * area
    # Without normalisation behind it, a deep chain keeps its scale only by what arrives.
    fan = leaves if unit.bn is not None else arrives
    _draw(weight, rectified or unit.bn is not None, fan, leaves if fan == arrives else arrives, generator)


def _rectified(act: nn.Module | None) -> bool:
    return act is not None and type(act).__name__ not in SATURATING


def _draw(weight: Tensor, rectified: bool, fan: float, other: float, generator: torch.Generator | None) -> None:
    """Normal with variance 2 / fan, or uniform with variance 2 / (fan + other)."""
    if weight.device.type == "meta":
        return
    if generator is not None and weight.device.type != "cpu":  # one seed, the same weights on every device
        drawn = torch.empty(weight.shape, device="cpu")
        _draw(drawn, rectified, fan, other, generator)
        weight.copy_(drawn)
    elif rectified:
        weight.normal_(0, math.sqrt(2 / fan), generator=generator)
    else:
        bound = math.sqrt(6 / (fan + other))
        weight.uniform_(-bound, bound, generator=generator)
