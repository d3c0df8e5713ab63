"""A list of literals read by a small parser of our own: numbers, None, booleans, words and lists of them."""

from __future__ import annotations

import re
from typing import Any

from vzor.spec.fields import MAX_NUMBER

MAX_ITEMS = 256
MAX_DEPTH = 4

_TOKEN = re.compile(
    r"""\s*(?:(?P<mark>[\[\](),]) | '(?P<single>[^'\\]*)' | "(?P<double>[^"\\]*)"
    | (?P<number>[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d{1,2})?)(?![\w.]) | (?P<word>[^\W\d][\w.]*))""",
    re.VERBOSE,
)
_WORDS = {"None": None, "null": None, "True": True, "true": True, "False": False, "false": False}


def literal(text: str) -> list[Any]:
    """``"[3, 16, 3, 2]"`` -> ``[3, 16, 3, 2]``; the brackets around the whole may be missing.

    Bare words are text.  Raises ValueError saying what is wrong.
    """
    text = text.strip()
    if not text.startswith(("[", "(")):
        text = f"[{text}]"
    values, end = _items(text, _open(text), 1)
    if text[end:].strip():
        raise ValueError(f"'{text[end:].strip()[:20]}' stands after the list")
    return values


def _open(text: str) -> int:
    return text.index("[" if text[0] == "[" else "(") + 1


def _items(text: str, at: int, depth: int) -> tuple[list[Any], int]:
    """(values, where the text goes on) of a list whose bracket is open."""
    if depth > MAX_DEPTH:
        raise ValueError(f"lists stand more than {MAX_DEPTH} deep")
    values: list[Any] = []
    expect = True  # a value may come next
    while True:
        token = _TOKEN.match(text, at)
        if token is None:
            rest = text[at:].strip()[:20]
            raise ValueError(f"'{rest}' is not a literal" if rest else "the list is not closed")
        at = token.end()
        mark = token["mark"]
        if mark in ("]", ")"):
            return values, at
        if mark == ",":
            if expect:
                raise ValueError("two commas without a value between")
            expect = True
            continue
        if not expect:
            raise ValueError("a comma is missing between two values")
        expect = False
        if mark:
            inner, at = _items(text, at, depth + 1)
            values.append(inner)
        else:
            values.append(_value(token))
        if len(values) > MAX_ITEMS:
            raise ValueError(f"the list has more than {MAX_ITEMS} values")


def _value(token: re.Match[str]) -> Any:
    if token["number"] is not None:
        return number(token["number"])
    if token["word"] is not None:
        return _WORDS.get(token["word"], token["word"])
    return token["single"] if token["single"] is not None else token["double"]


def number(text: str) -> int | float:
    """A number within bounds; ValueError otherwise."""
    if len(text) > 30:
        raise ValueError(f"the number {text[:12]}… is too long")
    value = int(text) if re.fullmatch(r"[-+]?\d+", text) else float(text)
    if not -MAX_NUMBER <= value <= MAX_NUMBER:
        raise ValueError(f"{text} is out of bounds (±{MAX_NUMBER:,})")
    return value
