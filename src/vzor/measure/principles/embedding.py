"""Process high dimensions locally: gather over space in few channels.

Szegedy et al. 2015, arXiv:1512.00567, §2, principles 2 and 3 (lecture 002, second principle): "before performing
a more spread out (e.g. 3 × 3) convolution, one can reduce the dimension of the input representation".
"""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

from vzor.measure.principles.finding import Finding, counted, percent
from vzor.measure.principles.graph import POINTWISE, Graph
from vzor.spec.render.cells import human
from vzor.spec.row import Shape, text
from vzor.spec.rows import Conv
from vzor.spec.trace import Node

SOURCE = "Szegedy et al. 2015, §2; He et al. 2015, Fig. 5"

#: Channels per filter from which a reduction is due: the narrowest input that a module of GoogLeNet reduces
#: before its 3×3 (Szegedy et al. 2014, Table 1, inception 3a).
WIDE = 192
#: What a reduction leaves: a quarter (He et al. 2015, Fig. 5: 256 channels to 64), or four times the filters
#: where that is less (Huang et al. 2016, arXiv:1608.06993, §3: DenseNet-B's 4k).
REDUCTION = 4
#: Below this share of the network's mult-adds the saving is not worth a row; from MOST on it is the network.
SHARE, MOST = 0.25, 0.5


def embedding(graph: Graph) -> Iterator[Finding]:
    """Spatial convolutions over wide inputs that no 1×1 has narrowed, where together they cost much.

    The figure is their share of the mult-adds, and what is left with a narrowing 1×1 before each.  A chain of
    convolutions after one 1×1 counts as narrowed while it stays narrower than what the 1×1 read (Inception v3's
    1×7, 7×1).  A grouped filter is as wide as its group.
    """
    narrowed = _narrowed(graph)
    wide = []
    for node, row in graph.convs():
        x = node.xs[0]
        spatial = any(axis.k > 1 for axis in row.window(*node.xs))
        if spatial and x[0] // row.groups(x) >= WIDE and not narrowed[node.reads[0]]:
            macs, less = graph.costs[node.op].macs, reduced(row, x, node.out)
            if less < macs:
                wide.append((macs, less, node, row))
    now, then = sum(macs for macs, _, _, _ in wide), sum(less for _, less, _, _ in wide)
    if not wide or now < SHARE * graph.macs:
        return
    _, _, worst, row = max(wide, key=lambda found: found[0])
    yield Finding(
        principle="embedding",
        severity="warning" if now >= MOST * graph.macs else "note",
        row=worst.path,
        rows=graph.paths(worst, (node for _, _, node, _ in wide)),
        label=graph.label(worst.path),
        figure=f"{_window(row)} over {text(worst.xs[0])}; {counted(wide)} over {WIDE} channels or more: "
        f"{human(now)} mult-adds, {percent(now / graph.macs)} of all; {human(then)} with a narrowing 1×1 before each",
        value=now / graph.macs,
        limit=SHARE,
        why="Neighbouring cells say much the same, so that little is lost when a 1×1 narrows the map before a filter "
        "gathers over it.",
        source=SOURCE,
    )


def reduced(row: Conv, x: Shape, out: Shape) -> int:
    """Mult-adds of a convolution of ``x`` to ``out`` with a narrowing 1×1 before it."""
    narrow = min(x[0] // REDUCTION, REDUCTION * out[0])
    return prod(x[1:]) * x[0] * narrow + row.weights(x) * narrow // x[0] * prod(out[1:])


def _narrowed(graph: Graph) -> dict[int, int]:
    """For each operation the width that a 1×1 before it has narrowed, while what leaves is narrower; else 0."""
    found: dict[int, int] = {}
    for i in graph.live:
        node = graph.ops[i]
        width = _width_before(graph, node, found) if len(node.reads) == 1 and node.leaf else 0
        found[i] = width if node.out[0] < width else 0
    return found


def _width_before(graph: Graph, node: Node, found: dict[int, int]) -> int:
    before, row = found[node.reads[0]], node.row
    if isinstance(row, Conv):
        if all(axis.k == 1 for axis in row.window(*node.xs)):
            return max(before, node.xs[0][0])
        return before
    return before if isinstance(row, POINTWISE) else 0


def _window(row: Conv) -> str:
    return text(row.k) if isinstance(row.k, tuple) else f"{row.k}×{row.k}"
