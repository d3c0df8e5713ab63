"""Random numbers as functions of their place: (seed, epoch, sample index) or (seed, step). No state.

Nothing here depends on the order of calls, the worker that makes them, the process or the machine; this is
what lets a killed run go on bit for bit.
"""

from __future__ import annotations

import hashlib
import struct

import numpy as np

# Streams of one seed that must not meet: the first key after the seed.
SPLIT, SHUFFLE, AUGMENT, MIX = 1, 2, 3, 4


def key_of(*keys: int) -> tuple[int, int]:
    """Two 64-bit numbers from any whole numbers, well mixed."""
    packed = b"".join(struct.pack("<q", k) if -(1 << 63) <= k < 1 << 63 else str(k).encode() + b";" for k in keys)
    return struct.unpack("<QQ", hashlib.blake2b(packed, digest_size=16).digest())


def generator(*keys: int) -> np.random.Generator:
    """A NumPy generator (Philox) whose stream is a function of the keys alone."""
    return np.random.Generator(np.random.Philox(key=np.array(key_of(*keys), np.uint64)))


def mixed(x: np.ndarray) -> np.ndarray:
    """splitmix64's finaliser: every input bit touches every output bit (Steele et al. 2014)."""
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


def bits(keys: tuple[int, ...], indices: np.ndarray, n: int) -> np.ndarray:
    """(len(indices), n) uint64: row i is a function of `keys` and indices[i] alone."""
    low, high = (np.uint64(k) for k in key_of(*keys))
    golden = np.uint64(0x9E3779B97F4A7C15)
    with np.errstate(over="ignore"):  # wrapping is what is wanted
        rows = mixed(np.asarray(indices).astype(np.uint64) * golden + low)
        columns = mixed(np.arange(1, n + 1, dtype=np.uint64) * golden + high)
        return mixed(rows[:, None] + columns[None, :])


def uniforms(keys: tuple[int, ...], indices: np.ndarray, n: int) -> np.ndarray:
    """(len(indices), n) float64 in [0, 1), for a whole batch at once; see `bits`."""
    return (bits(keys, indices, n) >> np.uint64(11)).astype(np.float64) * 2.0**-53


def permutation(seed: int, epoch: int, n: int) -> np.ndarray:
    """An order of 0..n-1 that is a function of (seed, epoch, n), whatever NumPy's version."""
    return np.argsort(bits((seed, SHUFFLE, epoch), np.arange(n), 1)[:, 0], kind="stable")


def stratified(labels: np.ndarray, fractions: dict[str, float], seed: int) -> dict[str, np.ndarray]:
    """Split positions 0..n-1 so that every part has its fraction of every class.

    fractions: {"val": 0.2, "test": 0.2}; what is left is "train". Every class keeps at least one sample in
    train, and gives at least one to each other part where it has enough. Positions come back sorted.
    """
    parts: dict[str, list[np.ndarray]] = {name: [] for name in ("train", *fractions)}
    for label in np.unique(labels):
        places = np.flatnonzero(labels == label)
        order = bits((seed, SPLIT, int(label)), np.arange(len(places)), 1)[:, 0]
        places = places[np.argsort(order, kind="stable")]
        for name, fraction in fractions.items():
            take = max(1, round(fraction * len(order))) if fraction > 0 else 0
            take = min(take, len(places) - 1)
            parts[name].append(places[:take])
            places = places[take:]
        parts["train"].append(places)
    return {name: np.sort(np.concatenate(p)) if p else np.zeros(0, np.int64) for name, p in parts.items()}
