"""Every network of the zoo made small enough to be trained in a second: narrow tables at small inputs."""

import dataclasses
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

import torch
from torch import nn

from vzor.measure import measure
from vzor.nn.build import Network
from vzor.spec.edit import rewrite, with_input
from vzor.spec.errors import TableError
from vzor.spec.record import expanded
from vzor.spec.row import Row
from vzor.spec.rows import Conv, ConvT, Drop, DropPath, Fc, Local, Pad
from vzor.spec.tables import Rows
from vzor.spec.trace import Node, Trace, trace
from vzor.zoo.index import table

CLASSES = 4
LEAST = 8  # no width is made smaller; a number of classes below it stays, too
PRIME = 1_000_003
HEADS = 128  # C2PSA attends with heads of 64 channels in half of its width


def smallest(made: Rows) -> Rows:
    """``made`` at the smallest square input that it allows, in steps of 16; of 32 where that is its last stride."""
    channels, side, _ = trace(made).ops[0].out
    first = 32 if side > 32 else 16
    for n in range(first, side + 1, 16):
        found = with_input(made, (channels, n, n))
        try:
            trace(found)
        except TableError:
            continue
        return found
    return made


def narrow(made: Rows) -> Rows:
    """``made`` without dropout, and with a part of its widths where it has millions of parameters.

    What adds up before still must, and some numbers of channels stand for others: YOLO11 takes channels by
    number, which only its blocks know, and the first cells of NASNet together are as wide as a later one, which
    a sixth of the large one keeps and no part of the small one.
    """
    whole = expanded(trace(made))
    assert isinstance(whole, Rows)
    millions = measure(made).parameters / 1e6
    by = 1 if millions < 2 else 4 if millions < 10 else 8
    tried = (
        lambda: rewrite(whole, lambda row: _narrow_row(row, by, LEAST)),
        lambda: rewrite(made, lambda row: _narrow_block(row, by)),
        lambda: rewrite(whole, lambda row: _narrow_row(row, 6, LEAST - 1)),
        lambda: rewrite(whole, lambda row: _narrow_row(row, 1, 1)),
    )
    for attempt in tried:
        found = attempt()
        try:
            trace(found)
        except TableError:
            continue
        return found
    raise AssertionError("no part of its widths adds up")


def _narrow_row(row: Row, by: int, least: int) -> Row:
    if isinstance(row, Drop | DropPath):
        return dataclasses.replace(row, p=0.0)
    if isinstance(row, Pad) and row.channels is not None:
        return dataclasses.replace(row, channels=_width(row.channels, by, least))
    if isinstance(row, Fc):
        return dataclasses.replace(row, out=_width(row.out, by, least), drop=0.0)
    if not isinstance(row, Conv | ConvT | Local) or not row.out or getattr(row, "connect", None):
        return row
    out = _width(row.out, by, least)
    if isinstance(row, Conv) and row.g > 1 and by > 1:
        most = max(2, row.g // by)
        return dataclasses.replace(row, out=out, g=max(g for g in range(1, most + 1) if out % g == 0))
    return dataclasses.replace(row, out=out)


def _narrow_block(row: Row, by: int) -> Row:
    if isinstance(row, Drop | DropPath):
        return dataclasses.replace(row, p=0.0)
    out = getattr(row, "out", 0)
    least = HEADS if row.kind == "C2PSA" else LEAST
    return dataclasses.replace(row, out=max(min(out, least), out // by)) if out else row  # type: ignore[call-arg]


def _width(out: int, by: int, least: int) -> int:
    return max(min(out, least), round(out / by))


def light(made: Rows) -> Rows:
    """``made`` with its 4096-wide rows narrowed: a hundred million weights that compare nothing."""

    def change(row: Row) -> Row:
        return dataclasses.replace(row, out=24) if isinstance(row, Fc) and row.out == 4096 else row

    return rewrite(made, change)


@torch.no_grad()
def drawn(opened: Trace, taps: Sequence[str] = ()) -> Network:
    """A network to compare with: every weight and statistic random, at a fraction of the time of drawing them.

    They are cut from one stretch of a prime number of random numbers, so that no two rows get the same.
    """
    with undrawn():
        net = Network(opened, taps)
    stretch = torch.randn(PRIME, generator=torch.Generator().manual_seed(0)).clamp(-3, 3)
    twice = stretch.repeat(2)
    fixed = {key for key, p in net.named_parameters() if not p.requires_grad}
    at = 0
    for key, value in net.state_dict().items():
        if not value.is_floating_point() or key in fixed or key.endswith("codes"):
            continue
        n = value.numel()
        numbers = twice[at : at + n] if n <= PRIME else stretch.repeat(n // PRIME + 1)[:n]
        numbers, at = numbers.view_as(value), (at + n) % PRIME
        if key.endswith("running_var"):
            value.copy_(1 + 0.2 * numbers)
        elif value.dim() > 1:
            value.copy_(numbers * (2 / max(1, value[0].numel())) ** 0.5)
        else:
            value.copy_(0.1 * numbers + (0.5 if key.endswith("weight") else 0.0))  # 1 would grow without bound
    return net


@contextmanager
def undrawn() -> Iterator[None]:
    """Torch's layers made without drawing weights, which are given to them afterwards."""
    kinds = (nn.Linear, nn.modules.conv._ConvNd)
    before = [kind.reset_parameters for kind in kinds]
    for kind in kinds:
        kind.reset_parameters = lambda self: None  # type: ignore[method-assign]
    try:
        yield
    finally:
        for kind, drawing in zip(kinds, before, strict=True):
            kind.reset_parameters = drawing  # type: ignore[method-assign]


def alike(names: Iterable[str]) -> dict[str, list[str]]:
    """{the smallest network: all that have the same kinds of operations}; width, depth and places may differ."""
    found: dict[frozenset[str], list[tuple[int, str]]] = {}
    for name in names:
        ops = trace(table(name)).ops
        found.setdefault(frozenset(map(_kind, ops)), []).append((len(ops), name))
    return {min(group)[1]: sorted(name for _, name in group) for group in found.values()}


def _kind(node: Node) -> str:
    """What torch is asked to do: the row and its options, but no widths, kernels, probabilities or other numbers."""
    if not node.leaf:
        return f"{node.row.kind} {len(node.kids)}"
    numbers = ("out", "k", "size", "eps", "momentum", "channels") + (
        ("p",) if isinstance(node.row, Drop | DropPath) else ()
    )
    options = {key: value for key, value in node.row.given().items() if key not in numbers}
    words = [f"{key}={value}" if isinstance(value, str | bool | None) else key for key, value in options.items()]
    return " ".join([node.row.kind, str(len(node.xs)), *words])
