"""Activation memory of one sample, 32-bit, from shapes alone (lecture 001, "Требования к памяти").

Inference: the most that is alive at once when rows run in order and an output is freed after its last
use.  Training: what the backward pass needs: an output is held when the row that made it, or one that reads
it, computes its derivative from it.
"""

from __future__ import annotations

from vzor.spec.act import INPLACE, Act
from vzor.spec.row import Saves, Shape, elements
from vzor.spec.tables import Mul
from vzor.spec.trace import Node, Trace, makes_anew

BYTES = 4


def activations(opened: Trace) -> tuple[int, int]:
    """(bytes of inference, bytes of training), one sample."""
    known: dict[tuple[Shape, ...], int] = {}
    sizes = []
    for node in opened.ops:
        shapes = tuple([value.shape for value in node.outs])
        if shapes not in known:
            known[shapes] = elements(list(shapes))
        sizes.append(known[shapes])
    stores = _storages(opened)
    return BYTES * _alive(opened, stores, sizes), BYTES * _held(opened, stores, sizes)


def _storages(opened: Trace) -> list[int]:
    """For each operation the one whose memory its output lies in: itself, unless it is a view or works in place."""
    readers = [0] * len(opened.ops)
    for node in opened.ops:
        for i in node.reads:
            readers[i] += 1
    stores = list(range(len(opened.ops)))
    for i, node in enumerate(opened.ops):
        if len(node.reads) == 1 and node.leaf and (node.row.view or _in_place(node, opened, readers)):
            stores[i] = stores[node.reads[0]]
    return stores


def _in_place(node: Node, opened: Trace, readers: list[int]) -> bool:
    """A nonlinearity that the builder lets overwrite its input: right after a join or a normalisation."""
    if not isinstance(node.row, Act) or node.row.name not in INPLACE:
        return False
    return readers[node.reads[0]] == 1 and makes_anew(opened.ops[node.reads[0]])


def _alive(opened: Trace, stores: list[int], sizes: list[int]) -> int:
    """Numbers alive at the widest moment."""
    ops = opened.ops
    last = list(range(len(ops)))
    for i, node in enumerate(ops):
        if not node.aux:
            for j in node.reads:
                last[stores[j]] = i
    for value in opened.root.outs:
        last[stores[value.op]] = len(ops)
    freed = [0] * (len(ops) + 1)
    made = [0 if node.aux or stores[i] != i else sizes[i] for i, node in enumerate(ops)]
    for i, end in enumerate(last):
        freed[end] += made[i]
    alive = most = 0
    for i in range(len(ops)):
        alive += made[i]
        most = max(most, alive)
        alive -= freed[i]
    return most


def _held(opened: Trace, stores: list[int], sizes: list[int]) -> int:
    """Numbers that the backward pass needs, the input's and the sides' included."""
    held = {value.op for value in opened.ops[0].outs} | {stores[value.op] for value in opened.root.outs}
    between = 0
    known: dict[tuple[int, tuple[Shape, ...]], Saves] = {}
    for i, node in enumerate(opened.ops):
        if node.leaf:
            key = (id(node.row), node.xs)
            if key not in known:
                known[key] = node.row.saves(*node.xs)
            saves = known[key]
            if isinstance(node.row, Act) and stores[i] != i:
                saves = node.row.saves(*node.xs, inplace=True)
            between += saves.between
        else:
            saves = MULTIPLIED if isinstance(node.table, Mul) else JOINED
        if saves.output:
            held.add(stores[i])
        if saves.input:
            for j in node.reads:
                held.add(stores[j])
    return between + sum([sizes[i] for i in held])


JOINED, MULTIPLIED = Saves(), Saves(input=True)
