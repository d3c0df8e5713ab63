"""The design principles of lecture 002 as findings on a table: the row, the figure, and why.  No torch.

Each principle is one function from the table's graph to its findings; its docstring has the source, the figure
and the reason for the threshold, which is a named constant beside it.  Findings are advice: nothing is refused.
"""

from collections.abc import Callable, Iterator

from vzor.measure.principles import balance, bottleneck, embedding, kernel, waste
from vzor.measure.principles.finding import Finding, Severity
from vzor.measure.principles.graph import Graph
from vzor.spec.trace import Trace

#: name: its function.  The first four are the lecture's.
PRINCIPLES: dict[str, Callable[[Graph], Iterator[Finding]]] = {
    "bottleneck": bottleneck.bottleneck,
    "embedding": embedding.embedding,
    "kernel": kernel.kernel,
    "balance": balance.balance,
    "field": waste.field,
    "stride": waste.stride,
    "bias": waste.bias,
    "unread": waste.unread,
}


def check(opened: Trace) -> list[Finding]:
    """Where a table departs from the design principles: warnings first, else by principle."""
    graph = Graph(opened)
    found = [finding for principle in PRINCIPLES.values() for finding in principle(graph)]
    return sorted(found, key=lambda finding: finding.severity != "warning")


__all__ = ["PRINCIPLES", "Finding", "Severity", "check"]
