"""What a table costs, from integers alone: shapes, parameters, mult-adds, memory, receptive field.  No torch."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vzor.measure.count import measure, measure_trace
    from vzor.measure.totals import Counter, Totals

_WHERE = {"measure": "count", "measure_trace": "count", "Counter": "totals", "Totals": "totals"}
__all__ = ["Counter", "Totals", "measure", "measure_trace"]


def __getattr__(name: str) -> Any:
    """What is asked for first; a list of networks needs neither receptive fields nor memory."""
    if name not in _WHERE:
        raise AttributeError(f"module 'vzor.measure' has no attribute {name!r}")
    return getattr(import_module(f"vzor.measure.{_WHERE[name]}"), name)
