"""The one training loop, for every task: phases, resume, metrics, logs.

    fit(task, nets, data, pre, settings, run, ...) -> Outcome
    reopen(run) -> Saved        # what a killed or interrupted run needs to go on

Names are loaded when first used, so that the contract (`Task`, `Metric`) and `Settings` cost no torch.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_WHERE = {
    "Task": "task",
    "Phase": "task",
    "Step": "task",
    "Metric": "task",
    "with_loss": "task",
    "Settings": "settings",
    "Run": "run",
    "new_run": "run",
    "open_run": "run",
    "Reporter": "log",
    "Quiet": "log",
    "reporter": "log",
    "Outcome": "loop",
    "Interrupted": "interrupt",
    "fit": "fitting",
    "reopen": "fitting",
    "Saved": "fitting",
    "evaluate": "evaluator",
    "Evaluation": "evaluator",
    "seed_everything": "seeds",
}
__all__ = sorted(_WHERE)


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module 'vzor.training' has no attribute {name!r}")
    return getattr(import_module(f"vzor.training.{_WHERE[name]}"), name)
