"""One call for every source: find out what it is, read it, scan it."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from vzor.data.arrays import idx_files, read_digits, read_idx_set, read_npz
from vzor.data.assemble import Found, assemble
from vzor.data.decode import LIMIT
from vzor.data.folders import hidden, is_image, read_folder, read_zip
from vzor.data.named import NAMES, SETS, plain, read_named
from vzor.data.samples import Data
from vzor.data.scan import scan
from vzor.data.tables import read_csv
from vzor.spec.errors import UserError, did_you_mean

Progress = Callable[[int, int], None]  # (pictures done, of how many)


def read(
    source: str | os.PathLike[str],
    *,
    seed: int = 0,
    val: float = 0.2,
    test: float | None = None,
    classes: list[str] | None = None,
    limit_pixels: int = LIMIT,
    progress: Progress | None = None,
) -> Data:
    """Read a data set and scan it: every picture is opened once, and unreadable ones are named and left out.

    source: a folder of class folders (with or without train/, val/, test/), a .zip of one, a CSV of paths
    and labels, IDX files (a folder of them, or one images file), an .npz, or a name: "digits",
    "digits:writers", "cifar10", "torchvision:MNIST", …. A path that exists comes before a name.
    seed, val, test: splits the source lacks are drawn from its training pictures, class by class; `test` only
    where it is given (digits: 0.2). classes: a class list to keep to, such as a trained network's.
    progress(done, total) is called during the scan.

    Raises UserError, one sentence with the remedy. What can be worked around is in `.warnings` and
    `.problems`. The source is only ever read.
    """
    found = find(os.fspath(source), seed, val, test, limit_pixels)
    data = assemble(found, seed, val, test, classes)
    scan(data, progress)
    return data


def find(source: str, seed: int, val: float, test: float | None, limit: int) -> Found:
    """Choose the reader."""
    path = Path(source).expanduser()
    try:
        there = path.exists()
    except PermissionError:
        raise UserError(f"There is no permission to look into {path.parent}: change its mode.") from None
    except OSError:  # a name too long for a path, say
        there = False
    if not there:
        return find_named(source, path, seed, val, test)
    if path.is_dir():
        return find_in_folder(path, limit)
    suffix = path.suffix.lower()
    if suffix == ".zip":
        return read_zip(path, limit)
    if suffix in (".csv", ".tsv"):
        return read_csv(path, limit)
    if suffix == ".npz":
        return read_npz(path)
    if "idx" in path.name and ("ubyte" in path.name or "byte" in path.name):
        if "labels" in path.name:
            raise UserError(f"{path} holds labels: give the images file, {path.name.replace('labels', 'images')}.")
        return read_idx_set(path)
    if is_image(path.name):
        raise UserError(
            f"{path} is one picture, not a data set: give the folder above its class folder (or predict this picture)."
        )
    raise UserError(
        f"{path} is not a data set that can be read: give a folder of class folders, a .zip of one, "
        "a .csv, an .npz or IDX files."
    )


def find_named(source: str, path: Path, seed: int, val: float, test: float | None) -> Found:
    """A source that is no path: one of the names, or a mistake."""
    name = source.lower()
    if name in ("digits", "digits:writers"):
        return read_digits(name.partition(":")[2], seed, val, test)
    if plain(source) in SETS or name.startswith("torchvision:"):
        return read_named(source)
    around: list[str] = []
    if path.parent.is_dir():
        try:
            around = [str(path.with_name(p.name)) for p in path.parent.iterdir()]
        except OSError:
            around = []
    guess = did_you_mean(source, [*NAMES, *around])
    raise UserError(
        f"There is no file, folder or named set '{source}'.{guess} Give a path that exists, or one of "
        f"{', '.join(NAMES)}."
    )


def find_in_folder(path: Path, limit: int) -> Found:
    """A folder: of IDX files, of class folders, or of one archive or table that is meant."""
    try:
        entries = sorted(p for p in path.iterdir() if not hidden(p.name))
    except PermissionError:
        raise UserError(f"There is no permission to list {path}: change its mode, or copy it.") from None
    if idx_files(path):
        return read_idx_set(path)
    raw = path / "raw"
    if raw.is_dir() and idx_files(raw):  # as torchvision lays them out
        return read_idx_set(raw)
    if not any(p.is_dir() for p in entries):
        for suffix, reader in ((".zip", read_zip), (".csv", read_csv), (".tsv", read_csv)):
            fitting = [p for p in entries if p.suffix.lower() == suffix]
            if len(fitting) == 1:
                return reader(fitting[0], limit)
        npz = [p for p in entries if p.suffix.lower() == ".npz"]
        if len(npz) == 1:
            return read_npz(npz[0])
        files = [p for p in entries if p.is_file()]
        if files and not any(is_image(p.name) for p in files):
            raise UserError(
                f"{path} holds no pictures ('{files[0].name}' is none): put pictures into one folder per "
                f"class, such as {path}/cat/1.jpg."
            )
    return read_folder(path, limit)
