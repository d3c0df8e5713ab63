"""Small tasks, networks and loaders for the training tests. Nothing here stands in for a part of vzor:
each is what a user could write against the contract."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from vzor.training.feeds import Feeds
from vzor.training.fitting import fit, reopen
from vzor.training.run import Run
from vzor.training.settings import Settings
from vzor.training.task import Task


@dataclass
class ToyData:
    """Two blurred blobs, a class each side."""

    classes: list[str] = field(default_factory=lambda: ["left", "right", "none"])
    train: list[int] = field(default_factory=lambda: list(range(22)))
    root: str = "toy"

    def fingerprint(self) -> str:
        return "toy"


class ToyBatches:
    """Batches that are a function of (seed, epoch, sample index), as the data room's are."""

    def __init__(self, n: int, batch: int, seed: int, shuffle: bool = True, dtype: torch.dtype = torch.float32):
        self.n, self.batch, self.seed, self.shuffle, self.dtype = n, batch, seed, shuffle, dtype

    def __len__(self) -> int:
        return -(-self.n // self.batch)

    def epoch(self, epoch: int, start_batch: int = 0):
        order = np.arange(self.n)
        if self.shuffle:
            order = np.random.default_rng([self.seed, epoch]).permutation(self.n)
        for i in range(start_batch, len(self)):
            chosen = order[i * self.batch : (i + 1) * self.batch]
            images = np.stack([self.image(j, epoch) for j in chosen])
            yield {
                "image": torch.as_tensor(images, dtype=self.dtype),
                "label": torch.as_tensor(chosen % 3),
                "id": [str(j) for j in chosen],
            }

    def image(self, j: int, epoch: int) -> np.ndarray:
        rng = np.random.default_rng([self.seed, epoch if self.shuffle else 0, int(j)])
        image = rng.normal(0, 0.5, (3, 8, 8))
        if j % 3 < 2:
            image[:, :, 4 * (j % 3) :][:, :, :4] += 1
        return image


def toy_net(seed: int = 0, norm: bool = True, drop: float = 0.2) -> nn.Module:
    torch.manual_seed(seed)
    return nn.Sequential(
        nn.Conv2d(3, 8, 3, padding=1, bias=False),
        nn.BatchNorm2d(8) if norm else nn.Identity(),
        nn.ReLU(),
        nn.Conv2d(8, 8, 3, padding=1, groups=8),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(2),
        nn.Flatten(),
        nn.Dropout(drop),
        nn.Linear(32, 3),
    )


@dataclass
class ToySource:
    """Loaders over the toy data."""

    val_batch: int = 4
    n: int = 22

    def probe(self, task: Task, device: torch.device) -> dict[str, Any]:
        return next(ToyBatches(2, 2, 0).epoch(0))

    def feeds(self, task: Task, settings: Settings) -> Feeds:
        assert isinstance(settings.batch, int)
        return Feeds(
            ToyBatches(self.n, settings.batch, settings.seed), ToyBatches(9, self.val_batch, 99, shuffle=False)
        )


def toy_settings(**over: Any) -> Settings:
    values = dict(
        epochs=3,
        batch=4,
        lr=0.02,
        precision="fp32",
        channels_last=False,
        threads=1,
        save_seconds=0.0,
        device="cpu",
        optimizer="sgd",
    )
    return Settings(**(values | over))


def train(task: Task, folder: Path, settings: Settings, saved: bool = False, **over: Any):
    """Train the toy network in `folder`, or go on there."""
    given = {"nets": {"net": toy_net()}, "data": ToyData(), "pre": None, "source": ToySource()} | over
    run = Run(folder)
    run.path.mkdir(parents=True, exist_ok=True)
    nets = given.pop("nets")
    more = {"saved": reopen(folder)} if saved else {}
    if saved:
        settings = more["saved"].settings
    return fit(task, nets, given.pop("data"), given.pop("pre"), settings, run, **given, **more), nets
