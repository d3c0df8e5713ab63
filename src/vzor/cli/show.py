"""`vzor show`: a network's table."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

import typer

from vzor.cli.command import Channels, Classes, Input, Json, Network, Out, size
from vzor.cli.screen import cells, deliver
from vzor.spec.errors import UserError

FORMATS = "text|markdown|csv|json|svg|mermaid|html"


def run(
    network: Network,
    input: Input = None,
    classes: Classes = None,
    channels: Channels = None,
    format: Annotated[str, typer.Option(metavar=FORMATS, help="Form of the output.")] = "text",
    depth: Annotated[str, typer.Option(metavar="N|all|auto", help="Levels of blocks to open; 0 folds all.")] = "auto",
    notes: Annotated[
        bool | None,
        typer.Option("--notes/--no-notes", help="Only the notes on paper, weights and printed figures; or none."),
    ] = None,
    out: Out = None,
    json: Json = False,
) -> None:
    """Show a network's table: its rows with shapes, parameters, mult-adds, memory and receptive field.

    For a file of your own, what was assumed where it is silent and every figure in it that does not follow
    from its rows are printed below. Nothing in it is evaluated.

    The notes, how paper, published weights and printed figures differ, stand below the table.
    """
    from vzor.api.table import table
    from vzor.spec.render.notes import render_notes

    found = table(network, classes=classes, channels=channels, input=size(input))
    form, opened = "json" if json else format, levels(depth)
    if notes:
        deliver(render_notes(found.remarks, form, title=found.name, width=cells() if out is None else None), out)
        return
    if notes is False:
        found = replace(found, notes=())
    deliver(found.to(form, opened), out)


def levels(depth: str) -> int | str | None:
    """``--depth`` as `Table.to` takes it."""
    if depth in ("auto", "all"):
        return None if depth == "all" else depth
    try:
        return int(depth)
    except ValueError:
        raise UserError(f"--depth is '{depth}'; give a number of levels, all or auto.") from None
