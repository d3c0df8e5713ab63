"""A text file as lines of cells: TSV, CSV, Markdown's pipe tables, and columns aligned by spaces.

Cells are stripped text; nothing in them is interpreted here, and nothing anywhere is evaluated.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass

from vzor.spec.errors import TableError

MAX_BYTES = 1_000_000
MAX_ROWS = 10_000
MAX_CELL = 2_000  # characters
MAX_CELLS = 64

#: Cells that say "nothing here".
EMPTY = frozenset({"", "-", "–", "—", "−", "‑", "n/a"})


@dataclass(frozen=True)
class Line:
    """One line of a file's table: where it stands, and its cells."""

    file: str
    number: int
    cells: tuple[str, ...]

    def error(self, problem: str) -> TableError:
        """The problem with its place before it; ``problem`` ends with the remedy."""
        return TableError(f"{self.file}, line {self.number}: {problem}")

    def cell(self, at: int | None) -> str:
        """The cell in column ``at``; "" where the column is missing or says that nothing is there."""
        if at is None or at >= len(self.cells) or self.cells[at].lower() in EMPTY:
            return ""
        return self.cells[at]


def grid(text: str, suffix: str, file: str) -> list[Line]:
    """The lines of the table in ``text``; ``suffix`` (".csv", ".md", …) is how its columns are separated.

    Comments (``#``), empty lines and Markdown's rule under the header are left out.  Raises TableError for
    a file without a table and for one out of bounds.
    """
    split = {".csv": _csv, ".md": _pipes, ".markdown": _pipes}.get(suffix, _plain)
    lines: list[Line] = []
    for number, cells in split(_lines(text), file):
        cleaned = tuple(_clean(cell) for cell in cells)
        while cleaned and not cleaned[-1]:
            cleaned = cleaned[:-1]
        if not cleaned:
            continue
        line = Line(file, number, cleaned)
        if len(cleaned) > MAX_CELLS or max(map(len, cleaned)) > MAX_CELL:
            raise line.error(f"more than {MAX_CELLS} columns, or a cell longer than {MAX_CELL}; shorten the line")
        lines.append(line)
        if len(lines) > MAX_ROWS:
            raise line.error(f"more than {MAX_ROWS:,} rows; keep a table below that")
    if not lines:
        raise TableError(f"{file} holds no table; write one row per line, beginning with the input")
    return lines


def _lines(text: str) -> list[tuple[int, str]]:
    """Numbered lines; comments and empty lines are empty, so that numbers stay those of the editor."""
    found = []
    for number, line in enumerate(text.replace("\r\n", "\n").replace("\r", "\n").split("\n"), 1):
        if line.lstrip().startswith("#"):
            # "# from n module arguments" is a header behind a comment sign, and "#" may head the index column.
            words = line.lower()
            line = line.lstrip()[1:] if "module" in words and "arguments" in words else ""
        found.append((number, line))
    return found


def _plain(lines: list[tuple[int, str]], file: str) -> Iterator[tuple[int, list[str]]]:
    """Tabs where there are any, else pipes, else columns aligned by spaces."""
    if any("\t" in line.strip() for _, line in lines):
        yield from ((number, line.split("\t")) for number, line in lines)
    elif sum(line.count("|") for _, line in lines) >= 2:
        yield from _pipes(lines, file)
    else:
        # The cells of `from n params module arguments` hold no spaces outside their brackets.
        named = any({"module", "arguments"} <= set(line.lower().split()) for _, line in lines)
        gap = re.compile(r"\s+" if named else r"\s{2,}")
        yield from ((number, _whole_lists(gap.split(line.strip()), " ")) for number, line in lines)


def _csv(lines: list[tuple[int, str]], file: str) -> Iterator[tuple[int, list[str]]]:
    head = next((line for _, line in lines if line.strip()), "")
    mark = max(",;\t", key=head.count)
    reader = csv.reader((line + "\n" for _, line in lines), delimiter=mark, strict=True, skipinitialspace=True)
    try:
        for cells in reader:
            yield reader.line_num, _whole_lists(cells, mark)
    except csv.Error as error:
        raise TableError(
            f"{file}, line {reader.line_num}: not a line of CSV ({error}); close every quotation mark"
        ) from None


def _pipes(lines: list[tuple[int, str]], file: str) -> Iterator[tuple[int, list[str]]]:
    """The first pipe table; prose around it is left alone."""
    inside = False
    for number, line in lines:
        line = line.strip()
        if "|" not in line:
            if inside:
                return
            continue
        inside = True
        cells = [cell.replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", line)]
        cells = cells[1:] if line.startswith("|") else cells
        cells = cells[:-1] if line.endswith("|") and not line.endswith("\\|") else cells
        if not all(re.fullmatch(r"\s*:?-+:?\s*", cell) for cell in cells) or all(c.strip() == "-" for c in cells):
            yield number, [re.sub(r"[`$]|\*\*", "", cell).replace("\\times", "×") for cell in cells]


def _whole_lists(cells: list[str], mark: str) -> list[str]:
    """Cells joined again where a list in brackets was cut: ``[3, 16, 3, 2]`` without quotation marks."""
    found: list[str] = []
    for cell in cells:
        if found and found[-1].count("[") > found[-1].count("]"):
            found[-1] += mark + cell
        else:
            found.append(cell)
    return found


def _clean(cell: str) -> str:
    """One space for any run of white space, no-break ones too; quotation marks around the whole taken off."""
    cell = " ".join(cell.split())
    if len(cell) > 1 and cell[0] == cell[-1] == '"':
        cell = cell[1:-1].replace('""', '"').strip()
    return cell
