"""Input, parameters and mult-adds alone, for lists of many networks: what is equal is counted once for them all."""

from __future__ import annotations

from typing import NamedTuple

from vzor.measure.count import NOTHING, Cost
from vzor.spec.row import Row, Shape
from vzor.spec.tables import Each, Side
from vzor.spec.trace import Node, Opened, trace


class Totals(NamedTuple):
    """As in `Sheet`: without the tables beside the main path."""

    input: Shape
    parameters: int
    macs: int


class Counter:
    """Counts one table after another, and remembers their blocks."""

    def __init__(self) -> None:
        self._opened: Opened = {}
        self._costs: dict[int, Cost] = {}  # of opened blocks, by the node's identity; `_opened` keeps the nodes

    def totals(self, table: Row, *inputs: Shape) -> Totals:
        """As :func:`~vzor.measure.count.measure` would count them; TableError where sizes are impossible."""
        opened = trace(table, *inputs, fold=self._opened)
        cost = self._inside(opened.root)
        return Totals(opened.ops[0].out, cost.params, cost.macs)

    def _cost(self, node: Node) -> Cost:
        if node.like is not None or (node.kids and type(node.row).expand is not Row.expand):
            block = node.like or node
            if id(block) not in self._costs:
                self._costs[id(block)] = self._inside(block)
            return self._costs[id(block)]
        return self._inside(node)

    def _inside(self, node: Node) -> Cost:
        row, xs = node.row, node.xs
        if isinstance(row, Side):
            return NOTHING
        if isinstance(row, Each):  # the same weights at every level
            costs = [self._cost(kid) for kid in node.kids]
            return costs[0]._replace(macs=sum(cost.macs for cost in costs)) if costs else NOTHING
        if node.kids:
            costs = [self._cost(kid) for kid in node.kids]
            return Cost(params=sum([cost.params for cost in costs]), macs=sum([cost.macs for cost in costs]))
        return Cost(params=row.params(*xs), macs=row.macs(*xs))
