"""vzor: convolutional networks for computer vision, each a table separate from its weights.

    vzor.table("resnet18").show()                  # every row with its shape and cost; no torch
    net = vzor.build("resnet18", classes=10)       # a plain torch.nn.Module
    model = vzor.train("photos/", network="resnet18")
    model = vzor.load("runs/classify/resnet18")
    model.predict("cat.jpg"); model.evaluate("photos/")

Names are loaded when first used: `import vzor` takes milliseconds and imports no torch.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vzor.api.build import build
    from vzor.api.load import load
    from vzor.api.model import Evaluation, Model
    from vzor.api.published import published
    from vzor.api.table import Table, check, compare, networks, table
    from vzor.api.train import resume, train
    from vzor.measure.principles import Finding
    from vzor.spec.errors import TableError, UserError
    from vzor.spec.preprocess import Preprocess
    from vzor.training.task import Phase, Step, Task

__version__ = "0.1.0"

_WHERE = {
    "networks": "api.table",
    "published": "api.published",
    "table": "api.table",
    "compare": "api.table",
    "check": "api.table",
    "Finding": "measure.principles",
    "Table": "api.table",
    "build": "api.build",
    "train": "api.train",
    "resume": "api.train",
    "load": "api.load",
    "Model": "api.model",
    "Evaluation": "api.model",
    "UserError": "spec.errors",
    "TableError": "spec.errors",
    "Preprocess": "spec.preprocess",
    "Task": "training.task",
    "Phase": "training.task",
    "Step": "training.task",
}
__all__ = [
    "Evaluation",
    "Finding",
    "Model",
    "Phase",
    "Preprocess",
    "Step",
    "Table",
    "TableError",
    "Task",
    "UserError",
    "__version__",
    "build",
    "check",
    "compare",
    "load",
    "networks",
    "published",
    "resume",
    "table",
    "train",
]


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module 'vzor' has no attribute {name!r}")
    value = getattr(import_module(f"vzor.{_WHERE[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
