"""The scan before training: every picture is decoded once; what cannot be read is named once and left out."""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from vzor.data.assemble import listed, plural
from vzor.data.decode import Unreadable
from vzor.data.pixels import full_scale
from vzor.data.samples import SPLITS, ArrayPixels, Data, Problem, Sample

FEW = 10  # training pictures of a class below which a warning is due


@dataclass(frozen=True)
class Seen:
    """What one decoded picture is like. mean, square: per channel, of x and x² in units of full scale."""

    shape: tuple[int, int, int]
    bits: int
    mean: tuple[float, ...]
    square: tuple[float, ...]
    digest: bytes


def look(image: np.ndarray) -> Seen:
    """Measure one HWC picture."""
    full, count = full_scale(image), image.shape[0] * image.shape[1]
    flat = np.ascontiguousarray(image).reshape(count, -1)
    if image.dtype == np.uint8:
        # Exact, and faster than summing squares of wide copies: count the 256 values of each channel.
        values = np.arange(256, dtype=np.float64) / full
        counts = [np.bincount(flat[:, c], minlength=256) for c in range(flat.shape[1])]
        mean = tuple(float(n @ values) / count for n in counts)
        square = tuple(float(n @ values**2) / count for n in counts)
    else:
        x = flat.astype(np.float64) / full
        mean, square = tuple(x.mean(0).tolist()), tuple((x**2).mean(0).tolist())
    return Seen(
        (image.shape[0], image.shape[1], image.shape[2]),
        8 * image.dtype.itemsize,
        mean,
        square,
        digest_of(flat, image.shape),
    )


def look_at_array(array: np.ndarray) -> list[Seen]:
    """`look` for every picture of (N, H, W[, C]), thousands at a time."""
    array = array[..., None] if array.ndim == 3 else array
    full, shape = full_scale(array), array.shape[1:]
    seen = []
    for start in range(0, len(array), 2048):
        flat = np.ascontiguousarray(array[start : start + 2048]).reshape(-1, shape[0] * shape[1], shape[2])
        x = flat.astype(np.float64) / full
        means, squares = x.mean(1).tolist(), (x * x).mean(1).tolist()
        seen += [
            Seen(shape, 8 * array.dtype.itemsize, tuple(m), tuple(s), digest_of(f, shape))
            for m, s, f in zip(means, squares, flat, strict=True)
        ]
    return seen


def digest_of(flat: np.ndarray, shape: tuple[int, ...]) -> bytes:
    """Equal for equal pictures only."""
    return hashlib.blake2b(flat.tobytes(), digest_size=12, key=repr(shape).encode()).digest()


def measured(samples: list[Sample]) -> Callable[[Sample], Seen | str]:
    """`attempt`, with the pictures of plain arrays looked at beforehand."""
    arrays = {id(s["image"].array): s["image"].array for s in samples if isinstance(s["image"], ArrayPixels)}
    known = {i: look_at_array(a) for i, a in arrays.items()}

    def of(sample: Sample) -> Seen | str:
        image = sample["image"]
        return known[id(image.array)][image.index] if isinstance(image, ArrayPixels) else attempt(sample)

    return of


def attempt(sample: Sample) -> Seen | str:
    """`look` at a sample, or the reason why it cannot be had."""
    try:
        return look(sample["image"].load())
    except Unreadable as error:
        return error.reason
    except MemoryError:
        return "it does not fit into memory"


def scan(data: Data, progress: Callable[[int, int], None] | None = None) -> Data:
    """Open every sample of `data` and fill in what the pictures are like, in place.

    Unreadable pictures go from their split to `problems`. Sets channels (1, 3 or n; grey beside colour counts
    as 3, with a warning), bits, sizes, mean, std and info, and warns of small sets and of pictures that stand
    in more than one split.
    """
    samples = data.samples
    results: list[Seen | str] = []
    with ThreadPoolExecutor(min(8, os.cpu_count() or 1)) as pool:
        measure = measured(samples)
        in_memory = bool(samples) and isinstance(samples[0]["image"], ArrayPixels)
        ready = map(measure, samples) if in_memory else pool.map(measure, samples)
        try:
            for done, result in enumerate(ready, 1):
                results.append(result)
                if progress and (done % 64 == 0 or done == len(samples)):
                    progress(done, len(samples))
        except BaseException:  # Ctrl-C: leave at once, not after the queue
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    by_id = {s["id"]: r for s, r in zip(samples, results, strict=True)}
    for split in SPLITS:
        kept = []
        for s in getattr(data, split):
            result = by_id[s["id"]]
            if isinstance(result, str):
                data.problems.append(Problem(s["image"].name, result, split))
            else:
                kept.append(s)
        setattr(data, split, kept)
    seen = {i: r for i, r in by_id.items() if isinstance(r, Seen)}
    if seen:
        settle_channels(data, seen)
        describe(data, seen)
        warn_of_doubles(data, seen)
    warn_of_few(data)
    return data


def settle_channels(data: Data, seen: dict[str, Seen]) -> None:
    """One number of channels and one depth for the whole set; pictures that cannot have it are left out."""
    counts = Counter(s.shape[2] for s in seen.values())
    colour = {n: k for n, k in counts.items() if n != 1} or counts
    data.channels = max(colour, key=lambda n: (colour[n], n))
    if counts[1] > sum(k for n, k in counts.items() if n not in (1, 3)) and data.channels != 3:
        data.channels = 1
    fits = {data.channels, 1} if data.channels == 3 else {data.channels}
    if data.channels == 3 and counts[1]:
        data.warnings.append(
            f"{counts[1]} grey {plural(counts[1], 'picture is', 'pictures are')} repeated to 3 channels, "
            "for the others are in colour."
        )
    for split in SPLITS:
        part = getattr(data, split)
        for s in part:
            have = seen[s["id"]].shape[2]
            if have not in fits:
                reason = f"it has {have} channels where most of the set has {data.channels}"
                data.problems.append(Problem(s["image"].name, reason, split))
                del seen[s["id"]]
        setattr(data, split, [s for s in part if s["id"] in seen])
    data.bits = max(s.bits for s in seen.values())
    shallow = sum(s.bits < data.bits for s in seen.values())
    if shallow:
        data.warnings.append(f"{shallow} pictures of 8 bits stand among 16-bit ones: each is scaled by its own depth.")


def describe(data: Data, seen: dict[str, Seen]) -> None:
    """sizes, info, mean and std."""
    sides = np.array([s.shape[:2] for s in seen.values()])
    data.sizes = tuple((int(v[0]), int(v[1])) for v in (sides.min(0), np.median(sides, axis=0), sides.max(0)))
    data.info = {i: s.shape for i, s in seen.items()}
    part = [seen[s["id"]] for s in data.train] or list(seen.values())
    mean = np.mean([wide(s.mean, data.channels) for s in part], axis=0)
    square = np.mean([wide(s.square, data.channels) for s in part], axis=0)
    std = np.sqrt(np.maximum(square - mean**2, 0))
    # A set of blank pictures has no spread; dividing by 1 leaves it blank instead of endless.
    data.mean = tuple(round(float(m), 4) for m in mean)
    data.std = tuple(round(float(s), 4) if s >= 5e-5 else 1.0 for s in std)


def wide(values: tuple[float, ...], channels: int) -> tuple[float, ...]:
    """A grey picture's figures as those of `channels` equal ones."""
    return values * channels if len(values) == 1 else values


def warn_of_doubles(data: Data, seen: dict[str, Seen]) -> None:
    """Pictures of val or test that are, pixel for pixel, training pictures too."""
    train = {seen[s["id"]].digest: s for s in data.train}
    for split in ("val", "test"):
        doubles = [(s, train[d]) for s in getattr(data, split) if (d := seen[s["id"]].digest) in train]
        if doubles:
            s, t = doubles[0]
            data.warnings.append(
                f"{len(doubles)} {plural(len(doubles), 'picture', 'pictures')} of {split} "
                f"{plural(len(doubles), 'is', 'are')} in train, too (the first: '{s['id']}' = '{t['id']}'): "
                f"the {split} score flatters; remove one of each pair."
            )


def warn_of_few(data: Data) -> None:
    """Classes with very few training pictures, and classes that lost all theirs to problems."""
    counts = data.histogram()
    few = [c for c in data.classes if 0 < counts["train"][c] < FEW]
    if few:
        data.warnings.append(
            f"Fewer than {FEW} training pictures for {plural(len(few), 'class', 'classes')} "
            f"{listed(few)}: expect little; add more, or start from pretrained weights."
        )
    gone = [c for c in data.classes if not sum(counts[s][c] for s in SPLITS)]
    said = " ".join(data.warnings)
    gone = [c for c in gone if f"'{c}'" not in said]
    if gone:
        data.warnings.append(
            f"No readable pictures are left of {plural(len(gone), 'class', 'classes')} "
            f"{listed(gone)}: replace the unreadable ones."
        )
