"""A table written out as one plain Python file: an ``nn.Module`` that needs nothing of ours.

Its ``state_dict`` has the keys and shapes of :func:`vzor.nn.build`'s module, and its output is the same bit for
bit.  Equal blocks become one class; the numbers in which they differ become its arguments.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from itertools import groupby

from vzor.nn.eject import text as t
from vzor.nn.eject.body import Body, weighs
from vzor.nn.eject.helpers import HELPERS
from vzor.nn.eject.rows import Leaves
from vzor.spec.row import Row, Shape, text
from vzor.spec.tables import Each, Rows, Seq, Side
from vzor.spec.trace import Node, Trace, trace

RESERVED = {"self", "torch", "nn", "F", "partial", "super", "float", "range"}


def eject(table: Row | Trace, name: str, *inputs: Shape) -> str:
    """Source of a Python file whose class does what ``table`` says; ``inputs`` replace its Input row's size.

    The class is called after ``name`` (``resnet50`` -> ``Resnet50``).  Raises TableError for a row whose module
    is the user's own, of which there is no source.
    """
    opened = table if isinstance(table, Trace) else trace(table, *inputs)
    return _Writer(opened, name).source()


@dataclass
class Class:
    """A class of the source: the bodies that it stands for, alike but for their numbers."""

    bodies: list[Body] = field(default_factory=list)
    name: str = ""
    arguments: list[t.Parameter] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)  # what stands in each hole

    def default(self, argument: t.Parameter) -> str:
        return Counter(argument.values).most_common(1)[0][0]


class _Writer:
    def __init__(self, opened: Trace, name: str) -> None:
        self.opened, self.name = opened, name
        self.top = t.camel(name) + ("Net" if t.camel(name) in HELPERS else "")
        nodes = list(opened.root.walk())
        kinds = {node.row.kind for node in nodes if node.kids} | {t.camel(node.name) for node in nodes if node.name}
        self.leaves = Leaves(opened.ops, kinds | {self.top})
        self.crossed = crossed(opened)
        self.calls: dict[str, str] = {}  # path of a block -> how it is made, its numbers as holes
        self.names = {self.top, *self.leaves.names.values(), *HELPERS}
        self.classes: list[Class] = []
        self.simplest: dict[str, set[str]] = {}  # class -> the rows of its simplest form

    # --- which rows become classes ---------------------------------------------------------------

    def is_class(self, node: Node) -> bool:
        """Whether a group is a class of its own: a block, or a stage of the table with rows of several kinds."""
        if not node.kids or node.path in self.crossed or isinstance(node.row, Side | Each) or self.sequential(node):
            return False
        return (not isinstance(node.row, Rows) or "." not in node.path) and weighs(node)

    def sequential(self, node: Node) -> bool:
        """Whether a group is a numbered chain that nn.Sequential can say."""
        if type(node.row) is not Seq or not node.kids or node.path in self.crossed:
            return False
        if [kid.name for kid in node.kids] != [str(i) for i in range(len(node.kids))]:
            return False
        return all(self._links(kid) for kid in node.kids)

    def _links(self, kid: Node) -> bool:
        if kid.refs is not None or len(kid.xs) != 1 or len(kid.outs) != 1:
            return False
        if kid.kids:
            return self.is_class(kid) or self.sequential(kid)
        return self.leaves.plain(kid) is not None or kid.row.kind in ("Id", "Loss")

    def _levels(self) -> list[list[Node]]:
        """The groups that become classes, those that hold none of the others first."""
        levels: list[list[Node]] = []

        def height(node: Node) -> int:
            inner = max((height(kid) for kid in node.kids), default=-1)
            if node is self.opened.root or not self.is_class(node):
                return inner
            if not node.shared:
                levels.extend([] for _ in range(inner + 2 - len(levels)))
                levels[inner + 1].append(node)
            return inner + 1

        height(self.opened.root)
        return levels

    # --- classes ---------------------------------------------------------------------------------

    def source(self) -> str:
        for level in self._levels():
            found: dict[tuple[object, ...], Class] = {}
            for node in level:
                body = Body(self, node, len(node.xs))
                kind = "" if isinstance(node.row, Rows) else node.row.kind
                found.setdefault((kind, *body.key()), Class()).bodies.append(body)
            self._settle(list(found.values()))
        root = self.opened.root
        top = Class([Body(self, root, max(len(root.xs), 1))], self.top)
        self._argue(top)
        own = [self._written(made, _about(made)) for made in self.classes]
        params = sum(op.row.params(*op.xs) for op in self.opened.ops if op.leaf and not op.shared and not op.aux)
        name = "".join(char for char in self.name if char not in '"\\\n')
        about = f"{name}: {text(self.opened.ops[0].out)} -> {text(root.out)}, {params:,} parameters."
        own.append(self._written(top, about, comments=True))
        return self._file([*self.leaves.helpers(), *own])

    def _file(self, parts: list[str]) -> str:
        whole = "\n\n\n".join(part.strip("\n") for part in parts)
        heads = ["from functools import partial", ""] if "partial(" in whole else []
        heads += ["import torch"] if "torch." in whole else []
        heads += ["import torch.nn.functional as F"] if "F." in whole else []
        heads += ["from torch import nn", ""]
        for line in self.leaves.constants:
            heads += [*t.fold(line, 0), ""]
        return "\n".join(heads) + f"\n\n{whole}\n"

    def _settle(self, classes: list[Class]) -> None:
        """Names and arguments of classes, and how each of their blocks is made."""
        for made in sorted(classes, key=lambda made: len(made.bodies[0].made)):
            made.name = self._name(made.bodies[0])
        for made in classes:
            self._argue(made)
            for i, body in enumerate(made.bodies):
                wide = [p for p in made.arguments if p.role == "c"]
                more = [p for p in made.arguments if p.role != "c"]
                mine = t.owner(body.node.path)
                call = ", ".join(t.channels(int(p.values[i]), "inputs" if p.name == "inputs" else mine) for p in wide)
                call += "".join(t.option(p.name, p.values[i], made.default(p), p.role) for p in more)
                self.calls[body.node.path] = f"{made.name}({call})"
        self.classes += classes

    def _name(self, body: Body) -> str:
        """The block's name; a second form of it is called after what it has beside the first."""
        node, block = body.node, not isinstance(body.node.row, Rows)
        name = node.row.kind if block else t.camel(node.name)
        kids = [part for part in (where.rpartition(".")[2] for where, _ in body.made) if t.attribute(part)]
        if name not in self.names:
            self.simplest[name] = set(kids)
        else:
            extra = [kid for kid in kids if kid not in self.simplest.get(name, set(kids))]
            name = t.unique(name + "".join(map(t.camel, extra[:2])), self.names)
        self.names.add(name)
        return name

    def _argue(self, made: Class) -> None:
        """The arguments of a class, from the numbers in which its bodies differ."""
        rows = [[hole for _, how in body.made for hole in t.holes(how)] for body in made.bodies]
        columns = [(column[0], tuple(hole.value for hole in column)) for column in zip(*rows, strict=True)]
        made.arguments, made.texts = t.parameters(columns)

    def _written(self, made: Class, about: str, comments: bool = False) -> str:
        body = made.bodies[0]
        base = "nn.ModuleDict" if body.keyed else "nn.Module"
        lines = [f"class {made.name}({base}):", *([f'    """{about}"""', ""] if about else [])]
        if body.made:
            given = [p.name if p.role == "c" else f"{p.name}={made.default(p)}" for p in made.arguments]
            lines += [f"    def __init__({', '.join(['self', *given])}):", "        super().__init__()"]
            start = 0
            for where, how in body.made:
                end = start + len(t.holes(how))
                lines += t.fold(f"{where} = {repeated(_tidy(t.fill(how, made.texts[start:end])))}", 8)
                start = end
            lines.append("")
        names = ["x"] if len(body.ins) == 1 else [f"x{i}" for i in range(len(body.ins))]
        lines.append(f"    def forward({', '.join(['self', *names])}):")
        comments = comments or all(_sizes(other) == _sizes(body) for other in made.bodies)
        for line, indent, note in body.forward(RESERVED | self.names, comments):
            lines += t.fold(line, indent, note)
        return "\n".join(lines)


def crossed(opened: Trace) -> set[str]:
    """Groups that a From reads into or out of, or that hold a side: their lines stand in the class around."""
    found: set[str] = set()

    def around(path: str) -> list[str]:
        parts = path.split(".") if path else []
        return [".".join(parts[:i]) for i in range(len(parts) + 1)]

    for node in opened.root.walk():
        here = around(node.path.rpartition(".")[0])
        if isinstance(node.row, Side):
            found |= {*here, node.path}
        for ref in node.refs or ():
            found |= set(here) ^ set(around(ref.rpartition(".")[0]))
    return found - {""}


def repeated(words: str) -> str:
    """Three or more equal modules in a row of nn.Sequential written once."""
    head = "nn.Sequential("
    if not words.startswith(head):
        return words
    parts = []
    for part, run in groupby(map(repeated, t.split(words[len(head) : -1]))):
        count = len(list(run))
        parts += [f"*[{part} for _ in range({count})]"] if count > 2 else [part] * count
    return f"{head}{', '.join(parts)})"


def _tidy(words: str) -> str:
    """A call whose first argument is an option that was written with a comma before it."""
    return words.replace("(, ", "(")


def _sizes(body: Body) -> list[str]:
    return [step.comment for step in body.steps]


def _about(made: Class) -> str:
    """The first sentence of the block's own description, where it has one."""
    row = made.bodies[0].node.row
    words = (type(row).__doc__ or "").strip().split("\n")[0]
    plain = not isinstance(row, Rows) and not words.startswith(f"{row.kind}(")
    return words if plain and len(words) < 100 and not set('"\\') & set(words) else ""
