"""Counting over a set of answers, in NumPy. Every number is a share between 0 and 1."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def confusion(truth: np.ndarray, answer: np.ndarray, classes: int) -> np.ndarray:
    """(classes, classes) counts: row = the true class, column = the answer. Both inputs: (N,) int."""
    flat = np.bincount(truth.astype(np.int64) * classes + answer.astype(np.int64), minlength=classes * classes)
    return flat.reshape(classes, classes)


def in_top(probabilities: np.ndarray, truth: np.ndarray, k: int) -> np.ndarray:
    """(N,) bool: whether the true class is among the k most probable of `probabilities` (N, classes).

    Ties go to the earlier class, as in argmax, so top-1 is always the confusion matrix's diagonal.
    """
    own = probabilities[np.arange(len(truth)), truth][:, None]
    earlier = np.arange(probabilities.shape[1])[None, :] < truth[:, None]
    ahead = (probabilities > own) | ((probabilities == own) & earlier)
    return ahead.sum(axis=1) < k


def per_class(matrix: np.ndarray) -> dict[str, np.ndarray]:
    """Recall, precision, F1 and support of each class from a confusion matrix; 0 where undefined."""
    right = np.diag(matrix).astype(float)
    true, said = matrix.sum(axis=1), matrix.sum(axis=0)
    return {
        "recall": _share(right, true),
        "precision": _share(right, said),
        "f1": _share(2 * right, true + said),
        "support": true,
    }


def macro(values: np.ndarray, support: np.ndarray) -> float:
    """The plain mean over the classes that occur in the set (support above 0)."""
    there = support > 0
    return float(values[there].mean()) if there.any() else 0.0


def _share(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    return np.divide(part, whole, out=np.zeros(len(part)), where=np.asarray(whole) > 0)


class ClassCounts:
    """The metric of choosing one class per sample: top-1, top-5, macro recall and macro F1.

    `update` takes results with `.probabilities` (classes,) and a batch with `label`: (N,) int, -1 where
    the truth is unknown (those samples are left out).
    """

    def __init__(self, classes: Sequence[str]) -> None:
        self.classes = tuple(classes)
        self.matrix = np.zeros((len(classes), len(classes)), np.int64)
        self.first = 0
        self.five = 0

    @property
    def count(self) -> int:
        """Labelled samples seen."""
        return int(self.matrix.sum())

    @property
    def protocol(self) -> str:
        """What the numbers count, in one line."""
        return (
            f"one class of {len(self.classes)} per image, {self.count:,} labelled images, one view each;"
            " top1 and top5: share with the true class among the 1 and 5 most probable; macro: mean over the"
            " classes present"
        )

    def update(self, results: Sequence[object], batch: dict[str, object]) -> None:
        """Count one batch."""
        truth = np.asarray(batch["label"]).reshape(-1)
        known = truth >= 0
        if not known.any():
            return
        probabilities = np.stack([r.probabilities for r in results])[known]  # type: ignore[attr-defined]
        truth = truth[known]
        self.matrix += confusion(truth, probabilities.argmax(axis=1), len(self.classes))
        self.first += int(in_top(probabilities, truth, 1).sum())
        self.five += int(in_top(probabilities, truth, 5).sum())

    def compute(self) -> dict[str, float]:
        """top1, top5, macro_recall, macro_f1, each between 0 and 1; zeros for an empty set."""
        table, n = per_class(self.matrix), max(1, self.count)
        return {
            "top1": self.first / n,
            "top5": self.five / n,
            "macro_recall": macro(table["recall"], table["support"]),
            "macro_f1": macro(table["f1"], table["support"]),
        }

    def baseline(self) -> dict[str, float]:
        """Always answering the most common classes of this very set, and answering by chance."""
        support = np.sort(self.matrix.sum(axis=1))[::-1]
        n, k = max(1, self.count), len(self.classes)
        return {
            "majority/top1": float(support[:1].sum()) / n,
            "majority/top5": float(support[:5].sum()) / n,
            "chance/top1": 1 / k if k else 0.0,
            "chance/top5": min(5, k) / k if k else 0.0,
        }

    def table(self) -> list[dict[str, object]]:
        """One row per class: its name, recall, precision, F1 and support."""
        columns = per_class(self.matrix)
        return [
            {"class": name, **{key: column[i].item() for key, column in columns.items()}}
            for i, name in enumerate(self.classes)
        ]
