"""``Convolution 1 | 3x3@16``: two columns, a layer and its size (lecture 004, first table)."""

from __future__ import annotations

import re

from vzor.spec.forms.grid import Line
from vzor.spec.forms.parsed import Namer, Parsed, need
from vzor.spec.forms.words import ACTS, kind_of, pooling, simple, sizes, whole, window
from vzor.spec.row import Row, Size
from vzor.spec.rows import RBF, Conv, Fc, Input

FORM = "Convolution 1 | 3x3@16"
DEFAULTS = [
    "the input has 1 channel where none is printed",
    "convolutions have padding 0 and stride 1 where none is printed",
    "ReLU follows every convolution, and every fully connected row but the last, where no other nonlinearity does",
    "pooling takes the maximum, and its stride is its kernel where none is printed",
]
_TAIL = r"(?:(?:,| |/|, ?stride) ?(?P<s>\d{1,4}))?(?:,? ?(?:pad|p) ?=? ?(?P<p>\d{1,4}))?"
_CONV = re.compile(r"(?P<k>\d[^@]{0,30}?) ?@ ?(?P<out>[\d ]{1,12}?)" + _TAIL, re.IGNORECASE)
_POOL = re.compile(r"(?P<k>\d{1,4}(?: ?[xX×хХ] ?\d{1,4})?)" + _TAIL, re.IGNORECASE)


def read(lines: list[Line]) -> Parsed:
    """Rows from the lines; sizes are height × width."""
    kinds = [kind_of(line.cells[0], line) for line in lines]
    parsed, namer = Parsed(FORM, defaults=list(DEFAULTS)), Namer()
    need(
        kinds and kinds[0][0] == "input",
        lines[0],
        "the table does not begin with its input; write Input | 64x64",
    )
    last = max((i for i, (kind, _) in enumerate(kinds) if kind in ("fc", "rbf")), default=-1)
    for i, (line, (kind, number)) in enumerate(zip(lines, kinds, strict=True)):
        need(len(line.cells) <= 2, line, "more than two columns; write a layer and its size")
        value = line.cell(1)
        act = None if i == last or _own_act(kinds[i + 1 :]) else "relu"
        parsed.add(namer.name(_NAMES.get(kind, kind), number), _row(kind, value, act, line, i == 0), line)
    return parsed


_NAMES = {"maxpool": "pool", "avgpool": "pool"}


def _own_act(behind: list[tuple[str, int | None]]) -> bool:
    """Whether a nonlinearity is printed before the next layer that is none."""
    for kind, _ in behind:
        if kind in ACTS.values():
            return True
        if kind not in ("bn", "lrn", "drop"):
            return False
    return False


def _row(kind: str, value: str, act: str | None, line: Line, first: bool) -> Row:
    if kind == "input":
        need(first, line, "a second input; a table of this form has one")
        return _input(value, line)
    if kind == "conv":
        found = _CONV.fullmatch(value)
        need(
            found,
            line,
            f"'{value[:40]}' is not a convolution; write its kernel and its number of filters, as 3x3@16",
        )
        assert found is not None
        s, p = int(found["s"] or 1), int(found["p"] or 0)
        return Conv(whole(found["out"], line, "the filters"), window(found["k"], line, "the kernel"), s, p, act=act)
    if kind in ("pool", "maxpool", "avgpool"):
        found = _POOL.fullmatch(value)
        need(found, line, f"'{value[:40]}' is not a pooling size; write 2x2, or 3x3, 2 with a stride")
        assert found is not None
        stride: Size | None = int(found["s"]) if found["s"] else None
        return pooling(kind, window(found["k"], line, "the window"), stride, int(found["p"] or 0), ceil=False)
    if kind == "fc":
        return Fc(whole(value, line, "the width"), act)
    if kind == "rbf":
        return RBF(whole(value, line, "the width"))
    return simple(kind, value, line)


def _input(value: str, line: Line) -> Input:
    """``64x64``, ``64x64x3`` (channels last) or ``3@64x64``."""
    front = re.fullmatch(r"(\d{1,6}) ?@ ?(.+)", value)
    back = re.fullmatch(r"([^@]+?) ?@ ?(\d{1,6})", value)
    width = front[1] if front else back[2] if back else None
    size = sizes(front[2] if front else back[1] if back else value, line, "the input's size")
    if width is None and len(size) == 3:
        h, w, channels = size
        return Input(channels, h, w)
    need(len(size) == 2, line, f"the input '{value[:40]}' is not a picture; write height × width, as 64x64")
    return Input(whole(width, line, "the channels") if width else 1, *size)
