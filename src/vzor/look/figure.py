"""matplotlib figures without pyplot: no window, no global state, the same bytes from the same numbers."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vzor.spec.errors import UserError, did_you_mean
from vzor.weights.atomic import write_atomic

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FORMS = ("png", "svg", "pdf")
COLOURS = ("#2f6fb0", "#cc5a32", "#4c9a57", "#8c5fb5", "#b58a1b", "#5a6b7d")
#: Our own look, whatever the user's matplotlib is set to.
STYLE: dict[str, Any] = {
    "font.family": ["DejaVu Sans"],
    "font.size": 9.0,
    "axes.edgecolor": "#8793a0",
    "axes.labelcolor": "#3c4855",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": 10.0,
    "axes.titlelocation": "left",
    "axes.axisbelow": True,
    "axes.grid": True,
    "grid.color": "#e3e8ee",
    "grid.linewidth": 0.8,
    "xtick.color": "#66717d",
    "ytick.color": "#66717d",
    "legend.frameon": False,
    "svg.hashsalt": "vzor",
    "lines.linewidth": 1.6,
}


def save(
    draw: Callable[[Figure], object], path: str | os.PathLike[str], size: tuple[float, float], dpi: int = 110
) -> Path:
    """Let `draw` fill a figure of `size` inches and write it as the path's suffix says (.png .svg .pdf).

    The user's matplotlib settings and figures are left alone. UserError for another suffix.
    """
    import matplotlib
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    path = Path(path)
    form = path.suffix.lower().lstrip(".")
    if form not in FORMS:
        raise UserError(f"{path} is no picture's name.{did_you_mean(form, FORMS)} End it in .png, .svg or .pdf.")
    # No time of writing inside, so that equal pictures are equal files.
    undated = {"png": {"Software": None}, "svg": {"Date": None}, "pdf": {"CreationDate": None}}[form]
    with matplotlib.rc_context(), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph")  # a class name in a script that the font lacks
        # Asking for the backend would import pyplot and choose a window system.
        usual: dict[str, Any] = {k: v for k, v in matplotlib.rcParamsDefault.items() if "backend" not in k}
        matplotlib.rcParams.update(usual | STYLE)  # type: ignore[arg-type,unused-ignore]
        figure = Figure(figsize=size, dpi=dpi, layout="constrained")
        FigureCanvasAgg(figure)
        draw(figure)
        return write_atomic(path, lambda temporary: figure.savefig(temporary, format=form, metadata=undated))
