"""What a classifier's report says, by hand-counted answers."""

from __future__ import annotations

import numpy as np
import pytest

from vzor.tasks.classify.report import MISTAKES, report
from vzor.tasks.classify.result import Classification
from vzor.tasks.index import make

CLASSES = ("cat", "dog", "owl")


def said(*shares: float) -> Classification:
    return Classification(np.array(shares, np.float32), CLASSES, "x")


SAMPLES = [{"label": n} for n in (0, 0, 1, 1, 2, -1, None)]
RESULTS = [
    said(0.8, 0.1, 0.1),
    said(0.1, 0.6, 0.3),
    said(0.3, 0.4, 0.3),
    said(0.9, 0.1, 0.0),
    said(0.0, 0.7, 0.3),
    said(1, 0, 0),
    said(0, 1, 0),
]


def test_counts_pairs_mistakes_and_classes() -> None:
    matrix, pairs, mistakes, classes = report(SAMPLES, RESULTS, CLASSES)
    assert matrix["cells"] == [[0, 0, 1], [0, 1, 1], [1, 0, 1], [1, 1, 1], [2, 1, 1]]
    assert pairs["rows"] == [["cat", "dog", 1, 0.5], ["dog", "cat", 1, 0.5], ["owl", "dog", 1, 1.0]]
    assert [item["index"] for item in mistakes["items"]] == [3, 4, 1]
    assert dict(mistakes["items"][0]["lines"]) == {"truth": "dog", "said": "cat", "probability": "0.900", "id": "x"}
    assert mistakes["note"].startswith("3 of 5 are wrong")
    name, precision, recall, f1, n = classes["rows"][1]
    assert (name, precision, recall, n) == ("dog", pytest.approx(1 / 3), 0.5, 2)
    assert f1 == pytest.approx(0.4)


def test_without_a_single_truth_there_is_nothing_to_say() -> None:
    assert report([{"label": -1}], [said(1, 0, 0)], CLASSES) == []
    assert report([], [], CLASSES) == []


def test_without_a_mistake_there_are_no_pairs() -> None:
    made = report(SAMPLES[:1], RESULTS[:1], CLASSES)
    assert [s["kind"] for s in made] == ["matrix", "gallery", "table"]
    assert made[1]["items"] == [] and made[1]["note"] == "0 of 1 are wrong."


def test_of_many_classes_the_worst_come_first_and_mistakes_are_bounded() -> None:
    names = tuple(f"c{i}" for i in range(40))
    shares = np.full((200, 40), 0.01, np.float32)
    shares[:, 7] = 0.61
    results = [Classification(row, names) for row in shares]
    matrix, _, mistakes, classes = report([{"label": i % 40 if i % 40 != 9 else 7} for i in range(200)], results, names)
    assert len(mistakes["items"]) == MISTAKES
    assert len(matrix["cells"]) == 39
    assert classes["rows"][-1][0] == "c9"  # no images
    assert classes["rows"][-2][0] == "c7"  # the only one with any right


def test_the_task_carries_it_and_it_is_json() -> None:
    import json

    assert make("classify").report is report
    assert json.loads(json.dumps(report(SAMPLES, RESULTS, CLASSES))) == report(SAMPLES, RESULTS, CLASSES)
