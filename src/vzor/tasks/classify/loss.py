"""Cross-entropy, with side outputs, smoothing and class weights where asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch

    from vzor.training.task import Batch, Nets, Step

SIDE = 0.3  # what a side output counts where nobody says


@dataclass(frozen=True)
class Loss:
    """Mean cross-entropy over the labelled samples of a batch, in nats.

    In training every output counts by its weight: `side_weight` for sides where it is given, else what the
    table's Loss row says, else 1 for the main output and 0.3 for sides (GoogLeNet, arXiv:1409.4842, section 5).
    Labels: (N,) int with -1 for unknown, or (N, classes) float shares after mixup. Smoothing and class
    weights act in training only, so that validation losses compare across options.
    """

    label_smoothing: float = 0.0
    class_weights: tuple[float, ...] | None = None
    side_weight: float | None = None

    def __call__(self, raw: Any, batch: Batch, nets: Nets, step: Step) -> dict[str, torch.Tensor]:
        target = batch["label"]
        written = getattr(next(iter(nets.values()), None), "loss_weights", {}) if step.training else {}
        terms = {}
        for name, scores in (raw if isinstance(raw, dict) else {"out": raw}).items():
            entropy = self.entropy(scores, target, step.training)
            share = self._share(name, written)
            terms["loss" if name == "out" else name] = entropy if share == 1 else share * entropy
        return terms

    def _share(self, name: str, written: Mapping[str, float]) -> float:
        """What an output counts."""
        if name == "out":
            return written.get(name, 1.0)
        return written.get(name, SIDE) if self.side_weight is None else self.side_weight

    def entropy(self, scores: torch.Tensor, target: torch.Tensor, training: bool) -> torch.Tensor:
        """Cross-entropy of scores (N, classes) against the target; 0 where no sample has a label."""
        from torch.nn import functional as F

        weight = None
        if training and self.class_weights is not None:
            weight = scores.new_tensor(self.class_weights)
        count: int | torch.Tensor = len(target)
        if not target.is_floating_point():
            # counted on the device: reading the number back would wait for the accelerator each step
            count = (target >= 0).sum().clamp(min=1)
        smoothing = self.label_smoothing if training else 0.0
        # "sum" over a count, not "mean": torch's mean divides by the weights' sum, and by 0 without labels
        total = F.cross_entropy(scores, target, weight, ignore_index=-1, reduction="sum", label_smoothing=smoothing)
        loss: torch.Tensor = total / count
        return loss
