"""A measured table as a scheme: boxes in boxes, repeated blocks folded, branches that From makes recognised."""

from __future__ import annotations

from collections.abc import Container, Iterator
from dataclasses import dataclass, field

from vzor.spec.render.cells import inside
from vzor.spec.row import Shape
from vzor.spec.sheet import Line, Sheet

#: Kind of row -> the colour family it is drawn in.
FAMILY = {
    **dict.fromkeys(("Conv", "ConvT", "Local"), "conv"),
    **dict.fromkeys(("Pool", "Gap"), "pool"),
    **dict.fromkeys(("Fc", "RBF"), "fc"),
    **dict.fromkeys(("Norm", "LayerNorm", "LRN", "L2Norm", "Gain", "Drop", "DropPath"), "norm"),
    **dict.fromkeys(("Act", "Attention"), "act"),
    **dict.fromkeys(("Input", "Out", "Loss"), "io"),
    **dict.fromkeys(("Concat", "Sum", "Product", "Slice", "Split", "Take", "Scale", "Power", "Shift"), "move"),
    **dict.fromkeys(("Up", "Reorg", "Pad", "Flatten", "Id"), "move"),
}
JOIN_OF = {"Cat": "Concat", "Add": "Sum", "Mul": "Product"}
JOINS = tuple(JOIN_OF.values())


@dataclass
class Box:
    """A row drawn: a leaf or a folded block without ``kids``, an opened one with them."""

    path: str
    name: str
    kind: str
    detail: str
    label: str | None
    how: str  # "row", "Seq", "Cat", "Add", "Mul", "Side", "Each"
    side: bool
    ins: tuple[Shape, ...]
    outs: tuple[Shape, ...]
    reads: tuple[str, ...] | None
    params: int
    times: int = 1  # so many equal blocks in a row are drawn as this one
    end: str = ""  # then: the path of the last of them
    folded: bool = False  # a block whose rows are not shown
    listed: list[str] = field(default_factory=list)  # then: its weight layers, where they simply follow one another
    inner: list[str] = field(default_factory=list)  # then, of a Seq: the kinds of its own rows
    kids: list[Box] = field(default_factory=list)
    prefix: str = ""  # name of the branch that a numbered row stands in
    join: Box | None = None  # the Concat, Sum or Product row that a recognised branching ends in

    @property
    def exit(self) -> str:
        """The path under which others read what leaves."""
        return self.end or (self.join.path if self.join else self.path)

    @property
    def family(self) -> str:
        return FAMILY.get(self.kind, "block")

    @property
    def wire(self) -> bool:
        """Passes on what arrives: drawn as a line."""
        return not self.kids and not self.folded and self.kind in ("Id", "Seq")

    @property
    def framed(self) -> bool:
        """Drawn in a frame with its name when opened: a block, or a stage of the table."""
        if not self.kids or not self.path or self.join is not None:
            return False
        return self.kind not in ("Seq", "Side", "Each", *JOIN_OF) or "." not in self.path or self.times > 1

    @property
    def words(self) -> str:
        """Kind and settings, without the kind where the name says it already; of a folded stage, its blocks."""
        if len(set(self.inner)) == 1 and self.inner[0] not in (*FAMILY, "Seq", "Side", "Each", *JOIN_OF):
            return self.inner[0] if len(self.inner) == 1 else f"{self.inner[0]} ×{len(self.inner)}"
        kind = "" if self.kind == "Seq" or self.name.lower() == self.kind.lower() else self.kind
        return f"{kind} {self.detail}".strip()

    @property
    def called(self) -> str:
        """The name, the paper's beside it; of folded blocks, the first and the last."""
        if self.prefix and self.name.isdigit():
            return f"{self.prefix}.{self.name}"
        name = f"{self.name}…{int(self.name) + self.times - 1}" if self.times > 1 and self.name.isdigit() else self.name
        return f"{name} · {self.label}" if self.label and self.label != self.name else name

    def walk(self) -> Iterator[Box]:
        yield self
        for kid in self.kids:
            yield from kid.walk()


def scheme(sheet: Sheet, depth: int | None) -> Box:
    """The whole table as one box, opened down to ``depth``, equal neighbouring blocks drawn once."""
    root = Box("", "", "Seq", "", None, "Seq", False, (), (sheet.output,), None, sheet.parameters)
    stack = [root]
    seen: set[str] = set()
    for line in sheet.lines:
        if line.path in seen:  # a further use of the same weights (Each): drawn once
            continue
        seen.add(line.path)
        del stack[line.depth + 1 :]
        if depth is not None and line.depth > depth:
            _list(stack[-1], line)
            stack.append(stack[-1])
            continue
        box = _box(line)
        stack[-1].kids.append(box)
        stack.append(box)
    read = {ref for line in sheet.lines for ref in line.reads or ()}
    _fold_equal(root, read)
    for box in root.walk():
        for kid in box.kids:
            kid.prefix = box.name if box.how == "Seq" and not box.framed else ""
    return root


def boxes(sheet: Sheet, depth: int | None) -> int:
    """How many boxes the scheme has."""
    return sum(not box.kids and not box.wire for box in scheme(sheet, depth).walk())


def _list(box: Box, line: Line) -> None:
    """One of the rows that a folded ``box`` does not show."""
    if not box.folded:
        box.folded, box.listed = True, ["", ""] if box.how in JOIN_OF else []
    if box.kind == "Seq" and line.path.rpartition(".")[0] == box.path:
        box.inner.append(line.kind)
    if line.table in JOIN_OF:
        box.listed += ["", ""]  # branches: no list can say them
    elif line.leaf and line.reads is None and line.kind in ("Conv", "ConvT", "Local", "Fc"):
        box.listed.append(line.detail.removesuffix(", relu").removesuffix(", bn") if line.kind != "Fc" else line.detail)


def _box(line: Line) -> Box:
    how = line.table or (line.kind if line.kind in ("Side", "Each") else "row")
    fields = (line.path, line.name, line.kind, line.detail, line.label, how, line.side or line.kind == "Side")
    return Box(*fields, line.ins, line.outs, line.reads, line.params)


def _fold_equal(box: Box, read: set[str]) -> None:
    """Blocks that follow one another and are equal but for the name become one, counted."""
    for kid in box.kids:
        _fold_equal(kid, read)
    if box.how != "Seq":
        return
    kept: list[Box] = []
    for kid in box.kids:
        last = kept[-1] if kept else None
        block = (kid.kids or kid.folded) and kid.reads is None and kid.how not in ("Side", "Each")
        if last is not None and block and _looks(last, 1) == _looks(kid, 1) and last.exit not in read:
            last.times, last.end = last.times + 1, kid.path
        else:
            kept.append(kid)
    box.kids = kept


def _looks(box: Box, times: int | None = None) -> tuple[object, ...]:
    """All that a box shows except where it stands."""
    reads = None if box.reads is None else tuple(ref.rpartition(".")[2] for ref in box.reads)
    inner = (*box.inner, *((kid.name, *_looks(kid)) for kid in box.kids))
    return (box.kind, box.detail, box.label, box.ins, box.outs, box.params, times or box.times, reads, inner)


def branched(kids: list[Box], path: str) -> list[Box]:
    """Rows of a Seq with every fork that From rows make put into one branching box.

    A fork is recognised where a Concat, Sum or Product reads the ends of strands that begin at one place, or
    that place itself.  What is not such a fork stays as it is, and is drawn with a line beside the column.
    """
    kids = list(kids)
    j = 0
    while j < len(kids):
        found = _fork(kids, j, path) if kids[j].kind in JOINS and len(kids[j].reads or ()) > 1 else None
        if found is not None:
            start, strands = found
            kids[start : j + 1] = [_branching(kids[j], strands)]
            j = start
        j += 1
    return kids


def _fork(kids: list[Box], j: int, path: str) -> tuple[int, list[list[Box]]] | None:
    """(first row after the fork, strands in the join's order), where row ``j`` closes a fork."""
    at = {kid.exit: i for i, kid in enumerate(kids[:j])}
    at[f"{path}.in0" if path else "in0"] = -1
    reads = kids[j].reads or ()
    ends = [at.get(ref) for ref in reads]
    if None in ends or len(set(ends)) != len(ends):
        return None
    for p in range(j - 2, -2, -1):
        strands = _strands(kids, p, j, [end for end in ends if end is not None], at)
        if strands is not None:
            return p + 1, strands
    return None


def _strands(kids: list[Box], p: int, j: int, ends: list[int], at: dict[str, int]) -> list[list[Box]] | None:
    """The rows between ``p`` and ``j`` as strands from ``p`` to the ``ends``; None where they are not."""
    if any(end < p for end in ends):
        return None
    before: dict[int, int] = {}
    used: set[int] = set()
    for i in range(p + 1, j):
        reads = kids[i].reads
        source = i - 1 if reads is None else at.get(reads[0]) if len(reads) == 1 else None
        if source is None or source < p or (source != p and source in used):
            return None
        before[i] = source
        used.add(source)
    strands = []
    for end in ends:
        strand: list[Box] = []
        while end != p:
            strand.insert(0, kids[end])
            end = before[end]
        strands.append(strand)
    return strands if sum(map(len, strands)) == j - p - 1 else None


def _branching(join: Box, strands: list[list[Box]]) -> Box:
    how = {kind: how for how, kind in JOIN_OF.items()}[join.kind]
    first = next(strand[0] for strand in strands if strand)
    box = Box(join.path, join.name, how, "", None, how, join.side, first.ins, join.outs, None, 0, join=join)
    for strand in strands:
        box.kids.append(_strand(strand, first))
    return box


def _strand(rows: list[Box], first: Box) -> Box:
    if len(rows) == 1:
        rows[0].reads = None
        return rows[0]
    box = Box("", "", "Seq", "", None, "Seq", first.side, first.ins, rows[-1].outs if rows else first.ins, None, 0)
    if rows:
        rows[0].reads = None
    box.kids = rows
    return box


def nearest(path: str, known: Container[str]) -> str | None:
    """``path``, or the nearest row around it that is drawn."""
    while path and path not in known:
        path = inside(path)
    return path if path in known else None
