"""A measured table shown: text, Markdown, CSV, JSON, HTML, an SVG scheme, a Mermaid flowchart.  No torch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal

from vzor.spec.errors import UserError, did_you_mean
from vzor.spec.render.data import as_csv, as_json
from vzor.spec.render.html import as_html
from vzor.spec.render.mermaid import as_mermaid
from vzor.spec.render.scheme import boxes
from vzor.spec.render.svg import as_svg
from vzor.spec.render.text import as_markdown, as_text
from vzor.spec.sheet import Sheet

__all__ = ["FORMATS", "render"]

Depth = int | None | Literal["auto"]

_FORMS: dict[str, Callable[[Sheet, str, int | None, Sequence[str]], str]] = {
    "text": as_text,
    "markdown": as_markdown,
    "csv": as_csv,
    "json": as_json,
    "svg": as_svg,
    "mermaid": as_mermaid,
    "html": as_html,
}
FORMATS = tuple(_FORMS)
#: A picture with more boxes than this is folded to one level of blocks, and then to the table's own rows.
FEW, MANY = 24, 120


def render(
    sheet: Sheet,
    fmt: str,
    *,
    title: str = "",
    depth: Depth = "auto",
    notes: Sequence[str] = (),
    record: Any = None,
) -> str:
    """``sheet`` in the form ``fmt``: text, markdown, csv, json, svg, mermaid or html.

    ``depth`` opens that many levels of blocks: 0 folds all, None opens all.  "auto": one level; every row for
    csv and json; a picture opens as much as a page holds.
    ``notes`` are sentences shown below the table; ``record`` (``spec.record.to_json``) goes into json as
    "table", from which the network can be read back.  Counts in csv and json are exact integers, memory is in
    bytes; the other forms write 1 MB = 10^6 bytes.  Raises UserError for an unknown form or a negative depth.
    """
    if fmt not in _FORMS:
        raise UserError(f"the form '{fmt}' is not known.{did_you_mean(fmt, FORMATS)} Take one of {', '.join(FORMATS)}")
    if depth != "auto" and depth is not None and depth < 0:
        raise UserError(f"the depth {depth} is negative; write 0 to fold all blocks, or leave it out")
    opened = _auto(sheet, fmt) if depth == "auto" else depth
    return as_json(sheet, title, opened, notes, record) if fmt == "json" else _FORMS[fmt](sheet, title, opened, notes)


def _auto(sheet: Sheet, fmt: str) -> int | None:
    if fmt in ("csv", "json"):
        return None
    if fmt not in ("svg", "mermaid"):
        return 1
    if boxes(sheet, None) <= FEW:
        return None
    return 1 if boxes(sheet, 1) <= MANY else 0
