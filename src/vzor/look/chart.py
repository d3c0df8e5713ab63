"""Charts as inline SVG, light or dark as the page is: colours are the page's classes. No torch."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from html import escape

from vzor.look.history import Points

WIDTH, HEIGHT = 340, 208
LEFT, RIGHT, TOP, BOTTOM = 46, 10, 12, 34
COLOURS = 6  # classes c0 … c5 of the page


def number(value: float) -> str:
    """A number for an axis: short and exact enough: 0.25, 1,200, 3e-05."""
    if value and (abs(value) < 1e-4 or abs(value) >= 1e6):
        return f"{value:.3g}".replace("e-0", "e-").replace("e+0", "e")
    return f"{value:,.6f}".rstrip("0").rstrip(".")


def ticks(low: float, high: float, count: int = 5) -> list[float]:
    """About `count` round numbers (1, 2 or 5 times a power of ten) that span low … high, within it."""
    if not high > low:
        return [low]
    rough = (high - low) / count
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(m * power for m in (1, 2, 5, 10) if m * power >= rough * 0.999)
    first = math.ceil(low / step - 1e-9)
    return [round(k * step, 12) for k in range(first, math.floor(high / step + 1e-9) + 1)]


def log_ticks(low: float, high: float) -> list[float]:
    """Powers of ten within low … high, with 2 and 5 times them where those are few."""
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    tens = [10.0**p for p in powers if low <= 10.0**p <= high]
    if len(tens) > 2:
        return tens
    return [m * 10.0**p for p in powers for m in (1, 2, 5) if low <= m * 10.0**p <= high] or [low, high]


def line_chart(
    lines: Mapping[str, Points],
    *,
    x: str = "",
    y: str = "",
    mark: float | None = None,
    log: bool = False,
    title: str = "",
) -> str:
    """Named lines over a common x; whole numbers of x get whole ticks. `mark`: an x to point out.

    Lines of one point are dots. No lines: an empty frame with words.
    """
    points = [p for line in lines.values() for p in line if not log or p[1] > 0]
    head = (
        f'<svg class="chart" viewBox="0 0 {WIDTH} {HEIGHT}" role="img"'
        f' aria-label="{escape(title or ", ".join(lines))}">'
    )
    if not points:
        middle = f'x="{WIDTH / 2}" y="{HEIGHT / 2}" text-anchor="middle"'
        return f'{head}<text class="tick" {middle}>nothing yet</text></svg>'
    xs, ys = [p[0] for p in points], [p[1] for p in points]
    whole = all(v == int(v) for v in xs)
    across = _scale(min(xs), max(xs), LEFT, WIDTH - RIGHT, False, pad=0.0 if min(xs) < max(xs) else 0.5)
    low, high = _bounds(min(ys), max(ys), log)
    up = _scale(low, high, HEIGHT - BOTTOM, TOP, log)
    out = [head]
    for value in log_ticks(low, high) if log else ticks(low, high, 5):
        out.append(_grid(value, up(value), WIDTH - RIGHT))
    for value in ticks(min(xs), max(xs), 5):
        if not whole or value == int(value):
            out.append(
                f'<text class="tick" x="{across(value):.1f}" y="{HEIGHT - BOTTOM + 16}"'
                f' text-anchor="middle">{number(value)}</text>'
            )
    if mark is not None:
        at = f"{across(mark):.1f}"
        out.append(f'<line class="mark" x1="{at}" x2="{at}" y1="{TOP}" y2="{HEIGHT - BOTTOM}"/>')
    for i, (name, line) in enumerate(lines.items()):
        out.append(_drawn(name, [(across(a), up(b)) for a, b in line if not log or b > 0], i % COLOURS, line, mark))
    out.append(f'<text class="tick" x="{WIDTH - RIGHT}" y="{HEIGHT - 4}" text-anchor="end">{escape(x)}</text>')
    if y:
        out.append(f'<text class="tick" x="{LEFT}" y="{TOP - 2}">{escape(y)}</text>')
    return "".join([*out, "</svg>"])


def _drawn(name: str, placed: Points, colour: int, values: Points, mark: float | None) -> str:
    words = f"<title>{escape(name)}: {number(values[-1][1])} at the end</title>" if values else ""
    path = " ".join(f"{a:.1f},{b:.1f}" for a, b in placed)
    shown = f'<polyline class="line c{colour}" points="{path}">{words}</polyline>'
    marked = [p for p, v in zip(placed, values, strict=False) if len(values) == 1 or v[0] == mark]
    dot = f'<circle class="dot c{colour}" r="3.2"'
    return shown + "".join(f'{dot} cx="{a:.1f}" cy="{b:.1f}">{words}</circle>' for a, b in marked)


def _grid(value: float, y: float, right: float) -> str:
    """A horizontal line with its number."""
    return (
        f'<line class="grid" x1="{LEFT}" x2="{right}" y1="{y:.1f}" y2="{y:.1f}"/>'
        f'<text class="tick" x="{LEFT - 7}" y="{y + 3.5:.1f}" text-anchor="end">{number(value)}</text>'
    )


def _bounds(low: float, high: float, log: bool) -> tuple[float, float]:
    """A little room above and below; a flat line gets some of its own size."""
    if log:
        return low / 1.15, high * 1.15
    room = (high - low) * 0.06 or abs(high) * 0.1 or 1.0
    return (low - room if low < 0 or low - room > 0 else 0.0), (1.0 if high <= 1 < high + room else high + room)


def _scale(low: float, high: float, start: float, end: float, log: bool, pad: float = 0.0) -> Callable[[float], float]:
    low, high = low - pad, high + pad
    a, b = (math.log(low), math.log(high)) if log else (low, high)
    return lambda v: start + ((math.log(v) if log else v) - a) / (b - a) * (end - start)


def columns(values: Sequence[float], *, title: str) -> str:
    """Thin columns without names, in the order given: for more classes than can be named."""
    top = max(values, default=0) or 1
    step = (WIDTH * 3 - LEFT - RIGHT) / max(1, len(values))
    out = [f'<svg class="chart" viewBox="0 0 {WIDTH * 3} {HEIGHT}" role="img" aria-label="{escape(title)}">']
    base = HEIGHT - BOTTOM
    for value in ticks(0, top, 4):
        out.append(_grid(value, base - value / top * (base - TOP), WIDTH * 3 - RIGHT))
    corners = [f"M{LEFT} {base}"]
    for i, value in enumerate(values):
        corners.append(f"V{base - value / top * (base - TOP):.1f}H{LEFT + (i + 1) * step:.1f}")
    out.append(f'<path class="area" d="{"".join(corners)}V{base}Z"><title>{escape(title)}</title></path>')
    return "".join([*out, "</svg>"])
