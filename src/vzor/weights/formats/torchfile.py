"""PyTorch's files, zip archives and the older plain pickles: only tensors are taken, by torch's own safe reader.

Before torch sees a file its pickle is gone through word by word, which runs nothing: how long it is, and which objects
it wants made.  Archives must be stored and not compressed, as torch writes them, so that they cannot swell.
"""

from __future__ import annotations

import io
import pickletools
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from vzor.spec.errors import UserError
from vzor.weights.formats.archive import entries
from vzor.weights.formats.file import Stored, WeightsFile, damaged

if TYPE_CHECKING:
    from torch import Tensor

#: Words of a pickle; resnet1202_cifar, with the most tensors here, has 250,000.
MAX_WORDS = 500_000
MAX_PICKLE = 16 << 20  # bytes of a zip archive's pickle
LEGACY = b"\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19"  # the number that torch's plain pickles begin with, little endian
#: Where training scripts keep the weights beside other things, in the order in which they are looked for.
WRAPPED = ("state_dict", "model", "model_state_dict", "net", "params")
RATHER = ", and vzor runs no code of a file; save the network's state_dict and give that."
PARALLEL = "module."  # what torch's DataParallel puts before every name
#: What a pickle of tensors is made of; torch's reader has the last word.
KNOWN = ("collections OrderedDict", "torch._utils _rebuild_", "torch._tensor _rebuild_", "torch ", "torch.storage ")
KNOWN_NUMPY = ("numpy", "_codecs encode")
SUFFIXES = (".pth", ".pt", ".th", ".bin", ".ckpt", ".tar")
SIZES = ("float64", "float32", "float16", "bfloat16", "int64", "int32", "int16", "int8", "uint8", "bool")


def fits(path: Path, start: bytes) -> bool:
    """Whether the file is a zip archive with a pickle as torch writes it, or a pickle."""
    if start[:2] == b"PK":
        return _pickle_in(path) is not None or path.suffix in SUFFIXES
    return start[:1] == b"\x80" or LEGACY in start


def read(path: Path) -> WeightsFile:
    """The tensors of a state dict, alone or among a training script's other things.

    A zip archive is mapped into memory, not read.  Raises UserError for a damaged file and for one with objects
    other than tensors.
    """
    is_zip = _check(path)
    found = _load(path, mmap=is_zip)
    state, where = _state(path, found)
    facts = [("written as", "PyTorch zip archive" if is_zip else "PyTorch pickle, before release 1.6")]
    if where:
        facts.append(("taken from", where))
    if all(name.startswith(PARALLEL) for name in state):
        state = {name.removeprefix(PARALLEL): value for name, value in state.items()}
        facts.append(("left off", f"'{PARALLEL}' before every name"))
    stored = {name: _stored(path, name, value) for name, value in state.items()}
    return WeightsFile(path, "torch", stored, state.__getitem__, facts=tuple(facts))


def _check(path: Path) -> bool:
    """Whether it is a zip archive; UserError for what torch should not be given at all."""
    with path.open("rb") as file:
        if file.read(2) != b"PK":
            file.seek(0)
            for _ in range(4):  # magic number, protocol, machine, and the object
                _go_through(path, file)
            return False
    name = _pickle_in(path)
    if name is None:
        raise damaged(path, "its archive has no end, or no pickle in it")
    try:
        with zipfile.ZipFile(path) as archive:
            infos = archive.infolist()
            inside = name.removesuffix("data.pkl")
            if any(info.filename.startswith((inside + "code/", inside + "constants.pkl")) for info in infos):
                raise UserError(f"{path} is TorchScript, which holds code; save its state_dict and give that.")
            if any(info.compress_type != zipfile.ZIP_STORED for info in infos):
                raise damaged(path, "its archive is compressed, which PyTorch's never is")
            if sum(info.file_size for info in infos) > path.stat().st_size:
                raise damaged(path, "its archive promises more than it holds")
            if archive.getinfo(name).file_size > MAX_PICKLE:
                raise UserError(f"{path} lists more than any network has; give a state_dict.")
            _go_through(path, io.BytesIO(archive.read(name)))
    except UserError:
        raise
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, RuntimeError) as error:
        raise damaged(path, str(error)) from None
    return True


def _pickle_in(path: Path) -> str | None:
    """The name of the pickle in a zip archive."""
    names = [info.filename for info in entries(path) or ()]
    return next((name for name in names if name.count("/") == 1 and name.endswith("/data.pkl")), None)


def _go_through(path: Path, file: IO[bytes]) -> None:
    """One pickle, word by word.  UserError where it is too long, or wants objects that are no tensors."""
    texts: list[str] = []
    try:
        for i, (word, value, _) in enumerate(pickletools.genops(file)):
            if i > MAX_WORDS:
                raise UserError(f"{path} lists more than any network has; give a state_dict.")
            if isinstance(value, str):
                texts.append(value)
            wanted = (
                value
                if word.name in ("GLOBAL", "INST")
                else " ".join(texts[-2:])
                if word.name == "STACK_GLOBAL"
                else ""
            )
            if wanted and not wanted.startswith((*KNOWN, *KNOWN_NUMPY)):
                raise UserError(f"{path} holds objects ({wanted.replace(' ', '.')}) and not only tensors{RATHER}")
    except UserError:
        raise
    except (ValueError, IndexError, EOFError, OverflowError) as error:
        raise damaged(path, f"its pickle breaks off: {error}") from None


def _load(path: Path, mmap: bool) -> Any:
    import torch

    try:
        return torch.load(path, map_location="cpu", weights_only=True, mmap=mmap)
    except (RuntimeError, ValueError, EOFError, OSError, IndexError, AssertionError, MemoryError) as error:
        raise damaged(path, _first(error)) from None
    except Exception as error:  # the reader's own refusal, and what else a stranger's pickle may come to
        raise UserError(f"{path} holds what PyTorch's safe reader refuses ({_first(error)}){RATHER}") from None


def _first(error: BaseException) -> str:
    """The first sentence of what an error says."""
    lines = str(error).strip().splitlines()
    return lines[0].partition(". ")[0].rstrip(".") if lines else type(error).__name__


def _state(path: Path, found: Any) -> tuple[dict[str, Tensor], str]:
    """The dict of tensors, and under which name it lay."""
    from torch import Tensor

    for where in ("", *WRAPPED):
        state = found.get(where) if where and isinstance(found, Mapping) else found if not where else None
        if (
            isinstance(state, Mapping)
            and state
            and all(isinstance(k, str) and isinstance(v, Tensor) for k, v in state.items())
        ):
            return dict(state), where
    kinds = ", ".join(map(str, list(found)[:5])) if isinstance(found, Mapping) else type(found).__name__
    raise UserError(f"{path} holds no dict of tensors (it has {kinds}); save the network's state_dict and give that.")


def _stored(path: Path, name: str, value: Tensor) -> Stored:
    import torch

    dtype = str(value.dtype).removeprefix("torch.")
    if value.layout != torch.strided or value.is_quantized or dtype not in SIZES:
        raise UserError(f"{path}: tensor {name} is of a kind ({dtype}, {value.layout}) that vzor does not read.")
    if value.numel() * value.element_size() > value.untyped_storage().nbytes():
        raise damaged(path, f"tensor {name} is larger than what is stored of it")
    return Stored(tuple(value.shape), dtype)
