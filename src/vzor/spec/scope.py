"""Names in a table, and how its rows are opened: what `trace` and the quick count of `measure.totals` share."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Protocol

from vzor.spec.errors import TableError, did_you_mean
from vzor.spec.plain import Input
from vzor.spec.row import Row, Shape
from vzor.spec.tables import Each, From, Out, Rows, Seq, Side


class Place(Protocol):
    """What has run already and can be read by name: its outputs, and the rows inside it."""

    @property
    def path(self) -> str: ...

    @property
    def outs(self) -> tuple[Any, ...]: ...

    @property
    def inside(self) -> Mapping[str, Place]: ...


class Scope:
    """Names visible at one place: rows already run, the inputs of the Seq, and the scope around."""

    __slots__ = ("inputs", "last", "names", "outer", "path")

    def __init__(self, path: str, outer: Scope | None, inputs: tuple[Any, ...] | None) -> None:
        self.path, self.outer, self.inputs = path, outer, inputs
        self.names: dict[str, Any] = {}  # of Place
        self.last: Place | None = None

    def resolve(self, name: str) -> tuple[str, tuple[Any, ...]]:
        """(path, outputs) that ``name`` means here."""
        head, *inner = name.split(".")
        scope: Scope | None = self
        while scope is not None:
            if head in scope.names:
                return _inward(scope.names[head], inner, name)
            if head == "prev" and scope.last is not None:
                return _inward(scope.last, inner, name)
            if scope.inputs is not None and head[:2] == "in" and head[2:].isdigit():
                number = int(head[2:])
                if number >= len(scope.inputs):
                    raise TableError(f"'{name}' does not exist: {len(scope.inputs)} input(s) arrive here; use in0")
                return join(scope.path, head), (scope.inputs[number],)
            scope = scope.outer
        seen: list[str] = []
        scope = self
        while scope is not None:
            seen += scope.names
            scope = scope.outer
        raise TableError(
            f"no earlier row is called '{name}'.{did_you_mean(head, seen)} Rows so far: {', '.join(seen) or 'none'}"
        )

    def read(self, names: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[Any, ...]]:
        """Paths of all places that ``names`` mean, and their outputs one after another."""
        found = [self.resolve(name) for name in names]
        return tuple([path for path, _ in found]), tuple([out for _, outs in found for out in outs])


def _inward(place: Place, names: list[str], whole: str) -> tuple[str, tuple[Any, ...]]:
    for name in names:
        inside = place.inside
        if name not in inside:
            raise TableError(f"'{whole}' does not exist: inside '{place.path}' are {', '.join(inside) or 'no rows'}")
        place = inside[name]
    return place.path, place.outs


def join(path: str, name: str) -> str:
    """The path of a row inside another."""
    return f"{path}.{name}" if path else name


def reader(row: From | Out) -> tuple[tuple[str, ...], Row]:
    """The names that a row reads, and what it does with them."""
    return (row.names, row.row) if isinstance(row, From) else (tuple(row.named.values()), row)


def feeds(table: Row, inputs: tuple[Shape, ...]) -> tuple[Shape | None, tuple[Shape, ...]]:
    """What replaces the Input row's size, and what feeds a table without one; TableError where nothing does."""
    first = next(iter(table.rows.values()), None) if isinstance(table, Rows) else table
    if isinstance(first, Input):
        return (inputs[0] if inputs else None), ()
    if not inputs:
        raise TableError("the table has no Input row; begin it with Input(3, 224, 224) or give the input's size")
    return None, inputs


#: The method that opens rows of a kind; of blocks and leaf rows, see `way`.
WAYS: dict[type[Row], str] = {Seq: "seq", Rows: "side_by_side", Side: "side", Each: "each", Input: "input"}


@lru_cache(256)
def way(kind: type[Row]) -> str:
    """How rows of a kind are opened: the name of a method."""
    for base, method in WAYS.items():
        if issubclass(kind, base):
            return method
    return "leaf" if kind.expand is Row.expand else "block"
