"""Everything a training run can be told, as one frozen record. No torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal

from vzor.spec.errors import UserError, did_you_mean

OPTIMIZERS = ("sgd", "adamw", "adam", "rmsprop")
SCHEDULES = ("cosine", "step", "linear", "constant", "onecycle")
PRECISIONS = ("auto", "fp32", "bf16")
AUGMENTS = ("auto", "none", "light", "strong")
# What a run may not change when it goes on: each of these enters the arithmetic of past steps.
KEPT = (
    "batch",
    "optimizer",
    "seed",
    "precision",
    "channels_last",
    "compile",
    "threads",
    "accumulate",
    "ema",
    "momentum",
    "nesterov",
    "freeze",
)


@dataclass(frozen=True)
class Settings:
    """The options of a run. Those that may be None or "auto" are resolved once, before the first step,
    and stored resolved, so that a resumed run does what the first one did.

    epochs        passes over the training samples
    batch         samples per forward pass; "auto": from the number of samples and the memory at hand
    accumulate    forward passes per optimizer step
    optimizer     sgd | adamw | adam | rmsprop
    lr            peak learning rate; None: by optimizer and effective batch (see `optim.default_lr`)
    momentum      of sgd and rmsprop; nesterov applies to sgd
    weight_decay  not applied to norms, biases and other vectors; None: by optimizer
    schedule      cosine | step | linear | constant | onecycle, a pure function of the step
    warmup        epochs of linear warm-up; None: a twentieth of the epochs, at most 5
    final_lr      where cosine, linear and onecycle end, as a share of lr
    step_every    epochs between drops of the step schedule (None: a third of the epochs), each by step_gamma
    mixup, cutmix their Beta distribution's alpha; 0: off
    ema           decay of the averaged weights; 0: off
    clip          largest norm of the gradient; 0: off
    precision     auto | fp32 | bf16 (autocast; weights, optimizer and averages stay fp32)
    channels_last None: wherever the device has it
    compile       torch.compile the networks
    freeze        comma-separated patterns of parameter names to hold still ("conv*", "layer1.*"), or
                  "base": all but the last layer that has parameters
    patience      stop after so many epochs without a better value; 0: never
    workers       loader processes; None: by image size and cores
    max_seconds   stop after so many seconds, counted over resumes; 0: never. Outside the promise that
                  an interrupted run ends with the same weights
    save_steps, save_seconds  also save inside an epoch, every so many steps or seconds; 0: never
    threads       torch's threads on the CPU; None: as torch has it
    augment       auto | none | light | strong, the data room's policies; mirror may be forbidden. auto: none
                  where there are under four parameters per training picture, else light
    """

    epochs: int = 30
    batch: int | Literal["auto"] = "auto"
    accumulate: int = 1
    optimizer: str = "adamw"
    lr: float | None = None
    momentum: float = 0.9
    nesterov: bool = True
    weight_decay: float | None = None
    schedule: str = "cosine"
    warmup: float | None = None
    final_lr: float = 0.01
    step_every: float | None = None
    step_gamma: float = 0.1
    mixup: float = 0.0
    cutmix: float = 0.0
    ema: float = 0.0
    clip: float = 0.0
    precision: str = "auto"
    channels_last: bool | None = None
    compile: bool = False
    freeze: str = ""
    patience: int = 0
    workers: int | None = None
    seed: int = 0
    device: str = "auto"
    max_seconds: float = 0.0
    save_steps: int = 0
    save_seconds: float = 300.0
    threads: int | None = None
    augment: str = "auto"
    mirror: bool | None = None

    def __post_init__(self) -> None:
        words = {"optimizer": OPTIMIZERS, "schedule": SCHEDULES, "precision": PRECISIONS, "augment": AUGMENTS}
        for name, allowed in words.items():
            value = getattr(self, name)
            if value not in allowed:
                raise UserError(
                    f"There is no {name} {value!r}.{did_you_mean(str(value), allowed)} Choose"
                    f" from {', '.join(allowed)}."
                )
        if self.batch != "auto":
            self._whole("batch", 1)
        for name, least in (("epochs", 1), ("accumulate", 1), ("patience", 0), ("seed", 0), ("save_steps", 0)):
            self._whole(name, least)
        for name, least in (("workers", 0), ("threads", 1)):
            if getattr(self, name) is not None:
                self._whole(name, least)
        for name in (
            "lr",
            "weight_decay",
            "warmup",
            "step_every",
            "momentum",
            "final_lr",
            "step_gamma",
            "mixup",
            "cutmix",
            "ema",
            "clip",
            "max_seconds",
            "save_seconds",
        ):
            value = getattr(self, name)
            if value is not None and not 0 <= value < float("inf"):
                raise UserError(f"{name} is {value}; give a number that is not negative.")
        if self.lr == 0 or self.step_every == 0:
            raise UserError(f"{'lr' if self.lr == 0 else 'step_every'} is 0; give a number above 0.")
        for name in ("momentum", "ema"):
            if getattr(self, name) >= 1:
                raise UserError(f"{name} is {getattr(self, name)}; give a number below 1, such as 0.9.")

    def _whole(self, name: str, least: int) -> None:
        value = getattr(self, name)
        if not isinstance(value, int) or isinstance(value, bool) or value < least:
            raise UserError(f"{name} is {value!r}; give a whole number from {least}.")

    def to_dict(self) -> dict[str, Any]:
        """All options, JSON-able, in the order above."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Settings:
        """The reverse of `to_dict`; an unknown name is a UserError with the nearest known one."""
        known = [f.name for f in fields(cls)]
        for name in values:
            if name not in known:
                raise UserError(
                    f"There is no training option {name!r}.{did_you_mean(name, known)} See `vzor train --help`."
                )
        return cls(**values)


def extend(stored: Settings, changes: Mapping[str, Any]) -> Settings:
    """The settings of a resumed run: as stored, with `changes` (None means: not given).

    Raises UserError for a change that would make past steps untrue (`KEPT`).
    """
    wanted = {name: value for name, value in changes.items() if value is not None}
    for name in KEPT:
        if name in wanted and wanted[name] not in (getattr(stored, name), "auto"):
            raise UserError(
                f"The run was begun with {name}={getattr(stored, name)}, and {name}={wanted[name]}"
                f" would change it midway; leave {name} out, or start a new run."
            )
    kept = {name: value for name, value in wanted.items() if name not in KEPT}
    return Settings.from_dict(stored.to_dict() | kept)
