"""Darknet's `.weights`: a header of counters and then numbers, without names; a network's table says whose they are.

major, minor, revision   int32 each
images seen              int64 from version 0.2 on, before that int32
per convolution          biases (normalised: betas, gammas, means, variances), then weights (out, in, k, k)
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import TYPE_CHECKING

from vzor.weights.formats.file import Stored, WeightsFile, damaged

if TYPE_CHECKING:
    from torch import Tensor

NUMBERS = "numbers"  # all of them, as one tensor


def fits(path: Path, start: bytes) -> bool:
    """Whether the suffix says so, and the header is one: `.weights.h5` is Keras'."""
    return path.suffix == ".weights" and len(start) >= 16


def read(path: Path) -> WeightsFile:
    """The header, and how many numbers follow.  UserError for a damaged file."""
    with path.open("rb") as file:
        major, minor, revision = struct.unpack("<3i", file.read(12))
        if not (0 <= major < 1000 and 0 <= minor < 1000):
            raise damaged(path, "its version is none of Darknet's")
        wide = major * 10 + minor >= 2
        (seen,) = struct.unpack("<q" if wide else "<i", file.read(8 if wide else 4).ljust(8 if wide else 4, b"\0"))
        start = file.tell()
    size = path.stat().st_size - start
    if size <= 0 or size % 4:
        raise damaged(path, "it is cut short")
    facts = (("written by", f"Darknet {major}.{minor}.{revision}"), ("images seen", f"{seen:,}"))

    def get(name: str) -> Tensor:
        import numpy as np
        import torch

        return torch.from_numpy(np.fromfile(path, "<f4", offset=start))

    return WeightsFile(path, "darknet", {NUMBERS: Stored((size // 4,))}, get, "darknet", facts)
