"""What a classifier says about one image. No torch."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from vzor.spec.errors import UserError
from vzor.tasks.common import main_output, softmax


@dataclass(frozen=True, eq=False)
class Classification:
    """Probabilities (classes,) float32 that sum to 1, in the order of `names`; `id` says which image.

    `best`: how many classes `top`, `to_dict` and `json` give unless they are told otherwise.
    """

    probabilities: np.ndarray
    names: tuple[str, ...] = field(repr=False)
    id: str = ""
    best: int = field(default=5, repr=False)

    def __repr__(self) -> str:
        return (
            f"<{type(self).__name__} {self.id or 'image'}: {', '.join(f'{name} {p:.3f}' for name, p in self.top(3))}>"
        )

    @property
    def index(self) -> int:
        """Number of the most probable class."""
        return int(self.probabilities.argmax())

    @property
    def label(self) -> str:
        """Name of the most probable class."""
        return self.names[self.index]

    @property
    def confidence(self) -> float:
        """Its probability."""
        return float(self.probabilities.max())

    def top(self, k: int | None = None) -> list[tuple[str, float]]:
        """The k most probable classes as (name, probability), best first; ties in class order."""
        order = np.argsort(-self.probabilities, kind="stable")[: self.best if k is None else k]
        return [(self.names[i], float(self.probabilities[i])) for i in order]

    def to_dict(self, k: int | None = None) -> dict[str, Any]:
        """Plain values: id, label, confidence and the k best."""
        best = [{"label": name, "probability": round(p, 6)} for name, p in self.top(k)]
        return {"id": self.id, "label": self.label, "confidence": round(self.confidence, 6), "top": best}

    def json(self, k: int | None = None) -> str:
        """`to_dict` as JSON text."""
        return json.dumps(self.to_dict(k), ensure_ascii=False)

    def save(self, path: str | os.PathLike[str], k: int | None = None) -> Path:
        """Write `json` to a file and return its path."""
        path = Path(path)
        path.write_text(self.json(k) + "\n", encoding="utf-8")
        return path

    def __str__(self) -> str:
        """What people read: cat 97.2 %, dog 1.5 %, …"""
        return ", ".join(f"{name} {100 * share:.1f} %" for name, share in self.top())


def decode(raw: Any, meta: dict[str, Any], top: int = 5) -> list[Classification]:
    """Raw scores (N, classes) to one Classification per image, which shows its `top` best classes.

    `meta["classes"]` names the columns and `meta["id"]`, if given, the images. Plain softmax also fits an
    RBF output layer, whose scores are minus squared distances.
    """
    if not isinstance(top, int) or top < 1:
        raise UserError(f"top is {top!r}; give a whole number of 1 or more.")
    names = tuple(meta["classes"])
    probabilities = softmax(np.asarray(main_output(raw), dtype=np.float32))
    ids = meta.get("id") or [""] * len(probabilities)
    return [Classification(row, names, str(i), top) for row, i in zip(probabilities, ids, strict=True)]


def encode(batch: dict[str, Any], classes: Sequence[str]) -> np.ndarray:
    """What a perfect classifier answers: (N, classes) scores whose softmax is exactly one-hot.

    A sample without a label (-1) gets equal scores.
    """
    truth = np.asarray(batch["label"]).reshape(-1)
    scores = np.full((len(truth), len(classes)), -1e4, np.float32)
    known = truth >= 0
    scores[np.flatnonzero(known), truth[known]] = 0
    return scores
