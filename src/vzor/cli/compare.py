"""`vzor compare`: networks side by side."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from vzor.cli.command import Classes, Input, Json, size
from vzor.cli.screen import columns, emit, remark, say, writing
from vzor.spec.errors import UserError, did_you_mean

if TYPE_CHECKING:
    from vzor.api.table import Table

FORMATS = ("text", "markdown", "csv", "json")


def run(
    networks: Annotated[list[str], typer.Argument(metavar="NETWORK", help="Names, or files of your own tables.")],
    input: Input = None,
    classes: Classes = None,
    format: Annotated[str, typer.Option(metavar="|".join(FORMATS), help="Form of the output.")] = "text",
    picture: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Also draw parameters against mult-adds, as .png, .svg or .pdf.")
    ] = None,
    json: Json = False,
) -> None:
    """Show several networks side by side: their totals, and on request a picture of them."""
    if format not in FORMATS:
        guess = did_you_mean(format, FORMATS)
        raise UserError(f"There is no form '{format}'.{guess} Take one of {', '.join(FORMATS)}.")
    from vzor.api.table import table

    tables = [table(name, classes=classes, input=size(input)) for name in networks]
    if picture is not None:  # first: what cannot be drawn is said before anything is printed
        from vzor.look.scatter import draw_scatter

        with writing(picture):
            draw_scatter({table.name: table.sheet for table in tables}, picture)
        remark(f"Written: {picture}")
    if json or format == "json":
        emit([figures(table) for table in tables])
    else:
        PRINT[format](tables)
    if picture is None and format == "text" and not json and len(tables) > 1:
        say()
        say("`--picture compare.png` draws them: parameters against mult-adds.")


def figures(table: Table) -> dict[str, object]:
    """Exact totals of one network."""
    from vzor.spec.render.cells import totals

    sheet = table.sheet
    counts = {total.key: total.value for total in totals(sheet)}
    return {"name": table.name, "input": list(sheet.input), "output": list(sheet.output), "aux": 0} | counts


def sides(tables: list[Table]) -> tuple[list[str], list[list[str]]]:
    """Heads and rows of the comparison: one column for each network."""
    from vzor.spec.render.cells import totals, whole_field
    from vzor.spec.row import text

    shown = [{total.label: total.shown for total in totals(table.sheet)} for table in tables]
    labels = list(dict.fromkeys(label for figures in shown for label in figures))
    rows = [["input", *(text(table.sheet.input) for table in tables)]]
    rows.append(["output", *(text(table.sheet.output) for table in tables)])
    rows += [[label, *(figures.get(label, "0") for figures in shown)] for label in labels]
    rows.append(["receptive field", *(whole_field(table.sheet)[0] for table in tables)])
    return ["", *(table.name for table in tables)], rows


def as_text(tables: list[Table]) -> None:
    """Aligned columns."""
    heads, rows = sides(tables)
    columns(heads, rows, "l" + "r" * len(tables))


def as_markdown(tables: list[Table]) -> None:
    """A pipe table."""
    heads, rows = sides(tables)
    for cells in (heads, ["---", *["---:"] * len(tables)], *rows):
        say(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |")


def as_csv(tables: list[Table]) -> None:
    """One line for each network, with exact counts."""
    rows = [figures(table) for table in tables]
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    for row in rows:
        writer.writerow({k: "x".join(map(str, v)) if isinstance(v, list) else v for k, v in row.items()})
    print(out.getvalue(), end="")


PRINT = {"text": as_text, "markdown": as_markdown, "csv": as_csv}
