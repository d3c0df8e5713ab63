"""Training pictures as the network sees them: augmented, mixed and prepared, then brought back for the eye."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from vzor.data.draw import contact_sheet

if TYPE_CHECKING:
    from PIL.Image import Image

    from vzor.data.samples import Data
    from vzor.spec.preprocess import Preprocess
    from vzor.training.settings import Settings
    from vzor.training.task import Task

SHOWN = 24  # pictures of one sample batch


def sample_batch(
    task: Task,
    data: Data,
    pre: Preprocess,
    settings: Settings,
    transform: Callable[..., Any] | None = None,
    n: int = SHOWN,
) -> tuple[list[np.ndarray], list[str], str]:
    """`n` training pictures of the run's first epoch on their way into the network.

    Returns the pictures, (H, W, C) uint8 as `visible` makes them, a caption each, and words for how training
    pictures are changed. A fixed draw from `settings.seed`; the loaders are the run's own kind, for these
    samples only.
    """
    import torch

    from vzor.data.rng import permutation
    from vzor.training.feeds import FromData

    order = permutation(settings.seed, 0, len(data.train))[:n]
    few = replace(data, train=[data.train[i] for i in order], val=[], test=[])
    feeds = FromData(few, pre, transform).feeds(task, replace(settings, batch=max(1, len(order)), workers=0))
    try:
        batch = next(iter(feeds.train.epoch(0)))
    finally:
        feeds.close()
    if feeds.mix is not None:
        batch = feeds.mix(batch, 0, 0)
    placed = feeds.place(batch, torch.device("cpu"), False)
    pictures = [visible(x, pre) for x in placed["image"].float().numpy()]
    return pictures, captions(batch, task.fields, data.classes), feeds.words


def visible(x: np.ndarray, pre: Preprocess) -> np.ndarray:
    """A network's input, CHW float32, back to HWC uint8 in RGB order: the inverse of `data.pixels.normalise`.

    What lies outside 0 … 1 of full scale is cut off.
    """
    mean, std = (np.array(v, np.float32)[:, None, None] for v in (pre.mean, pre.std))
    image = x * std + mean
    if pre.order == "BGR":
        image = image[::-1]
    return np.rint(255 * np.clip(image, 0, 1)).astype(np.uint8).transpose(1, 2, 0)


def captions(batch: Mapping[str, Any], fields: Mapping[str, Any], classes: Sequence[str]) -> list[str]:
    """Words for each sample of a batch: what its fields say; shares where labels were mixed."""
    words: list[str] = []
    for i in range(len(batch["id"])):
        said = []
        for name, field in fields.items():
            if name in ("image", "id"):
                continue
            value = batch[name][i]
            if getattr(value, "ndim", 0) == 1 and len(value) == len(classes):
                said.append(_mixed(np.asarray(value), classes))
            else:
                said.append(field.caption(value.item() if getattr(value, "ndim", 1) == 0 else value, classes))
        words.append(", ".join(w for w in said if w))
    return words


def _mixed(shares: np.ndarray, classes: Sequence[str]) -> str:
    order = [i for i in np.argsort(-shares, kind="stable")[:2] if shares[i] > 0]
    return " + ".join(f"{shares[i]:.0%} {classes[i]}" if len(order) > 1 else classes[i] for i in order)


def batch_sheet(pictures: Sequence[np.ndarray], words: Sequence[str], title: str = "") -> Image:
    """The batch as one contact sheet."""
    return contact_sheet(pictures, words, columns=8, cell=112, title=title)
