"""The parts of a report as plain data: what a task says of its results, and the look room draws. No torch.

A task's `report(samples, results, classes)` returns a list of these dicts, all of it JSON. Each has a
`kind`, a `title` and a `note` (one or two sentences under the title, or ""):

    table    columns and rows; the form of a column says how its numbers are written
    matrix   counts of (true, said) pairs over named classes; only cells above 0 are listed
    gallery  samples by their position in `samples`, each with a few lines of words
    curves   named lines of (x, y) points
    text     paragraphs
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

Section = dict[str, Any]
Form = Literal["text", "count", "share", "number"]


def table(title: str, columns: Mapping[str, Form], rows: Iterable[Sequence[Any]], note: str = "") -> Section:
    """`columns` maps each head to its form: text, count (whole), share (0 to 1, drawn as a bar) or number.

    Rows stand in the order given; a long table is folded after its first rows, so the important come first.
    """
    return {
        "kind": "table",
        "title": title,
        "note": note,
        "columns": [list(c) for c in columns.items()],
        "rows": [list(row) for row in rows],
    }


def matrix(title: str, names: Sequence[str], counts: Any, note: str = "") -> Section:
    """`counts`: (classes, classes) integers, row = the truth, column = the answer; NumPy or nested lists."""
    cells = [[i, j, int(n)] for i, row in enumerate(counts) for j, n in enumerate(row) if n]
    return {"kind": "matrix", "title": title, "note": note, "names": list(names), "cells": cells}


def gallery(
    title: str, items: Iterable[tuple[int, Sequence[tuple[str, str]]]], note: str = "", *, drawn: bool = False
) -> Section:
    """`items`: (position in samples, [(word, value), …]), such as (17, [("truth", "cat"), ("said", "dog")]).

    `drawn` shows what the task's `draw` makes of sample and result, in place of the bare image.
    """
    shown = [{"index": int(index), "lines": [list(line) for line in lines]} for index, lines in items]
    return {"kind": "gallery", "title": title, "note": note, "items": shown, "drawn": drawn}


def curves(
    title: str, lines: Mapping[str, Iterable[tuple[float, float]]], note: str = "", *, x: str = "", y: str = ""
) -> Section:
    """`lines`: {name: points}; `x` and `y` name the axes."""
    points = {name: [[float(a), float(b)] for a, b in line] for name, line in lines.items()}
    return {"kind": "curves", "title": title, "note": note, "lines": points, "x": x, "y": y}


def text(title: str, *paragraphs: str, note: str = "") -> Section:
    """Words only."""
    return {"kind": "text", "title": title, "note": note, "paragraphs": list(paragraphs)}
