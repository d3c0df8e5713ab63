"""What there is to know about a network, without its table.  No torch."""

from __future__ import annotations

import csv
import io
import json
import textwrap
from collections.abc import Callable, Sequence
from html import escape

from vzor.spec.errors import UserError
from vzor.spec.render.text import escaped


def render_notes(notes: Sequence[str], fmt: str, *, title: str = "", width: int | None = None) -> str:
    """``notes``, one sentence each, as text, markdown, csv, json or html.

    ``width``: cells of the screen to wrap text to; None keeps a sentence on one line.  Raises UserError for
    another form: a picture has no words.
    """
    if fmt not in _FORMS:
        raise UserError(f"notes are words and cannot be written as '{fmt}'; take one of {', '.join(_FORMS)}")
    if fmt == "text":
        return as_text(notes, title, width)
    return _FORMS[fmt](notes, title)


def as_text(notes: Sequence[str], title: str, width: int | None = None) -> str:
    """The title, and a dash before every sentence."""
    if not notes:
        return f"{title}: there is nothing to note.\n"
    wrapped = notes if width is None else [_wrapped(note, width) for note in notes]
    return "\n".join([title, "", *(f"- {note}" for note in wrapped)]) + "\n"


def _wrapped(note: str, width: int) -> str:
    lines = textwrap.wrap(note, max(20, width - 2), break_long_words=False, break_on_hyphens=False)
    return "\n  ".join(lines)


def as_markdown(notes: Sequence[str], title: str) -> str:
    """A heading and a list."""
    found = [f"- {escaped(note)}" for note in notes] or ["There is nothing to note."]
    return "\n".join([f"### {escaped(title)}", "", *found]) + "\n"


def as_csv(notes: Sequence[str], title: str) -> str:
    """The columns ``network`` and ``note``; a line per sentence."""
    page = io.StringIO()
    csv.writer(page, lineterminator="\n").writerows([("network", "note"), *((title, note) for note in notes)])
    return page.getvalue()


def as_json(notes: Sequence[str], title: str) -> str:
    """``{"title", "notes"}``, as the whole table has them too."""
    return json.dumps({"title": title, "notes": list(notes)}, ensure_ascii=False, indent=1) + "\n"


def as_html(notes: Sequence[str], title: str) -> str:
    """A piece of a page: the title and a list."""
    found = [f"<li>{escape(note)}</li>" for note in notes] or ["<li>There is nothing to note.</li>"]
    return (
        "\n".join(['<div class="vzor-notes">', f"<strong>{escape(title)}</strong>", "<ul>", *found, "</ul>", "</div>"])
        + "\n"
    )


_FORMS: dict[str, Callable[[Sequence[str], str], str]] = {
    "text": as_text,
    "markdown": as_markdown,
    "csv": as_csv,
    "json": as_json,
    "html": as_html,
}
