"""Balance depth and width: no row and no stage should hold most of a network.

Szegedy et al. 2015, arXiv:1512.00567, §2, principle 4 (lecture 002, fourth principle): "The computational budget
should therefore be distributed in a balanced way between the depth and width of the network."
"""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

from vzor.measure.principles.finding import Finding, percent
from vzor.measure.principles.graph import Graph, is_map, is_weighted
from vzor.spec.render.cells import grouped, human
from vzor.spec.row import Shape, text

SOURCE = "Szegedy et al. 2015, §2"

#: A fully connected row that holds more of the parameters than all the others together (VGG-16's fc6: 74 %).
HALF = 0.5
#: A stage that holds more than three quarters of the mult-adds.  ResNet-152, whose third stage has 36 of its 50
#: blocks, is at 70 %: deep, and still meant.
STAGE = 0.75
#: Weight layers per channel of the widest map.  He et al. 2015, Table 6: 110 layers of up to 64 channels (1.7 a
#: channel) err by 6.43 %, 1202 of the same (19 a channel) by 7.93 %: the limit is the middle, as ratios go.
THIN = 6.0

FLATTENED = "A fully connected row over a flattened map is prone to overfit; average the map over its cells instead."
CLASSIFIER = "It is the classifier and grows with the classes; fewer channels before it make it smaller."
ALONE = "Bring its width into step with the rows around it."


def balance(graph: Graph) -> Iterator[Finding]:
    """A fully connected row with most of the parameters, a stage with most of the mult-adds, depth without width.

    A convolution may have most of the parameters: where the width doubles as the grid halves, the last has
    three quarters.  A stage is all rows whose outputs have one size.  Too wide for its depth has no published
    figure, and is not judged.
    """
    yield from _row(graph)
    yield from _stage(graph)
    yield from _depth(graph)


def _row(graph: Graph) -> Iterator[Finding]:
    weighted = [i for i in graph.live if is_weighted(graph, graph.ops[i])]
    connected = [i for i in weighted if not is_map(graph.ops[i])]
    if len(weighted) < 2 or not connected:
        return
    most = max(connected, key=lambda i: graph.costs[i].params)
    share = graph.costs[most].params / graph.params
    if share <= HALF:
        return
    node = graph.ops[most]
    flattened = prod(node.xs[0][1:]) > 1
    yield Finding(
        principle="balance",
        severity="warning" if flattened else "note",
        row=node.path,
        rows=(node.path,),
        label=graph.label(node.path),
        figure=f"{grouped(graph.costs[most].params)} parameters, {percent(share)} of all, in one row "
        f"({text(node.xs[0])} → {text(node.out)})",
        value=share,
        limit=HALF,
        why=FLATTENED if flattened else CLASSIFIER if most == weighted[-1] else ALONE,
        source="Lin et al. 2013, §3.2" if flattened else SOURCE,
    )


def _stage(graph: Graph) -> Iterator[Finding]:
    stages: dict[Shape, list[int]] = {}
    for i in graph.live:
        if graph.costs[i].macs and is_map(graph.ops[i]):
            stages.setdefault(graph.ops[i].out[1:], []).append(i)
    if len(stages) < 2:
        return
    size, rows = max(stages.items(), key=lambda stage: sum(graph.costs[i].macs for i in stage[1]))
    macs = sum(graph.costs[i].macs for i in rows)
    share = macs / graph.macs
    if share <= STAGE:
        return
    rows.sort(key=lambda i: -graph.costs[i].macs)
    worst = graph.ops[rows[0]]
    yield Finding(
        principle="balance",
        severity="note",
        row=worst.path,
        rows=graph.paths(worst, (graph.ops[i] for i in rows)),
        label=graph.label(worst.path),
        figure=f"{human(macs)} mult-adds, {percent(share)} of all, on the grid of {text(size)}",
        value=share,
        limit=STAGE,
        why="Move rows to the other grids, and double the width where the grid halves, so that every stage costs alike "
        "(He et al. 2015, §3.3).",
        source=SOURCE,
    )


def _depth(graph: Graph) -> Iterator[Finding]:
    widths = {i: graph.ops[i].out[0] for i in graph.live if is_map(graph.ops[i])}
    if not widths:
        return
    depth: dict[int, int] = {}
    for i in graph.live:
        node = graph.ops[i]
        depth[i] = max([depth[j] for j in node.reads], default=0) + is_weighted(graph, node)
    layers = max(depth.values())
    widest = max(widths, key=lambda i: widths[i])
    ratio = layers / widths[widest]
    if ratio <= THIN:
        return
    path = graph.ops[widest].path
    yield Finding(
        principle="balance",
        severity="warning",
        row=path,
        rows=(path,),
        label=graph.label(path),
        figure=f"{grouped(layers)} weight layers one after another, and {widths[widest]} channels in the widest map: "
        f"{ratio:.1f} layers a channel",
        value=ratio,
        limit=THIN,
        why="Deeper alone no longer helps; fewer and wider rows reach more with as many mult-adds.",
        source="He et al. 2015, Table 6; Zagoruyko and Komodakis 2016",
    )
