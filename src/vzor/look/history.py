"""A run's results.csv as curves: what belongs on one chart. No torch."""

from __future__ import annotations

import csv
import math
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from vzor.spec.errors import UserError

Points = list[tuple[float, float]]
WIDE = 30.0  # a loss that falls by more than this factor is drawn on a logarithmic axis


@dataclass(frozen=True)
class Panel:
    """One chart: its title, its lines over epochs, and whether its axis is logarithmic."""

    title: str
    lines: dict[str, Points]
    log: bool = False


def read_results(path: str | os.PathLike[str]) -> list[dict[str, float]]:
    """The rows of results.csv; empty cells are left out. No file: no rows. UserError for another file."""
    path = Path(path)
    if not path.is_file():
        return []
    try:
        with path.open(newline="", encoding="utf-8") as file:
            rows = [{k: float(v) for k, v in row.items() if v} for row in csv.DictReader(file)]
    except (ValueError, TypeError, AttributeError, csv.Error):
        raise UserError(f"{path} is not a run's results.csv; give the folder of a run.") from None
    if any("epoch" not in row for row in rows):
        raise UserError(f"{path} has no column epoch; give the folder of a run.")
    return rows


def panels(rows: Sequence[dict[str, float]]) -> list[Panel]:
    """Loss, further terms, metrics and rate, each on a chart of its own kind.

    Metrics that are shares (all within 0 to 1) stand on one chart; others, such as PSNR in dB, alone.
    """
    names = list(dict.fromkeys(key for row in rows for key in row))
    lines = {name: _line(rows, name) for name in names if name not in ("epoch", "step", "seconds")}
    lines = {name: line for name, line in lines.items() if line}
    loss = {n: lines.pop(n) for n in list(lines) if n in ("train/loss", "val/loss")}
    rate = {n: lines.pop(n) for n in list(lines) if n == "lr"}
    terms = {n: lines.pop(n) for n in list(lines) if n.startswith("train/")}
    shares = {n: lines.pop(n) for n in list(lines) if all(0 <= y <= 1 for _, y in lines[n])}
    found = [_loss("loss", loss), _loss("terms of the loss", terms), _metrics(shares)]
    found += [Panel(name, {name: line}) for name, line in lines.items()]
    found.append(Panel("learning rate", rate))
    return [panel for panel in found if panel.lines]


def _line(rows: Sequence[dict[str, float]], name: str) -> Points:
    return [(row["epoch"], row[name]) for row in rows if name in row and math.isfinite(row[name])]


def _metrics(lines: dict[str, Points]) -> Panel:
    """Metrics of one split are named without it on the lines, with it in the title."""
    if all(name.startswith("val/") for name in lines):
        return Panel("metrics, val", {name.removeprefix("val/"): line for name, line in lines.items()})
    return Panel("metrics", lines)


def _loss(title: str, lines: dict[str, Points]) -> Panel:
    values = [y for line in lines.values() for _, y in line]
    log = bool(values) and min(values) > 0 and max(values) / min(values) > WIDE
    return Panel(f"{title}, logarithmic" if log else title, lines, log)
