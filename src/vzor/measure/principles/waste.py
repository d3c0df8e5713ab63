"""What no principle of design allows: work that nothing uses, and a view that ends before the picture does.

Beside the four principles of lecture 002; each with its own source.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from math import prod

from vzor.measure.field import as_field, fields
from vzor.measure.principles.finding import Finding, counted, percent
from vzor.measure.principles.graph import Graph, is_map
from vzor.spec.render.cells import grouped, human
from vzor.spec.row import Axis, text
from vzor.spec.rows import Conv, ConvT, Fc, Gap, Id, Norm, Pad
from vzor.spec.trace import Node

#: Cells of a map that may go unread: the border that a window does not reach is less than this.
UNREAD_CELLS = 0.25


def field(graph: Graph) -> Iterator[Finding]:
    """A last map whose cells each see less than the picture, where the head averages them.

    The figure is the receptive field against the input (Araujo et al. 2019: accuracy grows with the field, and
    levels off where it exceeds the picture).  Where a fully connected row reads the map, that one sees all.
    """
    pools = [i for i in graph.passed if isinstance(graph.ops[i].row, Gap) and not is_map(graph.ops[i])]
    if not pools or not graph.ops[pools[0]].reads:
        return
    node = graph.ops[graph.ops[pools[0]].reads[0]]
    seen = fields(graph.opened)[node.op]
    size = graph.ops[0].out[1:]
    found = None if isinstance(seen, str) else as_field(seen, size)
    if found is None or all(own >= n for own, n in zip(found.size, size, strict=True)):
        return
    value = min(own / n for own, n in zip(found.size, size, strict=True))
    yield Finding(
        principle="field",
        severity="note",
        row=node.path,
        rows=(node.path,),
        label=graph.label(node.path),
        figure=f"a cell of the last map ({text(node.out)}) sees {text(found.size)} of the input's {text(size)}",
        value=value,
        limit=1.0,
        why="What lies further apart is never seen together, only averaged: use a smaller input, more rows, or another "
        "halving of the grid.",
        source="Araujo et al. 2019",
    )


def stride(graph: Graph) -> Iterator[Finding]:
    """Maps of which every reader steps over cells: they are computed and never looked at.

    The figure is the share of cells that no window touches (He et al. 2018, arXiv:1812.01187, §4.2: a 1×1 of
    stride 2 "ignores three-quarters of the input feature map").  A map that some reader sees whole, as a
    residual block's 1×1 beside its strided shortcut, is not one; nor is padding, which computes nothing.
    """
    skipped: list[tuple[float, Node]] = []
    for i in graph.live:
        node = graph.ops[i]
        readers = [graph.ops[j] for j in graph.readers[i]]
        if (
            isinstance(node.row, Pad | Id)
            or not readers
            or i in graph.ends
            or not all(any(a.s > a.span for a in _window(r)) for r in readers)
        ):
            continue
        cells = {cell for reader in readers for cell in product(*map(_read, _window(reader), reader.out[1:]))}
        share = 1 - len(cells) / prod(node.out[1:])
        if share > UNREAD_CELLS:
            skipped.append((share, node))
    if not skipped:
        return
    share, worst = max(skipped, key=lambda found: graph.sizes[found[1].op])
    over = " and ".join(graph.ops[i].path for i in graph.readers[worst.op])
    several = f"; {counted(skipped)}" if len(skipped) > 1 else ""
    yield Finding(
        principle="stride",
        severity="warning",
        row=worst.path,
        rows=graph.paths(worst, (node for _, node in skipped)),
        label=graph.label(worst.path),
        figure=f"{percent(share)} of the {text(worst.out[1:])} cells are read by nothing ({over} step over them)"
        f"{several}",
        value=share,
        limit=UNREAD_CELLS,
        why="They are computed for nothing: give the stride to a row whose kernel is as large.",
        source="He et al. 2018, §4.2",
    )


def _window(node: Node) -> tuple[Axis, ...]:
    """The window that an operation slides over its one input; () where it does not slide."""
    window = node.row.window(*node.xs) if node.leaf and len(node.xs) == 1 else None
    return window if isinstance(window, tuple) else ()


def _read(axis: Axis, steps: int) -> set[int]:
    """The input cells along one axis that some of ``steps`` windows touches."""
    touched = {i * axis.s - axis.before + axis.d * k for i in range(steps) for k in range(axis.k)}
    return {cell for cell in touched if 0 <= cell < axis.n}


def bias(graph: Graph) -> Iterator[Finding]:
    """Biases right before a batch normalisation, which subtracts them again with the mean.

    The figure is how many parameters that is (Ioffe and Szegedy 2015, arXiv:1502.03167, §3.2: "the bias b can
    be ignored").
    """
    idle: list[tuple[int, Node]] = []
    for i in graph.live:
        node, row = graph.ops[i], graph.ops[i].row
        if isinstance(row, Conv | ConvT):
            if row.biased and (row.bn is not None or (row.act is None and _normalised(graph, i))):
                idle.append((node.out[0], node))
        elif isinstance(row, Fc) and row.bias and row.act is None and not row.drop and _normalised(graph, i):
            idle.append((node.out[0], node))
    if not idle:
        return
    total = sum(count for count, _ in idle)
    _, worst = max(idle, key=lambda found: found[0])
    yield Finding(
        principle="bias",
        severity="note",
        row=worst.path,
        rows=graph.paths(worst, (node for _, node in idle)),
        label=graph.label(worst.path),
        figure=f"{grouped(total)} biases of {counted(idle)} stand before a batch normalisation",
        value=total / graph.params,
        limit=0.0,
        why="The normalisation subtracts them again with the mean, and its own offset takes their place.",
        source="Ioffe and Szegedy 2015, §3.2",
    )


def _normalised(graph: Graph, i: int) -> bool:
    """Whether batch normalisation is all that reads an operation."""
    readers = [graph.ops[j].row for j in graph.readers[i]]
    return bool(readers) and all(isinstance(row, Norm) for row in readers) and i not in graph.ends


def unread(graph: Graph) -> Iterator[Finding]:
    """Rows on which no output depends, not even an auxiliary head.  The figure is what they hold and cost."""
    used = set(graph.readers)
    for node in reversed(graph.ops):
        if node.aux or node.op in used:
            used.update(node.reads)
    dead = [node for node in graph.ops if not node.aux and node.op not in used]
    if not dead:
        return
    params = sum(graph.costs[node.op].params for node in dead)
    macs = sum(graph.costs[node.op].macs for node in dead)
    worst = max(dead, key=lambda node: (graph.costs[node.op].macs, graph.sizes[node.op]))
    yield Finding(
        principle="unread",
        severity="warning",
        row=worst.path,
        rows=graph.paths(worst, dead),
        label=graph.label(worst.path),
        figure=f"nothing reads the outcome of {counted(dead)}: {grouped(params)} parameters, {human(macs)} mult-adds",
        value=float(macs),
        limit=0.0,
        why="No output depends on them; read them with From, or take them out.",
        source="follows from the table",
    )
