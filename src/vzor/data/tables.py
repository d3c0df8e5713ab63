"""CSV (and TSV) files of paths and labels."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

from vzor.data.assemble import Entry, Found
from vzor.data.folders import ALIASES, is_image
from vzor.data.samples import FilePixels, Problem
from vzor.spec.errors import UserError

PATHS = ("path", "file", "filename", "file_name", "filepath", "image", "image_path", "img")
LABELS = ("label", "class", "target", "category", "label_name", "class_name", "y")
SPLITS = ("split", "set", "subset", "fold")


@dataclass(frozen=True)
class Columns:
    """Which column holds what; `split` may be missing."""

    path: int
    label: int
    split: int | None
    first_row: int  # 1 where a header stands above


def read_csv(path: Path, limit: int) -> Found:
    """Rows of path, label and perhaps split; columns found by their names, or by what stands in them.

    Paths are relative to the CSV file or absolute. Rows whose file is missing or whose label is empty
    become problems, named by line.
    """
    rows = rows_of(path)
    where = columns_of(path, rows)
    found = Found(str(path), "csv")
    seen: dict[str, int] = {}
    for number, row in enumerate(rows[where.first_row :], where.first_row + 1):
        needed = max(where.path, where.label)
        line = f"{path}, row {number}"
        if len(row) <= needed or not row[where.path].strip():
            found.problems.append(Problem(line, "it has no path or no label"))
            continue
        text, label = row[where.path].strip(), row[where.label].strip()
        if not label:
            found.problems.append(Problem(line, f"'{text}' has no label"))
            continue
        split = ""
        if where.split is not None and len(row) > where.split and row[where.split].strip():
            split = ALIASES.get(row[where.split].strip().lower(), "?")
        if split == "?":
            found.problems.append(Problem(line, f"'{row[where.split or 0].strip()}' is not train, val or test"))
            continue
        file = resolved(path.parent, text)
        if "\0" in text or not file.is_file():
            found.problems.append(Problem(str(file), f"there is no such file (row {number} of {path.name})"))
            continue
        seen[text] = seen.get(text, 0) + 1
        unique = text if seen[text] == 1 else f"{text}#{seen[text]}"
        found.entries.append(Entry(split, label, unique, FilePixels(str(file), limit)))
    repeated = [t for t, n in seen.items() if n > 1]
    if repeated:
        found.warnings.append(
            f"{len(repeated)} paths stand in {path.name} more than once "
            f"(the first: '{repeated[0]}'): keep one row for each."
        )
    if not found.entries:
        why = f" (the first problem: {found.problems[0]})" if found.problems else ""
        raise UserError(f"{path} names no picture that exists{why}: give paths relative to the CSV file's folder.")
    return found


def resolved(base: Path, text: str) -> Path:
    """The file a cell names; backslashes are taken as slashes where that finds the file."""
    file = base / text
    if "\\" in text and not file.is_file():
        file = base / text.replace("\\", "/")
    return file


def rows_of(path: Path) -> list[list[str]]:
    """The cells; the delimiter is the one of , ; tab that cuts the first line into most columns."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise UserError(f"{path} is not UTF-8 text: save it as UTF-8 CSV.") from None
    except PermissionError:
        raise UserError(f"There is no permission to read {path}: change its mode, or copy it.") from None
    lines = text.splitlines()
    if not lines or not any(line.strip() for line in lines):
        raise UserError(f"{path} is empty: write one row per picture, path,label.")
    first = next(line for line in lines if line.strip())
    delimiter = max(",;\t", key=first.count)
    try:
        return [row for row in csv.reader(lines, delimiter=delimiter) if any(c.strip() for c in row)]
    except csv.Error as error:
        raise UserError(f"{path} is not a sound CSV file ({error}): save it again as UTF-8 CSV.") from None


def columns_of(path: Path, rows: list[list[str]]) -> Columns:
    """Find the columns by header names, else the path column by its suffixes and the label beside it."""
    head = [c.strip().lower() for c in rows[0]]
    file, label, split = (next((head.index(n) for n in names if n in head), None) for names in (PATHS, LABELS, SPLITS))
    if file is not None and label is not None:
        return Columns(file, label, split, 1)
    if file is not None or label is not None:
        known = "label (or class, target)" if label is None else "path (or file, filename, image)"
        raise UserError(f"{path} has the columns {', '.join(rows[0])}: one must be called {known}; rename it.")
    files = [i for i in range(len(rows[0])) if is_image(rows[0][i].strip())]
    if len(files) == 1 and len(rows[0]) == 2:
        return Columns(files[0], 1 - files[0], None, 0)
    if len(files) == 1 and len(rows[0]) == 3:
        rest = [i for i in range(3) if i != files[0]]
        splits = [i for i in rest if all(len(r) > i and r[i].strip().lower() in ALIASES for r in rows)]
        if len(splits) == 1:
            return Columns(files[0], next(i for i in rest if i != splits[0]), splits[0], 0)
    raise UserError(
        f"{path} begins with '{', '.join(rows[0])[:80]}': put a header with the columns path and label "
        "(and split, if you like) above it."
    )
