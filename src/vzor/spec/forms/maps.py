"""``Слой Тип Карты Размер Размер ядра Страйд [Дополнение] Активация``: LeNet-5 and AlexNet in lecture 001.

Printed from the output down to the input, as the lecture has it, or the other way round.
"""

from __future__ import annotations

import re

from vzor.spec.forms.grid import Line
from vzor.spec.forms.parsed import Parsed, need
from vzor.spec.forms.words import act_of, kind_of, output_row, plain, pooling, simple, sizes, whole, window
from vzor.spec.row import Row, Size
from vzor.spec.rows import Act, Conv, Input, Seq

FORM = "Layer Type Maps Size Kernel Stride [Padding] Activation"
DEFAULTS = [
    "padding is VALID (0) where none is printed; SAME is computed as TensorFlow does",
    "convolutions have one group and a bias",
    "a pooling row's activation is a row of its own, behind it",
    "a pooling row's stride is its kernel where none is printed, and a convolution's is 1",
]


def read(lines: list[Line], at: dict[str, int]) -> Parsed:
    """Rows from input to output; printed maps and sizes are checked."""
    parsed = Parsed(FORM, defaults=list(DEFAULTS))
    kinds = [kind_of(line.cell(at["type"]) or line.cells[0], line)[0] for line in lines]
    pairs = list(zip(lines, kinds, strict=True))
    if kinds and kinds[-1] == "input" and len(kinds) > 1:
        pairs.reverse()
        parsed.defaults.insert(0, "the table is printed from the output down to the input")
    need(
        pairs and pairs[0][1] == "input",
        lines[0],
        "no input row stands first or last; add one, as In | Input | 1 | 32×32",
    )
    for i, (line, kind) in enumerate(pairs):
        need(kind != "input" or i == 0, line, "a second input; a table of this form has one")
        name = _name(line.cell(at.get("layer")) or f"{kind}{i}", line)
        parsed.add(name, _row(kind, line, at), line)
        if kind != "input":
            _expect(parsed, name, line, at)
    return parsed


def _name(cell: str, line: Line) -> str:
    """``Out (выходной)`` -> ``out``: the word before the parentheses as a module's name."""
    name = re.sub(r"\W+", "_", plain(cell)).strip("_")
    need(name and len(name) <= 60, line, f"'{cell[:40]}' is no name for a row; write one such as C1")
    return {"label": "label_", "self": "self_"}.get(name, name)


def _row(kind: str, line: Line, at: dict[str, int]) -> Row:
    maps, size = line.cell(at.get("maps")), line.cell(at.get("size"))
    act = act_of(line.cell(at.get("activation")), line)
    if kind == "input":
        found = sizes(size, line, "the input's size")
        return Input(whole(maps, line, "the channels") if maps else 1, *found)
    if kind in ("fc", "rbf"):
        return output_row(whole(size or maps, line, "the number of neurons"), "rbf" if kind == "rbf" else act)
    need(
        act != "rbf",
        line,
        "RBF is an output layer and not the activation of this one; write relu, tanh or '-'",
    )
    if kind == "conv":
        stride = _stride(line, at)
        kernel = window(line.cell(at.get("kernel")), line, "the kernel")
        filters = whole(maps, line, "the number of maps")
        return Conv(filters, kernel, 1 if stride is None else stride, _padding(line, at), act=act)
    row: Row = (
        simple(kind, size, line)
        if kind not in ("pool", "maxpool", "avgpool")
        else pooling(
            kind,
            window(line.cell(at.get("kernel")), line, "the kernel"),
            _stride(line, at),
            _padding(line, at),
            ceil=False,
        )
    )
    return row if act is None else Seq(pool=row, act=Act(act))


def _stride(line: Line, at: dict[str, int]) -> Size | None:
    cell = line.cell(at.get("stride"))
    return window(cell, line, "the stride") if cell else None


def _padding(line: Line, at: dict[str, int]) -> int | str:
    cell = line.cell(at.get("padding")).lower()
    if cell in ("", "valid"):
        return 0
    if cell == "same":
        return "same"
    need(
        re.fullmatch(r"\d{1,4}", cell),
        line,
        f"the padding '{cell[:40]}' is not known; write SAME, VALID or a number",
    )
    return int(cell)


def _expect(parsed: Parsed, name: str, line: Line, at: dict[str, int]) -> None:
    maps, size = line.cell(at.get("maps")), line.cell(at.get("size"))
    params = line.cell(at.get("params"))
    if maps:
        parsed.expect(name, "maps", whole(maps, line, "the number of maps"), line)
    if size and not re.search(r"%", size):
        spaced = re.fullmatch(r"\d{1,3}(?: \d{3})+", size)
        found = (whole(size, line, "the size"),) if spaced else sizes(size, line, "the size")
        parsed.expect(name, "size", found, line)
    if params:
        need(re.fullmatch(r"\d[\d ,]{0,15}", params), line, f"'{params[:40]}' is not a number; write one")
        parsed.expect(name, "params", int(re.sub(r"\D", "", params)), line)
