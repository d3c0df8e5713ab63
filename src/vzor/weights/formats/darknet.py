"""Darknet's `.weights`: a header of counters and then numbers, without names; a network's table says whose they are.

major, minor, revision   int32 each
images seen              int64 from version 0.2 on, before that int32
per convolution          biases (normalised: betas, gammas, means, variances), then weights (out, in, k, k)
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING

from vzor.spec.errors import UserError
from vzor.spec.row import Shape
from vzor.spec.rows import Conv, Fc
from vzor.spec.trace import Trace
from vzor.weights.formats.file import OURS, Stored, WeightsFile, damaged

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

    @cache
    def get(name: str) -> Tensor:
        import numpy as np
        import torch

        # Mapped once, and private: what is written to it stays in memory.
        return torch.from_numpy(np.memmap(path, "<f4", "c", start, (size // 4,)))

    return WeightsFile(path, "darknet", {NUMBERS: Stored((size // 4,))}, get, "darknet", facts)


def named(file: WeightsFile, opened: Trace) -> WeightsFile:
    """The same file with our names, in the order in which the table's convolutions and dense rows run.

    Raises UserError where the table needs another number of numbers.
    """
    places = dict(_places(opened))
    needed, held = sum(map(prod, places.values())), file.count
    if needed != held:
        raise UserError(f"{file.path} holds {held:,} numbers and this network needs {needed:,}; take weights of it.")
    ends, end = {}, 0
    for name, shape in places.items():
        end += prod(shape)
        ends[name] = end

    def get(name: str) -> Tensor:
        shape = places[name]
        return file.get(NUMBERS)[ends[name] - prod(shape) : ends[name]].reshape(shape)  # a view of the map

    stored = {name: Stored(shape) for name, shape in places.items()}
    return replace(file, stored=stored, get=get, publisher=OURS)


def _places(opened: Trace) -> Iterator[tuple[str, Shape]]:
    """(our name, shape) of everything that Darknet keeps, in its order."""
    for node in opened.ops:
        row = node.row
        if isinstance(row, Conv) and node.leaf:
            out = (node.out[0],)
            if row.bn is not None:
                yield from (
                    (f"{node.path}.bn.{part}", out) for part in ("bias", "weight", "running_mean", "running_var")
                )
            elif row.biased:
                yield f"{node.path}.conv.bias", out
            area = tuple(axis.k for axis in row.window(*node.xs))
            yield f"{node.path}.conv.weight", (*out, node.xs[0][0] // row.groups(node.xs[0]), *area)
        elif isinstance(row, Fc) and node.leaf:
            yield f"{node.path}.bias", (row.out,)
            yield f"{node.path}.weight", (row.out, prod(node.xs[0]))
