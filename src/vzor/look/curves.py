"""A run's learning curves as one picture."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from vzor.look.figure import COLOURS, save
from vzor.look.history import panels
from vzor.spec.errors import UserError

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def draw_curves(
    rows: Sequence[dict[str, float]], path: str | os.PathLike[str], *, title: str = "", mark: int | None = None
) -> Path:
    """Draw rows of results.csv (`history.read_results`) side by side: losses, metrics, rate.

    `mark`: the epoch of the best weights. UserError where no epoch is done yet.
    """
    shown = panels(rows)
    if not shown:
        raise UserError("No epoch of this run is done yet; look again once results.csv has a row.")

    def draw(figure: Figure) -> None:
        from matplotlib.ticker import MaxNLocator

        if title:
            figure.suptitle(title, x=0.01, ha="left", fontsize=12, fontweight="bold")
        for place, panel in zip(figure.subplots(1, len(shown), squeeze=False)[0], shown, strict=True):
            for i, (name, line) in enumerate(panel.lines.items()):
                place.plot(
                    *zip(*line, strict=True),
                    label=name,
                    color=COLOURS[i % len(COLOURS)],
                    marker="o" if len(line) == 1 else None,
                )
            place.set_title(panel.title)
            place.set_xlabel("epoch")
            place.xaxis.set_major_locator(MaxNLocator(5, integer=True))
            if panel.log:
                place.set_yscale("log")
            if mark is not None:
                place.axvline(mark, color="#9aa3ae", linewidth=0.9, linestyle=(0, (3, 3)), zorder=0)
            if len(panel.lines) > 1:
                place.legend(fontsize=8)

    return save(draw, path, (4.2 * len(shown), 3.4))
