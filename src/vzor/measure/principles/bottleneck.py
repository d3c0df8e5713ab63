"""No representational bottleneck: the representation should shrink gently from input to output.

Szegedy et al. 2015, arXiv:1512.00567, §2, principle 1 (lecture 002, first principle): "For any cut separating
the inputs from the outputs, one can access the amount of information passing through the cut."
"""

from __future__ import annotations

from collections.abc import Iterator

from vzor.measure.principles.finding import Finding
from vzor.measure.principles.graph import Cut, Graph, is_map
from vzor.spec.row import text

SOURCE = "Szegedy et al. 2015, §2 and §5"

#: §5: to halve the grid before widening leaves a quarter of the numbers, which violates the principle (Fig. 9,
#: left); to widen first (right), or beside it (Fig. 10), leaves a half.  The limit lies in the middle.
SHARPEST = 3.0
#: "especially early in the network": a fall after this share of the mult-adds is a note.
EARLY = 0.5


def bottleneck(graph: Graph) -> Iterator[Finding]:
    """Cuts that fewer than a third as many numbers pass as any cut before them.

    The figure is the fall: the smallest cut so far (the input's own size to begin with), divided by this one.
    Where paths join again only after several changes of the grid (NASNet), the limit holds for each of them.
    A place inside a branch is no cut while another branch carries the rest; branches that are narrow together
    are.  What a representation has lost does not come back by widening it, so each cut is compared with the
    smallest before, and a fall is told once.  The head is not judged: its size is what the task asks for.
    """
    done, at = 0, 0
    smallest: Cut | None = None
    for cut in cuts(graph):
        while at < cut.ops[0]:
            done, at = done + graph.costs[at].macs * (at in graph.readers), at + 1
        if smallest is None or cut.size < smallest.size:
            if smallest is not None and smallest.size > SHARPEST**cut.steps * cut.size:
                yield _finding(graph, smallest, cut, done / graph.macs)
            smallest = cut


def cuts(graph: Graph) -> Iterator[Cut]:
    """The cuts from the input to the head: what all paths pass, and the narrowest between two such places."""
    before: int | None = None
    least = 0
    known: set[tuple[object, ...]] = set()
    for i in graph.passed:
        if i >= graph.final or not is_map(graph.ops[i]):
            return
        if before is not None and i - before > 2:
            key = _shape(graph, before, i)  # equal blocks have equal cuts, and only the first can be the smallest
            between = None if key in known else graph.between(before, i, least)
            known.add(key)
            if between is not None:
                yield between
                least = min(least, between.size)
        yield Cut((i,), graph.sizes[i], 1 if before is None else graph.steps(before, i))
        least = min(least, graph.sizes[i]) if before is not None else graph.sizes[i]
        before = i


def _shape(graph: Graph, first: int, last: int) -> tuple[object, ...]:
    """What is between two operations: sizes, and how they are joined."""
    inside = [i for i in range(first + 1, last + 1) if i in graph.readers]
    return tuple((graph.sizes[i], *(j - i for j in graph.ops[i].reads)) for i in inside)


def _finding(graph: Graph, before: Cut, cut: Cut, done: float) -> Finding:
    fall = before.size / cut.size
    worst = graph.ops[min(cut.ops, key=lambda i: graph.sizes[i])]
    return Finding(
        principle="bottleneck",
        severity="warning" if done < EARLY else "note",
        row=worst.path,
        rows=graph.paths(worst, (graph.ops[i] for i in cut.ops)),
        label=graph.label(worst.path),
        figure=f"{_sizes(graph, cut)} numbers pass after {_sizes(graph, before)} of {_names(graph, before)}: "
        f"{fall:.1f} times fewer",
        value=fall,
        limit=SHARPEST**cut.steps,
        why="What is lost here no later row brings back; widen before the grid shrinks, or shrink it in branches side "
        "by side.",
        source=SOURCE,
    )


def _sizes(graph: Graph, cut: Cut) -> str:
    """``96×54×54 = 279,936``."""
    parts = [text(value.shape) for i in cut.ops for value in graph.ops[i].outs]
    return f"{' + '.join(parts)} = {cut.size:,}"


def _names(graph: Graph, cut: Cut) -> str:
    return " and ".join(graph.ops[i].path for i in cut.ops)
