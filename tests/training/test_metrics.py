"""Metrics against scikit-learn, and on the edges where it has no answer."""

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vzor.training.metrics import ClassCounts, in_top


def counted(probabilities, truth, classes):
    metric = ClassCounts([str(c) for c in range(classes)])
    for part in np.array_split(np.arange(len(truth)), 3):
        metric.update([SimpleNamespace(probabilities=p) for p in probabilities[part]], {"label": truth[part]})
    return metric


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**31), st.integers(2, 9), st.integers(1, 60))
def test_against_sklearn(seed, classes, n):
    from sklearn.metrics import confusion_matrix, f1_score, precision_recall_fscore_support, top_k_accuracy_score

    rng = np.random.default_rng(seed)
    probabilities = rng.dirichlet(np.ones(classes), n)
    truth = rng.integers(0, classes, n)
    answer = probabilities.argmax(axis=1)
    metric = counted(probabilities, truth, classes)
    got, every = metric.compute(), list(range(classes))
    assert np.array_equal(metric.matrix, confusion_matrix(truth, answer, labels=every))
    assert got["top1"] == pytest.approx((answer == truth).mean())
    if classes > 5:
        assert got["top5"] == pytest.approx(top_k_accuracy_score(truth, probabilities, k=5, labels=every))
    else:
        assert got["top5"] == 1
    present = sorted(set(truth.tolist()))
    assert got["macro_f1"] == pytest.approx(f1_score(truth, answer, labels=present, average="macro", zero_division=0))
    precision, recall, f1, support = precision_recall_fscore_support(truth, answer, labels=every, zero_division=0)
    table = metric.table()
    assert [r["precision"] for r in table] == pytest.approx(precision)
    assert [r["recall"] for r in table] == pytest.approx(recall)
    assert [r["f1"] for r in table] == pytest.approx(f1)
    assert [r["support"] for r in table] == support.tolist()


def test_ties_agree_with_argmax():
    flat = np.full((3, 4), 0.25)
    assert in_top(flat, np.array([0, 1, 3]), 1).tolist() == [True, False, False]
    assert in_top(flat, np.array([0, 1, 3]), 2).tolist() == [True, True, False]


def test_unlabelled_samples_and_empty_sets_count_nothing():
    metric = counted(np.eye(3), np.array([0, -1, 1]), 3)
    assert metric.count == 2 and metric.compute()["top1"] == 0.5
    empty = ClassCounts(["a", "b"])
    assert set(empty.compute().values()) == {0.0} and empty.baseline()["chance/top1"] == 0.5
    assert "0 labelled" in empty.protocol


def test_baseline_is_the_majority_of_this_very_set():
    metric = counted(np.eye(4)[[0, 1, 2, 3, 0, 0]], np.array([2, 2, 2, 1, 0, 2]), 4)
    assert metric.baseline()["majority/top1"] == pytest.approx(4 / 6)
