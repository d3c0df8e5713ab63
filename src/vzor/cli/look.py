"""`vzor look`: what a run has learnt and where it is wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from vzor.cli.command import Json, Run
from vzor.cli.screen import emit, remark, say, writing
from vzor.spec.errors import UserError


def run(
    run: Run,
    what: Annotated[
        list[str] | None,
        typer.Argument(metavar="WHAT", help="report, curves, batch, filters, features, table. [report]"),
    ] = None,
    image: Annotated[str | None, typer.Option(metavar="FILE", help="The picture whose features are shown.")] = None,
    row: Annotated[
        str | None, typer.Option(metavar="ROW", help="Whose filters or features, such as layer1.0.conv2. [the first]")
    ] = None,
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="Write there. [the run's folder]")] = None,
    json: Json = False,
) -> None:
    """Draw what a run has learnt and where it is wrong, and name the files that were written.

    report: the run's page, with curves, confusion and mistakes. curves: from results.csv. batch: training
    pictures as the network saw them. filters: of the first convolution. features: what a row makes of --image.
    table: the network, as scheme and table.
    """
    from vzor.look.show import LOOKS, look

    wanted = what or (["features"] if image is not None else ["report"])
    if out is not None and len(wanted) > 1:
        raise UserError(f"--out names one file and {len(wanted)} are asked for; ask for one, or leave --out out.")
    written: list[Path] = []
    for name in wanted:
        if out is None:
            written += look(run, name, image=image, row=row)
        else:
            with writing(out):
                written += look(run, name, image=image, row=row, out=out)
    if json:
        emit({"written": written})
        return
    for path in written:
        say(str(path))
    if not what and image is None:
        others = ", ".join(name for name in LOOKS if name not in wanted)
        remark(f"Also to be looked at: {others}; write `vzor look {run} filters`.")
