"""Batch normalisation folded into the convolution before it: the same outputs with one operation less.

At prediction ``bn(conv(x))`` is ``(W * x + b - mean) * gamma / sqrt(var + eps) + beta``, which is a convolution
with weights ``W * factor`` and bias ``(b - mean) * factor + beta``.
"""

from __future__ import annotations

import copy

import torch
from torch import Tensor, nn

from vzor.nn.weighted import ConnectedConv2d, ConvUnit

TRANSPOSED = (nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d)


@torch.no_grad()
def fold(network: nn.Module) -> nn.Module:
    """A copy of ``network``, in evaluation mode, without the normalisations that follow a convolution of a row.

    Outputs agree to the rounding of 32-bit floats.  The copy is for prediction only: it cannot be trained on,
    and its tensors have other names.  Modules that are not this builder's are copied as they are.
    """
    copied = copy.deepcopy(network).eval()
    for module in copied.modules():
        if isinstance(module, ConvUnit) and isinstance(module.bn, nn.modules.batchnorm._BatchNorm):
            _fold(module, module.bn)
    return copied


def _fold(unit: ConvUnit, bn: nn.modules.batchnorm._BatchNorm) -> None:
    mean, var = bn.running_mean, bn.running_var
    if mean is None or var is None:
        return
    # In 64 bits, so that the only rounding is the one back to 32.
    factor = (var.double() + bn.eps).rsqrt()
    if bn.weight is not None:
        factor = factor * bn.weight.double()
    conv = unit.conv
    weight, bias = conv.weight, conv.bias
    assert isinstance(weight, Tensor) and not isinstance(bias, nn.Module)
    old = torch.zeros_like(mean, dtype=torch.float64) if bias is None else bias.double()
    shift = (old - mean.double()) * factor
    if bn.bias is not None:
        shift = shift + bn.bias.double()
    new = (weight.double() * _spread(conv, factor, weight)).to(weight.dtype)
    if new.ndim == 4 and weight.is_contiguous(memory_format=torch.channels_last) and not weight.is_contiguous():
        new = new.contiguous(memory_format=torch.channels_last)
    conv.weight = nn.Parameter(new)
    conv.bias = nn.Parameter(shift.to(weight.dtype))
    unit.bn = None


def _spread(conv: nn.Module, factor: Tensor, weight: Tensor) -> Tensor:
    """One factor per output map, laid along the weight's axes."""
    if isinstance(conv, ConnectedConv2d):  # (connections, k·k); a connection's map is its place over the inputs
        return factor[conv.index // conv.shape[1]][:, None]
    if isinstance(conv, TRANSPOSED):  # (in, out / groups, …): the inputs of one group lie together
        groups = conv.groups
        rows = factor.view(groups, 1, -1).expand(-1, weight.shape[0] // groups, -1).reshape(weight.shape[:2])
        return rows.view(*rows.shape, *(1,) * (weight.ndim - 2))
    return factor.view(-1, *(1,) * (weight.ndim - 1))
