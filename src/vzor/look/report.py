"""The run's report page: report.html, one file that needs nothing else. No torch."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vzor.look import gather as gathered
from vzor.look.chart import line_chart
from vzor.look.matrix import matrix_html
from vzor.look.view import view
from vzor.spec.errors import UserError
from vzor.training.run import Run, open_run
from vzor.weights.atomic import write_text

if TYPE_CHECKING:
    from jinja2 import Environment
    from torch import nn

    from vzor.data.samples import Data
    from vzor.training.task import Task


def report_run(
    run: Run,
    task: Task,
    data: Data,
    *,
    nets: Mapping[str, nn.Module] | None = None,
    transform: Callable[..., Any] | None = None,
) -> Path:
    """What the end of a training calls: `gather.gather`, then `write_report`. Returns report.html's path."""
    gathered.gather(run, task, data, nets=nets, transform=transform)
    return write_report(run.path)


def write_report(run: str | os.PathLike[str], out: str | os.PathLike[str] | None = None) -> Path:
    """Write the page of the run at `run` to `out` (report.html in its folder) and return its path.

    It is made from args.yaml, results.csv, events.jsonl, test.json, report.json and the best checkpoint's
    header; parts whose file is missing are left out, and the page says so. UserError where `run` is no run.
    """
    opened = open_run(run)
    return write_text(out or opened.path / "report.html", page(opened))


def page(run: Run) -> str:
    """The page as HTML. The same files give the same text."""
    return environment().get_template("report.html").render(view(run))


@cache
def environment() -> Environment:
    """Templates of this package; every value is escaped unless it was made as HTML here."""
    import jinja2
    from markupsafe import Markup

    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {"cell": cell, "tail": tail}
    made.globals |= {
        "line_chart": lambda lines, **more: Markup(line_chart(lines, **more)),
        "matrix": lambda names, cells: Markup(matrix_html(names, cells)),
        "known": _known,
    }
    return made


def cell(value: Any, form: str) -> str:
    """A table's value as its column's form says."""
    if value is None or value == "":
        return "–"
    if form == "count":
        return f"{int(value):,}"
    if form == "share":
        return f"{value:.3f}"
    if form == "number":
        if value == 0 or 1e-3 <= abs(value) < 10:
            return f"{value:.4f}"  # all of one length, so that the eye can compare a column
        return f"{value:.4g}" if abs(value) < 1e4 else f"{value:,.0f}"
    return str(value)


def tail(text: str, room: int = 14) -> str:
    """The end of a long name, where names of files differ."""
    return text if len(text) <= room else "…" + text[-room:]


def _known(section: Mapping[str, Any]) -> str:
    """The section's kind. UserError for one that the page cannot draw."""
    kinds = ("table", "matrix", "gallery", "curves", "text")
    if section.get("kind") not in kinds:
        raise UserError(
            f"The task's report has a section of kind {section.get('kind')!r}; make sections with"
            f" vzor.training.sections, of kind {', '.join(kinds)}."
        )
    return str(section["kind"])
