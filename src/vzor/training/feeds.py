"""From the data room to the loop: loaders of the three splits, as the settings ask."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

import numpy as np
import torch

from vzor.data.augment import Augment, Custom, plan
from vzor.data.cache import fill, plan_cache
from vzor.data.loader import Loader, to_input
from vzor.data.mix import Mix
from vzor.data.samples import Data, Sample
from vzor.spec.preprocess import Preprocess
from vzor.training.feed import to_device
from vzor.training.settings import Settings
from vzor.training.task import Batch, Task

Place = Callable[[Batch, torch.device, bool], Batch]  # (batch, device, channels_last) -> batch


class Batches(Protocol):
    """What the loop needs of a loader: the same batches for the same epoch, from any batch on."""

    def epoch(self, epoch: int, start_batch: int = 0) -> Iterator[Batch]: ...
    def __len__(self) -> int: ...


@dataclass(frozen=True)
class Feeds:
    """Loaders of the splits, and what is done with a batch on its way.

    `place` brings a batch to the device as the networks take it; `mix(batch, step, i)` blends the i-th of
    the batches of one step, in training only; `words` says how training images are changed.
    """

    train: Batches
    val: Batches | None = None
    test: Batches | None = None
    place: Place = to_device
    mix: Callable[[Batch, int, int], Batch] | None = None
    words: str = ""

    def close(self) -> None:
        """End the loaders' processes."""
        for loader in (self.train, self.val, self.test):
            close = getattr(loader, "close", None)
            if close is not None:
                close()


class Source(Protocol):
    """Where loaders come from: `FromData`, or a user's own."""

    def probe(self, task: Task, device: torch.device) -> Batch:
        """A batch of one or two samples on the device, to measure the networks with."""

    def feeds(self, task: Task, settings: Settings) -> Feeds:
        """The loaders; `settings.batch` is a number by now."""


@dataclass(frozen=True)
class Own:
    """A task's own augmentation, with the image fitted to the input after it. Can be pickled."""

    augment: Callable[[Sample, np.random.Generator], Sample]
    pre: Preprocess

    def __call__(self, sample: Sample, rng: np.random.Generator) -> Sample:
        image = sample["image"]
        changed = self.augment({**sample, "image": image if isinstance(image, np.ndarray) else image.load()}, rng)
        return {**changed, "image": Custom(same, self.pre).fitted(changed["image"])}


@dataclass(frozen=True)
class FromData:
    """The data room's loaders for `data` under `pre`. `transform`: the user's own, in place of the policy;
    called with an image, or with (sample, rng) if it takes two arguments."""

    data: Data
    pre: Preprocess
    transform: Callable[..., Any] | None = None

    def probe(self, task: Task, device: torch.device) -> Batch:
        """The first two training samples (validation samples where there are none)."""
        samples = (self.data.train or self.data.val)[:2]
        loader = Loader(samples, task.fields, Augment(self.pre), 2)
        return self.place(next(loader.epoch(0)), device, False)

    def feeds(self, task: Task, settings: Settings) -> Feeds:
        """Loaders with decoded images kept in memory where they fit a quarter of it."""
        batch = int(settings.batch)
        change, words = self._change(task, settings)
        still = Augment(self.pre)
        load = partial(Loader, fields=task.fields, batch=batch, seed=settings.seed, workers=settings.workers or 0)
        n = len(self.data.train)
        # A last batch that is a sliver of the others would count as much as they do, or break batch norm.
        sliver = n > batch and 0 < n % batch < max(2, batch // 4)
        keep = self._fits(change, still)
        train = load(
            self.data.train,
            prepare_fn=change,
            shuffle=True,
            drop_last=sliver,
            cache=fill(self.data.train, change.stage) if keep else None,
        )
        val = load(self.data.val, prepare_fn=still, cache=fill(self.data.val, still.stage) if keep else None)
        # Read once, at the end: processes would cost more than they bring.
        test = Loader(self.data.test, task.fields, still, batch)
        return Feeds(
            train,
            val if self.data.val else None,
            test if self.data.test else None,
            self.place,
            self._mix(settings),
            words,
        )

    def place(self, batch: Batch, device: torch.device, channels_last: bool) -> Batch:
        """Images to the device as they are, and there to normalised float32; the rest as it is."""
        image = to_input(batch["image"], self.pre, device, channels_last)
        return {**to_device({k: v for k, v in batch.items() if k != "image"}, device, channels_last), "image": image}

    def _change(self, task: Task, settings: Settings) -> tuple[Any, str]:
        """What happens to a training image, and words for it."""
        if self.transform is not None:
            if takes(self.transform) == 2:
                return Own(self.transform, self.pre), "your own augmentation"
            return Custom(self.transform, self.pre), "your own transform"
        if task.augment is not None:
            return Own(task.augment, self.pre), "the task's own augmentation"
        policy = plan(self.pre, self.data, settings.augment, settings.mirror)
        return policy, policy.describe()

    def _fits(self, change: Any, still: Augment) -> bool:
        if not hasattr(change, "stage"):
            return False
        train, val = (
            plan_cache(self.data, part, stage) for part, stage in ((self.data.train, change), (self.data.val, still))
        )
        return train.use and train.bytes + val.bytes <= train.budget

    def _mix(self, settings: Settings) -> Callable[[Batch, int, int], Batch] | None:
        if not settings.mixup and not settings.cutmix:
            return None
        mix = Mix(len(self.data.classes), settings.mixup, settings.cutmix)
        return lambda batch, step, i: mix(batch, settings.seed, step * settings.accumulate + i)


def same(image: Any) -> Any:
    """The image itself."""
    return image


def takes(function: Callable[..., Any]) -> int:
    """Positional arguments of a function; `*args`, as torchvision's transforms have, count as one."""
    kinds = [p.kind for p in inspect.signature(function).parameters.values()]
    many = inspect.Parameter.VAR_POSITIONAL in kinds
    return many or sum(k in (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD) for k in kinds)


def evaluation_batches(
    samples: Sequence[Sample], task: Task, pre: Preprocess, batch: int = 64, workers: int = 0
) -> tuple[Batches, Place]:
    """Batches of any samples under the one evaluation preprocessing, and how to place them: for `evaluate`."""
    loader = Loader(samples, task.fields, Augment(pre), batch, workers=workers)
    return loader, FromData(Data("", "", []), pre).place
