"""NumPy's `.npz`: a zip archive of arrays of numbers; objects, which would be pickles, are refused."""

from __future__ import annotations

import zipfile
from math import prod
from pathlib import Path
from typing import IO, TYPE_CHECKING

from vzor.spec.errors import UserError
from vzor.spec.row import Shape
from vzor.weights.formats.archive import entries
from vzor.weights.formats.file import MAX_TENSORS, Stored, WeightsFile, damaged

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor

SWELL = 8  # compressed arrays may be as many times larger than the file
KINDS = ("float64", "float32", "float16", "int64", "int32", "int16", "int8", "uint8", "bool")
NPY, NPZ = ".npy", ".npz"


def fits(path: Path, start: bytes) -> bool:
    """Whether the file is a zip archive of arrays."""
    if start[:2] != b"PK":
        return False
    listed = entries(path)
    return path.suffix == NPZ or (bool(listed) and all(info.filename.endswith(NPY) for info in listed or ()))


def read(path: Path) -> WeightsFile:
    """Names, shapes and kinds from the arrays' headers.  UserError for a damaged file and for objects."""
    infos = entries(path)
    if infos is None:
        raise damaged(path, "its archive has no end")
    if len(infos) > MAX_TENSORS:
        raise UserError(f"{path} holds {len(infos):,} arrays, which no network here has; give weights.")
    if sum(info.file_size for info in infos) > SWELL * path.stat().st_size:
        raise damaged(path, "its archive would swell to many times its size")
    stored: dict[str, Stored] = {}
    try:
        with zipfile.ZipFile(path) as archive:
            for info in infos:
                with archive.open(info) as file:
                    name = info.filename.removesuffix(NPY)
                    stored[name] = _stored(path, name, file, info.file_size)
    except UserError:
        raise
    except (zipfile.BadZipFile, OSError, ValueError, EOFError, NotImplementedError, RuntimeError) as error:
        raise damaged(path, str(error)) from None
    return WeightsFile(path, "npz", stored, lambda name: _tensor(path, name, stored[name].shape))


def _header(file: IO[bytes]) -> tuple[Shape, bool, np.dtype]:
    from numpy.lib import format as npy

    version = npy.read_magic(file)
    read = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
    shape, fortran, dtype = read(file)
    return tuple(int(n) for n in shape), fortran, dtype


def _stored(path: Path, name: str, file: IO[bytes], size: int) -> Stored:
    shape, _, dtype = _header(file)
    if dtype.hasobject or dtype.name not in KINDS:
        raise UserError(f"{path}: array {name} holds values of the kind {dtype}, which vzor does not read.")
    if prod(shape) * dtype.itemsize > size or any(n < 0 for n in shape):
        raise damaged(path, f"array {name} is not as long as its shape says")
    return Stored(shape, dtype.name)


def _tensor(path: Path, name: str, shape: Shape) -> Tensor:
    import numpy as np
    import torch

    try:
        with zipfile.ZipFile(path) as archive, archive.open(name + NPY) as file:
            _, fortran, dtype = _header(file)
            numbers = np.empty(prod(shape), dtype)
            got = file.readinto(numbers.data.cast("B")) if numbers.size else 0  # type: ignore[attr-defined]
            if got != numbers.nbytes:
                raise damaged(path, f"array {name} breaks off")
    except UserError:
        raise
    except (zipfile.BadZipFile, OSError, ValueError, EOFError, KeyError, RuntimeError) as error:
        raise damaged(path, f"array {name}: {error}") from None
    numbers = numbers.astype(dtype.newbyteorder("="), copy=False)
    return torch.from_numpy(numbers.reshape(shape, order="F" if fortran else "C")).contiguous()
