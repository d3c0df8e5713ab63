"""An opened table as a graph of operations: what reads what, what is dead, where everything must pass."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from math import prod

from vzor.measure.count import Cost, count
from vzor.spec.row import elements
from vzor.spec.rows import Act, Conv, Drop, DropPath, Id, Input, Norm, Out, Rows
from vzor.spec.trace import Node, Trace

#: Rows that change every number by itself: widths and cells on both sides are the same.
POINTWISE = (Act, Norm, Drop, DropPath, Id)


@dataclass(frozen=True)
class Cut:
    """Operations that together stand on every path from input to output, and the numbers that leave them.

    ``steps``: how often the grid changes from the last operation that all paths pass, at least 1.
    """

    ops: tuple[int, ...]
    size: int
    steps: int = 1


class Graph:
    """The operations of a table's main path.  ``live``: numbers of those that an output depends on, in order."""

    def __init__(self, opened: Trace) -> None:
        self.opened, self.ops = opened, opened.ops
        self.costs: list[Cost] = count(opened)
        self.sizes = [elements([value.shape for value in node.outs]) for node in opened.ops]
        self.ends = {value.op for value in opened.root.outs}
        needed = set(self.ends)
        for node in reversed(self.ops):
            if node.op in needed:
                needed.update(node.reads)
        self.live = sorted(needed)
        #: Those that read each live operation; only live ones are in it.
        self.readers: dict[int, list[int]] = {i: [] for i in self.live}
        for i in self.live:
            for j in dict.fromkeys(self.ops[i].reads):
                self.readers[j].append(i)

    @cached_property
    def macs(self) -> int:
        """Mult-adds of the main path; 1 where there are none, so that shares can be taken."""
        return max(1, sum(self.costs[i].macs for i in self.live))

    @cached_property
    def params(self) -> int:
        """Parameters of the main path; 1 where there are none."""
        return max(1, sum(self.costs[i].params for i in self.live))

    @cached_property
    def labels(self) -> dict[str, str]:
        """The paper's name of every row that has one."""
        return {
            node.path: node.row.label
            for node in self.opened.root.walk()
            if isinstance(node.row, Rows) and node.row.label is not None
        }

    def label(self, path: str) -> str | None:
        """The paper's name of the row, or of the stage around it."""
        while path:
            if path in self.labels:
                return self.labels[path]
            path = path.rpartition(".")[0]
        return None

    def paths(self, worst: Node, others: Iterable[Node] = ()) -> tuple[str, ...]:
        """The rows' paths, the worst first, each once."""
        return tuple(dict.fromkeys([worst.path, *(node.path for node in others)]))

    def convs(self) -> Iterator[tuple[Node, Conv]]:
        """Every convolution that slides: one whose window covers the whole map is a fully connected row."""
        for i in self.live:
            node = self.ops[i]
            if isinstance(node.row, Conv) and prod(node.out[1:]) > 1:
                yield node, node.row

    def behind(self, node: Node) -> Node:
        """The operation whose numbers arrive at ``node``, nonlinearities and normalisations passed over."""
        found = self.ops[node.reads[0]]
        while isinstance(found.row, POINTWISE) and found.leaf and len(found.reads) == 1:
            found = self.ops[found.reads[0]]
        return found

    @cached_property
    def final(self) -> int:
        """The first operation of the head: the last row with weights, or the first that is no map any more.

        What comes from here on is the representation that the task asks for.
        """
        last = max((i for i in self.live if self.costs[i].macs), default=len(self.ops))
        passed = [i for i in self.passed if i <= last and not is_map(self.ops[i])]
        return passed[0] if passed else last

    @cached_property
    def passed(self) -> list[int]:
        """Operations that every path from input to output passes: nothing made before is read after.

        In an order of execution they are those that no edge jumps over.
        """
        reach, found = -1, []
        sources = sum(not self.ops[i].reads for i in self.live)
        for i in self.live:
            sources -= not self.ops[i].reads
            if reach <= i and not sources:
                found.append(i)
            reach = max(reach, *self.readers[i], len(self.ops) if i in self.ends else -1, -1)
        return found

    def steps(self, first: int, last: int) -> int:
        """How often the grid changes between two operations; 1 where it does not."""
        nodes = [self.ops[i] for i in range(first, last + 1) if i in self.readers]
        return max(1, len({node.out[1:] for node in nodes if is_map(node)}) - 1)

    def between(self, first: int, last: int, enough: int) -> Cut | None:
        """The narrowest cut strictly between two operations that all paths pass; None where it holds ``enough``.

        The minimum vertex cut, by the maximum flow (Ford and Fulkerson 1956), each operation carrying at most
        as many numbers as leave it.
        """
        if first in self.ops[last].reads:
            return None  # an edge passes over everything between
        inside = [i for i in range(first + 1, last) if i in self.readers]
        return _Flow(self, inside, first, last).cut(enough)


class _Flow:
    """A maximum flow through operations, each an edge from its entry (i, 0) to its exit (i, 1)."""

    def __init__(self, graph: Graph, inside: list[int], first: int, last: int) -> None:
        self.graph, self.inside = graph, inside
        self.source, self.sink = (first, 1), (last, 0)
        free = 1 + sum(graph.sizes[i] for i in inside)  # more than can ever flow
        self.room: dict[tuple[int, int], dict[tuple[int, int], int]] = {self.source: {}, self.sink: {}}
        for i in inside:
            self.room[(i, 0)], self.room[(i, 1)] = {(i, 1): graph.sizes[i]}, {(i, 0): 0}
        for i in [*inside, last]:
            for j in graph.ops[i].reads:
                self.room[(j, 1)][(i, 0)] = free
                self.room[(i, 0)].setdefault((j, 1), 0)

    def cut(self, enough: int) -> Cut | None:
        flow = 0
        while flow < enough:
            came = self._search()
            if self.sink not in came:
                ops = tuple([i for i in self.inside if (i, 0) in came and (i, 1) not in came])
                return Cut(ops, flow, self.graph.steps(self.source[0], self.sink[0]))
            flow += self._push(came)
        return None

    def _search(self) -> dict[tuple[int, int], tuple[int, int]]:
        """Where each place that can still be reached was reached from; ends at the sink."""
        came = {self.source: self.source}
        waiting = deque([self.source])
        while waiting:
            here = waiting.popleft()
            for there, room in self.room[here].items():
                if room and there not in came:
                    came[there] = here
                    if there == self.sink:
                        return came
                    waiting.append(there)
        return came

    def _push(self, came: dict[tuple[int, int], tuple[int, int]]) -> int:
        """Fill the path that was found; how much it took."""
        path = []
        there = self.sink
        while there != self.source:
            path.append((came[there], there))
            there = came[there]
        most = min(self.room[a][b] for a, b in path)
        for a, b in path:
            self.room[a][b] -= most
            self.room[b][a] = self.room[b].get(a, 0) + most
        return most


def is_map(node: Node) -> bool:
    """Whether what leaves has cells: not a vector, and not the table's named outputs."""
    return not isinstance(node.row, Out) and all(prod(value.shape[1:]) > 1 for value in node.outs)


def is_stem(graph: Graph, node: Node) -> bool:
    """Whether a row reads the network's input."""
    return isinstance(graph.behind(node).row, Input)


def is_weighted(graph: Graph, node: Node) -> bool:
    """Whether a row multiplies by weights, as in "ResNet-50"."""
    return graph.costs[node.op].macs > 0 and node.row.params(*node.xs) > 0
