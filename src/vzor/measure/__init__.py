"""What a table costs, from integers alone: shapes, parameters, mult-adds, memory, receptive field.  No torch."""

from vzor.measure.count import measure, measure_trace

__all__ = ["measure", "measure_trace"]
