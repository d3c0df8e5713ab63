"""What a report says of a classifier: confusion, the classes, its most confident mistakes. Plain data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from vzor.tasks.classify.result import Classification
from vzor.training.metrics import confusion, per_class
from vzor.training.sections import Section, gallery, matrix, table

MISTAKES = 32  # pictures in the gallery
PAIRS = 12  # confused pairs that are listed
IN_ORDER = 30  # up to so many classes the table keeps their order; beyond, the worst come first


def report(
    samples: Sequence[Mapping[str, Any]], results: Sequence[Classification], classes: Sequence[str]
) -> list[Section]:
    """Sections for samples (their `label`; -1 or None: unknown, left out) and results in the same order.

    Probabilities are the softmax outputs as they are; nothing is calibrated.
    """
    truth = np.array([-1 if s.get("label") is None else s["label"] for s in samples], np.int64)
    said = np.array([r.index for r in results], np.int64)
    known = truth >= 0
    if not known.any():
        return []
    counts = confusion(truth[known], said[known], len(classes))
    wrong = np.flatnonzero(known & (truth != said))
    found = [_matrix(classes, counts)]
    if len(classes) > 2 and len(wrong):
        found.append(_pairs(classes, counts))
    return [*found, _mistakes(wrong, int(known.sum()), truth, results, classes), _classes(classes, counts)]


def _matrix(classes: Sequence[str], counts: np.ndarray) -> Section:
    right, n = int(np.trace(counts)), int(counts.sum())
    return matrix(
        "Confusion matrix",
        classes,
        counts,
        f"{right:,} of {n:,} right. A row is a true class, a column an answer; colour is the share of the row.",
    )


def _pairs(classes: Sequence[str], counts: np.ndarray) -> Section:
    off = counts.copy()
    np.fill_diagonal(off, 0)
    order = np.argsort(-off, axis=None, kind="stable")[:PAIRS]
    cells = [(int(i), int(j)) for i, j in zip(*np.unravel_index(order, off.shape), strict=True) if off[i, j]]
    rows = [(classes[i], classes[j], int(off[i, j]), float(off[i, j] / counts[i].sum())) for i, j in cells]
    return table(
        "Most confused pairs",
        {"truth": "text", "taken for": "text", "images": "count", "of the true class": "share"},
        rows,
    )


def _mistakes(
    wrong: np.ndarray, n: int, truth: np.ndarray, results: Sequence[Classification], classes: Sequence[str]
) -> Section:
    """The wrong answers, surest first; ties in the order of the samples."""
    ordered = sorted(wrong.tolist(), key=lambda i: -results[i].confidence)
    items = [
        (
            i,
            [
                ("truth", classes[truth[i]]),
                ("said", results[i].label),
                ("probability", f"{results[i].confidence:.3f}"),
                ("id", results[i].id),
            ],
        )
        for i in ordered[:MISTAKES]
    ]
    note = f"{len(wrong):,} of {n:,} are wrong" + (
        f"; the {MISTAKES} surest are shown." if len(wrong) > MISTAKES else ", surest first." if len(wrong) else "."
    )
    return gallery("Most confident mistakes", items, note)


def _classes(classes: Sequence[str], counts: np.ndarray) -> Section:
    columns = per_class(counts)
    order = list(range(len(classes)))
    note = ""
    if len(classes) > IN_ORDER:
        order.sort(key=lambda i: (columns["support"][i] == 0, columns["f1"][i]))
        note = "The worst F1 first; classes without images last."
    rows = [
        (classes[i], *(float(columns[c][i]) for c in ("precision", "recall", "f1")), int(columns["support"][i]))
        for i in order
    ]
    return table(
        "Classes",
        {"class": "text", "precision": "share", "recall": "share", "F1": "share", "images": "count"},
        rows,
        note,
    )
