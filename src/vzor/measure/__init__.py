"""What a table costs, from integers alone: shapes, parameters, mult-adds, memory, receptive field.  No torch."""

from vzor.measure.count import measure, measure_trace
from vzor.measure.totals import Counter, Totals

__all__ = ["Counter", "Totals", "measure", "measure_trace"]
