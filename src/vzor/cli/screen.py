"""What the verbs print: aligned columns for people, JSON for machines, remarks on standard error."""

from __future__ import annotations

import json
import os
import shutil
import sys
import warnings
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vzor.spec.errors import UserError

if TYPE_CHECKING:
    from vzor.data.read import Progress
    from vzor.weights.download import Progress as Fetched


def say(text: str = "") -> None:
    """A line on standard output."""
    print(text)


def remark(text: str) -> None:
    """A line on standard error: warnings, hints, and where a file was written, so that output can be piped."""
    sys.stdout.flush()
    print(text, file=sys.stderr)


def emit(value: Any) -> None:
    """``value`` as JSON on standard output."""
    print(as_json(value))


def as_json(value: Any) -> str:
    """``value`` as indented JSON; tuples, paths and NumPy numbers are accepted, odd bytes in names become �."""
    text = json.dumps(strict(value), ensure_ascii=False, indent=1, allow_nan=False)
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def strict(value: Any) -> Any:
    """``value`` in JSON's own types.  Numbers that JSON cannot write (nan, inf) become null."""
    if isinstance(value, dict):
        return {str(key): strict(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [strict(inner) for inner in value]
    if hasattr(value, "tolist"):
        return strict(value.tolist())
    if isinstance(value, float):
        return value if abs(value) < float("inf") else None
    return value if isinstance(value, str | int) or value is None else str(value)


def columns(heads: Sequence[str], rows: Iterable[Sequence[str]], right: str = "") -> None:
    """Aligned columns under their heads.  ``right`` has an ``r`` at every column that stands to the right."""
    table = [list(heads), *map(list, rows)]
    sides = right.ljust(len(heads), "l")
    widths = [max(map(width, column)) for column in zip(*table, strict=True)]
    for i, row in enumerate(table):
        padded = []
        for cell, wide, side in zip(row, widths, sides, strict=True):
            gap = " " * (wide - width(cell))
            padded.append(gap + cell if side == "r" else cell + gap)
        line = "  ".join(padded).rstrip()
        print(bold(line) if i == 0 else line)


def width(text: str) -> int:
    """Cells that ``text`` takes on a terminal."""
    if text.isascii():
        return len(text)
    from rich.cells import cell_len

    return cell_len(text)


def cells() -> int | None:
    """Cells of the terminal's width; None where standard output is none, and lines may be of any length."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None


def bold(text: str) -> str:
    """``text`` in bold, on a terminal that shows it."""
    if sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb":
        return f"\x1b[1m{text}\x1b[0m"
    return text


def deliver(text: str, out: Path | None) -> None:
    """``text`` on standard output, or into the file ``out``."""
    if out is None:
        print(text, end="" if text.endswith("\n") else "\n")
        return
    with writing(out):
        out.write_text(text if text.endswith("\n") else text + "\n", encoding="utf-8")
    remark(f"Written: {out}")


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Writes to ``path`` that fail are the user's to mend: a UserError that says so."""
    try:
        yield
    except OSError as error:
        raise UserError(f"Cannot write {path} ({error.strerror or error}); give another place to write to.") from None


@contextmanager
def as_warnings(shown: bool = True) -> Iterator[None]:
    """What is warned of inside, as lines on standard error that begin with ``warning:``; or not at all."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", UserWarning)
        yield
    for each in caught:
        if not issubclass(each.category, UserWarning):
            warnings.warn_explicit(each.message, each.category, each.filename, each.lineno)
        elif shown:
            remark(f"warning: {each.message}")


@contextmanager
def fetching(label: str) -> Iterator[Fetched]:
    """``(bytes, of how many)`` shown as a bar on a terminal from the first call on, and not at all elsewhere."""
    if not sys.stderr.isatty():
        yield lambda done, total: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

    parts = (TextColumn(label), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    bar = Progress(*parts, console=Console(stderr=True), transient=True)
    with ExitStack() as stack:

        def watch(done: int, total: int | None) -> None:
            if not bar.tasks:
                stack.enter_context(bar)
                bar.add_task(label, total=total)
            bar.update(bar.tasks[0].id, completed=done, total=total)

        yield watch


@contextmanager
def progress(label: str) -> Iterator[Progress]:
    """``(done, total)`` shown as a bar on a terminal, and not at all elsewhere.  Nothing goes to standard output."""
    if not sys.stderr.isatty():
        yield lambda done, total: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    parts = (TextColumn(label), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*parts, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(label, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
