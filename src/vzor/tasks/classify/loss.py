"""Cross-entropy, with side outputs, smoothing and class weights where asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch

    from vzor.training.task import Batch, Nets, Step


@dataclass(frozen=True)
class Loss:
    """Mean cross-entropy over the labelled samples of a batch, in nats.

    Labels: (N,) int with -1 for unknown, or (N, classes) float shares after mixup. Smoothing and class
    weights act in training only, so that validation losses compare across options.
    """

    label_smoothing: float = 0.0
    class_weights: tuple[float, ...] | None = None
    side_weight: float = 0.3

    def __call__(self, raw: Any, batch: Batch, nets: Nets, step: Step) -> dict[str, torch.Tensor]:
        target = batch["label"]
        if not isinstance(raw, dict):
            return {"loss": self.entropy(raw, target, step.training)}
        terms = {}
        for name, scores in raw.items():
            share = 1.0 if name == "out" else self.side_weight
            terms["loss" if name == "out" else name] = share * self.entropy(scores, target, step.training)
        return terms

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
