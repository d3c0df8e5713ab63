"""The tasks, as strings: listing them imports nothing."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from vzor.spec.errors import UserError, did_you_mean

if TYPE_CHECKING:
    from vzor.training.task import Task

TASKS = {  # name: (module, function, what it does)
    "classify": ("vzor.tasks.classify.task", "task", "one class per image"),
}


def names() -> list[str]:
    """Names of all tasks, sorted."""
    return sorted(TASKS)


def make(name: str, **options: Any) -> Task:
    """The task of that name with its options. UserError for an unknown name or option."""
    if name not in TASKS:
        raise UserError(f"There is no task {name!r}.{did_you_mean(name, TASKS)} Choose from {', '.join(names())}.")
    module, function, _ = TASKS[name]
    build = getattr(import_module(module), function)
    known = build.__kwdefaults__ or {}
    for option in options:
        if option not in known:
            raise UserError(
                f"Task {name} has no option {option!r}.{did_you_mean(option, known)}"
                f" Choose from {', '.join(sorted(known))}."
            )
    made: Task = build(**options)
    return made
