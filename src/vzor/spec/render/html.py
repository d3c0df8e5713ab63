"""The table for a notebook: one self-contained piece of HTML without scripts, light or dark as the page is."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from vzor.spec.render import cells as c
from vzor.spec.sheet import Line, Sheet

# Colours come from the page (currentColor), so that the piece is right in any theme.
STYLE = """<style>
.vzor-table{font:13px/1.45 system-ui,sans-serif;overflow-x:auto}
.vzor-table table{border-collapse:collapse;margin:.4em 0;font-variant-numeric:tabular-nums}
.vzor-table th,.vzor-table td{padding:.15em .9em .15em 0;text-align:left;white-space:nowrap;background:none}
.vzor-table th{font-weight:600;border-bottom:1px solid currentColor}
.vzor-table .n{text-align:right}
.vzor-table .b td:first-child{font-weight:600}
.vzor-table .s{font-style:italic}
.vzor-table .m{opacity:.65}
.vzor-table .e td{border-top:1px solid rgba(128,128,128,.35)}
</style>"""


def as_html(sheet: Sheet, title: str, depth: int | None, notes: Sequence[str]) -> str:
    """Title, table, totals, notes."""
    lines = c.visible(sheet, depth)
    parts = [STYLE, '<div class="vzor-table">', f"<strong>{escape(c.heading(sheet, title))}</strong>", "<table>"]
    heads = "".join(f"<th{_right(i)}>{head}</th>" for i, head in enumerate(c.HEADS))
    parts += [f"<thead><tr>{heads}</tr></thead>", "<tbody>", *map(_row, lines), "</tbody></table>"]
    legend = [c.SIDE_NOTE, c.FIELD_NOTE] if any(map(c.only_training, lines)) else [c.FIELD_NOTE]
    parts += [f'<div class="m">{escape(words)}</div>' for words in legend]
    rows = [(total.label, total.shown, total.note) for total in c.totals(sheet)]
    rows.append(("receptive field", *c.whole_field(sheet)))
    parts.append("<table><tbody>")
    for label, shown, note in rows:
        parts.append(f'<tr><td>{label}</td><td class="n">{shown}</td><td class="m">{note}</td></tr>')
    parts.append("</tbody></table>")
    parts += [f"<div>note: {escape(note)}</div>" for note in notes]
    return "\n".join([*parts, "</div>"]) + "\n"


def _right(i: int) -> str:
    return ' class="n"' if c.RIGHT[i] else ""


def _row(line: Line) -> str:
    marks = [mark for mark, on in (("b", not line.leaf), ("e", line.depth == 0), ("s", c.only_training(line))) if on]
    first, *rest = map(escape, c.cells(line))
    cells = [f'<td style="padding-left:{1.2 * line.depth:g}em">{first}</td>']
    cells += [f"<td{_right(i)}>{cell}</td>" for i, cell in enumerate(rest, 1)]
    return f'<tr class="{" ".join(marks)}" title="{escape(line.path)}">{"".join(cells)}</tr>'
