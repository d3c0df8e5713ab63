"""Learning rates at known steps."""

import math

import pytest

from vzor.training.schedule import factor
from vzor.training.settings import Settings


def rate(step, per_epoch=10, **over):
    return factor(Settings(**(dict(epochs=10, warmup=0) | over)), step, per_epoch)


def test_cosine_starts_at_one_ends_at_final_and_is_half_way_between():
    assert rate(0) == 1
    assert rate(99) == pytest.approx(0.01)
    assert rate(33, epochs=1, per_epoch=67, final_lr=0.0) == pytest.approx(0.5)
    assert rate(25, epochs=1, per_epoch=101, final_lr=0.0) == pytest.approx(0.5 * (1 + math.cos(math.pi / 4)))


def test_warmup_is_linear_and_then_the_peak_comes_once():
    got = [rate(i, warmup=0.4) for i in range(5)]
    assert got == pytest.approx([0.2, 0.4, 0.6, 0.8, 1.0])
    assert rate(5, warmup=0.4) < 1


@pytest.mark.parametrize("step, want", [(0, 1), (29, 1), (30, 0.1), (59, 0.1), (60, 0.01), (99, 0.001)])
def test_step_drops_exactly_at_its_epochs(step, want):
    assert rate(step, schedule="step", step_every=3) == pytest.approx(want)


def test_step_does_not_slip_where_floating_point_does():
    # 0.1 epochs of 30 steps are 3 steps, though 3 / 30 / 0.1 is not exactly 1
    assert rate(3, per_epoch=30, schedule="step", step_every=0.1) == pytest.approx(0.1)
    assert rate(2, per_epoch=30, schedule="step", step_every=0.1) == 1


def test_linear_constant_and_onecycle():
    assert rate(99, schedule="linear", final_lr=0.0) == pytest.approx(0)
    assert rate(33, epochs=1, per_epoch=67, schedule="linear", final_lr=0.0) == pytest.approx(0.5)
    assert rate(99, schedule="constant") == 1
    cycle = [rate(i, epochs=1, per_epoch=101, schedule="onecycle", warmup=5) for i in range(101)]
    assert cycle[0] == pytest.approx(1 / 25)
    assert max(cycle) == pytest.approx(cycle[30]) == pytest.approx(1)
    assert cycle[100] == pytest.approx(0.01)


@pytest.mark.parametrize("kind", ["cosine", "step", "linear", "constant", "onecycle"])
def test_every_step_has_a_rate_even_in_the_shortest_run(kind):
    assert 0 < rate(0, epochs=1, per_epoch=1, schedule=kind, warmup=None) <= 1
    assert all(0 <= rate(i, schedule=kind, warmup=None) <= 1 for i in range(100))
