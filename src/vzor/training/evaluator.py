"""The one evaluator: loss in evaluation mode and the task's metric, over a loader."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import nn

from vzor.training.feed import map_tensors, size_of, to_device
from vzor.training.feeds import Place
from vzor.training.task import Metric, Step, Task


@dataclass(frozen=True)
class Evaluation:
    """`terms`: mean of each loss term per sample. `metrics`: the metric's numbers. `n`: samples seen."""

    terms: dict[str, float]
    metrics: dict[str, float]
    n: int
    metric: Metric = field(repr=False)
    results: list[Any] = field(default_factory=list, repr=False)

    @property
    def loss(self) -> float:
        """The sum of the terms."""
        return sum(self.terms.values())


@torch.no_grad()
def evaluate(
    task: Task,
    nets: Mapping[str, nn.Module],
    batches: Iterable[dict[str, Any]],
    classes: Sequence[str],
    *,
    device: torch.device | str = "cpu",
    precision: str = "fp32",
    channels_last: bool = False,
    where: Step | None = None,
    keep: bool = False,
    place: Place = to_device,
    watch: Callable[[int], object] | None = None,
) -> Evaluation:
    """Run `nets` in evaluation mode over `batches` (dicts from a loader) and count.

    Networks are left in the mode they came in. `precision` bf16 runs the networks under autocast; losses
    and results are always fp32. `place` brings a batch to the device (`Feeds.place`). `keep` also returns
    every decoded result, in order. `watch(samples so far)` is called after each batch and may raise to stop.
    """
    device = torch.device(device)
    step = where or Step(0, 0, False)
    metric = task.metric(classes)
    sums: dict[str, float] = {}
    n = 0
    kept: list[Any] = []
    modes = {name: [m.training for m in net.modules()] for name, net in nets.items()}
    for net in nets.values():
        net.eval()
    try:
        for batch in batches:
            size = size_of(batch)
            placed = place(batch, device, channels_last)
            with torch.autocast(device.type, torch.bfloat16, enabled=precision == "bf16"):
                raw = task.forward(nets, placed)
            raw = map_tensors(raw, lambda t: t.float() if t.is_floating_point() else t)
            for name, value in as_terms(task.loss(raw, placed, nets, step)).items():
                sums[name] = sums.get(name, 0.0) + float(value) * size
            meta = {key: value for key, value in batch.items() if not isinstance(value, torch.Tensor)}
            results = task.decode(map_tensors(raw, as_numpy), {**meta, "classes": classes})
            metric.update(results, batch)
            if keep:
                kept.extend(results)
            n += size
            if watch is not None:
                watch(n)
    finally:
        for name, net in nets.items():
            for module, mode in zip(net.modules(), modes[name], strict=True):
                module.training = mode
    return Evaluation({k: v / max(1, n) for k, v in sums.items()}, metric.compute(), n, metric, kept)


def as_terms(loss: Any) -> dict[str, torch.Tensor]:
    """Named terms from what a loss returned: named terms already, or one tensor."""
    return dict(loss) if isinstance(loss, Mapping) else {"loss": loss}


def as_numpy(tensor: torch.Tensor) -> np.ndarray:
    """On the CPU, as NumPy."""
    array: np.ndarray = tensor.detach().cpu().numpy()
    return array
