"""Activation memory of one sample, 32-bit, from shapes alone (lecture 001, "Требования к памяти").

Inference: the most that is alive at once when rows run in order and an output is freed after its last
use.  Training: what the backward pass needs: an output is held when the row that made it, or one that reads
it, computes its derivative from it.
"""

from __future__ import annotations

from vzor.spec.plain import INPLACE, Act
from vzor.spec.row import Saves, elements
from vzor.spec.tables import Mul
from vzor.spec.trace import Node, Trace, makes_anew

BYTES = 4


def sources(node: Node) -> list[int]:
    """Numbers of the operations whose outputs ``node`` reads."""
    values = node.ins if node.leaf else [value for kid in node.kids for value in kid.outs]
    return [value.op for value in values]


def storages(opened: Trace) -> list[int]:
    """For each operation the one whose memory its output lies in: itself, unless it is a view or works in place."""
    readers = [0] * len(opened.ops)
    for node in opened.ops:
        for i in sources(node):
            readers[i] += 1
    stores = list(range(len(opened.ops)))
    for i, node in enumerate(opened.ops):
        if node.leaf and len(node.ins) == 1 and (node.row.view or _in_place(node, opened, readers)):
            stores[i] = stores[node.ins[0].op]
    return stores


def _in_place(node: Node, opened: Trace, readers: list[int]) -> bool:
    """A nonlinearity that the builder lets overwrite its input: right after a join or a normalisation."""
    made = opened.ops[node.ins[0].op]
    free = readers[made.op] == 1 and makes_anew(made)
    return free and isinstance(node.row, Act) and node.row.name in INPLACE


def inference(opened: Trace, stores: list[int]) -> int:
    """Bytes alive at the widest moment."""
    ops = opened.ops
    last = list(range(len(ops)))
    for i, node in enumerate(ops):
        if not node.aux:
            for j in sources(node):
                last[stores[j]] = i
    for value in opened.root.outs:
        last[stores[value.op]] = len(ops)
    dies: dict[int, list[int]] = {}
    for i, end in enumerate(last):
        dies.setdefault(end, []).append(i)
    sizes = [0 if node.aux or stores[i] != i else _size(node) for i, node in enumerate(ops)]
    alive = most = 0
    for i in range(len(ops)):
        alive += sizes[i]
        most = max(most, alive)
        alive -= sum(sizes[j] for j in dies.get(i, ()))
    return BYTES * most


def training(opened: Trace, stores: list[int]) -> int:
    """Bytes that the backward pass needs, the input and the sides included."""
    held: set[int] = {value.op for value in opened.ops[0].outs} | {stores[v.op] for v in opened.root.outs}
    between = 0
    known: dict[tuple[int, tuple[int, ...] | object], Saves] = {}
    for i, node in enumerate(opened.ops):
        if node.leaf:
            key = (id(node.row), node.xs)
            if key not in known:
                known[key] = node.row.saves(*node.xs)
            saves = known[key]
            between += saves.between
        else:
            saves = Saves(input=isinstance(node.table, Mul))
        if saves.output:
            held.add(stores[i])
        if saves.input:
            held.update(stores[j] for j in sources(node))
    return BYTES * (between + sum(_size(opened.ops[i]) for i in held))


def _size(node: Node) -> int:
    return elements([value.shape for value in node.outs])
