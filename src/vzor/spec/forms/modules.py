"""``from n params module arguments``: the form in which YOLO's layers are printed (lecture 001).

Arguments begin with the width that arrives, which is checked and otherwise left alone.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from inspect import signature
from typing import Any

from vzor.spec.errors import TableError, did_you_mean
from vzor.spec.forms.grid import Line
from vzor.spec.forms.literal import literal
from vzor.spec.forms.parsed import Parsed, Vocab, need
from vzor.spec.row import Row, Size
from vzor.spec.rows import (
    LRN,
    Act,
    Concat,
    Conv,
    ConvT,
    Drop,
    Fc,
    Flatten,
    From,
    Gap,
    Id,
    Input,
    Norm,
    Pool,
    Product,
    Seq,
    Sum,
    Up,
)

FORM = "from n module arguments"
DEFAULTS = [
    "Conv pads half its kernel (k // 2) and is followed by batch normalisation and SiLU",
    "other modules are as torch has them: Conv2d and Linear have a bias, and nothing behind them",
]
SIZE = 640  # pixels a side: what the printed networks of this form are measured at
MAX_REPEATS = 100
#: Arguments of these names are widths that arrive: they are compared and not needed.
WIDTH, WIDTHS = "c", "cs"


def _size(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _conv(c: int, out: int, k: Size = 1, s: Size = 1, p: Size | None = None, g: int = 1) -> Row:
    return Conv(out, _size(k), _size(s), _size(p), g=g, bn=Norm(), act="silu")


def _conv2d(c: int, out: int, k: Size, s: Size = 1, p: Size | str = 0, d: Size = 1, g: int = 1) -> Row:
    return Conv(
        out,
        _size(k),
        _size(s),
        "same" if p == "same" else 0 if p == "valid" else _size(p),
        _size(d),
        g,
        act=None,
    )


def _conv_t(c: int, out: int, k: Size = 2, s: Size = 2, p: Size = 0) -> Row:
    return ConvT(out, _size(k), _size(s), _size(p), act=None)


def _max(k: Size = 2, s: Size | None = None, p: Size = 0) -> Row:
    return Pool("max", _size(k), _size(s), _size(p))


def _avg(k: Size = 2, s: Size | None = None, p: Size = 0) -> Row:
    return Pool("avg", _size(k), _size(s), _size(p))


def _gap(size: Size = 1) -> Row:
    return Gap(_size(size))


def _linear(c: int, out: int, act: str | None = None, drop: float = 0.0) -> Row:
    return Fc(out, act, drop)


def _drop(p: float = 0.5) -> Row:
    return Drop(p)


def _norm(c: int | None = None) -> Row:
    return Norm()


def _lrn(n: int = 5) -> Row:
    return LRN(n)


def _up(size: None = None, by: Size = 2, mode: str = "nearest") -> Row:
    if size is not None:
        raise TableError("Upsample takes a factor and not a size; write [None, 2, 'nearest']")
    return Up(_size(by), "linear" if mode in ("bilinear", "linear") else mode)  # type: ignore[arg-type]


def _concat(axis: int = 1) -> Row:
    if axis != 1:
        raise TableError("Concat joins channels; write [1]")
    return Concat()


#: Modules that every file may name; a file's own blocks come in by ``vocab``.
MODULES: Vocab = {
    "Conv": _conv,
    "Conv2d": _conv2d,
    "ConvTranspose2d": _conv_t,
    "MaxPool": _max,
    "MaxPool2d": _max,
    "AvgPool": _avg,
    "AvgPool2d": _avg,
    "GAP": _gap,
    "AdaptiveAvgPool2d": _gap,
    "Flatten": Flatten,
    "Linear": _linear,
    "Fc": _linear,
    "Dropout": _drop,
    "BatchNorm2d": _norm,
    "LRN": _lrn,
    "LocalResponseNorm": _lrn,
    "Upsample": _up,
    "Concat": _concat,
    "Add": Sum,
    "Mul": Product,
    "Identity": Id,
    "ReLU": lambda: Act("relu"),
    "LeakyReLU": lambda slope=0.01: Act("leaky", slope),
    "Sigmoid": lambda: Act("sigmoid"),
    "Tanh": lambda: Act("tanh"),
    "SiLU": lambda: Act("silu"),
    "ELU": lambda: Act("elu"),
    "Softmax": lambda axis=1: Act("softmax"),
    "Act": lambda name="relu": Act(name),
}


def read(lines: list[Line], at: dict[str, int], vocab: Vocab, head: Line) -> Parsed:
    """Rows from the lines under the header; ``at`` is where the columns are."""
    at = dict(at)
    if "index" not in at and len(lines[0].cells if lines else ()) == len(head.cells) + 1:
        at = {"index": 0} | {column: place + 1 for column, place in at.items()}  # the index has no heading
    parsed = Parsed(FORM, defaults=list(DEFAULTS))
    names: list[str] = []  # names of the rows that the column `from` counts
    known = MODULES | vocab
    for line in lines:
        index = line.cell(at.get("index"))
        module = line.cell(at["module"]).rpartition(".")[2]
        args = _arguments(line, at["arguments"])
        if module == "Input":
            need(not parsed.rows, line, "Input is not the first row; write it first")
            need(
                args and all(type(n) is int and n > 0 for n in args),
                line,
                "write Input's sizes as [3, 224, 224]",
            )
            parsed.add("input", Input(*args), line)
            if index:
                names.append("input")
            continue
        if not parsed.rows:
            _default_input(parsed, module, args, line)
        if index:
            need(
                index == str(len(names)),
                line,
                f"the index is {index[:20]} where {len(names)} follows; number from 0",
            )
        name = str(len(names))
        row, given = _row(module, args, known, line)
        _expect(parsed, name, row, given, line)
        row = _repeated(row, line.cell(at.get("n")), line)
        if refs := _from(line.cell(at.get("from")), names, line):
            row = From(refs, row)
        parsed.add(name, row, line)
        names.append(name)
        if printed := line.cell(at.get("params")):
            parsed.expect(name, "params", _count(printed, line), line)
    return parsed


def _arguments(line: Line, at: int) -> list[Any]:
    try:
        return literal(line.cell(at))
    except ValueError as error:
        raise line.error(f"the arguments cannot be read: {error}; write a list such as [3, 16, 3, 2]") from None


def _default_input(parsed: Parsed, module: str, args: Sequence[Any], line: Line) -> None:
    """The table prints no input: its width from the first row, its size by default."""
    width = args[0] if args and module.startswith("Conv") and type(args[0]) is int and args[0] > 0 else 3
    parsed.add("input", Input(width, SIZE, SIZE), line)
    parsed.defaults.append(f"the input is {width}×{SIZE}×{SIZE} where no Input row is printed")


def _row(module: str, args: list[Any], known: Vocab, line: Line) -> tuple[Row, dict[str, Any]]:
    """The row that a module's name and arguments stand for, and the arguments by name."""
    lower = {word.lower(): word for word in known}
    word = module if module in known else lower.get(module.lower(), "")
    if not word:
        near = did_you_mean(module, known)
        raise line.error(f"the module '{module[:60]}' is not known.{near} Pass a block of your own in vocab=")
    make = known[word]
    try:
        shape = signature(make)
    except ValueError:
        raise line.error(f"what vocab= gives for '{word}' is no function of its arguments; give one") from None
    try:
        bound = shape.bind(*args)
    except TypeError as error:
        takes = ", ".join(shape.parameters) or "nothing"
        raise line.error(f"{word} does not take these arguments ({error}); it takes [{takes}]") from None
    try:
        row = make(*args)
    except Exception as error:  # a user's own function may fail in any way
        if isinstance(error, TableError):
            raise line.error(str(error)) from None
        raise line.error(f"{word}{args} fails ({error}); change its arguments or its function") from error
    if not isinstance(row, Row):
        raise line.error(f"what vocab= has for '{word}' gives {type(row).__name__} and not a row; return a row")
    return row, bound.arguments


def _expect(parsed: Parsed, name: str, row: Row, given: dict[str, Any], line: Line) -> None:
    """Note the widths that the arguments say arrive."""
    width, widths = given.get(WIDTH), given.get(WIDTHS)
    if type(width) is int:
        parsed.expect(name, "inputs" if isinstance(row, Fc) else "input width", width, line)
    if isinstance(widths, list) and all(type(n) is int for n in widths):
        parsed.expect(name, "input widths", tuple(widths), line)


def _repeated(row: Row, cell: str, line: Line) -> Row:
    times = _count(cell, line) if cell else 1
    need(
        1 <= times <= MAX_REPEATS,
        line,
        f"n is {times}; write how often the module repeats, from 1 to {MAX_REPEATS}",
    )
    return row if times == 1 else Seq(*[row] * times)


def _from(cell: str, names: list[str], line: Line) -> tuple[str, ...]:
    """Names of the rows that are read; () for the row before."""
    try:
        values = literal(cell or "-1")
    except ValueError as error:
        raise line.error(f"'from' cannot be read: {error}; write -1, a row's number, or a list of them") from None
    need(
        values and all(type(n) is int for n in values),
        line,
        "'from' is not -1, a row's number, or a list; write one",
    )
    if values == [-1]:
        return ()
    here = len(names)
    found = []
    for value in values:
        place = here + value if value < 0 else value
        need(
            -1 <= place < here,
            line,
            f"'from' names row {value}, which is not one of the {here} before; count from 0, or back from -1",
        )
        found.append(names[place] if place >= 0 else "input")
    return tuple(found)


def _count(cell: str, line: Line) -> int:
    """A printed number from 0, which may have thousands' separators."""
    found = cell.replace(",", "").replace(" ", "")
    need(re.fullmatch(r"\d{1,15}", found), line, f"'{cell[:40]}' is not a whole number; write one such as 4672")
    return int(found)
