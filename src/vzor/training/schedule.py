"""Learning-rate schedules: pure functions of the step, so that a resumed run needs no scheduler state.

When a run is extended to more epochs, the rate is computed as if the new number had been asked for from
the start: a run of 30 epochs extended to 60 goes on at the rate of epoch 30 of 60. No torch.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from vzor.training.settings import Settings


def cosine(done: float, final: float) -> float:
    """From 1 to `final` along half a cosine (Loshchilov & Hutter 2017, arXiv:1608.03983, eq. 5)."""
    return final + (1 - final) * 0.5 * (1 + math.cos(math.pi * done))


def linear(done: float, final: float) -> float:
    """From 1 to `final` along a line."""
    return 1 + (final - 1) * done


def onecycle(done: float, final: float) -> float:
    """Up from 1/25 over the first 30 %, then down to `final`, both along cosines (arXiv:1708.07120)."""
    if done < 0.3:
        return cosine(1 - done / 0.3, 1 / 25)
    return cosine((done - 0.3) / 0.7, final)


SHAPES: dict[str, Callable[[float, float], float]] = {"cosine": cosine, "linear": linear, "onecycle": onecycle}


def factor(settings: Settings, step: int, steps_per_epoch: int) -> float:
    """What multiplies the peak rate at optimizer step `step` (from 0); the last step gets `final_lr`.

    Warm-up is linear over the first steps and reaches 1 on its last one (arXiv:1706.02677, section 2.2);
    the shape takes the steps after it. onecycle has its own way up and ignores warm-up.
    """
    total = settings.epochs * steps_per_epoch
    warm = 0 if settings.schedule == "onecycle" else round(warmup_epochs(settings) * steps_per_epoch)
    warm = min(warm, total - 1)
    if step < warm:
        return (step + 1) / (warm + 1)
    if settings.schedule == "constant":
        return 1.0
    if settings.schedule == "step":
        every = settings.step_every or settings.epochs / 3
        # rounded: 0.1 epochs times steps is not exact, and a drop must not slip by one step
        return settings.step_gamma ** int(round(step / steps_per_epoch / every, 9))
    done = (step - warm) / max(1, total - 1 - warm)
    return SHAPES[settings.schedule](min(1.0, done), settings.final_lr)


def warmup_epochs(settings: Settings) -> float:
    """The warm-up in epochs: as given, else a twentieth of the run, at most 5."""
    return min(5.0, settings.epochs / 20) if settings.warmup is None else settings.warmup
