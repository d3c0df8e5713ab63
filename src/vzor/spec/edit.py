"""A table changed: another input, number of classes or normalisation, cut short, made wider.  Tables stay untouched."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import TypeVar

from vzor.spec.errors import TableError
from vzor.spec.record import expanded
from vzor.spec.row import Row, Shape
from vzor.spec.rows import RBF, Conv, ConvT, Fc, Input, Local, Norm, Pad
from vzor.spec.tables import Each, From, Rows, Seq, Side
from vzor.spec.trace import trace

R = TypeVar("R", bound=Rows)


def with_input(table: Rows, size: Shape) -> Rows:
    """``table`` with its Input row's size replaced, or with an Input row put before it."""
    rows = dict(table.rows)
    name = next((name for name, row in rows.items() if isinstance(row, Input)), None)
    if name is None:
        return _again(table, {"input": Input(*size)} | rows)
    return _again(table, rows | {name: Input(*size)})


def with_channels(table: Rows, channels: int) -> Rows:
    """``table`` for inputs of ``channels`` channels, the size kept."""
    return with_input(table, (channels, *input_of(table)[1:]))


def input_of(table: Rows) -> Shape:
    """The size of the table's Input row; TableError when it has none."""
    for row in table.rows.values():
        if isinstance(row, Input):
            return row.size
    raise TableError("the table has no Input row; begin it with Input(3, 224, 224)")


def with_classes(table: Rows, classes: int) -> Rows:
    """``table`` with ``classes`` outputs: the width of its last row with weights, and of each side's, replaced.

    Raises TableError when the last row with weights stands inside a block, whose maker must be asked instead.
    """
    if classes < 1:
        raise TableError(f"{classes} classes cannot be; give a number of 1 or more")
    changed = _last(table, classes)
    if changed is None:
        raise TableError("the table ends in a block or has no output row; add Fc(classes) as its last row")
    rows = dict(changed.rows)
    for name, row in rows.items():
        if isinstance(row, Side) and isinstance(row.table, Rows):
            side = _last(row.table, classes)
            rows[name] = Side(row.name, side) if side is not None else row
    return _again(table, rows)


def _last(table: Rows, classes: int) -> Rows | None:
    for name, row in reversed(list(table.rows.items())):
        inner = row.row if isinstance(row, From) else row
        if isinstance(inner, Fc | Conv | RBF | ConvT | Local):
            new: Row | None = dataclasses.replace(inner, out=classes)
        elif any(field.name == "classes" for field in dataclasses.fields(inner)):
            new = dataclasses.replace(inner, classes=classes)  # type: ignore[call-arg]
        elif isinstance(inner, Seq):
            new = _last(inner, classes)
        elif type(inner).expand is not Row.expand or isinstance(inner, Rows):
            return None
        else:
            continue
        if new is None:
            continue
        if isinstance(row, From):
            new = From(row.names, new)
        return _again(table, dict(table.rows) | {name: new})
    return None


def with_norm(table: R, norm: Norm, bias: bool | None = None) -> R:
    """``table`` with ``norm`` as every batch normalisation, of rows and of blocks that have one as ``bn``.

    bias  whether the convolutions that it follows have biases too; None: as they are
    """
    more = {} if bias is None else {"bias": bias}

    def change(row: Row) -> Row:
        if isinstance(row, Norm):
            return norm
        normalised = getattr(row, "bn", None) is not None
        return dataclasses.replace(row, bn=norm, **more) if normalised else row  # type: ignore[call-arg]

    return rewrite(table, change)


def cut(table: Rows, at: str) -> Rows:
    """``table`` up to and with the row at the dotted path ``at``, for use as a feature extractor.

    Inside a block or a Seq the rows after it are left out; a branch cannot be cut.
    """
    return _cut(table, at.split("."), at)


def _cut(table: Rows, path: list[str], whole: str) -> Rows:
    name, *inner = path
    if name not in table.rows:
        raise TableError(f"there is no row '{whole}' to cut at; `vzor show` lists the rows")
    if not isinstance(table, Seq):
        raise TableError(f"'{whole}' lies in a branch; cut at the row that joins the branches")
    kept: dict[str, Row] = {}
    for key, row in table.rows.items():
        kept[key] = row
        if key == name:
            break
    if inner:
        row = table.rows[name]
        if not isinstance(row, Rows):
            raise TableError(f"'{whole}' lies inside the block '{name}'; cut at the block")
        kept[name] = _cut(row, inner, whole)
    return _again(table, kept)


def widen(table: Rows, factor: float, divisor: int = 8) -> Rows:
    """``table`` with every width but the output's times ``factor``, rounded to a multiple of ``divisor``.

    Blocks are opened first.  Widths never fall below ``divisor`` (or below their old value when that is
    smaller), nor by more than a tenth through rounding (Howard et al. 2017, as MobileNet's authors round).
    """
    if factor <= 0:
        raise TableError(f"a width factor of {factor} leaves nothing; give one above 0")
    opened = expanded(trace(table))
    assert isinstance(opened, Rows)
    last = _outputs(opened)

    def wider(row: Row) -> Row:
        if isinstance(row, Pad) and row.channels is not None:
            return dataclasses.replace(row, channels=_rounded(row.channels, factor, divisor))
        if row is last or not isinstance(row, Conv | ConvT | Fc | Local) or not row.out:
            return row
        if isinstance(row, Conv) and row.connect:
            raise TableError("a convolution with a connection table cannot be widened; write its table anew")
        return dataclasses.replace(row, out=_rounded(row.out, factor, divisor))

    return rewrite(opened, wider)


def _rounded(width: int, factor: float, divisor: int) -> int:
    out = max(min(divisor, width), int(width * factor + divisor / 2) // divisor * divisor)
    return out + divisor if out < 0.9 * width * factor else out


def _outputs(table: Rows) -> Row | None:
    """The last row with weights, whose width is the number of classes."""
    for row in reversed(list(table.rows.values())):
        inner = row.row if isinstance(row, From) else row
        if isinstance(inner, Rows):
            return _outputs(inner)
        if isinstance(inner, Fc | Conv | ConvT | Local | RBF):
            return inner
    return None


def rewrite(table: R, change: Callable[[Row], Row]) -> R:
    """``table`` with ``change`` applied to every row that is not itself made of rows."""

    def walk(row: Row) -> Row:
        if isinstance(row, Rows):
            return _again(row, {name: walk(inner) for name, inner in row.rows.items()})
        if isinstance(row, From):
            return From(row.names, walk(row.row))
        if isinstance(row, Each):
            return Each(walk(row.row))
        if isinstance(row, Side):
            return Side(row.name, walk(row.table))
        return change(row)

    done = walk(table)
    assert isinstance(done, type(table))
    return done


def _again(table: Rows, rows: dict[str, Row]) -> Rows:
    return type(table)(label=table.label, **rows)
