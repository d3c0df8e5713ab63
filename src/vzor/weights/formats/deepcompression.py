"""SqueezeNet's weights after Deep Compression (Han, Mao, Dally 2015, arXiv:1510.00149): pruned, and 256 values a row.

Little endian, without a header and without names; the order is that of SqueezeNet 1.0's table, whose names of ours
the tensors are given.

    stored weights of each of the 26 convolutions, uint32
    per convolution    256 values, float32; biases, float32; a code per stored weight, uint8; gaps, 4 bits, two a byte

A weight's place is the sum of (gap + 1) up to it, minus 1.  A gap of more than 15 is bridged by weights that are 0.
"""

from __future__ import annotations

from functools import cache
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING

from vzor.spec.row import Shape
from vzor.spec.trace import trace
from vzor.weights.formats.file import OURS, Stored, WeightsFile, damaged
from vzor.weights.keys.turns import BGR
from vzor.zoo.index import table

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor

NETWORK = "squeezenet1_0_caffe"
VALUES = 256
FIRST = "conv1"  # which reads blue, green, red in the file, and red, green, blue here


def fits(path: Path, start: bytes) -> bool:
    """Whether the suffix says so: there is no header."""
    return path.suffix == ".net"


def read(path: Path) -> WeightsFile:
    """All rows at once, for the file is small.  UserError where it is not consumed to its last byte."""
    tensors = _decoded(path)
    stored = {name: Stored(tuple(value.shape)) for name, value in tensors.items()}
    kept = sum(int((value != 0).sum()) for name, value in tensors.items() if name.endswith("weight"))
    whole = sum(value.numel() for name, value in tensors.items() if name.endswith("weight"))
    facts = (("network", NETWORK), ("weights that are not 0", f"{kept:,} of {whole:,}"))
    return WeightsFile(path, "deep-compression", stored, tensors.__getitem__, OURS, facts)


@cache
def rows() -> dict[str, Shape]:
    """{a convolution: the shape of its weights}, in the table's order."""
    found: dict[str, Shape] = {}
    for node in trace(table(NETWORK)).ops:
        if node.row.kind == "Conv":
            out, k = node.out[0], node.row.k  # type: ignore[attr-defined]
            found[node.path] = (out, node.xs[0][0], *((k, k) if isinstance(k, int) else k))
    return found


def _decoded(path: Path) -> dict[str, Tensor]:
    import numpy as np
    import torch

    data = path.read_bytes()
    shapes = rows()
    if len(data) < 4 * len(shapes) or len(data) > 16 << 20:
        raise damaged(path, "it is not as long as SqueezeNet's")
    counts = np.frombuffer(data, "<u4", len(shapes)).astype(np.int64)
    need = 4 * len(shapes) + sum(4 * (VALUES + shape[0]) for shape in shapes.values())
    need += int((counts + (counts + 1) // 2).sum())
    if need != len(data):
        raise damaged(path, f"it has {len(data):,} bytes where its counts want {need:,}")
    at = 4 * len(shapes)

    def take(kind: str, n: int) -> np.ndarray:
        nonlocal at
        found = np.frombuffer(data, kind, n, at)
        at += found.nbytes
        return found

    found: dict[str, Tensor] = {}
    for (name, shape), count in zip(shapes.items(), counts.tolist(), strict=True):
        values, biases = take("<f4", VALUES), take("<f4", shape[0])
        codes, packed = take("u1", count), take("u1", (count + 1) // 2)
        gaps = np.stack([packed & 15, packed >> 4], 1).reshape(-1)[:count].astype(np.int64)
        places = np.cumsum(gaps + 1) - 1
        weights = np.zeros(prod(shape), np.float32)
        if count and places[-1] >= weights.size:
            raise damaged(path, f"the weights of {name} lie outside it")
        weights[places] = values[codes]
        kernel = torch.from_numpy(weights.reshape(shape))
        found[f"{name}.conv.weight"] = BGR.back(kernel, shape) if name == FIRST else kernel
        found[f"{name}.conv.bias"] = torch.from_numpy(biases.copy())
    return found
