"""Exponential moving average of the weights, in full precision.

    average <- d_t * average + (1 - d_t) * weight,   d_t = min(decay, (1 + t) / (10 + t)),  t = 1, 2, ...

The ramp (as in TensorFlow's ExponentialMovingAverage) lets the average forget the initial weights.
Floating buffers (running means) are averaged alike; whole-number ones are copied.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping

import torch
from torch import nn


class Ema:
    """Averaged copies of `nets`, in `self.nets`; call `update(nets, t)` after optimizer step t (from 1)."""

    def __init__(self, nets: Mapping[str, nn.Module], decay: float) -> None:
        self.decay = decay
        self.nets = {name: copy.deepcopy(net).requires_grad_(False) for name, net in nets.items()}

    def rate(self, t: int) -> float:
        """The decay in use at step t."""
        return min(self.decay, (1 + t) / (10 + t))

    @torch.no_grad()
    def update(self, nets: Mapping[str, nn.Module], t: int) -> None:
        """Take the weights after step t into the averages."""
        keep = self.rate(t)
        averages: list[torch.Tensor] = []
        weights: list[torch.Tensor] = []
        for name, net in nets.items():
            now = net.state_dict()
            for key, average in self.nets[name].state_dict().items():
                if average.is_floating_point():
                    averages.append(average)
                    weights.append(now[key])
                else:
                    average.copy_(now[key])
        torch._foreach_lerp_(averages, weights, 1 - keep)
