"""Rows, tables, and what can be said of them from integers alone.  No torch."""
