"""Pictures in class folders: on disk, or inside a .zip that is read in place. Nothing is written there."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path

from vzor.data.assemble import Entry, Found, listed, natural
from vzor.data.decode import SUFFIXES
from vzor.data.samples import FilePixels, Pixels, Problem, ZipPixels
from vzor.spec.errors import UserError

ALIASES = {
    "train": "train",
    "training": "train",
    "val": "val",
    "valid": "val",
    "validation": "val",
    "dev": "val",
    "test": "test",
    "testing": "test",
}
Parts = tuple[str, ...]


def hidden(name: str) -> bool:
    """Files and folders that programs leave about."""
    return name.startswith((".", "$")) or name in ("__MACOSX", "Thumbs.db", "desktop.ini")


def is_image(name: str) -> bool:
    """Whether the suffix is a picture's."""
    return os.path.splitext(name)[1].lower() in SUFFIXES


def read_folder(root: Path, limit: int) -> Found:
    """A folder of class folders, with or without train/, val/ and test/ above them."""
    files: list[Parts] = []
    dirs: set[Parts] = set()
    problems: list[Problem] = []
    walk(root, files, dirs, problems)
    if not files and not dirs and not problems:
        raise UserError(f"{root} is empty: put pictures into one folder per class, such as {root}/cat/1.jpg.")
    found = arrange(str(root), files, dirs, lambda p: FilePixels(str(root.joinpath(*p)), limit))
    found.problems += problems
    return found


def walk(root: Path, files: list[Parts], dirs: set[Parts], problems: list[Problem]) -> None:
    """Collect pictures and folders below `root`; links are followed, each real folder once."""

    def trouble(error: OSError) -> None:
        problems.append(
            Problem(
                str(error.filename),
                "no permission to list it" if isinstance(error, PermissionError) else str(error.strerror),
            )
        )

    seen: set[str] = set()
    for here, below, names in os.walk(root, followlinks=True, onerror=trouble):
        real = os.path.realpath(here)
        if real in seen:  # a link that leads back up
            below.clear()
            continue
        seen.add(real)
        below[:] = [b for b in below if not hidden(b)]
        parts = Path(here).relative_to(root).parts
        dirs.update((*parts, b) for b in below)
        files.extend((*parts, n) for n in names if is_image(n) and not hidden(n))


def read_zip(path: Path, limit: int) -> Found:
    """The same inside a .zip: members are read in place; their names are keys and never become paths."""
    try:
        with zipfile.ZipFile(path) as archive:
            infos = archive.infolist()
    except (zipfile.BadZipFile, EOFError, NotImplementedError, ValueError) as error:
        raise UserError(f"{path} is not a readable zip archive ({error}): download or pack it again.") from None
    except PermissionError:
        raise UserError(f"There is no permission to read {path}: change its mode, or copy it.") from None
    members: dict[Parts, zipfile.ZipInfo] = {}
    dirs: set[Parts] = set()
    problems: list[Problem] = []
    for info in infos:
        parts = tuple(p for p in info.filename.replace("\\", "/").split("/") if p not in ("", ".", ".."))
        if not parts or any(hidden(p) for p in parts):
            continue
        if info.is_dir():
            dirs.add(parts)
            continue
        dirs.update(parts[:i] for i in range(1, len(parts)))
        if not is_image(parts[-1]):
            continue
        if info.flag_bits & 1:
            problems.append(Problem(f"{path}:{info.filename}", "it is encrypted"))
        elif info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            problems.append(Problem(f"{path}:{info.filename}", "its compression is not stored or deflate"))
        else:
            members[parts] = info

    def pixels(parts: Parts) -> Pixels:
        i = members[parts]
        return ZipPixels(
            str(path),
            i.filename,
            i.header_offset,
            i.compress_size,
            i.file_size,
            i.compress_type,
            i.CRC,
            limit,
        )

    found = arrange(str(path), list(members), dirs, pixels)
    found.kind = "zip"
    found.problems += problems
    return found


def arrange(root: str, files: list[Parts], dirs: set[Parts], pixels: Callable[[Parts], Pixels]) -> Found:
    """Tell splits, classes and pictures apart by where they lie. UserError where there are no classes."""
    base = start(files, dirs)
    files = [f for f in files if f[: len(base)] == base]
    tops = {d[len(base)] for d in dirs if len(d) > len(base) and d[: len(base)] == base}
    split_tops = splits_among(tops, files, dirs, base)
    depth = len(base) + (2 if split_tops else 1)  # where a class folder's contents begin
    found = Found(root, "folder")
    loose: list[Parts] = []
    for parts in sorted(files, key=lambda p: [natural(x) for x in p]):
        top = parts[len(base)]
        if split_tops and top not in split_tops:
            continue
        if len(parts) <= depth:
            loose.append(parts)
            continue
        split = ALIASES[top.lower()] if split_tops else ""
        found.entries.append(Entry(split, parts[depth - 1], "/".join(parts), pixels(parts)))
    found.classes = sorted(
        {
            d[depth - 1]
            for d in dirs
            if len(d) >= depth and d[: len(base)] == base and (not split_tops or d[len(base)] in split_tops)
        }
    )
    explain(found, loose, sorted(tops - set(split_tops)) if split_tops else [])
    return found


def start(files: list[Parts], dirs: set[Parts]) -> Parts:
    """The folder where the data begin: below single wrapping folders such as `photos/` in photos.zip."""
    base: Parts = ()
    while True:
        below = {d[len(base)] for d in dirs if len(d) > len(base) and d[: len(base)] == base}
        here = [f for f in files if f[: len(base)] == base and len(f) == len(base) + 1]
        if here or len(below) != 1:
            return base
        only = (*base, next(iter(below)))
        deeper = [f for f in files if f[: len(only)] == only and len(f) > len(only) + 1]
        direct = [f for f in files if f[: len(only)] == only and len(f) == len(only) + 1]
        if only[-1].lower() in ALIASES or direct or not deeper:
            return base
        base = only


def splits_among(tops: set[str], files: list[Parts], dirs: set[Parts], base: Parts) -> dict[str, str]:
    """{folder: split} where the first level are splits; {} where it is classes.

    `train` may be a class (vehicles!): it is a split only where class folders lie below it, or where every
    folder of the level is called like a split.
    """
    named = {t: ALIASES[t.lower()] for t in tops if t.lower() in ALIASES}
    if not named:
        return {}
    with_classes = {d[len(base)] for d in dirs if len(d) == len(base) + 2 and d[: len(base)] == base}
    if len(named) == len(tops):
        return named
    return named if "train" in named.values() and all(t in with_classes for t in named) else {}


def explain(found: Found, loose: list[Parts], ignored: Iterable[str]) -> None:
    """Warn of what was passed over; raise where nothing is left."""
    if not found.entries and loose:
        raise UserError(
            f"{found.root} has pictures but no class folders ('{'/'.join(loose[0])}' lies in none): "
            "put the pictures of each class into a folder of its own."
        )
    if not found.entries:
        what = f"only empty folders ({listed(found.classes)})" if found.classes else "no pictures"
        raise UserError(f"{found.root} holds {what}: put pictures (.jpg, .png, …) into one folder per class.")
    if loose:
        found.warnings.append(
            f"{len(loose)} pictures lie outside the class folders and are left out (the first: '{'/'.join(loose[0])}')."
        )
    others = list(ignored)
    if others:
        found.warnings.append(f"Folders beside the splits are left out: {listed(others)}.")
