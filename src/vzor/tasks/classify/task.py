"""Classification, written purely against the contract of `vzor.training.task`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

from vzor.data.fields import Image, Label, Meta
from vzor.spec.errors import UserError
from vzor.spec.row import text
from vzor.spec.tables import Rows
from vzor.spec.trace import trace
from vzor.tasks.classify.draw import draw
from vzor.tasks.classify.loss import Loss
from vzor.tasks.classify.report import report
from vzor.tasks.classify.result import decode, encode
from vzor.training.metrics import ClassCounts
from vzor.training.task import Task

if TYPE_CHECKING:
    from vzor.data.samples import Data

Weights = Sequence[float] | Literal["balanced"] | None


def task(*, label_smoothing: float = 0.0, class_weights: Weights = None, side_weight: float | None = None) -> Task:
    """One class per image.

    label_smoothing  share of the target spread evenly over the classes, in training only
    class_weights    one number per class, in the order of the data's classes, or "balanced": each class
                     counts alike, however many images it has; in training only, scaled so that the mean
                     over the training samples (or over the numbers given) is 1
    side_weight      what side outputs count in the loss; None: what the table's Loss rows say, else 0.3
    """
    if not 0 <= label_smoothing < 1:
        raise UserError(f"label_smoothing is {label_smoothing}; give a number from 0 to below 1.")
    if isinstance(class_weights, str) and class_weights != "balanced":
        raise UserError(f"class_weights is {class_weights!r}; give 'balanced' or one number per class.")
    balanced = isinstance(class_weights, str)
    numbers = None if class_weights is None or balanced else tuple(float(w) for w in class_weights)
    if numbers is not None and (not numbers or min(numbers) < 0 or sum(numbers) == 0):
        raise UserError("class_weights must not be negative or all zero; give one number per class.")
    made = Task(
        name="classify",
        fields={"image": Image(), "label": Label(), "id": Meta()},
        loss=Loss(label_smoothing, numbers, side_weight),
        decode=decode,
        metric=ClassCounts,
        best=("val/top1", "max"),
        encode=encode,
        fits=fits,
        draw=draw,
        report=report,
        options={
            "label_smoothing": label_smoothing,
            "side_weight": side_weight,
            "class_weights": "balanced" if balanced else numbers and list(numbers),
        },
    )
    if balanced or numbers is not None:
        made = replace(made, adapt=_Weigh(made))
    return made


def fits(name: str, table: Rows) -> None:
    """UserError for a table that does not end in one vector of scores."""
    shapes = [value.shape for value in trace(table).root.outs]
    if len(shapes) != 1 or len(shapes[0]) != 1:
        raise UserError(
            f"{name} gives {', '.join(map(text, shapes))} and not one score per class; take a network that"
            " `vzor list --task classify` names, or end your table in Fc(classes)."
        )


class _Weigh:
    """Settles the class weights once the training data are known."""

    def __init__(self, made: Task) -> None:
        self.made = made

    def __call__(self, data: Data) -> Task:
        options: dict[str, Any] = dict(self.made.options)
        weights = options["class_weights"]
        if isinstance(weights, str):
            options["class_weights"] = balanced_weights([s["label"] for s in data.train], len(data.classes))
        elif len(weights) != len(data.classes):
            raise UserError(
                f"class_weights has {len(weights)} numbers and the data {len(data.classes)}"
                " classes; give one number per class."
            )
        return task(**options)


def balanced_weights(labels: Sequence[int | None], classes: int) -> list[float]:
    """n / (classes present x images of the class); 0 for a class without images."""
    counts = [0] * classes
    for label in labels:
        if label is not None and label >= 0:
            counts[label] += 1
    n, present = sum(counts), sum(c > 0 for c in counts)
    return [n / (present * c) if c else 0.0 for c in counts]
