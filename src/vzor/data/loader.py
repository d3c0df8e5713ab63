"""Batches for the loop: the same ones whatever the number of workers, and from any batch of any epoch on."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset, Sampler

from vzor.data.augment import as_tensor
from vzor.data.cache import Decoded
from vzor.data.decode import Unreadable
from vzor.data.fields import Field, Image, Label
from vzor.data.pixels import scale_and_shift
from vzor.data.rng import AUGMENT, generator, permutation, uniforms
from vzor.data.samples import Sample
from vzor.spec.errors import UserError
from vzor.spec.preprocess import Preprocess

PrepareFn = Callable[[Sample, np.random.Generator], Sample]
Key = tuple[int, int]  # (epoch, step)
FIELDS: dict[str, Field] = {"image": Image(), "label": Label()}


class Failure:
    """A user's error on its way from a worker to the loop, which raises it without a worker's traceback."""

    def __init__(self, error: UserError) -> None:
        self.error = error


class Batches(Dataset[Any]):
    """batches[epoch, step] is a whole batch: a function of that key alone. Can be pickled."""

    def __init__(
        self,
        samples: Sequence[Sample],
        fields: Mapping[str, Field],
        prepare_fn: Any,
        batch: int,
        *,
        shuffle: bool,
        seed: int,
        drop_last: bool,
        cache: Decoded | None,
        threads: int,
    ) -> None:
        self.samples, self.fields, self.prepare_fn, self.batch = samples, dict(fields), prepare_fn, batch
        self.shuffle, self.seed, self.drop_last, self.cache, self.threads = (
            shuffle,
            seed,
            drop_last,
            cache,
            threads,
        )
        # Kinds that a mirrored picture changes; worked out once.
        self.turning = [n for n, f in self.fields.items() if n != "image" and type(f).flip is not Field.flip]
        self._order: tuple[int, np.ndarray] | None = None
        self._pool: ThreadPoolExecutor | None = None

    def __len__(self) -> int:
        """Batches of an epoch."""
        n = len(self.samples)
        return n // self.batch if self.drop_last else -(-n // self.batch)

    def __getstate__(self) -> dict[str, Any]:
        state = {**self.__dict__, "_pool": None, "_order": None}
        if self.cache is not None:  # the pixels travel in the cache
            state["samples"] = [{**s, "image": s["image"].name} for s in self.samples]
        return state

    def indices(self, epoch: int, step: int) -> np.ndarray:
        """Positions in `samples` of one batch."""
        if not self.shuffle:
            return np.arange(step * self.batch, min((step + 1) * self.batch, len(self.samples)))
        if self._order is None or self._order[0] != epoch:
            self._order = (epoch, permutation(self.seed, epoch, len(self.samples)))
        return self._order[1][step * self.batch : (step + 1) * self.batch]

    def __getitem__(self, key: Key) -> dict[str, Any] | Failure:
        """The batch of (epoch, step); a UserError comes back as a Failure."""
        epoch, step = key
        indices = self.indices(epoch, step)
        try:
            rows = (self._whole if hasattr(self.prepare_fn, "apply") else self._one_by_one)(indices, epoch)
        except UserError as error:
            return Failure(error)
        batch = {
            name: to_tensor(rows[name] if name == "image" else self.fields[name].collate(rows[name]))
            for name in self.fields
        }
        batch["id"] = [self.samples[i]["id"] for i in indices]
        batch["index"] = torch.from_numpy(np.asarray(indices, np.int64))
        return batch

    def _whole(self, indices: np.ndarray, epoch: int) -> dict[str, Any]:
        """All pictures of a batch at once, through `prepare_fn.apply`."""
        images = self.cache.take(indices) if self.cache is not None else self._load(indices)
        draws = uniforms((self.seed, AUGMENT, epoch), indices, self.prepare_fn.draws)
        rows = {name: [self.samples[i][name] for i in indices] for name in self.fields if name != "image"}
        if self.turning:
            for place in np.flatnonzero(self.prepare_fn.mirrored(draws)):
                for name in self.turning:
                    rows[name][place] = self.fields[name].flip(rows[name][place])
        rows["image"] = self.prepare_fn.apply(one_type(images), draws)
        return rows

    def _one_by_one(self, indices: np.ndarray, epoch: int) -> dict[str, Any]:
        """Any callable (sample, rng) -> sample."""
        images = self.cache.take(indices) if self.cache is not None else self._load(indices)
        done = [
            self.prepare_fn({**self.samples[i], "image": image}, generator(self.seed, AUGMENT, epoch, int(i)))
            for i, image in zip(indices, images, strict=True)
        ]
        rows: dict[str, Any] = {name: [s[name] for s in done] for name in self.fields}
        pictures = rows["image"]
        rows["image"] = (
            torch.stack(pictures)
            if isinstance(pictures[0], torch.Tensor)
            else as_tensor(self.fields["image"].collate(pictures))
        )
        return rows

    def _load(self, indices: np.ndarray) -> list[np.ndarray]:
        """Decode and stage the pictures, in threads where there are some (decoders release the GIL)."""
        if self.threads > 1 and len(indices) > 1:
            if self._pool is None:
                self._pool = ThreadPoolExecutor(self.threads)
            return list(self._pool.map(self._load_one, indices))
        return [self._load_one(i) for i in indices]

    def _load_one(self, i: int) -> np.ndarray:
        pixels = self.samples[i]["image"]
        try:
            stage = getattr(self.prepare_fn, "stage", None)
            return stage(pixels) if stage is not None else pixels.load()
        except Unreadable as error:
            # Leaving it out now would change every later batch: that is for the next scan to do.
            raise Unreadable(error.reason, pixels.name) from None


def one_type(images: Any) -> Any:
    """Pictures of one depth: where 16-bit ones are among them, 8-bit ones are put on their scale."""
    if isinstance(images, list) and len({i.dtype for i in images}) > 1:
        return [i * np.uint16(257) if i.dtype == np.uint8 else i for i in images]
    return images


def to_tensor(value: Any) -> Any:
    """Arrays become tensors; tensors and lists stay."""
    return torch.from_numpy(value) if isinstance(value, np.ndarray) else value


class Keys(Sampler[Key]):
    """The keys of the epoch that is about to be read."""

    def __init__(self) -> None:
        self.keys: list[Key] = []

    def __iter__(self) -> Iterator[Key]:
        return iter(self.keys)

    def __len__(self) -> int:
        return len(self.keys)


def start_worker(worker: int) -> None:
    """Each worker keeps to one thread; more would only fight the loop's."""
    torch.set_num_threads(1)
    # Ctrl-C reaches every process of the terminal; the loop decides what it means, and needs its workers for it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)


class Loader:
    """Batches of `samples`, read in this process (workers=0) or in `workers` processes that live on.

    fields: {name: Field} of what a batch holds; "image" and "label" where None. prepare_fn: an `Augment`
    (also for evaluation: `Augment(pre)`), or any callable (sample, rng) -> sample. cache: `cache.fill` of
    these samples with `prepare_fn.stage`. start: how workers are started ("fork", "spawn", "forkserver"),
    the system's way where None.
    A batch is {"image": NCHW uint8, or float32 in 0..1 for 16 bits; "label": (N,) int64; "id": list of str;
    "index": (N,) int64 positions in `samples`}. Batches are a function of (seed, epoch, step) alone.
    """

    def __init__(
        self,
        samples: Sequence[Sample],
        fields: Mapping[str, Field] | None,
        prepare_fn: Any,
        batch: int,
        *,
        shuffle: bool = False,
        seed: int = 0,
        workers: int = 0,
        drop_last: bool = False,
        cache: Decoded | None = None,
        start: str | None = None,
    ) -> None:
        if batch < 1 or workers < 0:
            raise UserError(f"batch={batch} and workers={workers}: give a batch of 1 or more, and 0 or more workers.")
        threads = min(8, os.cpu_count() or 1) if workers == 0 else 1
        self.batches = Batches(
            samples,
            fields or FIELDS,
            prepare_fn,
            batch,
            shuffle=shuffle,
            seed=seed,
            drop_last=drop_last,
            cache=cache,
            threads=threads,
        )
        self.workers, self.start = workers, start
        self._keys = Keys()
        self._loader: DataLoader[Any] | None = None

    def __len__(self) -> int:
        """Batches of an epoch."""
        return len(self.batches)

    def epoch(self, epoch: int, start_batch: int = 0) -> Iterator[dict[str, Any]]:
        """The batches of one epoch from `start_batch` on. UserError for a picture that has become
        unreadable since the scan."""
        keys = [(epoch, step) for step in range(start_batch, len(self))]
        if self.workers == 0:
            source: Iterator[Any] = (self.batches[key] for key in keys)
        else:
            self._keys.keys = keys
            source = iter(self._processes())
        for item in source:
            if isinstance(item, Failure):
                raise item.error
            yield item

    def _processes(self) -> DataLoader[Any]:
        if self._loader is None:
            method = (
                self.start
                or multiprocessing.get_start_method(allow_none=True)
                or multiprocessing.get_all_start_methods()[0]
            )
            if method != "fork" and self.batches.cache is not None:
                self.batches.cache.share()
            # Workers notice by themselves, within seconds, when this process is gone.
            self._loader = DataLoader(
                self.batches,
                batch_size=None,
                sampler=self._keys,
                num_workers=self.workers,
                persistent_workers=True,
                worker_init_fn=start_worker,
                multiprocessing_context=method,
            )
        return self._loader

    def close(self) -> None:
        """End the workers; the next epoch would start new ones."""
        running = getattr(self._loader, "_iterator", None)
        if running is not None:
            # Left to the garbage collector, they end only after a timeout of five seconds: it may take the
            # queue that tells them before the iterator that uses it.
            running._shutdown_workers()
        self._loader = None
        if self.batches._pool is not None:
            self.batches._pool.shutdown()
            self.batches._pool = None


def to_input(
    image: torch.Tensor, pre: Preprocess, device: torch.device | str = "cpu", channels_last: bool = False
) -> torch.Tensor:
    """A batch's "image" -> the network's input on `device`: NCHW float32, `(x / full - mean) / std`.

    uint8 is sent as it is and converted there, a quarter of the traffic. The formula is `pixels.normalise`'s.
    """
    x = image.to(device, non_blocking=True)
    if pre.order == "BGR":
        x = x.flip(1)
    x = x.contiguous(memory_format=torch.channels_last if channels_last else torch.contiguous_format)
    offset, factor = scale_and_shift(pre, 255.0 if x.dtype == torch.uint8 else 1.0)
    shape = (1, -1, 1, 1)
    out = torch.sub(x, torch.from_numpy(offset).to(x.device).view(shape))
    return out.mul_(torch.from_numpy(factor).to(x.device).view(shape))
