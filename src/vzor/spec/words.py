"""Rows in people's words, as the lectures print them."""

from __future__ import annotations

from typing import Any

from vzor.spec.act import Act, named_act
from vzor.spec.plain import Gap, Input, Pool
from vzor.spec.row import Row, text
from vzor.spec.tables import Each, From, Out, Rows, Side
from vzor.spec.weighted import RBF, Conv, ConvT, Fc, Local


def words(row: Row) -> str:
    """A row as people read it: ``Conv 3×3, 64, relu``."""
    detail = details(row)
    return f"{row.kind} {detail}" if detail else row.kind


def details(row: Row) -> str:
    """A row's settings as people read them: ``3×3, 64, relu``."""
    if isinstance(row, Rows | From | Each | Side | Out):
        return ""
    if isinstance(row, Fc | RBF):
        return _fc(row)
    return _conv(row) if isinstance(row, Conv | ConvT | Local) else _plain(row)


def _conv(row: Conv | ConvT | Local) -> str:
    """A convolution in the lectures' words: ``3×3, 64, /2, bn, relu``."""
    dw = getattr(row, "dw", None)
    parts = [text(row.k) if isinstance(row.k, tuple) else f"{row.k}×{row.k}"]
    parts.append(str(row.out) if dw is None else f"dw×{dw}" if dw > 1 else "dw")
    if row.s != 1:
        parts.append(f"/{text(row.s)}")
    if getattr(row, "d", 1) != 1:
        parts.append(f"dilation {text(getattr(row, 'd', 1))}")
    if getattr(row, "g", 1) != 1:
        parts.append(f"{getattr(row, 'g', 1)} groups")
    if row.p is not None and row.p != 0:
        parts.append(f"pad {row.p}")
    if getattr(row, "bn", None):
        parts.append("bn")
    act = named_act(row.act)
    return ", ".join(parts + ([act.name] if act else []))


def _fc(row: Fc | RBF) -> str:
    """A fully connected row in the lectures' words: ``4096, relu, drop 0.5``."""
    act = named_act(row.act) if isinstance(row, Fc) else None
    parts = [str(row.out)] + ([act.name] if act else [])
    return ", ".join(parts + ([f"drop {row.drop:g}"] if isinstance(row, Fc) and row.drop else []))


def _plain(row: Row) -> str:
    """Any row without words of its own: the fields that differ from their defaults."""
    if isinstance(row, Act):
        return row.name + (f" {row.slope:g}" if row.slope is not None else "")
    if isinstance(row, Pool):
        stride = row.k if row.s is None else row.s
        parts = [row.op, text(row.k) if isinstance(row.k, tuple) else f"{row.k}×{row.k}", f"/{text(stride)}"]
        parts += [f"pad {row.p}"] if row.p else []
        return ", ".join(parts + (["ceil"] if row.ceil else []))
    if isinstance(row, Input):
        return text(row.size)
    if isinstance(row, Gap):
        return row.op + ("" if row.size == 1 else f" to {row.size if isinstance(row.size, int) else text(row.size)}")
    return ", ".join(_setting(name, value) for name, value in row.given().items())


def _setting(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return name if value else f"no {name}"
    return f"{name} {_short(value)}"


def _short(value: Any) -> str:
    if isinstance(value, Row):
        return value.kind
    written = f"{value:g}" if isinstance(value, float) else str(value)
    return written if len(written) <= 24 else written[:21] + "…"
