"""Rows put together: one after another, side by side, and from places named earlier.

    Seq(a=…, b=…)     one after another          Cat(…)  side by side, outputs concatenated
    Add(…)  Mul(…)    side by side, outputs added / multiplied (``C×1×1`` is spread over the map)
    From(("a", "b"), Concat())                   a row that reads other places than the row before
    Side("aux1", table)                          runs in training only; what arrives passes on
    Each(row)                                    one row, the same weights, on every input
    Out(boxes="head.boxes", scores="head.cls")   the table's outputs by name

A name resolves in its own table, then outward; ``a.b`` reaches inward; ``prev`` is the row before;
``in0``, ``in1``, … are the inputs of the nearest enclosing Seq, in a block's table those of the block.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from vzor.spec.errors import TableError
from vzor.spec.row import Row, Shape


@dataclass(frozen=True, init=False)
class Rows(Row):
    """Named rows in order.  A row's keyword is its module's name; rows given by position are numbered."""

    rows: dict[str, Row]
    label: str | None = None  # the paper's name of the stage (``conv2_x``) where ours follows the checkpoint

    def __init__(self, *numbered: Row, label: str | None = None, **named: Row) -> None:
        rows = {str(i): row for i, row in enumerate(numbered)} | named
        for name, row in rows.items():
            if not isinstance(row, Row):
                raise TableError(f"'{name}' is {row!r} and not a row; write a row such as Conv(64)")
            if not name or "." in name:
                raise TableError(f"a row cannot be called '{name}'; leave out dots and empty names")
        object.__setattr__(self, "rows", rows)
        object.__setattr__(self, "label", label)


class Seq(Rows):
    """One row after another."""


class Cat(Rows):
    """Side by side on the same input; the outputs' channels one after another."""


class Add(Rows):
    """Side by side on the same input; the outputs added."""


class Mul(Rows):
    """Side by side on the same input; the outputs multiplied."""


@dataclass(frozen=True)
class From(Row):
    """``row`` on the outputs of the rows named, instead of the row before."""

    names: tuple[str, ...]
    row: Row

    def __init__(self, names: str | tuple[str, ...], row: Row) -> None:
        object.__setattr__(self, "names", (names,) if isinstance(names, str) else tuple(names))
        object.__setattr__(self, "row", row)
        if not self.names:
            raise TableError("From names no row; write the names of the rows to read")


@dataclass(frozen=True)
class Each(Row):
    """``row`` on every input with the same weights; as many outputs as inputs."""

    row: Row


@dataclass(frozen=True)
class Side(Row):
    """A table beside the main path (an auxiliary head): runs in training only, its output named ``name``."""

    name: str
    table: Row


@dataclass(frozen=True, init=False)
class Out(Row):
    """Named outputs: the network gives a dict.  Only as a table's last row."""

    named: dict[str, str] = field(default_factory=dict)

    def __init__(self, **named: str) -> None:
        object.__setattr__(self, "named", named)

    def shape(self, *xs: Shape) -> list[Shape]:
        return list(xs)

    view = True


def joined(row: Rows) -> Literal["Concat", "Sum", "Product"] | None:
    """How the outputs of rows side by side are joined; None for a Seq."""
    return {Cat: "Concat", Add: "Sum", Mul: "Product"}.get(type(row))  # type: ignore[return-value]
