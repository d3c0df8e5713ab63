"""The table for a terminal, and in Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from vzor.spec.render import cells as c
from vzor.spec.sheet import Line, Sheet


def as_text(sheet: Sheet, title: str, depth: int | None, notes: Sequence[str]) -> str:
    """Aligned columns, blocks indented, the totals below."""
    lines = c.visible(sheet, depth)
    body = []
    for line in lines:
        first, *rest = c.cells(line)
        body.append(("  " * line.depth + first, *rest))
    widths = [max(map(len, column)) for column in zip(c.HEADS, *body, strict=True)]
    rule = "─" * (sum(widths) + 2 * (len(widths) - 1))
    parts = [c.heading(sheet, title), "", _aligned(c.HEADS, widths), rule]
    parts += [_aligned(row, widths) for row in body]
    parts += [rule, *_legend(lines), "", *_totals(sheet)]
    parts += [f"\nnote: {note}" if i == 0 else f"note: {note}" for i, note in enumerate(notes)]
    return "\n".join(parts) + "\n"


def _aligned(row: Sequence[str], widths: Sequence[int]) -> str:
    pairs = zip(row, widths, c.RIGHT, strict=True)
    return "  ".join(cell.rjust(width) if right else cell.ljust(width) for cell, width, right in pairs).rstrip()


def _legend(lines: list[Line]) -> list[str]:
    return [c.SIDE_NOTE, c.FIELD_NOTE] if any(map(c.only_training, lines)) else [c.FIELD_NOTE]


def _totals(sheet: Sheet) -> list[str]:
    rows = [(total.label, total.shown, total.note) for total in c.totals(sheet)]
    rows.append(("receptive field", *c.whole_field(sheet)))
    label, shown, _ = (max(map(len, column)) for column in zip(*rows, strict=True))
    return [f"{a:<{label}}  {b:>{shown}}  {note}".rstrip() for a, b, note in rows]


def as_markdown(sheet: Sheet, title: str, depth: int | None, notes: Sequence[str]) -> str:
    """A pipe table with full paths for names, and the totals as a second one."""
    lines = c.visible(sheet, depth)
    parts = [f"### {escaped(c.heading(sheet, title))}", "", _pipes(c.HEADS)]
    parts.append(_pipes("---:" if right else "---" for right in c.RIGHT))
    for line in lines:
        first, *rest = c.cells(line)
        path = line.path[: len(line.path) - len(line.name)]
        parts.append(_pipes(map(escaped, (path + first, *rest))))
    parts += ["", "  \n".join(_legend(lines)), "", "| total | | |", "|---|---:|---|"]
    parts += [_pipes((total.label, total.shown, total.note)) for total in c.totals(sheet)]
    parts.append(_pipes(("receptive field", *c.whole_field(sheet))))
    parts += ["", *(f"> {escaped(note)}  " for note in notes)] if notes else []
    return "\n".join(parts) + "\n"


def _pipes(row: Iterable[str]) -> str:
    return f"| {' | '.join(row)} |"


def escaped(cell: str) -> str:
    """What Markdown would read as markup, as it is."""
    for mark in "\\|*_`<>[]":
        cell = cell.replace(mark, "\\" + mark)
    return cell.replace("\n", " ")
