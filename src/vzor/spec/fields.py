"""Whether the values that a file gives to rows' fields are of the kind, and within the bounds, that rows take."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from functools import cache
from math import isfinite
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from vzor.spec.errors import TableError
from vzor.spec.row import Row
from vzor.spec.rows import LEAVES
from vzor.spec.tables import Each, From, Rows, Side

#: A size beyond this is a mistake or an attack.
MAX_NUMBER = 1_000_000
#: Fields of whole numbers that may be 0; every other is at least 1.
_FROM_ZERO = {"p", "op", "seed", "i", "indices", "connect"}
_SHARES = {("Drop", "p"), ("DropPath", "p"), ("Fc", "drop")}


def check_fields(root: Row) -> int:
    """The number of rows; TableError, naming the row by its path, where a field holds what it cannot."""
    count = 0
    for path, row in _leaves(root, ""):
        count += 1
        if type(row) is not LEAVES.get(row.kind):
            continue  # a block, or a row of the user's own: it knows its fields itself
        hints = _hints(row.kind)
        for field in fields(row):
            value = getattr(row, field.name)
            if not fits(value, hints[field.name]):
                raise TableError(
                    f"row '{path}': {row.kind}'s {field.name} is {_short(value)}; {_wanted(hints[field.name])}"
                )
            if problem := _bounds(row, field.name, value):
                raise TableError(f"row '{path}': {row.kind}'s {field.name} is {_short(value)}; {problem}")
    return count


def _leaves(row: Row, path: str) -> Iterator[tuple[str, Row]]:
    if isinstance(row, Rows):
        for name, inner in row.rows.items():
            yield from _leaves(inner, f"{path}.{name}" if path else name)
    elif isinstance(row, From | Each):
        yield from _leaves(row.row, path)
    elif isinstance(row, Side):
        yield from _leaves(row.table, path)
    else:
        yield path, row


@cache
def _hints(kind: str) -> dict[str, Any]:
    return get_type_hints(LEAVES[kind])


def fits(value: Any, hint: Any) -> bool:
    """Whether ``value`` is of the type that an annotation says; a truth value is no number."""
    origin, inner = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        return any(fits(value, one) for one in inner)
    if origin is Literal:
        return isinstance(value, str) and value in inner
    if origin is tuple:
        if not isinstance(value, tuple):
            return False
        if inner[-1] is Ellipsis:
            return all(fits(item, inner[0]) for item in value)
        return len(value) == len(inner) and all(map(fits, value, inner))
    if origin is dict:
        return isinstance(value, dict) and all(isinstance(item, str) for pair in value.items() for item in pair)
    if hint is float:
        return isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)
    if hint is int:
        return type(value) is int
    return isinstance(value, hint) if isinstance(hint, type) else value is hint


def _bounds(row: Row, name: str, value: Any) -> str:
    """What to write instead, where a number is out of bounds; "" where it is not."""
    numbers = list(_numbers(value))
    if any(abs(n) > MAX_NUMBER for n in numbers):
        return f"write numbers up to {MAX_NUMBER:,}"
    if (row.kind, name) in _SHARES:
        return "" if 0 <= value < 1 else "write a share from 0 to below 1"
    whole = [n for n in numbers if type(n) is int]
    if row.kind == "Pad" or not whole:
        return ""
    if name in _FROM_ZERO:
        return "" if min(whole) >= 0 else "write 0 or more"
    if row.kind in ("Scale", "Shift", "Power", "Loss", "LRN", "Gain", "L2Norm", "LayerNorm", "Norm") and name != "n":
        return ""
    return "" if min(whole) >= 1 else "write 1 or more"


def _numbers(value: Any) -> Iterator[int | float]:
    if isinstance(value, tuple):
        for item in value:
            yield from _numbers(item)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield value


def _short(value: Any) -> str:
    said = repr(value)
    return said if len(said) <= 40 else said[:40] + "…"


def _wanted(hint: Any) -> str:
    words = {
        int: "a whole number",
        float: "a number",
        str: "a word",
        bool: "true or false",
        type(None): "none",
    }
    inner = get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)
    said = []
    for one in inner:
        if get_origin(one) is Literal:
            said.append(" or ".join(f'"{word}"' for word in get_args(one)))
        elif get_origin(one) is tuple:
            said.append("a list of whole numbers")
        elif get_origin(one) is dict:
            said.append("names with words")
        else:
            said.append(words.get(one, f"a row {getattr(one, '__name__', one)}"))
    return "write " + " or ".join(dict.fromkeys(said))
