"""Random numbers by place."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from vzor.data.rng import bits, generator, key_of, permutation, stratified, uniforms


def test_streams_are_fixed_for_ever() -> None:
    """Resuming under another version or machine needs these very numbers."""
    assert key_of(0, 1) == key_of(0, 1) != key_of(1, 0)
    assert permutation(0, 0, 8).tolist() == [3, 6, 1, 5, 7, 0, 4, 2]
    assert [hex(int(b)) for b in bits((1, 2), np.array([5]), 2)[0]] == ["0x41d5ddab061a6f1f", "0xe1c57d6e2a8f3246"]
    assert generator(1, 2).integers(1000, size=3).tolist() == [363, 441, 122]


@given(st.integers(0, 2**40), st.integers(0, 1000), st.integers(0, 300))
@settings(max_examples=30, deadline=None)
def test_permutations(seed: int, epoch: int, n: int) -> None:
    order = permutation(seed, epoch, n)
    assert sorted(order.tolist()) == list(range(n))
    if n > 20:
        assert order.tolist() != permutation(seed, epoch + 1, n).tolist()


def test_uniforms_are_even_and_independent_of_the_batch() -> None:
    u = uniforms((7, 3), np.arange(20000), 4)
    assert u.min() >= 0 and u.max() < 1
    assert np.abs(u.mean(0) - 0.5).max() < 0.01 and np.abs(u.var(0) - 1 / 12).max() < 0.002
    assert np.abs(np.corrcoef(u.T) - np.eye(4)).max() < 0.03
    assert abs(np.corrcoef(u[:-1, 0], u[1:, 0])[0, 1]) < 0.03
    np.testing.assert_array_equal(uniforms((7, 3), np.array([500, 9]), 4), u[[500, 9]])
    assert (uniforms((7, 4), np.arange(100), 4) != u[:100]).all()


@given(st.lists(st.integers(0, 4), min_size=1, max_size=80), st.floats(0, 0.45), st.floats(0, 0.45))
@settings(max_examples=50, deadline=None)
def test_stratified_split(labels: list[int], val: float, test: float) -> None:
    y = np.array(labels)
    parts = stratified(y, {"val": val, "test": test}, 3)
    assert sorted(np.concatenate(list(parts.values())).tolist()) == list(range(len(y)))
    for c in set(labels):
        n = labels.count(c)
        took = {k: int((y[v] == c).sum()) for k, v in parts.items()}
        assert took["train"] >= 1
        if n >= 5 and val > 0:
            assert abs(took["val"] - val * n) <= 1
