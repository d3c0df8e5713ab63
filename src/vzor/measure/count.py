"""Measure a table: its totals at once, its lines when asked for."""

from __future__ import annotations

from operator import add
from typing import NamedTuple

from vzor.measure.field import Seen, as_field, fields
from vzor.measure.memory import BYTES, activations
from vzor.spec.row import Row, Shape, elements
from vzor.spec.sheet import Line, Sheet
from vzor.spec.tables import Rows
from vzor.spec.trace import Node, Trace, trace
from vzor.spec.words import details


class Cost(NamedTuple):
    """Counts of one row, or of all rows inside a block."""

    params: int = 0
    frozen: int = 0
    buffers: int = 0
    macs: int = 0

    def plus(self, other: Cost) -> Cost:
        return Cost(*map(add, self, other))


NOTHING = Cost()


def measure(table: Row, *inputs: Shape) -> Sheet:
    """Shapes, parameters, mult-adds, memory and receptive field of ``table``.

    ``inputs`` replace the size of its Input row: ``measure(table, (3, 320, 320))``.  Raises TableError
    naming the row where the sizes are impossible.
    """
    return measure_trace(trace(table, *inputs))


def measure_trace(opened: Trace) -> Sheet:
    """As :func:`measure`, for a table that is open already."""
    costs = count(opened)
    main = [c for node, c in zip(opened.ops, costs, strict=True) if not node.aux]
    params, frozen, buffers, macs = (sum(column) for column in zip(*main, strict=True))
    seen = fields(opened)
    inference, training = activations(opened)
    first = opened.ops[0].out
    placed = [s for node, s in zip(opened.ops, seen, strict=True) if not (node.aux or isinstance(s, str))]
    leaves = [node for node in opened.ops if node.leaf and not node.aux and node.row.kind != "Input"]
    return Sheet(
        input=first,
        output=opened.root.out,
        parameters=params,
        trainable=params - frozen,
        buffers=buffers,
        aux=sum(c.params for c in costs) - params,
        macs=macs,
        memory_inference=inference,
        memory_training=training,
        layers=len(leaves),
        weight_layers=sum(costs[node.op].macs > 0 and costs[node.op].params > 0 for node in leaves),
        longest_path=_longest(opened),
        field=as_field(placed[-1], first[1:]) if placed else None,
        fill=lambda: _lines(opened, costs, seen),
    )


def count(opened: Trace) -> list[Cost]:
    """What each operation costs, by operation number."""
    known: dict[tuple[int, tuple[Shape, ...], bool], Cost] = {}
    return [_cost(node, known) for node in opened.ops]


def _cost(node: Node, known: dict[tuple[int, tuple[Shape, ...], bool], Cost]) -> Cost:
    """What one operation costs.  ``known``: the rows that equal blocks share are counted once."""
    if not node.leaf:
        return NOTHING  # a join
    row, xs = node.row, node.xs
    key = (id(row), xs, node.shared)
    if key not in known:
        macs = row.macs(*xs)
        if node.shared:
            known[key] = Cost(macs=macs)
        else:
            known[key] = Cost(row.params(*xs), row.frozen(*xs), row.buffers(*xs), macs)
    return known[key]


def _longest(opened: Trace) -> int:
    lengths: list[int] = []
    for node in opened.ops:
        lengths.append(max([lengths[i] for i in node.reads], default=-1) + 1)
    return max((lengths[value.op] for value in opened.root.outs), default=0)


def _lines(opened: Trace, costs: list[Cost], seen: list[Seen]) -> list[Line]:
    lines: list[Line] = []
    size = opened.ops[0].out[1:]

    def walk(node: Node, depth: int) -> Cost:
        at = len(lines)
        if node.path:
            lines.append(None)  # type: ignore[arg-type]  # its place; filled when the rows inside are known
        cost = costs[node.op] if node.op >= 0 else NOTHING
        for kid in node.kids:
            cost = cost.plus(walk(kid, depth + 1 if node.path else 0))
        if node.path:
            lines[at] = _line(node, depth, cost, seen, size)
        return cost

    walk(opened.root, 0)
    return lines


def _line(node: Node, depth: int, cost: Cost, seen: list[Seen], size: Shape) -> Line:
    outs = tuple(value.shape for value in node.outs)
    label = node.row.label if isinstance(node.row, Rows) else getattr(node.row, "label", None)
    return Line(
        path=node.path,
        name=node.name,
        label=label,
        kind=node.row.kind,
        detail=details(node.row),
        depth=depth,
        leaf=node.leaf,
        side=node.aux,
        ins=node.xs,
        outs=outs,
        reads=node.refs,
        params=cost.params,
        trainable=cost.params - cost.frozen,
        buffers=cost.buffers,
        macs=cost.macs,
        memory=BYTES * elements(list(outs)),
        field=as_field(seen[node.outs[-1].op], size) if node.outs else None,
        table=node.table.kind if node.table is not None else None,
    )
