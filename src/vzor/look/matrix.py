"""A confusion matrix for the eye, from 2 classes to thousands. No torch."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import numpy as np
from PIL import Image

from vzor.look.thumbs import data_uri

NUMBERED = 25  # up to so many classes each cell shows its count
NAMED = 60  # up to so many classes rows and columns are named; beyond, a picture of one dot per cell
RIGHT, WRONG = (47, 111, 176), (204, 90, 50)  # readable on white and on near-black


def dense(names: Sequence[str], cells: Sequence[Sequence[int]]) -> np.ndarray:
    """(classes, classes) counts from [row, column, n] triples."""
    counts = np.zeros((len(names), len(names)), np.int64)
    for i, j, n in cells:
        counts[i, j] = n
    return counts


def shares(counts: np.ndarray) -> np.ndarray:
    """Each row divided by its sum; a row without samples is zeros."""
    total = counts.sum(axis=1, keepdims=True)
    return np.divide(counts, total, out=np.zeros(counts.shape), where=total > 0)


def matrix_html(names: Sequence[str], cells: Sequence[Sequence[int]]) -> str:
    """The matrix as inline SVG, or, of more than `NAMED` classes, as a picture in a data URI."""
    counts = dense(names, cells)
    if len(names) <= NAMED:
        return matrix_svg(names, counts)
    words = f"Confusion matrix of {len(names)} classes: rows are true classes, columns answers, in class order"
    return (
        f'<img class="matrix" src="{data_uri(matrix_picture(counts))}" alt="{words}">'
        f'<p class="note">{len(names):,} × {len(names):,}: rows from top are true classes, columns from left'
        " answers, in class order. Blue is right, orange wrong; any count above 0 is visible.</p>"
    )


def matrix_picture(counts: np.ndarray, least: int = 720) -> Image.Image:
    """One square of whole pixels per cell, on a transparent ground; at least about `least` pixels a side."""
    part = shares(counts)
    alpha = np.where(counts > 0, 40 + 215 * part, 8)
    rgba = np.zeros((*counts.shape, 4), np.uint8)
    rgba[..., :3] = np.where(np.eye(len(counts), dtype=bool)[..., None], RIGHT, WRONG)
    rgba[..., 3] = np.rint(alpha)
    times = max(1, round(least / len(counts)))
    return Image.fromarray(np.ascontiguousarray(rgba.repeat(times, 0).repeat(times, 1)))


def matrix_svg(names: Sequence[str], counts: np.ndarray) -> str:
    """Squares whose strength is the share of the row, counts inside where they fit, words on hovering."""
    n = len(names)
    numbered = n <= NUMBERED
    cell = (44 if n <= 12 else 32) if numbered else 14
    size = 12 if numbered else 9
    labels = [name if len(name) <= 18 else name[:17] + "…" for name in names]
    side = round(max(len(label) for label in labels) * size * 0.58) + 14
    top = side if max(len(label) for label in labels) * size * 0.62 > cell else 24
    part = shares(counts)
    width, height = side + n * cell + 8, top + n * cell + 26
    out = [
        f'<svg class="matrix" viewBox="0 0 {width} {height}" style="max-width:{width}px" font-size="{size}"'
        ' role="img" aria-label="Confusion matrix">'
    ]
    for i, label in enumerate(labels):
        middle = (i + 0.5) * cell
        full = f"<title>{escape(names[i])}</title>"
        out.append(
            f'<text class="name" x="{side - 7}" y="{top + middle + size * 0.36:.1f}" text-anchor="end">'
            f"{escape(label)}{full}</text>"
        )
        x, y = side + middle, top - 7
        turned = f' transform="rotate(-90 {x:.1f} {y})"' if top == side else ""
        out.append(
            f'<text class="name" x="{x + (size * 0.36 if turned else 0):.1f}" y="{y}"{turned}'
            f' text-anchor="{"start" if turned else "middle"}">{escape(label)}{full}</text>'
        )
    for i in range(n):
        for j in range(n):
            out.append(
                _cell(
                    i,
                    j,
                    names,
                    int(counts[i, j]),
                    float(part[i, j]),
                    int(counts[i].sum()),
                    (side + j * cell, top + i * cell, cell),
                    numbered,
                )
            )
    out.append(f'<text class="axis" x="{side}" y="{height - 7}">rows: the truth · columns: the answer</text>')
    return "".join([*out, "</svg>"])


def _cell(
    i: int,
    j: int,
    names: Sequence[str],
    count: int,
    share: float,
    total: int,
    place: tuple[float, float, float],
    numbered: bool,
) -> str:
    x, y, side = place
    words = f"{names[i]}, answered {names[j]}: {count:,} of {total:,}" + (f" ({share:.1%})" if total else "")
    kind = "right" if i == j else "wrong"
    strength = f' style="fill-opacity:{max(0.14, share):.2f}"' if count else ""
    box = (
        f'<rect class="{kind if count else "none"}" x="{x}" y="{y}" width="{side - 1}" height="{side - 1}"'
        f' rx="2"{strength}/>'
    )
    text = ""
    if numbered and count:
        on = " on" if share > 0.5 else ""
        shown = str(count) if count < 10_000 else f"{count / 1000:.0f}k"
        text = (
            f'<text class="count{on}" x="{x + (side - 1) / 2}" y="{y + side / 2 + 3.5}"'
            f' text-anchor="middle">{shown}</text>'
        )
    return f"<g>{box}{text}<title>{escape(words)}</title></g>"
