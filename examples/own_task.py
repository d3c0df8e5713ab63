"""Things of your own: a block, a loss, an augmentation, and a whole task.

python examples/own_task.py
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F

import vzor
from vzor.data.fields import Image, Label, Meta
from vzor.spec.edit import with_classes
from vzor.spec.rows import Act, Add, Conv, Fc, Gap, Id, Input, Norm, Pool, Row, Seq, Shape

# --- a block: a row that expands into a smaller table ---------------------------------------------


@dataclass(frozen=True)
class Wide(Row):
    """Two convolutions beside a shortcut. Input widths are never written: `x` is the shape that arrives."""

    by: int = 2

    def expand(self, *xs: Shape) -> Row:
        width = xs[0][0]
        inner = Seq(up=Conv(self.by * width, bn=Norm()), down=Conv(width, bn=Norm(), act=None))
        return Seq(sum=Add(inner=inner, shortcut=Id()), act=Act())


NET = Seq(
    Input(1, 16, 16),
    stem=Conv(16, bn=Norm()),
    wide1=Wide(),
    pool=Pool("max", 2),
    wide2=Wide(by=3),
    gap=Gap(),
    fc=Fc(10),
)

# --- a loss and an augmentation -------------------------------------------------------------------


def focal(raw: torch.Tensor, batch: dict[str, Any]) -> torch.Tensor:
    """What is known already counts less (Lin et al. 2017, arXiv:1708.02002, eq. 4, gamma = 2)."""
    losses = F.cross_entropy(raw, batch["label"], reduction="none")
    return ((1 - torch.exp(-losses)).square() * losses).mean()


def speckle(image: torch.Tensor) -> torch.Tensor:
    """Noise on a uint8 picture (C, H, W). Draws from torch's generator are seeded per picture and repeatable."""
    noise = torch.randn(image.shape) * 12
    return (image + noise).round().clamp(0, 255).to(torch.uint8)


# --- a task: a number for a picture, not a class --------------------------------------------------


@dataclass(frozen=True)
class Number:
    """What the network estimates."""

    value: float
    id: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Plain values."""
        return {"id": self.id, "value": round(self.value, 3)}


@dataclass
class Distance:
    """How far off the estimates are."""

    truths: list[float] = field(default_factory=list)
    values: list[float] = field(default_factory=list)

    @property
    def protocol(self) -> str:
        """What is counted."""
        return f"mae: mean distance to the true number over {len(self.truths)} pictures; exact: right once rounded"

    def update(self, results: Sequence[Number], batch: dict[str, Any]) -> None:
        """Count one batch."""
        self.truths += [float(n) for n in batch["label"]]
        self.values += [one.value for one in results]

    def compute(self) -> dict[str, float]:
        """The numbers."""
        off = np.abs(np.array(self.values) - np.array(self.truths))
        return {"mae": float(off.mean()), "exact": float((off < 0.5).mean())}

    def baseline(self) -> dict[str, float]:
        """Always answering the mean."""
        truths = np.array(self.truths)
        return {"mean/mae": float(np.abs(truths - truths.mean()).mean())}


#: The digit itself is the number: class "7" is label 7.
estimate = vzor.Task(
    name="estimate",
    fields={"image": Image(), "label": Label(), "id": Meta()},
    build=lambda rows, classes: {"net": with_classes(rows, 1)},
    loss=lambda raw, batch, nets, step: {"distance": F.smooth_l1_loss(raw[:, 0], batch["label"].float())},
    decode=lambda raw, meta: [Number(float(v), str(i)) for v, i in zip(raw[:, 0], meta["id"], strict=True)],
    metric=lambda classes: Distance(),
    best=("val/mae", "min"),
)


def main(epochs: int = 8, quiet: bool = False) -> tuple[vzor.Model, vzor.Model]:
    """Train a classifier with one's own block, loss and augmentation, then the task of one's own."""
    vzor.table(NET).show()
    told = {"epochs": epochs, "lr": 3e-3, "quiet": quiet}
    model = vzor.train("digits", NET, loss=focal, augment=speckle, name="own-block", **told)
    print(model.evaluate("digits"), end="\n\n")

    model2 = vzor.train("digits", NET, task=estimate, name="own-task", **told)
    print(model2.evaluate("digits"))
    print(*model2.predict("digits")[:5], sep="\n")

    # A task that is not in vzor's index is handed in again wherever its model is read.
    assert vzor.load(model2.path, task=estimate).task is estimate
    return model, model2


if __name__ == "__main__":
    main()
