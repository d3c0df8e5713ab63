"""safetensors: a JSON header, bounded before it is parsed, and plain numbers."""

from __future__ import annotations

import json
import os
import struct
from collections.abc import Callable, Mapping
from functools import cache
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vzor.spec.errors import UserError
from vzor.weights.atomic import write_atomic
from vzor.weights.formats.file import MAX_TENSORS, Stored, WeightsFile, damaged

if TYPE_CHECKING:
    import torch

MAX_HEADER = 32 << 20  # bytes; a header of ResNet-152 with its table is under 1 MiB
#: safetensors' names of kinds of numbers: torch's, and the bytes of one.
KINDS = {
    "F64": ("float64", 8),
    "F32": ("float32", 4),
    "F16": ("float16", 2),
    "BF16": ("bfloat16", 2),
    "I64": ("int64", 8),
    "I32": ("int32", 4),
    "I16": ("int16", 2),
    "I8": ("int8", 1),
    "U8": ("uint8", 1),
    "BOOL": ("bool", 1),
}


def fits(path: Path, start: bytes) -> bool:
    """Whether the file begins with a header's length and a header."""
    if len(start) < 9:
        return False
    (length,) = struct.unpack("<Q", start[:8])
    return (2 <= length <= MAX_HEADER and start[8:9] == b"{") or path.suffix == ".safetensors"


def read(path: Path) -> WeightsFile:
    """Names and shapes from the header.  UserError for a damaged file."""
    header = read_header(path)
    meta = header.pop("__metadata__", {})
    if len(header) > MAX_TENSORS:
        raise UserError(f"{path} holds {len(header):,} tensors, which no network here has; give weights.")
    return WeightsFile(
        path,
        "safetensors",
        {name: _stored(path, name, entry) for name, entry in header.items()},
        _reader(path),
        meta=meta,
    )


def _reader(path: Path) -> Callable[[str], torch.Tensor]:
    """Reads one tensor; the file is mapped into memory once, when the first is read."""

    @cache
    def mapped() -> Any:
        from safetensors import safe_open

        return safe_open(path, framework="pt", device="cpu")

    def get(name: str) -> torch.Tensor:
        from safetensors import SafetensorError

        try:
            tensor: torch.Tensor = mapped().get_tensor(name)
        except (SafetensorError, ValueError, KeyError) as error:
            raise damaged(path, str(error)) from None
        return tensor

    return get


def _stored(path: Path, name: str, entry: dict[str, Any]) -> Stored:
    shape, kind = entry.get("shape"), entry.get("dtype")
    if not isinstance(shape, list) or not all(type(n) is int and n >= 0 for n in shape):
        raise damaged(path, f"tensor {name} has no shape")
    if kind not in KINDS:
        raise UserError(f"{path}: tensor {name} has numbers of the kind {kind}, which vzor does not read.")
    dtype, size = KINDS[kind]
    start, end = entry["data_offsets"]
    if not 0 <= start <= end or prod(shape) * size != end - start:
        raise damaged(path, f"tensor {name} is not as long as its shape says")
    return Stored(tuple(shape), dtype)


def read_header(path: str | os.PathLike[str]) -> dict[str, Any]:
    """The JSON header of a safetensors file, its size bounded and its tensors inside the file.

    Raises UserError that says what the file is instead, as far as its first bytes tell.
    """
    path = Path(path)
    try:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            start = file.read(8)
            (length,) = struct.unpack("<Q", start) if len(start) == 8 else (0,)
            if not 2 <= length <= min(MAX_HEADER, size - 8):
                raise UserError(
                    f"{path} is not a safetensors file ({_kind(start, size)}); give a .safetensors checkpoint."
                )
            text = file.read(length)
    except FileNotFoundError:
        raise UserError(f"There is no file {path}; check the path.") from None
    except IsADirectoryError:
        raise UserError(f"{path} is a folder; give a .safetensors file.") from None
    except OSError as error:
        raise UserError(f"{path} cannot be read ({error.strerror}); check its permissions.") from None
    try:
        header = json.loads(text.decode("utf-8"))
        if not isinstance(header, dict):
            raise ValueError
        ends = [_end(entry) for key, entry in header.items() if key != "__metadata__"]
        held = header.get("__metadata__", {})
        if not (isinstance(held, dict) and all(isinstance(value, str) for value in held.values())):
            raise ValueError
    except (ValueError, KeyError, TypeError, IndexError, RecursionError):
        raise UserError(f"{path} has a damaged header; use another copy of the file.") from None
    if 8 + length + max(ends, default=0) != size:
        raise UserError(
            f"{path} is cut short or padded: {size:,} bytes, its header promises"
            f" {8 + length + max(ends, default=0):,}; use another copy of the file."
        )
    return header


def _end(entry: dict[str, Any]) -> int:
    start, end = entry["data_offsets"]
    if type(start) is not int or type(end) is not int:
        raise ValueError
    return end


def read_tensors(path: str | os.PathLike[str]) -> dict[str, torch.Tensor]:
    """All tensors of a safetensors file, contiguous, on the CPU. Raises UserError for a damaged file."""
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    read_header(path)
    try:
        return load_file(path)
    except (SafetensorError, ValueError, KeyError) as error:
        raise UserError(f"{path} is damaged ({error}); use another copy of the file.") from None


def write_tensors(path: str | os.PathLike[str], tensors: Mapping[str, torch.Tensor], metadata: dict[str, str]) -> Path:
    """Write tensors (any layout, any device, shared storage allowed) as safetensors, atomically.

    safetensors takes only contiguous tensors that share no memory, so others are copied first.
    """
    from safetensors.torch import save_file

    flat: dict[str, torch.Tensor] = {}
    seen: set[int] = set()
    for name, tensor in tensors.items():
        plain = tensor.detach().cpu().contiguous()
        own = plain.untyped_storage().nbytes() == plain.numel() * plain.element_size()
        if not own or plain.data_ptr() in seen:
            plain = plain.clone()
        seen.add(plain.data_ptr())
        flat[name] = plain
    return write_atomic(path, lambda temporary: save_file(flat, temporary, metadata))


def _kind(start: bytes, size: int) -> str:
    if size == 0:
        return "it is empty"
    if start[:2] == b"PK":
        return "it looks like a zip archive, as PyTorch's .pth is"
    if start[:1] == b"\x80":
        return "it looks like a pickle, which vzor never opens"
    if start[:4] == b"\x89HDF":
        return "it looks like HDF5"
    return "its first bytes are something else"
