"""Input, parameters and mult-adds alone, for lists of many networks.

`trace` keeps every row in its place.  Here only sums go up, and equal blocks are opened once for all networks.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from vzor.spec.errors import TableError
from vzor.spec.plain import Input
from vzor.spec.row import Row, Shape
from vzor.spec.scope import Scope, feeds, reader, way
from vzor.spec.tables import Each, From, Out, Rows, Side, joined
from vzor.spec.trace import JOINS, opening, shapes_of, trace

Shapes = tuple[Shape, ...]


class Totals(NamedTuple):
    """As in `Sheet`: without the tables beside the main path."""

    input: Shape
    parameters: int
    macs: int


NONE: Mapping[str, Any] = {}


class Found:
    """What leaves a row, what it costs, and the rows inside it by name."""

    __slots__ = ("inside", "macs", "outs", "params")
    path = ""  # `trace` says where an error is

    def __init__(self, outs: Shapes, params: int = 0, macs: int = 0, inside: Mapping[str, Found] = NONE) -> None:
        self.outs, self.params, self.macs, self.inside = outs, params, macs, inside


class Counter:
    """Counts one table after another, and remembers their blocks.

    A method for every way in which rows are opened (`scope.way`), as in `trace`.
    """

    def __init__(self) -> None:
        self._blocks: dict[tuple[Row, Shapes], Found] = {}
        self._size: Shape | None = None  # what replaces that of the Input row

    def totals(self, table: Row, *inputs: Shape) -> Totals:
        """As :func:`~vzor.measure.count.measure` would count them; TableError where sizes are impossible."""
        self._size, xs = feeds(table, inputs)
        try:
            found = self._open(table, xs, None)
        except (TableError, RecursionError):
            trace(table, *inputs)  # which says in which row
            raise
        first = xs or next(iter(found.inside.values()), found).outs
        return Totals(first[0], found.params, found.macs)

    def _open(self, row: Row, xs: Shapes, scope: Scope | None) -> Found:
        if isinstance(row, (From, Out)):
            assert scope is not None
            names, row = reader(row)
            xs = scope.read(names)[1]
        found: Found = getattr(self, way(type(row)))(row, xs, scope)  # type: ignore[arg-type]
        return found

    def input(self, row: Input, xs: Shapes, scope: Any) -> Found:
        return Found((self._size or row.size,))

    def leaf(self, row: Row, xs: Shapes, scope: Any) -> Found:
        return Found(shapes_of(row, xs), row.params(*xs), row.macs(*xs))

    def block(self, row: Row, xs: Shapes, scope: Any) -> Found:
        try:
            found = self._blocks.get((row, xs))
        except TypeError:  # a user's block with a list in a field cannot be looked up
            return self._open(opening(row, xs), xs, Scope("", None, xs))
        if found is None:
            found = self._blocks[row, xs] = self._open(opening(row, xs), xs, Scope("", None, xs))
        return found

    def seq(self, row: Rows, xs: Shapes, scope: Scope | None) -> Found:
        inside = Scope("", scope, xs)
        params = macs = 0
        for name, inner in row.rows.items():
            found = inside.names[name] = inside.last = self._open(inner, xs, inside)
            params += found.params
            macs += found.macs
            xs = found.outs
        return Found(xs, params, macs, inside.names)

    def side_by_side(self, row: Rows, xs: Shapes, scope: Scope | None) -> Found:
        inside = Scope("", scope, None)
        for name, inner in row.rows.items():
            inside.names[name] = self._open(inner, xs, inside)
        kids = inside.names.values()
        out = shapes_of(JOINS[joined(row) or "Concat"], tuple([out for kid in kids for out in kid.outs]))
        return Found(out, sum([kid.params for kid in kids]), sum([kid.macs for kid in kids]), inside.names)

    def side(self, row: Side, xs: Shapes, scope: Scope | None) -> Found:
        return Found(xs, inside={row.name: self._open(row.table, xs, scope)})  # counts for nothing

    def each(self, row: Each, xs: Shapes, scope: Scope | None) -> Found:
        kids = [self._open(row.row, (x,), scope) for x in xs]  # the same weights at every level
        params = kids[0].params if kids else 0
        return Found(tuple([out for kid in kids for out in kid.outs]), params, sum([kid.macs for kid in kids]))
