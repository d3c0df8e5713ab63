"""``Conv | 10 × 10, 2 | 196 × 196 × 80``: layer, filter and stride, output (lecture 004, second table)."""

from __future__ import annotations

import re

from vzor.spec.forms.grid import Line
from vzor.spec.forms.parsed import Namer, Parsed, need
from vzor.spec.forms.words import kind_of, plain, pooling, simple, sizes, window
from vzor.spec.row import Row, Size
from vzor.spec.rows import RBF, Conv, Fc, Input

FORM = "Layer | Filter size, stride | Output W×H×N"
DEFAULTS = [
    "padding is 0",
    "pooling rounds sizes up (ceil)",
    "nonlinearities are only where they are printed; rows joined by + (ReLU+LRN, ReLU+Drop) are rows of their own",
    "dropout is 0.5; local response normalisation reads 5 channels",
]
CLASSES = 1000  # ImageNet's, as for every network of the zoo
_DEPENDS = {"dataset dependent", "classes", "number of classes", "зависит от данных", "число классов"}


def read(lines: list[Line], at: dict[str, int], classes: int | None) -> Parsed:
    """Rows from the lines; every printed output but those that depend on the dataset is checked."""
    parsed, namer = Parsed(FORM, defaults=list(DEFAULTS)), Namer()
    order = "HWN" if "output:HWN" in at else "WHN"
    depends = False
    for i, line in enumerate(lines):
        output = _output(line, at)
        if plain(output) in _DEPENDS:
            depends = True
            out: tuple[int, ...] = (classes or CLASSES,)
        else:
            out = sizes(output, line, "the output") if output else ()
        kinds = [kind_of(word, line) for word in line.cells[at["layer"]].split("+")]
        need(
            (kinds[0][0] == "input") == (i == 0),
            line,
            "the table has its input, once, in its first row; write it so",
        )
        for kind, number in kinds:
            name = namer.name({"maxpool": "pool", "avgpool": "pool"}.get(kind, kind), number)
            parsed.add(name, _row(kind, line, at, out, order), line)
        if out and i and plain(output) not in _DEPENDS:
            parsed.expect(name, f"output {'×'.join(order)}", out, line)
        if printed := line.cell(at.get("params")):
            need(re.fullmatch(r"\d[\d ,]{0,15}", printed), line, f"'{printed[:40]}' is not a number; write one")
            parsed.expect(name, "params", int(re.sub(r"\D", "", printed)), line)
    if depends:
        given = "as given" if classes else "where classes= is not given"
        parsed.defaults.append(f"'Dataset dependent' is {classes or CLASSES:,} classes, {given}")
    return parsed


def _output(line: Line, at: dict[str, int]) -> str:
    """The printed output in one piece, also where it stands in three columns."""
    if "out_n" in at:
        return "×".join(cell for column in ("out_w", "out_h", "out_n") if (cell := line.cell(at.get(column))))
    return line.cell(at.get("output:WHN", at.get("output:HWN")))


def _row(kind: str, line: Line, at: dict[str, int], out: tuple[int, ...], order: str) -> Row:
    if kind == "input":
        need(len(out) == 3, line, "the input's output is not width × height × channels; write 400 × 400 × 3")
        w, h, n = out
        return Input(n, h, w) if order == "WHN" else Input(n, w, h)
    if kind in ("conv", "pool", "maxpool", "avgpool"):
        k, s = _filter(line, at, order)
        if kind != "conv":
            return pooling(kind, k, s, 0, ceil=True)
        need(
            len(out) == 3,
            line,
            "the convolution's output is missing, and with it its filters; write W × H × N",
        )
        return Conv(out[2], k, 1 if s is None else s, 0, act=None)
    if kind in ("fc", "rbf"):
        need(
            len(out) == 1,
            line,
            "the width of the fully connected row is missing; write one number as its output",
        )
        return Fc(out[0]) if kind == "fc" else RBF(out[0])
    return simple(kind, "", line)


def _filter(line: Line, at: dict[str, int], order: str) -> tuple[Size, Size | None]:
    """Kernel and stride: ``10 × 10, 2`` in one cell or in two."""
    cell, stride = line.cell(at["filter"]), line.cell(at.get("stride"))
    need(cell, line, "the filter's size is missing; write it as 3 × 3, 1")
    kernel, mark, behind = cell.replace("/", ",").partition(",")
    s = re.sub(r"(?i)stride|страйд|шаг|=", "", stride or behind).strip()
    need(not mark or s, line, f"the stride is missing behind '{cell[:40]}'; write it as 3 × 3, 1")
    k = window(kernel, line, "the filter")
    step = window(s, line, "the stride") if s else None
    return (_rows_first(k), step if step is None else _rows_first(step)) if order == "WHN" else (k, step)


def _rows_first(size: Size) -> Size:
    """Width × height, as this form has it, as the height × width of our rows."""
    return size[::-1] if isinstance(size, tuple) else size
