"""`vzor evaluate`: score a run on data."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from vzor.cli.command import Begin, Device, Json, Naming, Precision, Seed, Source, Trained, arithmetic, class_names
from vzor.cli.screen import as_json, as_warnings, columns, emit, fetching, remark, say, writing


def run(
    run: Trained,
    data: Source,
    weights: Begin = None,
    classes: Naming = None,
    split: Annotated[
        str, typer.Option(metavar="auto|train|val|test|all", help="auto: test, else what was not trained on.")
    ] = "auto",
    batch: Annotated[int, typer.Option(metavar="N", help="Pictures at a time.")] = 64,
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="Also write everything there, as JSON.")] = None,
    device: Device = "auto",
    precision: Precision = "auto",
    seed: Seed = 0,
    json: Json = False,
) -> None:
    """Score a run, or a network with published weights, on labelled data.

    The task's metrics stand beside those of a trivial predictor.
    """
    numbers = arithmetic(precision)
    from vzor.api.load import load
    from vzor.training import seed_everything

    seed_everything(seed)
    with as_warnings(), fetching(run) as told:
        model = load(run, weights=weights, classes=class_names(classes), progress=told)
    found = model.evaluate(data, split, batch=batch, device=device, precision=numbers)
    if json:
        emit(found.to_dict())
    else:
        say(str(found))
        if found.per_class:
            say()
            heads = list(found.per_class[0])
            rows = [[cell(row[head]) for head in heads] for row in found.per_class]
            columns(heads, rows, "l" + "r" * (len(heads) - 1))
    if out is not None:
        with writing(out):
            out.write_text(as_json(found.to_dict()) + "\n", encoding="utf-8")
        remark(f"Written: {out}")


def cell(value: object) -> str:
    """A number with the digits that matter."""
    return f"{value:.4f}" if isinstance(value, float) else f"{value:,}" if isinstance(value, int) else str(value)
