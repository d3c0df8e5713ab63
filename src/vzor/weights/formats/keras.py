"""Keras' files, read with h5py: the old `.h5`, `.weights.h5`, and `.keras`, which is a zip archive around the latter.

A variable is called ``layer/variable``, whatever release wrote it: ``conv1_bn/moving_variance``.  Layers that Keras
named by itself (``conv2d_7``) are counted from 0 again, for Keras counts on from one model of a session to the next.
Links to other files, data kept elsewhere and compressed data that would swell are refused.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vzor.spec.errors import UserError
from vzor.weights.formats.archive import entries
from vzor.weights.formats.file import MAX_TENSORS, Stored, WeightsFile, damaged

if TYPE_CHECKING:
    import h5py
    import numpy as np
    from torch import Tensor

INSIDE = "model.weights.h5"  # what a .keras archive keeps its weights in
SWELL = 8  # compressed data may be as many times larger than the file
SLACK = 1 << 20  # bytes; small files of many groups are mostly empty
LARGE = 1 << 20  # bytes; smaller variables are read, for a map takes whole pages
KINDS = ("float16", "float32", "float64", "int32", "int64", "uint8")
#: What the variables of a layer are called where a file only counts them.
COUNTED = {
    "batch_normalization": ("gamma", "beta", "moving_mean", "moving_variance"),
    "separable_conv2d": ("depthwise_kernel", "pointwise_kernel", "bias"),
    "": ("kernel", "bias"),
}
#: Layers that Keras names by their kind and a number.
AUTOMATIC = re.compile(r"^(conv2d|depthwise_conv2d|separable_conv2d|batch_normalization|dense)(?:_(\d+))?$")
#: Endings of the variables' names in the files of all releases, and ours.
ENDINGS = (
    (r"(^|_)(kernel|W)$", "kernel"),
    (r"(^|_)(bias|b)$", "bias"),
    (r"(^|_)gamma$", "gamma"),
    (r"(^|_)beta$", "beta"),
    (r"(^|_)(moving|running)_mean$", "moving_mean"),
    (r"(^|_)(moving_variance|running_std|running_var)$", "moving_variance"),
)


def fits(path: Path, start: bytes) -> bool:
    """Whether the file is HDF5, or a zip archive with Keras' weights in it."""
    if start[:4] != b"PK\x03\x04":
        return start[:8] == b"\x89HDF\r\n\x1a\n"
    listed = entries(path)
    return path.suffix == ".keras" if listed is None else any(info.filename == INSIDE for info in listed)


def read(path: Path) -> WeightsFile:
    """Names and shapes of all variables.  UserError for a damaged file, and for one without a model's weights."""
    import h5py

    source, start, swell = _opened(path)
    try:
        file = h5py.File(source, "r")
        found = _renumbered(dict(_layers(path, file)))
        stored = {name: _stored(path, name, data) for name, data in found.items()}
        wrote = _text(file.attrs.get("keras_version", b"")) or "3"
    except (OSError, KeyError, ValueError, TypeError, RuntimeError, AttributeError) as error:
        if isinstance(error, UserError):
            raise
        raise damaged(path, str(error).strip().splitlines()[0] if str(error) else type(error).__name__) from None
    _bounded(path, found, swell)
    places = {name: data.name for name, data in found.items()}
    del found  # what HDF5 keeps of open variables adds up

    def get(name: str) -> Tensor:
        import torch

        try:
            return torch.from_numpy(_mapped(path, start, file[places[name]]))
        except (OSError, ValueError, TypeError, RuntimeError) as error:
            raise damaged(path, f"variable {name}: {error}") from None

    def part(name: str, begin: int, end: int) -> Tensor:
        import torch

        try:
            return torch.from_numpy(file[places[name]][begin:end])
        except (OSError, ValueError, TypeError, RuntimeError) as error:
            raise damaged(path, f"variable {name}: {error}") from None

    facts = (("written by", f"Keras {wrote}"),)
    return WeightsFile(path, "keras", stored, get, "keras", facts, part=part)


def _mapped(path: Path, start: int | None, data: h5py.Dataset) -> np.ndarray:
    """A variable's numbers: of a large one, which is to be turned, a map of the file, so that only one copy is made."""
    import numpy as np

    at = data.id.get_offset()  # None unless the numbers lie there as they are
    if start is None or at is None or data.nbytes < LARGE or not data.dtype.isnative or data.file.userblock_size:
        read: np.ndarray = data[()]
        return read
    return np.memmap(path, data.dtype, "c", start + at, data.shape)


def _opened(path: Path) -> tuple[Any, int | None, int]:
    """What h5py is to read, where in the file it begins (None: it is compressed), and how many bytes it is."""
    size = path.stat().st_size
    if not zipfile.is_zipfile(path):
        return str(path), 0, size
    try:
        with zipfile.ZipFile(path) as archive:
            info = archive.getinfo(INSIDE)
            if info.compress_type == zipfile.ZIP_STORED:
                if info.file_size > size:
                    raise damaged(path, "its archive promises more than it holds")
                start = info.header_offset + 30
                with path.open("rb") as file:
                    file.seek(info.header_offset + 26)
                    start += int.from_bytes(file.read(2), "little") + int.from_bytes(file.read(2), "little")
                return Part(path, start, info.file_size), start, info.file_size
            if info.file_size > SWELL * size + SLACK:
                raise damaged(path, "its archive would swell to many times its size")
            return io.BytesIO(archive.read(INSIDE)), None, info.file_size
    except (zipfile.BadZipFile, OSError, KeyError, NotImplementedError, RuntimeError) as error:
        raise damaged(path, str(error)) from None


class Part(io.RawIOBase):
    """``length`` bytes of a file from ``start`` on, as a file of its own."""

    def __init__(self, path: Path, start: int, length: int) -> None:
        self._file, self._start, self._length, self._at = path.open("rb"), start, length, 0

    def seek(self, offset: int, whence: int = 0) -> int:
        self._at = max(0, offset + (0, self._at, self._length)[whence])
        return self._at

    def tell(self) -> int:
        return self._at

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._file.seek(self._start + self._at)
        got = self._file.readinto(memoryview(buffer)[: max(0, self._length - self._at)])
        self._at += got
        return got

    def close(self) -> None:
        self._file.close()
        super().close()


def _layers(path: Path, file: h5py.File) -> Iterator[tuple[str, h5py.Dataset]]:
    """(layer/variable, data) of every variable, in the file's order."""
    if "layers" in file or "_layer_checkpoint_dependencies" in file:
        yield from _counted(path, file)
        return
    model = _group(path, file, "model_weights") if "model_weights" in file else file
    names = _listed(path, model, "layer_names")
    if not names:
        raise UserError(f"{path} is HDF5, but not a Keras model's weights; give a file that Keras has saved.")
    for layer in names:
        group = _group(path, model, layer)
        wanted = _listed(path, group, "weight_names")
        short = [_variable(name) for name in wanted]
        if "depthwise_kernel" in short and "pointwise_kernel" not in short:
            short = ["kernel" if name == "depthwise_kernel" else name for name in short]
        for name, variable in zip(wanted, short, strict=True):
            yield f"{layer}/{variable}", _data(path, group, name)


def _counted(path: Path, file: h5py.File) -> Iterator[tuple[str, h5py.Dataset]]:
    """Variables of `.weights.h5`, which counts those of a layer and keeps its name beside them."""
    layers = _group(path, file, "layers" if "layers" in file else "_layer_checkpoint_dependencies")
    if len(layers) > MAX_TENSORS:
        raise UserError(f"{path} lists {len(layers):,} layers, which no network here has; give weights.")
    for kind in layers:
        group = _group(path, layers, kind)
        if "vars" not in group or not len(group["vars"]):
            continue
        inner = _group(path, group, "vars")
        layer = _text(inner.attrs.get("name", b"")) or kind
        plain = re.sub(r"_\d+$", "", kind)
        names: tuple[str, ...] = COUNTED.get(plain, COUNTED[""])
        if plain == "batch_normalization" and len(inner) == 3:
            names = names[1:]  # without gamma, as Inception v3
        if len(inner) > len(names):
            raise UserError(f"{path}: layer {layer} has {len(inner)} variables, which vzor does not read.")
        for i, name in zip(range(len(inner)), names, strict=False):
            yield f"{layer}/{name}", _data(path, inner, str(i))


def _group(path: Path, parent: Any, name: str) -> Any:
    """The group of that name, kept in this file."""
    return _own(path, parent, name, "group")


def _data(path: Path, parent: Any, name: str) -> Any:
    """The data of that name, kept in this file."""
    found = _own(path, parent, name, "dataset")
    if found.external or found.is_virtual:
        raise UserError(
            f"{path}: variable {name} is kept in another file, which vzor does not open; give one whole file."
        )
    return found


def _own(path: Path, parent: Any, name: str, kind: str) -> Any:
    import h5py

    place = parent
    for part in name.strip("/").split("/"):
        link = place.get(part, getlink=True) if isinstance(place, h5py.Group) else None
        if not isinstance(link, h5py.HardLink):
            what = "has no" if link is None else "only points to"
            raise damaged(path, f"it {what} '{name}'")
        place = place[part]
    wanted = h5py.Group if kind == "group" else h5py.Dataset
    if not isinstance(place, wanted):
        raise damaged(path, f"'{name}' is no {kind}")
    return place


def _listed(path: Path, group: Any, name: str) -> list[str]:
    """A list of names among a group's attributes; long ones are cut into parts with numbers."""
    parts = [group.attrs[name]] if name in group.attrs else []
    while f"{name}{len(parts)}" in group.attrs:
        parts.append(group.attrs[f"{name}{len(parts)}"])
    found = [_text(item) for part in parts for item in part]
    if len(found) > MAX_TENSORS:
        raise UserError(f"{path} lists {len(found):,} names, which no network here has; give weights.")
    return found


def _variable(name: str) -> str:
    """``conv1/conv1_W_1:0`` -> ``kernel``; what no release calls like that stays as it is."""
    last = re.sub(r"(_\d+)?:\d+$", "", name.rpartition("/")[2])
    if last in ("depthwise_kernel", "pointwise_kernel"):
        return last
    return next((ours for ending, ours in ENDINGS if re.search(ending, last)), last)


def _renumbered(found: Mapping[str, Any]) -> dict[str, Any]:
    """Layers that Keras named by itself, counted from 0: ``conv2d``, ``conv2d_1``, …"""
    counts: dict[str, list[int]] = {}
    for layer in dict.fromkeys(name.partition("/")[0] for name in found):
        if match := AUTOMATIC.match(layer):
            counts.setdefault(match[1], []).append(int(match[2] or 0))
    order = {
        f"{kind}_{n}" if n else kind: f"{kind}_{i}" if i else kind
        for kind, numbers in counts.items()
        for i, n in enumerate(sorted(numbers))
    }
    renamed = {}
    for name, data in found.items():
        layer, _, variable = name.partition("/")
        renamed[f"{order.get(layer, layer)}/{variable}"] = data
    return renamed


def _stored(path: Path, name: str, data: h5py.Dataset) -> Stored:
    if data.dtype.name not in KINDS:
        raise UserError(f"{path}: variable {name} has values of the kind {data.dtype}, which vzor does not read.")
    return Stored(tuple(int(n) for n in data.shape), data.dtype.name)


def _bounded(path: Path, found: Mapping[str, Any], size: int) -> None:
    """Refuse data that would take many times the memory of the file."""
    total = sum(data.size * data.dtype.itemsize for data in found.values())
    if total > SWELL * size + SLACK:
        raise damaged(path, f"{size:,} bytes promise {total:,}")


def _text(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
