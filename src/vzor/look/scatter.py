"""Networks compared in a picture: parameters against mult-adds. No torch."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vzor.look.figure import COLOURS, save
from vzor.spec.errors import UserError
from vzor.spec.render.cells import human
from vzor.spec.sheet import Sheet

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SIZE = (8.0, 5.6)  # inches, at 110 dots
#: Where a label may stand, as a direction from its dot and a distance beyond the dot's edge, in points.
PLACES = (
    (1, 0, 3),
    (-1, 0, 3),
    (0, 1, 7),
    (0, -1, 7),
    (0.7, 0.7, 5),
    (-0.7, 0.7, 5),
    (0.7, -0.7, 5),
    (-0.7, -0.7, 5),
    (0.5, 0.9, 14),
    (-0.5, 0.9, 14),
    (0.5, -0.9, 14),
    (-0.5, -0.9, 14),
    (0, 1, 20),
    (0, -1, 20),
)


def draw_scatter(sheets: Mapping[str, Sheet], path: str | os.PathLike[str], *, title: str = "") -> Path:
    """Draw {name: measured table} as dots, both axes logarithmic; a dot's area follows the memory of inference.

    The form follows the suffix: .png, .svg or .pdf. Networks without a parameter or mult-add cannot stand
    on such axes, and are named below. UserError where none is left.
    """
    shown = {name: s for name, s in sheets.items() if s.parameters and s.macs}
    left = [name for name in sheets if name not in shown]
    if not shown:
        raise UserError("None of these networks has parameters and mult-adds to draw; name at least one that has.")

    def draw(figure: Figure) -> None:
        place = figure.subplots()
        x, y = [s.parameters for s in shown.values()], [s.macs for s in shown.values()]
        most = max(s.memory_inference for s in shown.values()) or 1
        area = [28 + 130 * s.memory_inference / most for s in shown.values()]
        place.scatter(
            x,
            y,
            s=area,
            c=[_colour(name, list(shown)) for name in shown],
            alpha=0.75,
            edgecolors="white",
            linewidths=0.8,
            zorder=3,
        )
        _axis(place, x, y)
        place.set_xlabel("parameters")
        place.set_ylabel("mult-adds per sample")
        sizes = sorted({"×".join(map(str, s.input)) for s in shown.values()})
        note = f"input {', '.join(sizes)} · larger dot: more memory at inference (up to {human(most, 'B')})"
        place.set_title((f"{title}\n" if title else "") + note, fontsize=9)
        if left:
            figure.text(0.01, 0.005, f"not shown, for it has no weights or mult-adds: {', '.join(left)}", fontsize=8)
        _label(figure, place, list(shown), x, y, [math.sqrt(a) / 2 for a in area])

    return save(draw, path, SIZE)


def _axis(place: Axes, x: list[int], y: list[int]) -> None:
    from matplotlib.ticker import FuncFormatter

    place.set_xscale("log")
    place.set_yscale("log")
    for axis, values in ((place.xaxis, x), (place.yaxis, y)):
        low, high = min(values), max(values)
        room = max(1.35, (high / low) ** 0.12)
        axis.set_view_interval(low / room, high * room, ignore=True)
        axis.set_tick_params(which="both", length=3, pad=4)
        # On a narrow axis the powers of ten alone would leave few numbers, or none.
        digits = "1" if high / low > 20 else "125" if high / low > 4 else "123456789"
        for number in (axis.set_major_formatter, axis.set_minor_formatter):
            number(FuncFormatter(lambda v, _, digits=digits: _short(v) if f"{v:.0e}"[0] in digits else ""))


def _short(value: float) -> str:
    """10 M, 2.5 G: without zeros that say nothing."""
    return re.sub(r"\.?0+(?= |$)", "", words) if "." in (words := human(round(value))) else words


def _colour(name: str, names: list[str]) -> str:
    """One colour per family: resnet18 and resnet50 share theirs."""
    families = list(dict.fromkeys(_family(n) for n in names))
    return COLOURS[families.index(_family(name)) % len(COLOURS)]


def _family(name: str) -> str:
    return name.rstrip("0123456789").split("_")[0].rstrip("0123456789") or name


def _label(figure: Figure, place: Axes, names: list[str], x: list[int], y: list[int], radii: list[float]) -> None:
    """Names beside their dots, each where it covers least: other names, dots, the picture's edge."""
    figure.draw_without_rendering()  # settles the layout, so that places in pixels are known
    renderer = figure.canvas.get_renderer()  # type: ignore[attr-defined]
    dots = [place.transData.transform((a, b)) for a, b in zip(x, y, strict=True)]
    frame = place.get_window_extent(renderer)
    taken: list[Any] = []
    for i in sorted(range(len(names)), key=lambda i: (dots[i][1], dots[i][0]), reverse=True):
        best: tuple[float, Any, Any] | None = None
        for rank, (right, up, beyond) in enumerate(PLACES):
            away = radii[i] + beyond
            text = place.annotate(
                names[i],
                (x[i], y[i]),
                (right * away, up * away),
                textcoords="offset points",
                fontsize=8.5,
                color="#252d36",
                ha="left" if right > 0 else "right" if right else "center",
                va="center",
                zorder=4,
            )
            box = text.get_window_extent(renderer)
            cost = rank * 0.01 + sum(box.overlaps(other) for other in taken)
            cost += sum(box.padded(2).contains(*dot) for j, dot in enumerate(dots) if j != i)
            cost += 3 * (box.x0 < frame.x0 or box.x1 > frame.x1 or box.y0 < frame.y0 or box.y1 > frame.y1)
            if best is None or cost < best[0]:
                if best is not None:
                    best[1].remove()
                best = (cost, text, box)
            else:
                text.remove()
        assert best is not None
        taken.append(best[2])
