"""`vzor list`: the networks by name."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import typer

from vzor.cli.command import Json
from vzor.cli.screen import columns, emit, say
from vzor.spec.errors import UserError, did_you_mean

#: Measuring takes about a millisecond a network; for more names than this only what is written down is shown.
AT_ONCE = 40


def run(
    pattern: Annotated[str, typer.Argument(metavar="PATTERN", help="Names to list, such as 'resnet*'.")] = "*",
    task: Annotated[str | None, typer.Option(metavar="TASK", help="Only networks for this task.")] = None,
    long: Annotated[bool, typer.Option("--long", help=f"Measure also when there are more than {AT_ONCE}.")] = False,
    json: Json = False,
) -> None:
    """Name the networks, with their parameters, mult-adds, input, paper and year."""
    from vzor.zoo.index import ZOO, networks

    tasks = sorted({entry.task for entry in ZOO.values()})  # a network may be here before its task is
    if task is not None and task not in tasks:
        guess = did_you_mean(task, tasks)
        raise UserError(f"There is no network for a task '{task}'.{guess} Choose from {', '.join(tasks)}.")
    names = networks(pattern, task)
    if not names:
        guess = did_you_mean(pattern, ZOO)
        raise UserError(f"No network is called '{pattern}'.{guess} `vzor list` shows all names.")
    measured = long or json or len(names) <= AT_ONCE
    rows = facts(names, measured)
    if json:
        emit(rows)
        return
    columns(*as_cells(rows, measured))
    say()
    say(f"{len(rows)} networks; `vzor show NAME` shows one's table.")


def facts(names: list[str], measured: bool) -> list[dict[str, Any]]:
    """What is known of each network, with its counts where they are wanted."""
    from vzor.measure import Counter
    from vzor.zoo.index import entry, table

    counter = Counter()
    rows = []
    with unswept():
        for name in names:
            known = entry(name)
            found: dict[str, Any] = {"name": name}
            if measured:
                totals = counter.totals(table(name))
                found |= {"parameters": totals.parameters, "macs": totals.macs, "input": list(totals.input)}
            rows.append(found | {"task": known.task, "paper": known.paper, "year": known.year})
    return rows


@contextmanager
def unswept() -> Iterator[None]:
    """Without Python's search for cycles: counting makes none, and the search would take a tenth of the time."""
    swept = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if swept:
            gc.enable()


def as_cells(rows: list[dict[str, Any]], measured: bool) -> tuple[list[str], list[list[str]], str]:
    """Heads, cells and sides for a table on the screen."""
    from vzor.spec.render.cells import grouped, human
    from vzor.spec.row import text

    if not measured:
        return ["name", "paper", "year"], [[str(row[key]) for key in ("name", "paper", "year")] for row in rows], ""
    cells = []
    for row in rows:
        counts = [grouped(row["parameters"]), human(row["macs"]), text(tuple(row["input"]))]
        cells.append([row["name"], *counts, row["paper"], str(row["year"])])
    return ["name", "parameters", "mult-adds", "input", "paper", "year"], cells, "lrr"
