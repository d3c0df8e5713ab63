"""The scheme of a network as the lectures draw it: one self-contained SVG, light or dark as the page is."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from vzor.spec.render.cells import grouped, heading, human
from vzor.spec.render.layout import Canvas, Piece, layout
from vzor.spec.render.scheme import scheme
from vzor.spec.row import text
from vzor.spec.sheet import Sheet

MARGIN = 28
#: family: (fill, edge, words) on a light page, and on a dark one.
PALETTE = {
    "conv": (("#deebf8", "#4a80bd", "#16324f"), ("#1c3450", "#6fa6df", "#dcebfa")),
    "pool": (("#fce5d6", "#cc7a45", "#54290c"), ("#472b1a", "#dd9a6c", "#fbe6d8")),
    "fc": (("#e0f0df", "#5b9a5f", "#183f1c"), ("#1f3b24", "#84c289", "#e1f3e2")),
    "norm": (("#ece5f6", "#8c70bd", "#34224f"), ("#332a49", "#b49edd", "#ede6f8")),
    "act": (("#fcf2d2", "#bf9f3f", "#473907"), ("#41381a", "#d8bd66", "#fbf3da")),
    "move": (("#e8ebef", "#7a8594", "#252d36"), ("#2a323b", "#9aa6b4", "#e3e8ee")),
    "io": (("#f7f8fa", "#9aa3ae", "#252d36"), ("#1d232a", "#7d8894", "#e3e8ee")),
    "block": (("#e6ecf2", "#50637a", "#1b2733"), ("#222d39", "#8ea3ba", "#e2eaf2")),
    "frame": (("#f8fafc", "#c3ccd6", "#3c4855"), ("#161c23", "#45525f", "#bcc7d2")),
}
PAGE = (("#ffffff", "#1b2733", "#66717d", "#7a8694"), ("#0f141a", "#e6ecf2", "#98a4b0", "#8793a0"))


def as_svg(sheet: Sheet, title: str, depth: int | None, notes: Sequence[str]) -> str:
    """Boxes by kind, sizes on the arrows, branches side by side, equal blocks folded as ×n."""
    root = scheme(sheet, depth)
    piece = layout(root, sheet)
    sizes = f"{text(sheet.input)} → {text(sheet.output)}"
    heads = [(title or sizes, "title", 17)]
    words = [sizes] if title else []
    words += [f"{human(sheet.parameters)} parameters", f"{human(sheet.macs)} mult-adds"]
    heads.append((" · ".join(words), "sub", 12))
    heads += [(note, "sub", 11) for note in notes]
    wide = max(max(len(head) * size * 0.56 for head, _, size in heads), piece.width) + 2 * MARGIN
    top = MARGIN + sum(size + 6 for _, _, size in heads) + 14
    width, height = round(wide), round(top + piece.height + MARGIN)
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
        ' role="img" class="vzor-scheme" font-family="system-ui, -apple-system, Segoe UI, Roboto, Arial, sans-serif">',
        f"<title>{escape(heading(sheet, title))}, {grouped(sheet.parameters)} parameters</title>",
        _style(),
        f'<rect class="page" width="{width}" height="{height}" rx="10" fill="{PAGE[0][0]}"/>',
    ]
    y = float(MARGIN)
    for head, name, size in heads:
        y += size
        weight = ' font-weight="650"' if name == "title" else ""
        colour = PAGE[0][1] if name == "title" else PAGE[0][2]
        out.append(
            f'<text class="{name}" x="{wide / 2:g}" y="{y:g}" font-size="{size}" text-anchor="middle"'
            f'{weight} fill="{colour}">{escape(head)}</text>'
        )
        y += 6
    out.append(_drawn(piece, (wide - piece.width) / 2, top))
    return "\n".join([*out, "</svg>"]) + "\n"


def _drawn(piece: Piece, x: float, y: float) -> str:
    canvas = Canvas({name: light for name, (light, _) in PALETTE.items()}, PAGE[0])
    piece.draw(canvas, x, y)
    return "\n".join(canvas.out)


def _style() -> str:
    """The dark page's colours.  The light ones are attributes, which every viewer understands."""
    page, ink, faint, line = PAGE[1]
    rules = [f".page{{fill:{page}}}.title{{fill:{ink}}}.sub,.size{{fill:{faint}}}"]
    rules.append(f".line{{stroke:{line}}}.tip{{fill:{line}}}.halo{{stroke:{page}}}")
    for name, (_, (fill, edge, words)) in PALETTE.items():
        rules.append(f".{name}{{fill:{fill};stroke:{edge}}}.{name}-t{{fill:{words}}}")
    scoped = "".join(f".vzor-scheme {rule}" for rule in "".join(rules).replace("}", "}\n").split("\n") if rule)
    return f"<style>@media (prefers-color-scheme:dark){{{scoped.replace(',.size', ',.vzor-scheme .size')}}}</style>"
