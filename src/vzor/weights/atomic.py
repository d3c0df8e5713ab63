"""Files that are either the old one or the new one, never half of one.

A file is written under a temporary name in the same folder, forced to the disk, renamed over the old
one, and the folder is forced to the disk too. A process killed anywhere in between leaves the old file
untouched and, at worst, a temporary file that `remove_leftovers` clears away.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from pathlib import Path

SUFFIX = ".vzor-tmp"


def write_atomic(path: str | os.PathLike[str], write: Callable[[Path], object]) -> Path:
    """Call `write(temporary path)` and move what it wrote to `path`; on any error `path` is as it was.

    `write` gets a path in the same folder and must create the file there. Returns `path`.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}{SUFFIX}")
    try:
        write(temporary)
        # Without fsync before the rename, a power cut can leave the new name with no content.
        _sync(temporary)
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise
    _sync_folder(path.parent)
    return path


def write_text(path: str | os.PathLike[str], text: str) -> Path:
    """Write `text` as UTF-8, atomically and with the line ends as given."""
    return write_atomic(path, lambda temporary: temporary.write_bytes(text.encode("utf-8")))


def remove_leftovers(folder: str | os.PathLike[str]) -> list[str]:
    """Delete temporary files that killed writers left in `folder`; returns their names.

    Only for the folder's one owner (see `training.run.Run.lock`): a live writer's file would go too.
    """
    gone = []
    for leftover in sorted(Path(folder).glob(f".*{SUFFIX}")):
        leftover.unlink(missing_ok=True)
        gone.append(leftover.name)
    return gone


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _sync_folder(folder: Path) -> None:
    if os.name == "nt":  # Windows cannot open a folder for fsync; its rename is journalled by NTFS
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
