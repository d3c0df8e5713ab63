"""Classification: one class per image. `task.py` the contract, `result.py` its result (no torch)."""
