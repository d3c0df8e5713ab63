"""What one class of an ejected file holds: the modules that it makes, and the lines of its forward."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Protocol

from vzor.nn.eject import text as t
from vzor.nn.eject.rows import Leaves
from vzor.spec.act import Act
from vzor.spec.plain import DropPath, Product, Sum
from vzor.spec.row import Shape, text
from vzor.spec.tables import Each, Out, Rows, Side, joined
from vzor.spec.trace import JOINS, Node


class Blocks(Protocol):
    """What a body asks of the writer of the whole file."""

    leaves: Leaves
    calls: dict[str, str]

    def is_class(self, node: Node) -> bool: ...

    def sequential(self, node: Node) -> bool: ...


@dataclass(frozen=True)
class Step:
    """One line of a forward.  Values are numbers, written ``\\x02n\\x03`` in the text."""

    outs: tuple[int, ...]
    args: tuple[int, ...]
    text: str
    kind: str  # "call" of a module, "join", "act", "other"
    name: str
    comment: str
    side: bool


class Body:
    """The modules and the steps of one group of rows, and of the groups inside it that are no classes."""

    def __init__(self, blocks: Blocks, node: Node, inputs: int) -> None:
        self.blocks, self.node = blocks, node
        self.made: list[tuple[str, str]] = []  # (where, how), the numbers as holes
        self.steps: list[Step] = []
        self.known: dict[str, list[int]] = {}  # values by the path that a From gives
        self.sides: list[tuple[str, int]] = []
        self.named: dict[str, int] = {}
        self.side = False
        self.count = inputs
        self.ins = list(range(inputs))
        self.keyed = keyed(node)
        self.outs = self._inside(node, self.ins, "self", self.keyed)

    def key(self) -> tuple[object, ...]:
        """Equal for bodies that one class can stand for."""
        made = tuple((where, t.shape_of(how)) for where, how in self.made)
        steps = tuple((step.outs, step.text) for step in self.steps)
        return (made, steps, tuple(self.outs), len(self.ins))

    def _inside(self, node: Node, ins: list[int], me: str, by_key: bool) -> list[int]:
        for i, value in enumerate(ins):
            self.known[f"{node.path}.in{i}" if node.path else f"in{i}"] = [value]
        if isinstance(node.row, Each):
            pairs = zip(node.kids, ins, strict=True)
            return [out for i, (kid, value) in enumerate(pairs) for out in self._row(kid, [value], me, by_key, i == 0)]
        if isinstance(node.row, Side):
            outer, self.side = self.side, True
            out = self._row(node.kids[0], ins, me, by_key)
            self.sides.append((node.kids[0].name, out[0]))
            self.side = outer
            return ins
        how = joined(node.table) if node.table is not None else None
        flow, found = ins, []
        for kid in node.kids:
            arrive = (ins if how else flow) if kid.refs is None else [v for ref in kid.refs for v in self.known[ref]]
            flow = self.known[kid.path] = self._row(kid, arrive, me, by_key)
            found += flow
        if how is None:
            return flow
        join = Node(node.name, node.path, JOINS[how], ())
        return self._step(join, found, self.blocks.leaves.call(join, "", self._written(found)), "join", [node.out])

    def _row(self, node: Node, ins: list[int], me: str, by_key: bool, make: bool = True) -> list[int]:
        here = f'{me}["{node.name}"]' if by_key else f"{me}.{node.name}"
        how = self._module(node)
        if how is not None and make:
            self.made.append((here, how))
        if not node.kids:
            return self._leaf(node, ins, here)
        if self.blocks.is_class(node) or self.blocks.sequential(node):
            call = f"{here}({', '.join(self._written(ins))})"
            return self._step(node, ins, call, "call", [value.shape for value in node.outs])
        return self._inside(node, ins, here, keyed(node))

    def _module(self, node: Node) -> str | None:
        """How the module of a row is made; None where nothing inside it has a state."""
        if not node.kids:
            return None if isinstance(node.row, Rows) else self.blocks.leaves.module(node)
        if self.blocks.is_class(node):
            return self.blocks.calls[node.path]
        if self.blocks.sequential(node):
            return sequence(self.blocks, node)
        if not weighs(node):
            return None
        return "nn.ModuleDict()" if keyed(node) else "nn.Module()"

    def _leaf(self, node: Node, ins: list[int], here: str) -> list[int]:
        row = node.row
        if isinstance(row, Out):
            self.named = dict(zip(row.named, ins, strict=True))
            return ins
        if isinstance(row, Rows) or row.kind in ("Input", "Id", "Loss"):
            return ins
        call = self.blocks.leaves.call(node, here, self._written(ins))
        kind = "join" if row.kind in JOINS else "act" if isinstance(row, Act) else "other"
        kind = "call" if call.startswith(f"{here}(") else kind
        return self._step(node, ins, call, kind, [value.shape for value in node.outs])

    def _written(self, values: list[int]) -> list[str]:
        return [f"\x02{value}\x03" for value in values]

    def _step(self, node: Node, args: list[int], call: str, kind: str, shapes: list[Shape]) -> list[int]:
        outs = [self.count + i for i in range(len(shapes))]
        self.count += len(outs)
        note = ", ".join(map(text, shapes))
        one = "sum" if isinstance(node.row, Sum | Product) else ""
        self.steps.append(Step(tuple(outs), tuple(args), call, one or kind, node.name, note, self.side))
        return outs

    # --- forward as lines ------------------------------------------------------------------------

    def forward(self, reserved: set[str], comments: bool) -> list[tuple[str, int, str]]:
        """(line, indentation, comment) of everything below ``def forward``."""
        ends = [*self.outs, *(value for _, value in self.sides), *self.named.values()]
        steps = inlined(self.steps, ends)
        names = named(steps, self.ins, ends, reserved, dict((v, k) for k, v in self.sides))
        lines: list[tuple[str, int, str]] = []
        for i, step in enumerate(steps):
            note = step.comment if comments else ""
            if step.side and not (i and steps[i - 1].side):
                lines.append(("if self.training:", 8, ""))
            result = ", ".join(names[out] for out in step.outs)
            expression = written(step.text, names)
            last = i == len(steps) - 1 and list(step.outs) == self.outs and not self.sides and not self.named
            line = f"return {expression}" if last else f"{result} = {expression}"
            lines.append((line, 12 if step.side else 8, note))
            if last:
                return lines
        outs = ", ".join(names[out] for out in self.outs)
        if self.named:
            pairs = (f'"{key}": {names[value]}' for key, value in self.named.items())
            return [*lines, (f"return {{{', '.join(pairs)}}}", 8, "")]
        if self.sides:
            pairs = (f'"{key}": {names[value]}' for key, value in [("out", self.outs[0]), *dict(self.sides).items()])
            lines += [("if self.training:", 8, ""), (f"return {{{', '.join(pairs)}}}", 12, "")]
        return [*lines, (f"return {outs}", 8, "")]


def keyed(node: Node) -> bool:
    """Whether the rows' names (numbers) cannot be attributes, so that a dict of modules holds them."""
    return any(not t.attribute(kid.name) for kid in node.kids if weighs(kid))


def weighs(node: Node) -> bool:
    """Whether anything inside has parameters or buffers, or is a module without them."""
    leaves = (n for n in node.walk() if not n.kids and not isinstance(n.row, Rows))
    return any(n.row.params(*n.xs) or n.row.buffers(*n.xs) or isinstance(n.row, DropPath) for n in leaves)


def sequence(blocks: Blocks, node: Node) -> str:
    """``nn.Sequential(…)`` of a chain of rows."""
    parts = []
    for kid in node.kids:
        if not kid.kids:
            parts.append(blocks.leaves.plain(kid) or "nn.Identity()")
        else:
            parts.append(blocks.calls[kid.path] if blocks.is_class(kid) else sequence(blocks, kid))
    return f"nn.Sequential({', '.join(parts)})"


def uses(steps: list[Step], ends: list[int]) -> dict[int, list[int]]:
    """Where every value is read: numbers of steps; the number after the last for what is returned."""
    found: dict[int, list[int]] = {}
    for i, step in enumerate(steps):
        for value in step.args:
            found.setdefault(value, []).append(i)
    for value in ends:
        found.setdefault(value, []).append(len(steps))
    return found


def inlined(steps: list[Step], ends: list[int]) -> list[Step]:
    """Short branches written into the join that reads them, and a sum into the nonlinearity after it."""
    steps, i = list(steps), 0
    while i < len(steps):
        step = steps[i]
        read = uses(steps, ends)
        if step.kind in ("join", "sum"):
            first, args = i, list(step.args)
            while first > 0 and args and _branch(steps[first - 1], args[-1], read, step):
                args.pop()
                first -= 1
            text = step.text
            for branch in steps[first:i]:
                text = text.replace(f"\x02{branch.outs[0]}\x03", branch.text)
            if (step.kind == "sum" or not args) and first < i and len(text) < 100:
                more = tuple(value for branch in steps[first:i] for value in branch.args)
                steps[first : i + 1] = [replace(step, text=text, args=(*args, *more))]
                i = first
        elif step.kind == "act" and i and steps[i - 1].kind == "sum":
            before = steps[i - 1]
            if step.args == before.outs and len(read[before.outs[0]]) == 1 and before.side == step.side:
                text = step.text.replace(f"\x02{before.outs[0]}\x03", before.text)
                steps[i - 1 : i + 1] = [replace(step, text=text, args=before.args, name=before.name)]
                continue
        i += 1
    return steps


def _branch(step: Step, value: int, read: dict[int, list[int]], join: Step) -> bool:
    return step.kind == "call" and step.outs == (value,) and len(read[value]) == 1 and step.side == join.side


GENERIC = ("x", "y", "z")


def named(
    steps: list[Step], ins: list[int], ends: list[int], reserved: set[str], sides: Mapping[int, str]
) -> dict[int, str]:
    """Names of all values: ``x`` along the chain, the row's own name for what is read again later."""
    read = uses(steps, ends)
    last = {value: max(at) for value, at in read.items()}
    names = {value: "x" if len(ins) == 1 else f"x{i}" for i, value in enumerate(ins)}
    for i, step in enumerate(steps):
        alive = {names[v] for v in names if last.get(v, -1) > i} | reserved
        for j, out in enumerate(step.outs):
            at = read.get(out, [])
            kept = len(at) > 1 or last.get(out, i) > i + 2 or len(step.outs) > 1
            own = t.identifier(sides.get(out, step.name))
            own += f"_{j}" if len(step.outs) > 1 else ""
            dead = [names[v] for v in step.args if names[v] in GENERIC]
            choices = [own] if (kept and not step.name.isdigit()) or out in sides else []
            choices += [*dead, *GENERIC, own]
            free = [name for name in choices if name not in alive]
            names[out] = free[0] if free else t.unique(own, alive)
            alive.add(names[out])
    return names


def written(text: str, names: Mapping[int, str]) -> str:
    """A step's text with its values' names."""
    for value, name in names.items():
        text = text.replace(f"\x02{value}\x03", name)
    return text
