"""Batches on their way to the networks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch


def map_tensors(value: Any, change: Callable[[torch.Tensor], Any]) -> Any:
    """`value` with `change` applied to every tensor in its dicts, lists and tuples."""
    if isinstance(value, torch.Tensor):
        return change(value)
    if isinstance(value, dict):
        return {key: map_tensors(v, change) for key, v in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(map_tensors(v, change) for v in value)
    return value


def to_device(batch: dict[str, Any], device: torch.device, channels_last: bool) -> dict[str, Any]:
    """The batch's tensors on `device`, those of four dimensions channels-last if asked for."""

    def move(tensor: torch.Tensor) -> torch.Tensor:
        if channels_last and tensor.ndim == 4:
            return tensor.to(device, non_blocking=True, memory_format=torch.channels_last)
        return tensor.to(device, non_blocking=True)

    return {
        key: map_tensors(value, move) if not isinstance(value, list | tuple) or _holds(value) else value
        for key, value in batch.items()
    }


def _holds(values: list[Any] | tuple[Any, ...]) -> bool:
    return bool(values) and isinstance(values[0], torch.Tensor)


def size_of(batch: dict[str, Any]) -> int:
    """Samples in a batch: the length of its first tensor, else of its first field."""
    for value in batch.values():
        if isinstance(value, torch.Tensor):
            return int(value.shape[0])
    return len(next(iter(batch.values())))
