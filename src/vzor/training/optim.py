"""Optimizers: torch's own, with weight decay kept off norms, gains and biases."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import nn

from vzor.nn.weighted import GainUnit, L2NormUnit
from vzor.training.settings import Settings

#: What only scales and shifts channels, whatever the shape of its weights: a learnt gain (layer scale) is C×1×1.
SCALING = (nn.modules.batchnorm._NormBase, nn.LayerNorm, nn.GroupNorm, nn.RMSNorm, GainUnit, L2NormUnit)
WEIGHT_DECAY = {"sgd": 5e-4, "adamw": 0.02, "adam": 0.0, "rmsprop": 1e-5}


def default_lr(settings: Settings) -> float:
    """The peak rate when none is given, for the effective batch `batch x accumulate`.

    sgd: 0.1 per 256 samples, linear in the batch (Goyal et al. 2017, arXiv:1706.02677).
    adamw, adam: 0.001 at 64 samples, with the square root of the batch (Malladi et al. 2022,
    arXiv:2205.10287). rmsprop: a tenth of that, as it has no bias correction.
    """
    if settings.lr is not None:
        return settings.lr
    batch = (64 if settings.batch == "auto" else int(settings.batch)) * settings.accumulate
    if settings.optimizer == "sgd":
        return 0.1 * batch / 256
    return {"adamw": 1e-3, "adam": 1e-3, "rmsprop": 1e-4}[settings.optimizer] * (batch / 64) ** 0.5


def groups(nets: Iterable[nn.Module], weight_decay: float) -> list[dict[str, object]]:
    """Two parameter groups: matrices and kernels with weight decay; what scales and shifts without.

    Without: everything in a normalisation or a learnt gain, biases of any shape, and any other parameter with at
    most one dimension.  Parameters that are frozen, and the second mention of a shared one, are left out.  Empty
    groups are left out.
    """
    decayed: list[nn.Parameter] = []
    free: list[nn.Parameter] = []
    seen: set[int] = set()
    for net in nets:
        for module in net.modules():
            for name, parameter in module.named_parameters(recurse=False):
                if id(parameter) in seen or not parameter.requires_grad:
                    continue
                seen.add(id(parameter))
                scales = parameter.ndim <= 1 or name == "bias" or isinstance(module, SCALING)
                (free if scales else decayed).append(parameter)
    return [
        {"params": parameters, "weight_decay": decay}
        for parameters, decay in ((decayed, weight_decay), (free, 0.0))
        if parameters
    ]


def optimizer(nets: Iterable[nn.Module], settings: Settings, lr: float) -> torch.optim.Optimizer:
    """torch's optimizer over the trainable parameters of `nets`, fused where torch has it."""
    decay = WEIGHT_DECAY[settings.optimizer] if settings.weight_decay is None else settings.weight_decay
    split = groups(nets, decay)
    fused = _can_fuse(split)
    match settings.optimizer:
        case "sgd":
            return torch.optim.SGD(
                split, lr, momentum=settings.momentum, fused=fused, nesterov=settings.nesterov and settings.momentum > 0
            )
        case "adamw":
            return torch.optim.AdamW(split, lr, fused=fused)
        case "adam":
            return torch.optim.Adam(split, lr, fused=fused)
        case _:
            return torch.optim.RMSprop(split, lr, alpha=0.9, momentum=settings.momentum)


def _can_fuse(split: list[dict[str, object]]) -> bool:
    """The fused kernels take floating parameters on devices torch names; one stray and torch refuses."""
    parameters = [p for group in split for p in group["params"]]  # type: ignore[attr-defined]
    return bool(parameters) and all(
        p.is_floating_point() and p.device.type in ("cpu", "cuda", "mps") for p in parameters
    )
