"""How many numbers a file of a network's weights has to hold, known from its table.  No torch."""

from __future__ import annotations

from typing import NamedTuple

from vzor.spec.row import Row
from vzor.spec.tables import Side
from vzor.spec.trace import Node, trace


class Held(NamedTuple):
    """How many numbers a network keeps, parameters and buffers, and how many of them for each class.

    classes           of its output, as its table has it; 0 where the output is no vector
    main, side        all of the main path, and of the tables beside it
    each, each_side   those of the output row for one class, and of the output rows beside it
    """

    classes: int
    main: int
    side: int
    each: int
    each_side: int


def held(table: Row) -> Held:
    """What a file of the network's weights has to hold, without counters of steps."""
    opened = trace(table)
    kept = [(node, _numbers(node)) for node in opened.ops if node.leaf and not node.shared]
    sides = [node.path + "." for node in opened.root.walk() if isinstance(node.row, Side)]
    main = [(node, n) for node, n in kept if n and not node.aux]
    beside = [[(node, n) for node, n in kept if n and node.path.startswith(side)] for side in sides]
    return Held(
        opened.root.out[0] if len(opened.root.out) == 1 else 0,
        sum(n for _, n in main),
        sum(n for rows in beside for _, n in rows),
        _each(main),
        sum(map(_each, beside)),
    )


def _numbers(node: Node) -> int:
    return node.row.params(*node.xs) + node.row.buffers(*node.xs)


def _each(rows: list[tuple[Node, int]]) -> int:
    """How many numbers the last row has for each of its outputs."""
    return rows[-1][1] // rows[-1][0].out[0] if rows else 0
