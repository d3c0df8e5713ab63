"""Notes alone, in the forms that have words."""

import csv
import io
import json

import pytest

from vzor.spec.errors import UserError
from vzor.spec.render.notes import render_notes

NOTES = ("The paper prints <5M> for a|b.", "A second sentence, which is longer than the screen is wide.")


def test_text_is_wrapped_under_its_dash() -> None:
    assert render_notes(NOTES, "text", title="net", width=30).splitlines() == [
        "net",
        "",
        "- The paper prints <5M> for",
        "  a|b.",
        "- A second sentence, which is",
        "  longer than the screen is",
        "  wide.",
    ]
    assert render_notes(NOTES, "text", title="net").splitlines()[2:] == [f"- {note}" for note in NOTES]


def test_data_is_exact() -> None:
    assert json.loads(render_notes(NOTES, "json", title="net")) == {"title": "net", "notes": list(NOTES)}
    rows = list(csv.reader(io.StringIO(render_notes(NOTES, "csv", title="net"))))
    assert rows == [["network", "note"], *(["net", note] for note in NOTES)]


def test_markup_is_escaped() -> None:
    assert "\\<5M\\> for a\\|b" in render_notes(NOTES, "markdown", title="net")
    shown = render_notes(NOTES, "html", title="a<b")
    assert "&lt;5M&gt;" in shown and "<strong>a&lt;b</strong>" in shown and shown.count("<li>") == 2


@pytest.mark.parametrize("form", ["text", "markdown", "html"])
def test_where_nothing_is_known_it_is_said(form: str) -> None:
    assert "nothing to note" in render_notes((), form, title="net")


def test_pictures_are_refused() -> None:
    with pytest.raises(UserError, match="'mermaid'; take one of text, markdown, csv, json, html"):
        render_notes(NOTES, "mermaid")
