"""What a zip archive lists, read once however many readers ask whether it is theirs."""

from __future__ import annotations

import zipfile
from functools import lru_cache
from pathlib import Path


def entries(path: Path) -> tuple[zipfile.ZipInfo, ...] | None:
    """The archive's list of entries; None where the file is no whole archive."""
    known = path.stat()
    return _entries(path, known.st_size, known.st_mtime_ns)


@lru_cache(1)
def _entries(path: Path, size: int, changed: int) -> tuple[zipfile.ZipInfo, ...] | None:
    try:
        with zipfile.ZipFile(path) as archive:
            return tuple(archive.infolist())
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return None
