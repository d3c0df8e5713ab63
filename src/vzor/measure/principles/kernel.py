"""Factorise large kernels: small ones one after another see as much and cost less.

Szegedy et al. 2015, arXiv:1512.00567, §3 (lecture 002, third principle); Simonyan and Zisserman 2014,
arXiv:1409.1556, §2.3: three 3×3 have the field of one 7×7 and 55 % of its weights.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import prod

from vzor.measure.principles.finding import Finding, counted, percent
from vzor.measure.principles.graph import Graph, is_stem
from vzor.spec.render.cells import human
from vzor.spec.row import Axis, Shape, text
from vzor.spec.rows import Conv
from vzor.spec.trace import Node

SOURCE = "Szegedy et al. 2015, §3"

#: The smallest kernel that is a stack of 3×3: §3.1 replaces 5×5 by two, 7×7 by three.
LARGE = 5
#: Large kernels with less than this share of the mult-adds are not worth a word; a stack that saves MUCH of all
#: is worth a warning (AlexNet's conv2: 5.3 %; the depthwise 5×5 of MobileNet v3: 3 % and less).
SHARE, MUCH = 0.01, 0.05

STEM = "It reads the picture, and few channels leave little to save; Inception v3 has three 3×3 rows instead."
INSIDE = (
    "Small kernels one after another see as much, cost less and have a nonlinearity between them; on grids of 12 to 20 "
    "cells 1×k and k×1 cost less still."
)

Large = tuple[int, int, Node]  # mult-adds now, mult-adds as a stack, the row


def kernel(graph: Graph) -> Iterator[Finding]:
    """Convolutions of 5×5 and more that 3×3 ones of the same field and stride would do for fewer mult-adds.

    The figure is their mult-adds against those of the stack.  A row that reads the picture (a stem) is told by
    itself, always, and as a note: it reads three channels, so that there is little or nothing to save, and most
    networks have one.  Depthwise kernels are judged by the same figure, which is small.
    """
    stems: list[Large] = []
    others: list[Large] = []
    for node, row in graph.convs():
        window = row.window(*node.xs)
        if min(axis.k for axis in window) < LARGE or row.d != 1:
            continue
        now, then = graph.costs[node.op].macs, stacked(row, window, node.xs[0], node.out)
        if is_stem(graph, node):
            stems.append((now, then, node))
        elif then < now:
            others.append((now, then, node))
    for large in stems:
        yield _finding(graph, [large], stem=True)
    if sum(now for now, _, _ in others) >= SHARE * graph.macs:
        yield _finding(graph, sorted(others, key=lambda large: -large[0]), stem=False)


def strides(k: int, s: int) -> list[int]:
    """Strides of the 3×3 rows that see at least ``k`` cells with stride ``s`` together; strides come first."""
    found: list[int] = []
    seen = jump = 1
    while seen < k or s > 1:
        step = 2 if s % 2 == 0 else s
        found.append(step)
        seen, jump, s = seen + 2 * jump, jump * step, s // step
    return found


def stacked(row: Conv, window: Sequence[Axis], x: Shape, out: Shape) -> int:
    """Mult-adds of 3×3 rows in place of ``row``, their widths growing evenly from its input's to its output's.

    §3.1 reaches an expansion by α in two steps of √α each.
    """
    steps = strides(max(axis.k for axis in window), max(axis.s for axis in window))
    groups, rank = row.groups(x), len(window)
    growth = (out[0] / x[0]) ** (1 / len(steps))
    widths = [*(round(x[0] * growth**i) for i in range(len(steps))), out[0]]
    total = 0
    left = prod(steps)  # strides still to come: a row before them works on more cells
    for i, step in enumerate(steps):
        left //= step
        places = prod(out[1:]) * left**rank
        total += 3**rank * widths[i] * widths[i + 1] * places // groups
    return total


def _finding(graph: Graph, large: list[Large], stem: bool) -> Finding:
    now, then = sum(n for n, _, _ in large), sum(t for _, t, _ in large)
    worst = large[0][2]
    row = worst.row
    assert isinstance(row, Conv)
    share = now / graph.macs
    several = f"; {counted(large)}" if len(large) > 1 else ""
    size, small = (text(tuple(ks)) for ks in zip(*[(axis.k, 3) for axis in row.window(*worst.xs)], strict=True))
    return Finding(
        principle="kernel",
        severity="note" if stem or now - then < MUCH * graph.macs else "warning",
        row=worst.path,
        rows=graph.paths(worst, (node for _, _, node in large)),
        label=graph.label(worst.path),
        figure=f"{size} over {text(worst.xs[0])}{several}: {human(now)} mult-adds, {percent(share)} of all; "
        f"{human(then)} as {small} rows of the same field",
        value=now / then,
        limit=1.0,
        why=STEM if stem else INSIDE,
        source=SOURCE,
    )
