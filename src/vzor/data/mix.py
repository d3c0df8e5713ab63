"""Mixup and CutMix on a batch, drawn from (seed, step)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch.nn.functional import one_hot

from vzor.data.fields import Image, Label
from vzor.data.rng import MIX, generator
from vzor.spec.errors import UserError


@dataclass(frozen=True)
class Mix:
    """Blend each picture with another of its batch; labels become rows of shares.

    mixup   alpha of the Beta distribution of the shares (Zhang et al. 2018, arXiv:1710.09412); 0: not
    cutmix  the same, for a pasted rectangle (Yun et al. 2019, arXiv:1905.04899); 0: not
    Where both are given, each batch takes one of them, evenly.
    """

    classes: int
    mixup: float = 0.0
    cutmix: float = 0.0

    def __post_init__(self) -> None:
        if min(self.mixup, self.cutmix) < 0:
            raise UserError(f"mixup={self.mixup} and cutmix={self.cutmix}: give 0 (off) or more.")

    def __call__(self, batch: dict[str, Any], seed: int, step: int) -> dict[str, Any]:
        """A batch whose "image" is mixed and whose "label" is (N, classes) float32, each row summing to 1.

        Without mixup and cutmix the batch comes back as it is.
        """
        if not self.mixup and not self.cutmix:
            return batch
        rng = generator(seed, MIX, step)
        image, label = batch["image"], one_hot(batch["label"], self.classes).float()
        partner = rng.permutation(len(label))
        cut = bool(self.cutmix) and (not self.mixup or rng.random() < 0.5)
        alpha = self.cutmix if cut else self.mixup
        share = float(rng.beta(alpha, alpha))
        if cut:
            image, share = pasted(image, partner, share, rng)
        else:
            pixels = image.numpy()
            image = torch.from_numpy(Image().mix(pixels, pixels[partner], np.float32(share)))
        rows = label.numpy()
        mixed = Label().mix(rows, rows[partner], np.float32(share))
        return {**batch, "image": image, "label": torch.from_numpy(mixed)}


def pasted(
    image: torch.Tensor, partner: np.ndarray, share: float, rng: np.random.Generator
) -> tuple[torch.Tensor, float]:
    """NCHW with one rectangle taken from the partners; the share that is really left of each picture."""
    height, width = image.shape[2:]
    side = math.sqrt(1 - share)
    y, x = rng.integers(height), rng.integers(width)
    top, bottom = (int(np.clip(y + d * height * side / 2, 0, height)) for d in (-1, 1))
    left, right = (int(np.clip(x + d * width * side / 2, 0, width)) for d in (-1, 1))
    out = image.clone()
    out[:, :, top:bottom, left:right] = image[torch.from_numpy(partner), :, top:bottom, left:right]
    return out, 1 - (bottom - top) * (right - left) / (height * width)
