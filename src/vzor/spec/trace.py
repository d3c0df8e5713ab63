"""A table opened with its sizes: every block expanded, every name resolved, every shape known.

Everything else (counting, building, drawing, writing down) reads this one result.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from vzor.spec.errors import TableError, did_you_mean
from vzor.spec.plain import Concat, Input, Product, Sum
from vzor.spec.row import Row, Shape, text
from vzor.spec.scope import Scope, feeds, join, reader, way
from vzor.spec.tables import Each, From, Out, Rows, Seq, Side, joined
from vzor.spec.weighted import Norm
from vzor.spec.words import words

MAX_DEPTH = 64  # nested blocks; a block that expands into itself would never end


class Value(NamedTuple):
    """What flows between rows: a shape, and the number of the operation that made it."""

    shape: Shape
    op: int


def _shapes(values: tuple[Value, ...]) -> tuple[Shape, ...]:
    return (values[0].shape,) if len(values) == 1 else tuple([value.shape for value in values])  # mostly one: quicker


class Node:
    """A row in its place: its dotted ``path``, what arrives, what leaves, and the rows inside it."""

    __slots__ = (
        "aux", "ins", "kids", "name", "op", "outs", "path", "reads", "refs", "row", "shared", "table", "xs",
    )  # fmt: skip

    def __init__(self, name: str, path: str, row: Row, ins: tuple[Value, ...]) -> None:
        self.name, self.path, self.row, self.ins = name, path, row, ins
        self.refs: tuple[str, ...] | None = None  # paths that a From reads; None: the row before
        self.table: Rows | None = None  # the row itself where it is Rows; a block's: what it expands into
        self.kids: list[Node] = []
        self.xs = _shapes(ins)  # that arrive
        self.outs: tuple[Value, ...] = ()
        self.op = -1  # number among Trace.ops; -1 for a Seq, which does nothing itself
        self.reads: tuple[int, ...] = ()  # numbers of the operations whose outputs this operation reads
        self.aux = False  # runs in training only
        self.shared = False  # a further use of weights counted elsewhere (Each)

    @property
    def out(self) -> Shape:
        """Shape that leaves (the first, where there are several)."""
        return self.outs[0].shape

    @property
    def leaf(self) -> bool:
        return not self.kids

    @property
    def inside(self) -> dict[str, Node]:
        """The rows inside, by name."""
        return {kid.name: kid for kid in self.kids}

    def walk(self) -> Iterator[Node]:
        """This node and all inside it, in order of execution of their beginnings."""
        yield self
        for kid in self.kids:
            yield from kid.walk()


@dataclass(frozen=True)
class Trace:
    """The opened table, and its operations (leaf rows and joins) in the order in which they run."""

    root: Node
    ops: list[Node]

    def find(self, path: str) -> Node:
        """The node at a dotted path; TableError with the nearest name when there is none."""
        nodes = {node.path: node for node in self.root.walk() if not node.shared}
        if path not in nodes:
            raise TableError(f"there is no row '{path}'.{did_you_mean(path, nodes)} `vzor show` lists the rows")
        return nodes[path]


class _Tracer:
    """A method for every way in which rows are opened (`scope.way`)."""

    def __init__(self, override: Shape | None) -> None:
        self.ops: list[Node] = []
        self.override = override
        self.depth = 0
        self.aux = self.shared = False
        # Networks repeat blocks: one expansion serves all that are equal, and one shape all uses of a row.
        self.blocks: dict[tuple[Row, tuple[Shape, ...]], Node] = {}  # the first of equal ones
        self.shapes: dict[tuple[int, tuple[Shape, ...]], tuple[Shape, ...]] = {}

    def open(self, name: str, path: str, row: Row, ins: tuple[Value, ...], scope: Scope | None) -> Node:
        refs = None
        if isinstance(row, (From, Out)):
            assert scope is not None
            names, row = reader(row)
            try:
                refs, ins = scope.read(names)
            except TableError as error:
                raise TableError(f"row '{path}': {error}") from None
        node = Node(name, path, row, ins)
        node.refs, node.aux, node.shared = refs, self.aux, self.shared
        getattr(self, way(type(row)))(node, row, scope)  # type: ignore[arg-type]
        return node

    def op(self, node: Node, shapes: tuple[Shape, ...], reads: tuple[Value, ...]) -> None:
        node.op = op = len(self.ops)
        node.reads = (reads[0].op,) if len(reads) == 1 else tuple([value.op for value in reads])
        self.ops.append(node)
        node.outs = (Value(shapes[0], op),) if len(shapes) == 1 else tuple([Value(shape, op) for shape in shapes])

    def input(self, node: Node, row: Input, scope: Scope | None) -> None:
        self.op(node, (self.override or row.size,), node.ins)

    def leaf(self, node: Node, row: Row, scope: Scope | None) -> None:
        key = (id(row), node.xs)
        shapes = self.shapes.get(key)
        if shapes is None:
            try:
                shapes = self.shapes[key] = shapes_of(row, node.xs)
            except TableError as error:
                raise _placed(error, node) from None
        self.op(node, shapes, node.ins)

    def block(self, node: Node, row: Row, scope: Scope | None) -> None:
        """By what it expands into."""
        try:
            table = self.blocks.setdefault((row, node.xs), node).table
        except TypeError:  # a user's block with a list in a field cannot be looked up
            table = None
        if table is None:
            try:
                table = opening(row, node.xs)
            except TableError as error:
                raise _placed(error, node) from None
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise TableError(f"row '{node.path}' opens more than {MAX_DEPTH} blocks inside one another; unfold it")
        # A block sees its own inputs as in0, in1, … and nothing outside: the same block is the same everywhere.
        getattr(self, way(type(table)))(node, table, Scope(node.path, None, node.ins))  # type: ignore[arg-type]
        self.depth -= 1

    def seq(self, node: Node, row: Rows, scope: Scope | None) -> None:
        node.table, values = row, node.ins
        inside = Scope(node.path, scope, values)
        before = node.path + "." if node.path else ""
        for name, inner in row.rows.items():
            kid = self.open(name, before + name, inner, values, inside)
            node.kids.append(kid)
            inside.names[name] = inside.last = kid
            values = kid.outs
        node.outs = values

    def side(self, node: Node, row: Side, scope: Scope | None) -> None:
        outer, self.aux = self.aux, True
        node.kids = [self.open(row.name, join(node.path, row.name), row.table, node.ins, scope)]
        self.aux, node.outs = outer, node.ins

    def side_by_side(self, node: Node, row: Rows, scope: Scope | None) -> None:
        node.table, inside = row, Scope(node.path, scope, None)
        for name, inner in row.rows.items():
            kid = inside.names[name] = self.open(name, join(node.path, name), inner, node.ins, inside)
            node.kids.append(kid)
        how = JOINS[joined(row) or "Concat"]
        values = tuple(value for kid in node.kids for value in kid.outs)
        try:
            out = shapes_of(how, _shapes(values))
        except TableError as error:
            sizes = ", ".join(f"{kid.name} {text(kid.out)}" for kid in node.kids)
            raise TableError(f"row '{node.path}' ({row.kind}): {error}; its branches give {sizes}") from None
        self.op(node, out, values)

    def each(self, node: Node, row: Each, scope: Scope | None) -> None:
        outs: list[Value] = []
        outer = self.shared
        for i, value in enumerate(node.ins):
            self.shared = outer or i > 0
            kid = self.open("row", join(node.path, "row"), row.row, (value,), scope)
            node.kids.append(kid)
            outs += kid.outs
        self.shared, node.outs = outer, tuple(outs)


JOINS: dict[str, Row] = {"Concat": Concat(), "Sum": Sum(), "Product": Product()}


def _placed(error: TableError, node: Node) -> TableError:
    arrived = ", ".join(map(text, node.xs)) or "nothing"
    return TableError(f"row '{node.path}' ({words(node.row)}) got {arrived}: {error}")


def opening(row: Row, xs: tuple[Shape, ...]) -> Rows:
    """What a block expands into; a row alone as a table of one."""
    inner = row.expand(*xs)
    assert inner is not None
    return inner if isinstance(inner, Rows) else Seq(inner)


def shapes_of(row: Row, xs: tuple[Shape, ...]) -> tuple[Shape, ...]:
    """The shapes of all that leaves the row."""
    out = row.shape(*xs)
    return tuple(out) if isinstance(out, list) else (out,)


def makes_anew(node: Node) -> bool:
    """Whether the output is new memory that the backward pass of ``node`` does not read: free to be overwritten."""
    if node.leaf:
        return isinstance(node.row, Norm) or (isinstance(node.row, Sum | Product | Concat) and len(node.ins) > 1)
    return node.op >= 0 and len(node.kids) > 1


def trace(table: Row, *inputs: Shape) -> Trace:
    """Open ``table``.  ``inputs`` replace its ``Input`` row's size, or feed a table that has none.

    Raises TableError naming the row, what arrived and the remedy, when the sizes are impossible.
    """
    override, given = feeds(table, inputs)
    tracer = _Tracer(override)
    ins: tuple[Value, ...] = ()
    for i, shape in enumerate(given):
        feed = Node(f"in{i}", f"in{i}", Input(*shape), ())
        tracer.op(feed, (shape,), ())
        ins += feed.outs
    root = tracer.open("", "", table, ins, None)
    return Trace(root, tracer.ops)
