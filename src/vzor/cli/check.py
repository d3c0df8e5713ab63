"""`vzor check`: networks against the principles of design."""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from vzor.cli.command import Channels, Classes, Input, Json, size
from vzor.cli.screen import bold, emit, say, width

if TYPE_CHECKING:
    from vzor.measure.principles import Finding

#: Further rows of one finding that are named on the screen.
NAMED = 10


def run(
    networks: Annotated[list[str], typer.Argument(metavar="NETWORK", help="Names, or files of your own tables.")],
    input: Input = None,
    classes: Classes = None,
    channels: Channels = None,
    json: Json = False,
) -> None:
    """Show where networks depart from the principles of design: the row, the figure, and why.

    No representational bottleneck; high dimensions processed locally; large kernels factorised; depth and width
    in balance. Also work that nothing uses. Findings are advice, and the exit code is 0 with and without them.
    """
    from vzor.api.table import check, table

    tables = [table(name, classes=classes, channels=channels, input=size(input)) for name in networks]
    found = [check(each) for each in tables]
    if json:
        emit([{"name": t.name, "findings": list(map(asdict, f))} for t, f in zip(tables, found, strict=True)])
        return
    for i, (each, findings) in enumerate(zip(tables, found, strict=True)):
        if i:
            say()
        heading = f"{each.name}: {summary(findings)}"
        say(bold(heading) if findings else heading)
        tell(findings)


def summary(findings: Sequence[Finding]) -> str:
    """``no findings``, ``1 warning, 2 notes``."""
    counts = {word: sum(f.severity == word for f in findings) for word in ("warning", "note")}
    told = [f"{count} {word}{'s' if count > 1 else ''}" for word, count in counts.items() if count]
    return ", ".join(told) or "no findings"


def tell(findings: Sequence[Finding]) -> None:
    """Severity, principle and row in columns; below each its figure and why."""
    heads = [(f.severity, f.principle, f.place) for f in findings]
    wide = [max(map(width, column)) for column in list(zip(*heads, strict=True))[:2]]
    indent = " " * (wide[0] + 4) if heads else ""
    room = max(60, min(120, shutil.get_terminal_size((100, 24)).columns))
    for (severity, principle, place), finding in zip(heads, findings, strict=True):
        say(f"  {severity:<{wide[0]}}  {principle:<{wide[1]}}  {place}")
        for text in (finding.figure, f"{finding.why} [{finding.source}]", others(finding)):
            if text:
                say(textwrap.fill(text, room, initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False))


def others(finding: Finding) -> str:
    """The further rows that offend in the same way, as far as one reads them; "" where there are none."""
    _, *more = finding.rows
    left = f" and {len(more) - NAMED} more (--json names all)" if len(more) > NAMED else ""
    return f"also: {', '.join(more[:NAMED])}{left}" if more else ""
