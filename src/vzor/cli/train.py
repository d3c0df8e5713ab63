"""`vzor train`: train a network, or go on with a run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vzor.cli.command import Json, size
from vzor.cli.data import names
from vzor.cli.options import given, with_settings
from vzor.cli.screen import emit
from vzor.spec.errors import UserError

if TYPE_CHECKING:
    from vzor.api.model import Model

WHAT, LOSS = "What is trained, on what", "Loss"


@with_settings
def run(
    data: Annotated[
        str | None, typer.Argument(metavar="DATA", help="A folder, .csv, .npz, .zip, IDX files, or a name: digits.")
    ] = None,
    network: Annotated[
        str | None,
        typer.Option(metavar="NETWORK", help="A network's name, or the file of your own table.", rich_help_panel=WHAT),
    ] = None,
    task: Annotated[
        str | None, typer.Option(metavar="TASK", help="What it learns to do. [classify]", rich_help_panel=WHAT)
    ] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="RUN", help="The run's folder. [runs/TASK/NAME]", rich_help_panel=WHAT)
    ] = None,
    name: Annotated[
        str | None, typer.Option(metavar="NAME", help="The run's name. [the network's]", rich_help_panel=WHAT)
    ] = None,
    resume: Annotated[
        Path | None, typer.Option(metavar="RUN", help="Go on with this run; needs nothing else.", rich_help_panel=WHAT)
    ] = None,
    weights: Annotated[
        str | None,
        typer.Option(
            metavar="SET|FILE|RUN", help="Begin with published weights (imagenet), a file, a run.", rich_help_panel=WHAT
        ),
    ] = None,
    classes: Annotated[
        str | None, typer.Option(metavar="A,B,…", help="Keep to these classes, in this order.", rich_help_panel=WHAT)
    ] = None,
    channels: Annotated[
        int | None, typer.Option(metavar="N", help="Of the network's input. [the data's]", rich_help_panel=WHAT)
    ] = None,
    input: Annotated[
        str | None,
        typer.Option(metavar="CxHxW", help="Size of the network's input. [the network's]", rich_help_panel=WHAT),
    ] = None,
    val: Annotated[
        float | None,
        typer.Option(metavar="SHARE", help="Drawn for validation where there is none. [0.2]", rich_help_panel=WHAT),
    ] = None,
    test: Annotated[
        float | None, typer.Option(metavar="SHARE", help="Drawn for the test, likewise.", rich_help_panel=WHAT)
    ] = None,
    label_smoothing: Annotated[
        float | None,
        typer.Option(metavar="SHARE", help="Of the target, spread over all classes. [0]", rich_help_panel=LOSS),
    ] = None,
    class_weights: Annotated[
        str | None,
        typer.Option(metavar="balanced|X,Y,…", help="What each class counts. [all alike]", rich_help_panel=LOSS),
    ] = None,
    side_weight: Annotated[
        float | None,
        typer.Option(metavar="X", help="What auxiliary heads count. [the table's, else 0.3]", rich_help_panel=LOSS),
    ] = None,
    json: Json = False,
    **settings: Any,
) -> None:
    """Train a network on data, and leave a run's folder with weights, results and a report.

    `vzor train --resume RUN` goes on with a run that was stopped; with --epochs N it extends one. Ctrl-C
    once finishes the batch and saves; twice stops at once.
    """
    options = given(settings)
    loss: dict[str, Any] = {
        "label_smoothing": label_smoothing,
        "class_weights": numbers(class_weights),
        "side_weight": side_weight,
    }
    loss = {key: value for key, value in loss.items() if value is not None}
    what: dict[str, Any] = {
        "network": network, "task": task, "out": out, "name": name, "weights": weights, "classes": names(classes),
        "channels": channels, "input": size(input), "val": val, "test": test,
    }  # fmt: skip
    what = {key: value for key, value in what.items() if value is not None}
    if resume is not None:
        go_on(resume, data, what | loss, options, json)
        return
    if data is None or network is None:
        missing = "DATA" if data is None else "--network"
        raise UserError(f"{missing} is missing; write `vzor train DATA --network NETWORK`, or --resume RUN.")
    from vzor.api.table import table

    table(network)  # a mistyped name is said before a large data set is read
    from vzor.api.train import train

    finish(train(data, quiet=json, **what, **loss, **options), json)


def go_on(run: Path, data: str | None, what: dict[str, Any], options: dict[str, Any], json: bool) -> None:
    """Resume ``run``; its data may have moved to ``data``."""
    if what:
        name = "--" + min(what).replace("_", "-")
        raise UserError(f"{name} was settled when {run} was begun; leave it out, or start a new run without --resume.")
    from vzor.api.train import resume

    finish(resume(run, data=data, quiet=json, **options), json)


def numbers(words: str | None) -> str | list[float] | None:
    """``[1.0, 2.5]`` for "1,2.5"; a word stays a word, for the task to judge."""
    if words is None:
        return None
    try:
        return [float(word) for word in words.split(",")]
    except ValueError:
        return words


def finish(model: Model, json: bool) -> None:
    """For machines, what people have been told by then."""
    if not json:
        return
    import json as text

    found = {"run": model.run, "weights": model.path, "network": model.name, "task": model.task.name,
             "classes": model.classes, "metrics": model.metrics}  # fmt: skip
    test = model.run / "test.json" if model.run is not None else None
    if test is not None and test.is_file():
        found["test"] = text.loads(test.read_text("utf-8"))
    emit(found)
