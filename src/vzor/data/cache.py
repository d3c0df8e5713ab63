"""Decoded pictures kept in memory: one flat block of bytes, cheap to hand to worker processes.

What is kept is what the augmentation starts from (`Augment.stage`), so a run gives the same batches with and
without the cache; only its speed changes. The decision is still worth recording, for it explains the speed.
"""

from __future__ import annotations

import math
import os
import shutil
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch

from vzor.data.decode import Unreadable
from vzor.data.samples import ArrayPixels, Data, Pixels, Sample

Stage = Callable[[Pixels], np.ndarray]


@dataclass(frozen=True)
class CachePlan:
    """Whether to cache, how much it takes, and why, in words."""

    use: bool
    bytes: int
    budget: int
    why: str

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for the run's record."""
        return asdict(self)


def default_budget() -> int:
    """Bytes: a quarter of this machine's memory, at most 8 GiB."""
    try:
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):  # Windows has no sysconf
        memory = 8 << 30
    return min(8 << 30, memory // 4)


def plan_cache(data: Data, samples: Sequence[Sample], stage: Any, budget: int | None = None) -> CachePlan:
    """Whether the staged pictures of `samples` fit `budget` bytes (`default_budget()` where None).

    `stage` is an `Augment` (or anything with `staged_shape((height, width)) -> (h, w, c)`); the sizes come
    from the scan, so nothing is decoded here. A function of its arguments alone.
    """
    budget = default_budget() if budget is None else budget
    item = 1 if data.bits == 8 else 2
    total = sum(math.prod(stage.staged_shape(data.info[s["id"]][:2])) * item for s in samples if s["id"] in data.info)
    if not samples:
        return CachePlan(False, 0, budget, "there is nothing to keep")
    fits = total <= budget
    why = f"{human(total)} of decoded pictures {'fit' if fits else 'do not fit'} the budget of {human(budget)}"
    return CachePlan(fits, total, budget, why)


def human(count: int) -> str:
    """1.5 GiB."""
    value = float(count)
    for unit in ("bytes", "KiB", "MiB"):
        if value < 1024:
            return f"{value:.3g} {unit}" if unit != "bytes" else f"{count} bytes"
        value /= 1024
    return f"{value:.3g} GiB"


class Decoded:
    """Pictures by index, from one flat block. All of one type; any mixture of sizes."""

    def __init__(self, flat: torch.Tensor | np.ndarray, offsets: np.ndarray, shapes: np.ndarray, dtype: str) -> None:
        self.flat, self.offsets, self.shapes, self.dtype = flat, offsets, shapes, dtype
        self._view()

    def _view(self) -> None:
        raw = self.flat.numpy() if isinstance(self.flat, torch.Tensor) else self.flat
        self._pixels = raw.view(self.dtype)
        alike = len(self.shapes) > 0 and bool((self.shapes == self.shapes[0]).all())
        self.block: np.ndarray | None = (
            self._pixels.reshape(len(self.shapes), *self.shapes[0].tolist()) if alike else None
        )

    def __len__(self) -> int:
        return len(self.shapes)

    def __getitem__(self, i: int) -> np.ndarray:
        """HWC, a view: not to be written to."""
        h, w, c = self.shapes[i]
        start = self.offsets[i]
        return self._pixels[start : start + h * w * c].reshape(h, w, c)

    def take(self, indices: np.ndarray) -> np.ndarray | list[np.ndarray]:
        """NHWC in one gather where all sizes are alike, else a list of HWC."""
        return [self[i] for i in indices] if self.block is None else self.block[indices]

    def share(self) -> None:
        """Move the block to memory that spawned workers map instead of copying, if there is room for it."""
        if isinstance(self.flat, torch.Tensor) and self.flat.is_shared():
            return
        block = torch.as_tensor(self.flat)
        room = shutil.disk_usage("/dev/shm").free if os.path.isdir("/dev/shm") else None
        # In containers /dev/shm is often 64 MiB, and overfilling it kills the process without a word.
        if room is None or room > block.numel() * 1.1 + (64 << 20):
            self.flat = block.share_memory_()
        else:
            self.flat = block.numpy()  # arrays are sent as bytes, tensors would go through /dev/shm
        self._view()

    def __getstate__(self) -> dict[str, Any]:
        return {k: getattr(self, k) for k in ("flat", "offsets", "shapes", "dtype")}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._view()


def fill(
    samples: Sequence[Sample],
    stage: Stage,
    progress: Callable[[int, int], None] | None = None,
    threads: int | None = None,
) -> Decoded:
    """Decode and stage every sample, in a pool of threads. Raises Unreadable (a UserError) naming the file.

    progress(done, total) is called now and then.
    """

    def one(sample: Sample) -> np.ndarray:
        try:
            return np.ascontiguousarray(stage(sample["image"]))
        except Unreadable as error:
            raise Unreadable(error.reason, sample["image"].name) from None

    images: list[np.ndarray] = []
    in_memory = bool(samples) and isinstance(samples[0]["image"], ArrayPixels)  # nothing to wait for
    with ThreadPoolExecutor(threads or min(8, os.cpu_count() or 1)) as pool:
        try:
            for done, image in enumerate((map if in_memory else pool.map)(one, samples), 1):
                images.append(image)
                if progress and (done % 64 == 0 or done == len(samples)):
                    progress(done, len(samples))
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return packed(images)


def packed(images: list[np.ndarray]) -> Decoded:
    """HWC pictures as one block; the list is emptied on the way, so that the peak is one copy, not two."""
    deep = any(i.dtype == np.uint16 for i in images)
    dtype = np.dtype(np.uint16 if deep else np.uint8)
    shapes = np.array([i.shape for i in images], np.int64).reshape(-1, 3)
    ends = shapes.prod(axis=1).cumsum()
    flat = np.empty(int(ends[-1] if len(ends) else 0) * dtype.itemsize, np.uint8)
    pixels = flat.view(dtype)
    for end in ends[::-1]:
        image = images.pop()
        # An 8-bit picture among 16-bit ones: 257 = 65535 / 255 keeps its place on the full scale.
        whole = image * np.uint16(257) if deep and image.dtype == np.uint8 else image
        pixels[end - image.size : end] = whole.ravel()
    offsets = ends - shapes.prod(axis=1)
    return Decoded(flat, offsets, shapes, dtype.str)
