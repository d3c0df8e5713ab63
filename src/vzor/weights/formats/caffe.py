"""Caffe's `.caffemodel`: protocol-buffer messages, gone through in a map of the file; all three generations.

A blob is called ``layer/index``.  Batch normalisation's third blob, by which Caffe divides the other two, is divided
out here, so that ``bn1/0`` is the mean and ``bn1/1`` the variance.

    NetParameter         layers = 2 (V1LayerParameter)  layer = 100 (LayerParameter)
    LayerParameter       name = 1  type = 2  blobs = 7
    V1LayerParameter     layer = 1 (V0LayerParameter)  name = 4  type = 5  blobs = 6
    V0LayerParameter     name = 1  type = 2  blobs = 50
    BlobProto            num, channels, height, width = 1…4  data = 5  shape = 7 (dim = 1)  double_data = 8
"""

from __future__ import annotations

import mmap
from collections.abc import Iterator
from dataclasses import dataclass, field
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING

from vzor.spec.errors import UserError
from vzor.spec.row import Shape
from vzor.weights.formats.file import MAX_TENSORS, Stored, WeightsFile, damaged

if TYPE_CHECKING:
    from torch import Tensor

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
#: Kinds of layers whose weights are a matrix, by their name and by their number in V1.
DENSE = ("InnerProduct", "innerproduct", 14)
NORMALISED = ("BatchNorm",)
#: Where a layer's name, kind and blobs are, by generation.
LAYER, V1, V0 = (1, 2, 7), (4, 5, 6), (1, 2, 50)
NAMES = {LAYER: "Caffe, layer", V1: "Caffe, V1 layers", V0: "Caffe, V0 layers"}

Span = tuple[int, int]


@dataclass
class Blob:
    """Where a blob's numbers are in the file, and its shape."""

    shape: Shape
    spans: list[Span]
    wide: bool = False  # double precision
    scale: Blob | None = field(default=None, repr=False)  # what its numbers are divided by


def fits(path: Path, start: bytes) -> bool:
    """Whether the suffix says so: the messages have no mark of their own."""
    return path.suffix == ".caffemodel"


def read(path: Path) -> WeightsFile:
    """Names and shapes of all blobs; the file is mapped, not read.  UserError for a damaged file."""
    with path.open("rb") as file:
        data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    try:
        blobs, generation = _blobs(data)
    except (ValueError, IndexError) as error:
        if isinstance(error, UserError):
            raise
        raise damaged(path, str(error) or "a message breaks off") from None
    for name, blob in blobs.items():
        if prod(blob.shape) != _count(blob):
            raise damaged(path, f"blob {name} is not as long as its shape says")
    stored = {name: Stored(blob.shape, "float64" if blob.wide else "float32") for name, blob in blobs.items()}
    return WeightsFile(
        path, "caffe", stored, lambda name: _tensor(path, blobs[name]), "caffe", (("written as", NAMES[generation]),)
    )


def _blobs(data: mmap.mmap) -> tuple[dict[str, Blob], tuple[int, int, int]]:
    found: dict[str, Blob] = {}
    generation = LAYER
    for number, (start, end) in _messages(data, 0, len(data), (2, 100)):
        layer, form = (start, end), LAYER if number == 100 else V1
        inner = [span for _, span in _messages(data, start, end, (1,))] if form is V1 else []
        if inner:
            layer, form = inner[0], V0
        generation = form
        found |= _layer(data, layer, form)
        if len(found) > MAX_TENSORS:
            raise ValueError("more blobs than any network has")
    return found, generation


def _layer(data: mmap.mmap, span: Span, form: tuple[int, int, int]) -> dict[str, Blob]:
    """The blobs of a layer, under its name."""
    name, kind = "", ""
    blobs: list[Blob] = []
    label, type_, blob = form
    for number, value in _fields(data, *span):
        if number == label and isinstance(value, tuple):
            name = data[value[0] : value[1]].decode("utf-8")
        elif number == type_:
            kind = data[value[0] : value[1]].decode("utf-8") if isinstance(value, tuple) else value  # type: ignore[assignment]
        elif number == blob and isinstance(value, tuple):
            blobs.append(_blob(data, *value))
    if kind in DENSE and blobs:
        blobs[0].shape = (prod(blobs[0].shape[:-1]), blobs[0].shape[-1])
    for one in blobs[1 if kind not in NORMALISED else 0 :]:
        one.shape = (prod(one.shape),)
    if kind in NORMALISED and len(blobs) == 3:
        *blobs, scale = blobs
        for one in blobs:
            one.scale = scale
    return {f"{name}/{i}": one for i, one in enumerate(blobs)}


def _blob(data: mmap.mmap, start: int, end: int) -> Blob:
    old: dict[int, int] = {}
    shape: Shape | None = None
    spans: list[Span] = []
    wide = False
    for number, value in _fields(data, start, end):
        if number in (1, 2, 3, 4) and isinstance(value, int):
            old[number] = value
        elif number == 7 and isinstance(value, tuple):
            shape = tuple(_dims(data, *value))
        elif number in (5, 8):
            if not isinstance(value, tuple):
                raise ValueError("its numbers are not packed, as Caffe packs them")
            spans.append(value)
            wide = number == 8
    if shape is None:
        shape = tuple(old.get(i, 1) for i in (1, 2, 3, 4))
        if shape[:3] == (1, 1, 1):  # how the first generations write a vector
            shape = shape[3:]
    return Blob(shape, spans, wide)


def _dims(data: mmap.mmap, start: int, end: int) -> Iterator[int]:
    for number, value in _fields(data, start, end):
        if number == 1 and isinstance(value, tuple):
            at, stop = value
            while at < stop:
                size, at = _varint(data, at, stop)
                yield size
        elif number == 1 and isinstance(value, int):
            yield value


def _messages(data: mmap.mmap, start: int, end: int, numbers: tuple[int, ...]) -> Iterator[tuple[int, Span]]:
    for number, value in _fields(data, start, end):
        if number in numbers and isinstance(value, tuple):
            yield number, value


def _fields(data: mmap.mmap, at: int, end: int) -> Iterator[tuple[int, int | Span]]:
    """(number, value) of a message's fields; of those with a length, where they begin and end."""
    while at < end:
        key, at = _varint(data, at, end)
        number, kind = key >> 3, key & 7
        if not number:
            raise ValueError("a field has no number")
        if kind == VARINT:
            value, at = _varint(data, at, end)
            yield number, value
            continue
        if kind == BYTES:
            length, at = _varint(data, at, end)
        elif kind in (FIXED32, FIXED64):
            length = 4 if kind == FIXED32 else 8
        else:
            raise ValueError("a field is of a kind that does not exist")
        if length > end - at:
            raise ValueError("a message breaks off")
        yield number, ((at, at + length) if kind == BYTES else 0)
        at += length


def _varint(data: mmap.mmap, at: int, end: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        if at >= end:
            raise ValueError("a number breaks off")
        byte = data[at]
        at += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, at
    raise ValueError("a number does not end")


def _count(blob: Blob) -> int:
    return sum(end - start for start, end in blob.spans) // (8 if blob.wide else 4)


def _tensor(path: Path, blob: Blob) -> Tensor:
    """Read, and not taken from the map: the map's pages would count beside the numbers."""
    import numpy as np
    import torch

    kind = np.dtype("<f8" if blob.wide else "<f4")
    parts = [np.fromfile(path, kind, (end - start) // kind.itemsize, offset=start) for start, end in blob.spans]
    numbers = parts[0] if len(parts) == 1 else np.concatenate(parts) if parts else np.empty(0, kind)
    tensor = torch.from_numpy(numbers).view(blob.shape)
    if blob.scale is not None:
        by = float(_tensor(path, blob.scale).reshape(-1)[0])
        tensor = tensor / by if by else tensor  # nothing was counted yet: Caffe takes 0 then
    return tensor
