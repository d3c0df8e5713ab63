"""Files of weights in every format that published networks lie in; none is run, none needs its framework.

read(path)      a `WeightsFile`, whatever the format: the first bytes tell it, the suffix only where there is no header
"""

from __future__ import annotations

import os
from importlib import import_module
from pathlib import Path

from vzor.spec.errors import UserError
from vzor.weights.formats.file import Stored, WeightsFile

__all__ = ["FORMATS", "Stored", "WeightsFile", "read"]

#: The module that reads a format, and the suffixes of files in it.  Each has ``fits(path, start)``, which tells the
#: format by its first bytes (and by the suffix, where a format has no header), and ``read(path)``.
FORMATS: dict[str, tuple[str, ...]] = {
    "safetensors": (".safetensors",),
    "torchfile": (".pth", ".pt", ".th", ".bin", ".ckpt", ".tar"),
    "keras": (".h5", ".hdf5", ".keras"),
    "npz": (".npz",),
    "caffe": (".caffemodel",),
    "darknet": (".weights",),
    "deepcompression": (".net",),
}
START = 64  # bytes that tell a format


def read(path: str | os.PathLike[str]) -> WeightsFile:
    """Open a file of weights.  UserError, one sentence, for a missing, damaged or unknown one."""
    path = Path(path).expanduser()
    try:
        with path.open("rb") as file:
            start = file.read(START)
    except FileNotFoundError:
        raise UserError(f"There is no file {path}; check the path.") from None
    except IsADirectoryError:
        raise UserError(f"{path} is a folder; give a file of weights.") from None
    except OSError as error:
        raise UserError(f"{path} cannot be read ({error.strerror}); check its permissions.") from None
    if not start:
        raise UserError(f"{path} is empty; use another copy of the file.")
    for name in FORMATS:
        module = import_module(f"{__name__}.{name}")
        if module.fits(path, start):
            opened: WeightsFile = module.read(path)
            return opened
    known = ", ".join(suffix for suffixes in FORMATS.values() for suffix in suffixes)
    raise UserError(f"{path} is no file of weights that vzor knows; give one of {known}.")
