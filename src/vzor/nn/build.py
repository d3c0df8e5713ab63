"""The one builder: an opened table becomes a module whose names are the table's names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from vzor.nn.activations import activation
from vzor.nn.init import How, initialise
from vzor.nn.layers import leaf
from vzor.nn.plain import add, multiply
from vzor.spec.errors import TableError
from vzor.spec.preprocess import Preprocess
from vzor.spec.row import Row, Shape
from vzor.spec.rows import Act, Loss
from vzor.spec.tables import Each, Out, Rows, Side, joined
from vzor.spec.trace import Node, Trace, makes_anew, trace

Memo = dict[str, tuple[Tensor, ...]]
#: Places that are read by name, and the paths of their readers ("" for the caller).
Wanted = dict[str, list[str]]


class Step(NamedTuple):
    """One row of a group: its module's name, the places it reads, whether it is a group, where it is kept."""

    name: str
    reads: tuple[str, ...] | None
    inner: bool
    keep: str | None


class Group(nn.Module):
    """Rows put together as their table says.  Keeps only the outputs that some From, or the caller, names."""

    def __init__(self, node: Node, wanted: Wanted) -> None:
        super().__init__()
        self._how = joined(node.table) if node.table is not None else None
        self._each = isinstance(node.row, Each)
        inside = node.path + "." if node.path else ""
        self._inputs = [ref for i in range(len(node.ins)) if (ref := f"{inside}in{i}") in wanted]
        self._steps: list[Step] = []
        for i, kid in enumerate(node.kids[:1] if self._each else node.kids):
            module = _module(kid, wanted)
            if self._how is None and i and _overwrites(node.kids[i - 1], kid, wanted):
                module = activation(kid.row, inplace=True)  # type: ignore[arg-type,assignment]
            if hasattr(self, kid.name):
                raise TableError(f"a row cannot be called '{kid.name}', which torch modules use; rename it")
            self.add_module(kid.name, module)
            keep = kid.path if kid.path in wanted else None
            self._steps.append(Step(kid.name, kid.refs, isinstance(module, Group), keep))
        # What only rows in here read is let go of when this group is done.
        mine = [*self._inputs, *(step.keep for step in self._steps if step.keep)]
        self._done = [path for path in mine if all(reader and reader.startswith(inside) for reader in wanted[path])]

    def forward(self, *xs: Tensor, memo: Memo | None = None) -> Any:
        """The output tensor, or a tuple of them where the last row has several."""
        memo = {} if memo is None else memo
        for ref in self._inputs:
            memo[ref] = (xs[int(ref.rpartition(".")[2][2:])],)
        flow: tuple[Tensor, ...] = xs
        outs: list[Tensor] = []
        for name, reads, inner, keep in self._steps:
            arrives = flow if reads is None else tuple(x for ref in reads for x in memo[ref])
            out = self._run(self._modules[name], arrives, memo if inner else None)
            if keep is not None:
                memo[keep] = out
            if self._how is None:
                flow = out
            else:
                outs += out
        for path in self._done:
            memo.pop(path, None)
        if self._how is not None:
            return JOIN[self._how](outs)
        return flow if len(flow) != 1 else flow[0]

    def _run(self, module: Any, xs: tuple[Tensor, ...], memo: Memo | None) -> tuple[Tensor, ...]:
        if self._each:
            return tuple(y for x in xs for y in _many(module(x) if memo is None else module(x, memo=memo)))
        return _many(module(*xs) if memo is None else module(*xs, memo=memo))


class SideGroup(Group):
    """A table beside the main path: runs in training only; what arrives passes on."""

    def forward(self, *xs: Tensor, memo: Memo | None = None) -> Any:
        if self.training and memo is not None:
            name, _, inner, _ = self._steps[0]
            memo["side:" + name] = self._run(self._modules[name], xs, memo if inner else None)
        return xs if len(xs) != 1 else xs[0]


class Network(Group):
    """A whole table.  ``forward(x)`` gives the output.

    In training mode, where the table has sides: a dict of raw outputs, ``out`` and the sides' names.
    With ``taps``: a dict of the tapped rows' outputs, in the order asked for.  With an ``Out`` row: its dict.

    ``preprocess`` and ``classes``: how loaded weights want pictures, and what the outputs mean, where that is known.
    """

    preprocess: Preprocess | None = None
    classes: list[str] | None = None

    def __init__(self, opened: Trace, taps: Sequence[str] = ()) -> None:
        nodes = list(opened.root.walk())
        wanted: Wanted = {tap: [""] for tap in taps}
        for node in nodes:
            for ref in node.refs or ():
                wanted.setdefault(ref, []).append(node.path)
        super().__init__(opened.root, wanted)
        self._opened = opened
        self._taps = tuple(opened.find(tap).path for tap in taps)
        self._sides = tuple(node.kids[0].name for node in nodes if isinstance(node.row, Side))
        last = opened.root.kids[-1].row if opened.root.kids else None
        self._named: dict[str, int] = {}  # the Out row's names, and how many outputs each stands for
        if isinstance(last, Out):
            self._named = {name: len(opened.find(ref).outs) for name, ref in last.named.items()}

        self._loss_weights = {_output_of(node, nodes): node.row.weight for node in nodes if isinstance(node.row, Loss)}

    @property
    def opened(self) -> Trace:
        """The table that this network was built from, with its sizes."""
        return self._opened

    @property
    def loss_weights(self) -> dict[str, float]:
        """What the task's loss weighs an output with, where a Loss row says so: ``{"out": 1.0, "aux1": 0.3}``."""
        return self._loss_weights

    def forward(self, *xs: Tensor, memo: Memo | None = None) -> Any:
        memo = {} if memo is None else memo
        out = super().forward(*xs, memo=memo)
        if self._taps:
            return {tap: memo[tap][0] for tap in self._taps}
        if self._named:
            return self._by_name(_many(out))
        if self.training and self._sides:
            return {"out": out} | {name: memo["side:" + name][0] for name in self._sides}
        return out

    def _by_name(self, outs: tuple[Tensor, ...]) -> dict[str, Any]:
        rest = list(outs)
        found: dict[str, Any] = {}
        for name, count in self._named.items():
            mine, rest = rest[:count], rest[count:]
            found[name] = mine[0] if count == 1 else tuple(mine)
        return found


def build(
    table: Row | Trace,
    *inputs: Shape,
    taps: Sequence[str] = (),
    init: How = "he",
    seed: int | None = None,
) -> Network:
    """Build ``table`` into a module; ``inputs`` replace the size of its Input row.

    ``taps`` names rows (dotted paths) whose outputs ``forward`` gives instead of the last one's.  ``init`` and
    ``seed`` are those of :func:`~vzor.nn.init.initialise`; with a seed, torch's global generator stays as it is.
    Raises TableError where sizes are impossible or a name is unknown.
    """
    opened = table if isinstance(table, Trace) else trace(table, *inputs)
    with torch.random.fork_rng(devices=[], enabled=seed is not None):  # the module of a user's own row may draw
        if seed is not None:
            torch.default_generator.manual_seed(seed)
        network = Network(opened, taps)
    initialise(network, init, seed)
    return network


def _module(node: Node, wanted: Wanted) -> nn.Module:
    if isinstance(node.row, Side):
        return SideGroup(node, wanted)
    return Group(node, wanted) if node.kids or isinstance(node.row, Rows) else leaf(node.row, *node.xs)


def _overwrites(before: Node, node: Node, wanted: Wanted) -> bool:
    """Whether a nonlinearity may work in place: right after a join or a normalisation that nobody else reads."""
    return isinstance(node.row, Act) and node.refs is None and makes_anew(before) and before.path not in wanted


def _many(out: Any) -> tuple[Tensor, ...]:
    return out if isinstance(out, tuple) else (out,)


def _output_of(node: Node, nodes: list[Node]) -> str:
    """The output that a row leads to: that of the innermost side around it, or the main one."""
    sides = [side for side in nodes if isinstance(side.row, Side) and node.path.startswith(side.path + ".")]
    return sides[-1].kids[0].name if sides else "out"


#: How rows side by side are joined, by the row that a From would use for it.
JOIN = {"Concat": lambda xs: torch.cat(xs, 1), "Sum": lambda xs: add(*xs), "Product": lambda xs: multiply(*xs)}
