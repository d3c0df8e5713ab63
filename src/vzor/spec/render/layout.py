"""Where everything of a scheme stands: pieces that know their size, put together from the inside out."""

from __future__ import annotations

from dataclasses import dataclass, field
from html import escape
from math import ceil

from vzor.spec.render.cells import human, shapes
from vzor.spec.render.scheme import JOIN_OF, Box, branched, nearest
from vzor.spec.row import text
from vzor.spec.sheet import Sheet

GAP = 30.0  # height of an arrow between rows
BETWEEN = 26.0  # between branches
TALL, LOW, STEP = 42.0, 28.0, 15.0  # a box of two lines, of one, and each further line
PAD, HEAD = 16.0, 26.0  # inside a frame, and its title
FORK = 26.0  # from a fork to its branches, and from them to the join
LANE = 12.0  # between lines beside the column
NAME, WORDS, SIZE = 12.0, 11.0, 10.5  # font sizes
BOLD = 1.14  # how much wider bold words are
SIGN = {"Sum": "+", "Product": "×", "Concat": "concat"}


def wide(words: str, size: float) -> float:
    """About how wide ``words`` are in a sans-serif font."""
    narrow = sum(char in "ijlt.,:;|()/ 1·" for char in words)
    return size * (0.6 * (len(words) - narrow) + 0.36 * narrow + 0.4 * words.count("…"))


class Canvas:
    """SVG elements in drawing order.  Colours are attributes; classes carry the dark page's."""

    def __init__(self, colours: dict[str, tuple[str, str, str]], page: tuple[str, ...]) -> None:
        self.out: list[str] = []
        self.colours, (_, _, self.faint, self.stroke) = colours, page

    def rect(self, x: float, y: float, w: float, h: float, family: str, radius: float = 7) -> None:
        fill, edge, _ = self.colours[family]
        where = f'x="{x:g}" y="{y:g}" width="{w:g}" height="{h:g}" rx="{radius:g}"'
        self.out.append(f'<rect class="{family}" {where} fill="{fill}" stroke="{edge}" stroke-width="1.2"/>')

    def words(
        self, x: float, y: float, words: str, family: str, size: float, bold: bool = False, anchor: str = "middle"
    ) -> None:
        colour = self.faint if family == "size" else self.colours[family][2]
        name = "size" if family == "size" else f"{family}-t"
        weight = ' font-weight="600"' if bold else ""
        where = f'x="{x:g}" y="{y:g}" font-size="{size:g}" text-anchor="{anchor}"'
        self.out.append(f'<text class="{name}" {where}{weight} fill="{colour}">{escape(words)}</text>')

    def line(self, path: str, dashed: bool = False) -> None:
        dash = ' stroke-dasharray="4 4"' if dashed else ""
        self.out.append(
            f'<path class="line" d="{path}" fill="none" stroke="{self.stroke}" stroke-width="1.4"{dash}'
            ' stroke-linejoin="round"/>'
        )

    def tip(self, x: float, y: float, turn: str = "down") -> None:
        """An arrow's head that ends at (x, y)."""
        ends = {"down": "-4 -8 8 0", "left": "8 -4 0 8", "right": "-8 -4 0 8"}[turn].split()
        self.out.append(
            f'<path class="tip" d="M{x:g} {y:g}l{ends[0]} {ends[1]}l{ends[2]} {ends[3]}z" fill="{self.stroke}"/>'
        )


@dataclass
class Port:
    """A place on the picture, relative to its piece: where a row's output leaves, or where one is read."""

    path: str
    x: float
    y: float


@dataclass
class Piece:
    """A part of the picture.  Data enter at (``axis``, 0) and leave at (``axis``, ``height``)."""

    width: float
    height: float
    axis: float
    box: Box | None = None
    parts: list[tuple[float, float, Piece]] = field(default_factory=list)
    marks: list[tuple[str, tuple[object, ...]]] = field(default_factory=list)  # Canvas method, arguments
    outs: list[Port] = field(default_factory=list)
    reads: list[Port] = field(default_factory=list)  # lines from elsewhere that end here

    def mark(self, method: str, *args: object) -> None:
        self.marks.append((method, args))

    def put(self, part: Piece, x: float, y: float) -> None:
        self.parts.append((x, y, part))
        self.outs += [Port(port.path, port.x + x, port.y + y) for port in part.outs]
        self.reads += [Port(port.path, port.x + x, port.y + y) for port in part.reads]

    def draw(self, canvas: Canvas, x: float, y: float) -> None:
        for method, args in self.marks:
            getattr(_Moved(canvas, x, y), method)(*args)
        for dx, dy, part in self.parts:
            part.draw(canvas, x + dx, y + dy)


class _Moved:
    """A canvas whose origin lies elsewhere."""

    def __init__(self, canvas: Canvas, x: float, y: float) -> None:
        self.canvas, self.x, self.y = canvas, x, y

    def rect(self, x: float, y: float, *rest: object) -> None:
        self.canvas.rect(x + self.x, y + self.y, *rest)  # type: ignore[arg-type]

    def words(self, x: float, y: float, *rest: object) -> None:
        self.canvas.words(x + self.x, y + self.y, *rest)  # type: ignore[arg-type]

    def tip(self, x: float, y: float, turn: str = "down") -> None:
        self.canvas.tip(x + self.x, y + self.y, turn)

    def line(self, points: list[tuple[float, float]], dashed: bool = False) -> None:
        self.canvas.line(rounded([(x + self.x, y + self.y) for x, y in points]), dashed)


def rounded(points: list[tuple[float, float]], radius: float = 8) -> str:
    """A path through ``points`` whose right-angled corners are rounded."""
    (x, y), *rest = points
    path = f"M{x:g} {y:g}"
    for (px, py), (cx, cy), (nx, ny) in zip(points, points[1:], points[2:], strict=False):
        r = min(radius, (abs(cx - px) + abs(cy - py)) / 2, (abs(nx - cx) + abs(ny - cy)) / 2)
        ax, ay = cx - r * _sign(cx - px), cy - r * _sign(cy - py)
        bx, by = cx + r * _sign(nx - cx), cy + r * _sign(ny - cy)
        path += f"L{ax:g} {ay:g}Q{cx:g} {cy:g} {bx:g} {by:g}"
    return path + f"L{rest[-1][0]:g} {rest[-1][1]:g}"


def _sign(number: float) -> int:
    return (number > 0) - (number < 0)


def layout(root: Box, sheet: Sheet) -> Piece:
    """The whole picture, with the lines that From rows draw beside the column."""
    plan = _Plan(_box_width(root))
    piece = plan.rows(root, root.kids, last=True)
    if not any(box.kind == "Input" for box in root.kids):
        piece = plan.fed(piece, text(sheet.input))
    return _with_lanes(piece)


def _box_width(root: Box) -> float:
    rows = [box for box in root.walk() if not box.kids and not box.wire]
    need = [wide(line, WORDS) + 22 for box in rows for line in _details(box)]
    need += [wide(box.called, NAME) * BOLD + wide(_right(box), WORDS) + 34 for box in rows]
    return min(max([*need, 128.0]), 260.0)


def _details(box: Box) -> list[str]:
    """The lines below a box's name: a folded block's weight layers as the papers list them, or its settings."""
    lines = [box.words]
    if box.folded and 0 < len(box.listed) <= 4 and all(box.listed):
        lines = [box.kind, *box.listed] if box.kind != "Seq" else box.listed
    return [line if len(line) <= 44 else line[:43] + "…" for line in lines if line]


def _right(box: Box) -> str:
    """What stands at the end of a box's first line."""
    return human(box.params) if box.params else ""


class _Plan:
    def __init__(self, width: float) -> None:
        self.width = width

    def piece(self, box: Box) -> Piece:
        """``box`` with what is inside it, and its exit as a place that others can read."""
        if box.wire:
            piece = Piece(16, 8, 8)
            piece.mark("line", [(8, 0), (8, 8)])
        elif not box.kids:
            piece = self.leaf(box)
        elif box.how == "Side":
            piece = self.frame(box.kids[0], self.piece(box.kids[0]))
        else:
            piece = self.inner(box)
        piece.box = box
        piece.outs.append(Port(box.exit, piece.axis, piece.height))
        piece.reads += [Port(ref, piece.axis, 0) for ref in box.reads or ()]
        return piece

    def inner(self, box: Box) -> Piece:
        piece = self.branches(box) if box.how in JOIN_OF else self.rows(box, box.kids)
        piece.outs.append(Port(f"{box.path}.in0" if box.path else "in0", piece.axis, 2))
        return self.frame(box, piece) if box.framed else piece

    def leaf(self, box: Box) -> Piece:
        w, family, lines = self.width, box.family, _details(box)
        short = len(lines) < 2 and wide(box.called, NAME) * BOLD + wide("".join(lines), WORDS) + 34 < w
        low = short and not box.params and not box.folded
        h = LOW if low else TALL + STEP * max(len(lines) - 1, 0)
        piece = Piece(w, h, w / 2)
        for i in range(min(box.times - 1, 2), 0, -1):
            piece.mark("rect", 4.0 * i, 4.0 * i, w, h, family)
        piece.mark("rect", 0, 0, w, h, family, LOW / 2 if family == "io" else 7)
        if low and not lines:
            piece.mark("words", w / 2, 18, box.called, family, NAME, True)
        else:
            piece.mark("words", 11, 18, box.called, family, NAME, True, "start")
            if low:
                piece.mark("words", w - 11, 18, lines[0], family, WORDS, False, "end")
            else:
                piece.mark("words", w - 11, 18, _right(box), family, WORDS, False, "end")
                for i, line in enumerate(lines):
                    piece.mark("words", 11, 33 + STEP * i, line, family, WORDS, False, "start")
        if box.times > 1:
            piece.mark("words", w + 14, h / 2 + 5, f"×{box.times}", "frame", 15, True, "start")
        return piece

    def frame(self, box: Box, inner: Piece) -> Piece:
        """A block opened: its rows in a frame under its name."""
        kind = box.kind if box.family == "block" and box.kind not in ("Seq", *JOIN_OF) else ""
        title = box.called + (" (training only)" if box.side else "")
        need = wide(title, NAME) * BOLD + wide(kind, WORDS) + 28
        left = max(PAD, need - inner.axis)
        times = f"×{box.times}" if box.times > 1 else ""
        right = PAD + (20 if times and inner.width - inner.axis < 60 else 0)
        piece = Piece(left + inner.width + right, inner.height + HEAD + PAD, left + inner.axis)
        for i in range(min(box.times - 1, 2), 0, -1):
            piece.mark("rect", 5.0 * i, 5.0 * i, piece.width, piece.height, "frame", 11)
        piece.mark("rect", 0, 0, piece.width, piece.height, "frame", 11)
        piece.mark("words", 12, 19, title, "frame", NAME, True, "start")
        piece.mark("words", 20 + wide(title, NAME) * BOLD, 19, kind, "frame", WORDS, False, "start")
        if times:
            piece.mark("words", piece.width - 14, 22, times, "frame", 16, True, "end")
        piece.mark("line", [(piece.axis, 0), (piece.axis, HEAD)])
        if _starts_with_box(box):
            piece.mark("tip", piece.axis, HEAD)
        if not box.side:
            piece.mark("line", [(piece.axis, HEAD + inner.height), (piece.axis, piece.height)])
        piece.put(inner, left, HEAD)
        return piece

    def rows(self, box: Box, kids: list[Box], last: bool = False) -> Piece:
        """Rows under one another, joined by arrows that carry the sizes; sides stand to the right."""
        kids = branched(kids, box.path)
        pieces = [(kid, self.piece(kid)) for kid in kids]
        main = [piece for kid, piece in pieces if kid.how != "Side"]
        axis = max([piece.axis for piece in main], default=8.0)
        right = max([axis + piece.width - piece.axis + _badge(piece) for piece in main], default=16.0)
        whole = Piece(right, 0, axis)
        y = low = 0.0  # where the column, and the sides beside it, have come to
        before: Box | None = None
        for kid, piece in pieces:
            if kid.how == "Side":
                low = self._aside(whole, piece, y, max(low, y), right + BETWEEN)
                continue
            if before is not None:
                self._arrow(whole, y, before, kid)
                y += GAP
            whole.put(piece, axis - piece.axis, y)
            y += piece.height
            before = kid
        if last and before is not None and before.family != "io":
            self._arrow(whole, y, before, None)
            y += GAP
        if low > y and not last:
            whole.mark("line", [(axis, y), (axis, low)])
        whole.height = max(y, low)
        return whole

    def _arrow(self, whole: Piece, y: float, before: Box, after: Box | None) -> None:
        """The arrow below ``before``; two stubs where ``after`` reads another row."""
        axis = whole.axis
        if after is None or after.reads is None or before.exit in after.reads:
            whole.mark("line", [(axis, y), (axis, y + GAP)])
        else:
            whole.mark("line", [(axis, y), (axis, y + 8)])
            whole.mark("line", [(axis, y + GAP - 9), (axis, y + GAP)])
        if after is None or not _opens(after):
            whole.mark("tip", axis, y + GAP)
        whole.mark("words", axis + 9, y + GAP / 2 + 3, shapes(before.outs), "size", SIZE, False, "start")

    def _aside(self, whole: Piece, piece: Piece, y: float, low: float, x: float) -> float:
        """A side beside the column, below the sides before it; how far down it reaches."""
        top = low + GAP / 2
        whole.mark("line", [(whole.axis, y + 6), (x + piece.axis, y + 6), (x + piece.axis, top)], True)
        whole.put(piece, x, top)
        whole.width = max(whole.width, x + piece.width)
        return top + piece.height

    def branches(self, box: Box) -> Piece:
        """Branches side by side between a fork and a join.  What passes unchanged is a line at the side."""
        kids = sorted(box.kids, key=lambda kid: self._empty(kid))
        pieces = [self.piece(kid) for kid in kids]
        xs, x = [], 0.0
        for kid, piece in zip(kids, pieces, strict=True):
            xs.append(x)
            x += max(piece.width + _badge(piece), 0 if self._empty(kid) else _size_room(kid, piece)) + BETWEEN
        width = x - BETWEEN
        places = [x + piece.axis for x, piece in zip(xs, pieces, strict=True)]
        lopsided = len(kids) == 2 or self._empty(kids[-1])
        axis = places[0] if lopsided else width / 2
        join = SIGN[JOIN_OF[box.how]]
        half = 11.0 if len(join) == 1 else wide(join, WORDS) / 2 + 12
        tallest = max(piece.height for piece in pieces)
        end = FORK + tallest + FORK + 8
        whole = Piece(max(width, axis + half), end + 11, axis)
        whole.mark("line", [(axis, 0), (axis, 6)])
        for kid, piece, place in zip(kids, pieces, places, strict=True):
            self._branch(whole, kid, piece, place, end, half)
        whole.mark("rect", axis - half, end - 11, 2 * half, 22.0, "move", 11)
        whole.mark("words", axis, end + 5 if len(join) == 1 else end + 4, join, "move", 15 if len(join) == 1 else WORDS)
        for part_x, piece in zip(xs, pieces, strict=True):
            whole.put(piece, part_x, FORK)
        return whole

    def _branch(self, whole: Piece, kid: Box, piece: Piece, x: float, end: float, half: float) -> None:
        axis, empty, reads = whole.axis, self._empty(kid), kid.reads is not None
        bottom = FORK + piece.height
        if not reads:
            whole.mark("line", [(axis, 6), (x, 6), (x, FORK)] if x != axis else [(x, 6), (x, FORK)])
        if not empty and not _opens(kid):
            whole.mark("tip", x, FORK)
        if abs(x - axis) < half - 4:
            whole.mark("line", [(x, bottom), (x, end - 11)])
            whole.mark("tip", x, end - 11)
        else:
            side = axis + half if x > axis else axis - half
            whole.mark("line", [(x, bottom), (x, end), (side, end)])
            whole.mark("tip", side, end, "left" if x > axis else "right")
        if not empty:
            whole.mark("words", x + 9, bottom + 17, shapes(kid.outs), "size", SIZE, False, "start")

    def _empty(self, box: Box) -> bool:
        return box.wire or (box.how == "Seq" and not box.folded and not any(not kid.wire for kid in box.kids))

    def fed(self, piece: Piece, words: str) -> Piece:
        """An input above a table that has no Input row."""
        box = Box("", "input", "Input", words, None, "row", False, (), (), None, 0)
        top = self.leaf(box)
        axis = max(top.axis, piece.axis)
        whole = Piece(axis + max(top.width - top.axis, piece.width - piece.axis), 0, axis)
        whole.put(top, axis - top.axis, 0)
        whole.mark("line", [(axis, top.height), (axis, top.height + GAP)])
        whole.mark("tip", axis, top.height + GAP)
        whole.put(piece, axis - piece.axis, top.height + GAP)
        whole.height = top.height + GAP + piece.height
        return whole


def _size_room(kid: Box, piece: Piece) -> float:
    return piece.axis + 12 + wide(shapes(kid.outs), SIZE)


def _badge(piece: Piece) -> float:
    return 40.0 if piece.box is not None and piece.box.times > 1 and not piece.box.kids else 0.0


def _opens(box: Box) -> bool:
    """Begins with a fork, a frame or a line, into which an arrow goes on without its head."""
    if box.how == "Seq" and box.kids and not box.framed:
        return _opens(branched(box.kids, box.path)[0])
    return bool(box.kids) or box.wire


def _starts_with_box(box: Box) -> bool:
    return box.how == "Seq" and bool(box.kids) and not _opens(branched(box.kids, box.path)[0])


def _with_lanes(piece: Piece) -> Piece:
    """Lines on the left for what From rows read from further away, no two of them on one another."""
    ports = {port.path: port for port in reversed(piece.outs)}
    spans: list[tuple[float, float, Port, Port]] = []
    for end in piece.reads:
        path = nearest(end.path, set(ports))
        if path is None:
            continue
        start = ports[path]
        if not (abs(start.x - end.x) < 1 and 0 <= end.y - start.y <= GAP + 1):  # the arrow is there already
            spans.append((start.y + 5, end.y - 7, start, end))
    spans.sort(key=lambda span: (span[1] - span[0], span[0]))  # short ones nearest to the column
    used: list[list[tuple[float, float]]] = []
    routes = []
    for top, bottom, start, end in spans:
        low, high = min(top, bottom), max(top, bottom)
        lane = next((i for i, taken in enumerate(used) if all(high < a or low > b for a, b in taken)), len(used))
        if lane == len(used):
            used.append([])
        used[lane].append((low, high))
        routes.append((lane, top, bottom, start, end))
    room = LANE * len(used) + (10 if used else 0)
    whole = Piece(piece.width + ceil(room), piece.height, piece.axis + room)
    whole.put(piece, room, 0)
    for lane, top, bottom, start, end in routes:
        x = room - 10 - LANE * lane
        points = [(start.x + room, top), (x, top), (x, bottom), (end.x + room, bottom), (end.x + room, end.y)]
        whole.mark("line", points)
    return whole
