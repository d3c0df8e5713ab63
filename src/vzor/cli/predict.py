"""`vzor predict`: use a run on pictures."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from vzor.cli.command import Begin, Device, Json, Naming, Precision, Seed, Trained, arithmetic, class_names
from vzor.cli.screen import as_warnings, columns, emit, fetching, progress, remark, writing


def run(
    run: Trained,
    sources: Annotated[
        list[str], typer.Argument(metavar="SOURCE", help="Pictures, folders, patterns in quotes, or a data set.")
    ],
    weights: Begin = None,
    classes: Naming = None,
    top: Annotated[int | None, typer.Option(metavar="N", help="Of a classifier: how many classes to name. [5]")] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Also write the pictures with their results.")
    ] = None,
    batch: Annotated[int | None, typer.Option(metavar="N", help="Pictures at a time. [by their size]")] = None,
    device: Device = "auto",
    precision: Precision = "auto",
    seed: Seed = 0,
    json: Json = False,
) -> None:
    """Say what a run, or a network with published weights, makes of pictures.

    A picture that cannot be read is named, and left out.
    """
    numbers = arithmetic(precision)
    from vzor.api.load import load
    from vzor.training import seed_everything

    seed_everything(seed)
    options: dict[str, Any] = {} if top is None else {"top": top}
    with as_warnings(), fetching(run) as told:
        model = load(run, weights=weights, classes=class_names(classes), progress=told)
    with progress("predicting") as watch:
        found = model.predict(
            sources if len(sources) > 1 else sources[0], batch=batch, device=device, precision=numbers,
            progress=watch, **options,
        )  # fmt: skip
    if out is not None:  # first, so that a reader who goes away does not cost the pictures
        with writing(out):
            written = found.save(out)
        remark(f"Written: {len(written)} pictures in {out}")
    for name, reason in found.problems:
        remark(f"warning: {name} is left out: {reason}")
    if json:
        emit([one.to_dict() for one in found])
    else:
        columns(["picture", "result"], [[one.source, str(one.value)] for one in found])
