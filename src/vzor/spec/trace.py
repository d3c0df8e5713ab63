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
from vzor.spec.tables import Each, From, Out, Rows, Seq, Side, joined
from vzor.spec.weighted import Norm
from vzor.spec.words import words

MAX_DEPTH = 64  # nested blocks; a block that expands into itself would never end


class Value(NamedTuple):
    """What flows between rows: a shape, and the number of the operation that made it."""

    shape: Shape
    op: int


class Node:
    """A row in its place: its dotted ``path``, what arrives, what leaves, and the rows inside it."""

    __slots__ = (
        "aux", "ins", "kids", "like", "name", "op", "outs", "path", "reads", "refs", "row", "shared", "table", "xs",
    )  # fmt: skip

    def __init__(self, name: str, path: str, row: Row, ins: tuple[Value, ...]) -> None:
        self.name, self.path, self.row, self.ins = name, path, row, ins
        self.refs: tuple[str, ...] | None = None  # paths that a From reads; None: the row before
        self.table: Rows | None = row if isinstance(row, Rows) else None  # a block's: what it expands into
        self.kids: list[Node] = []
        self.xs: tuple[Shape, ...] = tuple([value.shape for value in ins])  # shapes that arrive
        self.outs: tuple[Value, ...] = ()
        self.op = -1  # number among Trace.ops; -1 for a Seq, which does nothing itself
        self.reads: tuple[int, ...] = ()  # numbers of the operations whose outputs this operation reads
        self.aux = False  # runs in training only
        self.shared = False  # a further use of weights counted elsewhere (Each)
        self.like: Node | None = None  # of a folded trace: the equal block that stands open, where this one is closed

    @property
    def out(self) -> Shape:
        """Shape that leaves (the first, where there are several)."""
        return self.outs[0].shape

    @property
    def leaf(self) -> bool:
        return not self.kids

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


class _Scope:
    """Names visible at one place: rows already run, the inputs of the Seq, and the scope around."""

    __slots__ = ("inputs", "last", "names", "outer", "path")

    def __init__(self, path: str, outer: _Scope | None, inputs: tuple[Value, ...] | None) -> None:
        self.path, self.outer, self.inputs = path, outer, inputs
        self.names: dict[str, Node] = {}
        self.last: Node | None = None

    def resolve(self, name: str) -> tuple[str, tuple[Value, ...]]:
        """(path, values) that ``name`` means here."""
        head, *inner = name.split(".")
        scope: _Scope | None = self
        while scope is not None:
            if head in scope.names:
                return _inward(scope.names[head], inner, name)
            if head == "prev" and scope.last is not None:
                return _inward(scope.last, inner, name)
            if scope.inputs is not None and head[:2] == "in" and head[2:].isdigit():
                number = int(head[2:])
                if number >= len(scope.inputs):
                    raise TableError(f"'{name}' does not exist: {len(scope.inputs)} input(s) arrive here; use in0")
                return _join(scope.path, head), (scope.inputs[number],)
            scope = scope.outer
        seen: list[str] = []
        scope = self
        while scope is not None:
            seen += scope.names
            scope = scope.outer
        raise TableError(
            f"no earlier row is called '{name}'.{did_you_mean(head, seen)} Rows so far: {', '.join(seen) or 'none'}"
        )


def _inward(node: Node, names: list[str], whole: str) -> tuple[str, tuple[Value, ...]]:
    for name in names:
        inside = {kid.name: kid for kid in (node.like or node).kids}
        if name not in inside:
            raise TableError(f"'{whole}' does not exist: inside '{node.path}' are {', '.join(inside) or 'no rows'}")
        node = inside[name]
    return node.path, node.outs


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


#: The blocks that folded traces have opened, by value and by what arrives.  One may serve many tables.
Opened = dict[tuple[Row, tuple[Shape, ...]], Node]


class _Tracer:
    def __init__(self, override: Shape | None, fold: Opened | None = None) -> None:
        self.ops: list[Node] = []
        self.override = override
        self.fold = fold
        self.depth = 0
        self.aux = self.shared = False
        # Networks repeat blocks: one expansion serves all that are equal, and one shape all uses of a row.
        self.expansions: dict[tuple[Row, tuple[Shape, ...]], Row | None] = {}
        self.shapes: dict[tuple[int, tuple[Shape, ...]], list[Shape]] = {}

    def open(self, name: str, path: str, row: Row, ins: tuple[Value, ...], scope: _Scope | None) -> Node:
        refs = None
        if isinstance(row, Out):
            row = From(tuple(row.named.values()), row)
        if isinstance(row, From):
            assert scope is not None
            try:
                found = [scope.resolve(ref) for ref in row.names]
            except TableError as error:
                raise TableError(f"row '{path}': {error}") from None
            refs = tuple(place for place, _ in found)
            ins = tuple(value for _, values in found for value in values)
            row = row.row
        node = Node(name, path, row, ins)
        node.refs, node.aux, node.shared = refs, self.aux, self.shared
        self._fill(node, scope)
        return node

    def _fill(self, node: Node, scope: _Scope | None) -> None:
        row, ins = node.row, node.ins
        if isinstance(row, Seq):
            self._seq(node, row, _Scope(node.path, scope, ins))
        elif isinstance(row, Rows):
            self._side_by_side(node, row, scope)
        elif isinstance(row, Side):
            outer, self.aux = self.aux, True
            node.kids = [self.open(row.name, _join(node.path, row.name), row.table, ins, scope)]
            self.aux, node.outs = outer, ins
        elif isinstance(row, Each):
            self._each(node, row, scope)
        else:
            self._row(node, row, scope)

    def _row(self, node: Node, row: Row, scope: _Scope | None) -> None:
        """A block, by what it expands into; or a leaf row, which is an operation."""
        if self.fold is not None and self._closed(node, row, self.fold):
            return
        try:
            table = self._expansion(row, node.xs)
            if table is None:
                self._op(node, self._shapes(row, node.xs), node.ins)
                return
        except TableError as error:
            raise _placed(error, node) from None
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise TableError(f"row '{node.path}' opens more than {MAX_DEPTH} blocks inside one another; unfold it")
        inner = table if isinstance(table, Rows) else Seq(table)
        block = Node(node.name, node.path, inner, node.ins)
        # A block sees its own inputs as in0, in1, … and nothing outside: the same block is the same everywhere.
        self._fill(block, _Scope(node.path, None, node.ins))
        node.table, node.kids, node.outs, node.op, node.reads = inner, block.kids, block.outs, block.op, block.reads
        if block.op >= 0:
            self.ops[block.op] = node
        self.depth -= 1

    def _closed(self, node: Node, row: Row, fold: Opened) -> bool:
        """Leave a block closed where an equal one stands open: it counts as one operation, and its kids are there."""
        if type(row).expand is Row.expand:
            return False
        try:
            equal = fold.setdefault((row, node.xs), node)
        except TypeError:  # as in _expansion
            return False
        if not equal.outs:  # this one, or one around it
            return False
        node.like = equal
        self._op(node, [value.shape for value in equal.outs], node.ins)
        return True

    def _expansion(self, row: Row, xs: tuple[Shape, ...]) -> Row | None:
        if type(row).expand is Row.expand:
            return None
        key = (row, xs)
        try:
            if key not in self.expansions:
                self.expansions[key] = row.expand(*xs)
            return self.expansions[key]
        except TypeError:  # a user's block with a list in a field cannot be looked up
            return row.expand(*xs)

    def _shapes(self, row: Row, xs: tuple[Shape, ...]) -> list[Shape]:
        if isinstance(row, Input) and self.override:
            return [self.override]
        key = (id(row), xs)
        if key not in self.shapes:
            self.shapes[key] = shapes_of(row, xs)
        return self.shapes[key]

    def _op(self, node: Node, shapes: list[Shape], reads: tuple[Value, ...]) -> None:
        node.op = len(self.ops)
        node.reads = tuple([value.op for value in reads])
        self.ops.append(node)
        node.outs = tuple(Value(shape, node.op) for shape in shapes)

    def _seq(self, node: Node, row: Rows, scope: _Scope) -> None:
        values = node.ins
        for name, inner in row.rows.items():
            kid = self.open(name, _join(node.path, name), inner, values, scope)
            node.kids.append(kid)
            scope.names[name] = scope.last = kid
            values = kid.outs
        node.outs = values

    def _side_by_side(self, node: Node, row: Rows, scope: _Scope | None) -> None:
        inside = _Scope(node.path, scope, None)
        for name, inner in row.rows.items():
            kid = self.open(name, _join(node.path, name), inner, node.ins, inside)
            node.kids.append(kid)
            inside.names[name] = kid
        join = JOINS[joined(row) or "Concat"]
        values = tuple(value for kid in node.kids for value in kid.outs)
        try:
            out = shapes_of(join, tuple(value.shape for value in values))
        except TableError as error:
            sizes = ", ".join(f"{kid.name} {text(kid.out)}" for kid in node.kids)
            raise TableError(f"row '{node.path}' ({row.kind}): {error}; its branches give {sizes}") from None
        self._op(node, out, values)

    def _each(self, node: Node, row: Each, scope: _Scope | None) -> None:
        outs: list[Value] = []
        outer = self.shared
        for i, value in enumerate(node.ins):
            self.shared = outer or i > 0
            kid = self.open("row", _join(node.path, "row"), row.row, (value,), scope)
            node.kids.append(kid)
            outs += kid.outs
        self.shared, node.outs = outer, tuple(outs)


JOINS: dict[str, Row] = {"Concat": Concat(), "Sum": Sum(), "Product": Product()}


def _placed(error: TableError, node: Node) -> TableError:
    arrived = ", ".join(map(text, node.xs)) or "nothing"
    return TableError(f"row '{node.path}' ({words(node.row)}) got {arrived}: {error}")


def shapes_of(row: Row, xs: tuple[Shape, ...]) -> list[Shape]:
    """The row's output shapes, always as a list."""
    out = row.shape(*xs)
    return out if isinstance(out, list) else [out]


def makes_anew(node: Node) -> bool:
    """Whether the output is new memory that the backward pass of ``node`` does not read: free to be overwritten."""
    if node.leaf:
        return isinstance(node.row, Norm) or (isinstance(node.row, Sum | Product | Concat) and len(node.ins) > 1)
    return node.op >= 0 and len(node.kids) > 1


def trace(table: Row, *inputs: Shape, fold: Opened | None = None) -> Trace:
    """Open ``table``.  ``inputs`` replace its ``Input`` row's size, or feed a table that has none.

    With ``fold``, which remembers them, of equal blocks only the first is opened: enough for sums (`measure.totals`).
    Raises TableError naming the row, what arrived and the remedy, when the sizes are impossible.
    """
    first = next(iter(table.rows.values()), None) if isinstance(table, Rows) else table
    own = isinstance(first, Input)
    if not own and not inputs:
        raise TableError("the table has no Input row; begin it with Input(3, 224, 224) or give the input's size")
    tracer = _Tracer(inputs[0] if own and inputs else None, fold)
    ins: tuple[Value, ...] = ()
    if not own:
        for i, shape in enumerate(inputs):
            feed = Node(f"in{i}", f"in{i}", Input(*shape), ())
            tracer._op(feed, [shape], ())
            ins += feed.outs
    root = tracer.open("", "", table, ins, None)
    return Trace(root, tracer.ops)
