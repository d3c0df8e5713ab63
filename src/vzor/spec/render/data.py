"""The table for machines: CSV and JSON with exact integers and keys that stay."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from vzor.spec.render.cells import totals
from vzor.spec.row import Shape
from vzor.spec.sheet import Field, Line, Sheet

COLUMNS = (
    *("path", "name", "label", "kind", "detail", "depth", "leaf", "side", "from", "inputs", "outputs"),
    *("params", "trainable", "buffers", "macs", "memory"),
    *("field_size", "field_stride", "field_offset", "field_whole"),
)


def _exact(number: int | Fraction) -> int | float:
    return int(number) if number == int(number) else float(number)


def _field(seen: Field | None) -> dict[str, Any] | None:
    if seen is None:
        return None
    return {
        "size": list(seen.size),
        "stride": [_exact(n) for n in seen.stride],
        "offset": [_exact(n) for n in seen.offset],
        "whole": seen.whole,
    }


def _record(line: Line) -> dict[str, Any]:
    return {
        "path": line.path,
        "name": line.name,
        "label": line.label,
        "kind": line.kind,
        "detail": line.detail,
        "depth": line.depth,
        "leaf": line.leaf,
        "side": line.side,
        "from": None if line.reads is None else list(line.reads),
        "inputs": [list(shape) for shape in line.ins],
        "outputs": [list(shape) for shape in line.outs],
        "params": line.params,
        "trainable": line.trainable,
        "buffers": line.buffers,
        "macs": line.macs,
        "memory": line.memory,
        "field": _field(line.field),
    }


def _lines(sheet: Sheet, depth: int | None) -> list[Line]:
    return [line for line in sheet.lines if depth is None or line.depth <= depth]


def as_json(sheet: Sheet, title: str, depth: int | None, notes: Sequence[str], record: Any = None) -> str:
    """``{"title", "input", "output", "totals", "rows", "notes"[, "table"]}``; sizes are lists, memory is in bytes."""
    sums = {total.key: total.value for total in totals(sheet)}
    data = {
        "title": title,
        "input": list(sheet.input),
        "output": list(sheet.output),
        "totals": {**sums, "aux": sheet.aux, "field": _field(sheet.field)},
        "rows": [_record(line) for line in _lines(sheet, depth)],
        "notes": list(notes),
    }
    if record is not None:
        data["table"] = record
    return json.dumps(data, ensure_ascii=False, indent=1) + "\n"


def as_csv(sheet: Sheet, title: str, depth: int | None, notes: Sequence[str]) -> str:
    """One line per row under COLUMNS; sizes as ``3x224x224``, several of them with spaces between."""
    page = io.StringIO()
    writer = csv.writer(page, lineterminator="\n")
    writer.writerow(COLUMNS)
    for line in _lines(sheet, depth):
        seen = line.field
        axes = (seen.size, seen.stride, seen.offset) if seen else ((), (), ())
        writer.writerow(
            [
                *(line.path, line.name, line.label or "", line.kind, line.detail, line.depth),
                *(int(line.leaf), int(line.side), " ".join(line.reads or ())),
                *(_sizes(line.ins), _sizes(line.outs)),
                *(line.params, line.trainable, line.buffers, line.macs, line.memory),
                *("x".join(str(_exact(n)) for n in numbers) for numbers in axes),
                int(seen is not None and seen.whole),
            ]
        )
    return page.getvalue()


def _sizes(values: Sequence[Shape]) -> str:
    return " ".join("x".join(map(str, shape)) for shape in values)
