"""Random numbers as functions of (seed, step): nothing to save, nothing to restore."""

from __future__ import annotations

import hashlib

import torch


def key(*words: int | str) -> int:
    """A 63-bit number from words, the same on every machine and in every process."""
    text = "/".join(map(str, words)).encode()
    return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "big") >> 1


def reseed(seed: int, step: int, device: torch.device) -> None:
    """Set torch's generators for this step: dropout and its like draw the same after a resume.

    The CPU's generator and the device's own are set directly: `torch.manual_seed` also formats a
    stack trace for every CUDA-less process, which costs more than a small network's step.
    """
    value = key("step", seed, step)
    torch.default_generator.manual_seed(value)
    if device.type == "cuda":
        torch.cuda.default_generators[device.index or 0].manual_seed(value)
    elif device.type == "mps":
        torch.mps.manual_seed(value)


def seed_everything(seed: int) -> None:
    """Seed torch before networks are built, so that their initial weights follow from `seed`."""
    torch.manual_seed(key("init", seed))
