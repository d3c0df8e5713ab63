"""The settings of a training as options of the command line.  `training.settings.Settings` is the one list.

Here is only what each is called for, and how its value is written; `vzor train --help` groups them.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Annotated, Any, NamedTuple, get_type_hints

import typer

from vzor.spec.errors import UserError
from vzor.training.settings import OPTIMIZERS, PRECISIONS, SCHEDULES, Settings


class Told(NamedTuple):
    """How an option is shown: its subject, what stands for its value, what it does; what is taken if not given."""

    subject: str
    metavar: str
    help: str
    default: str = ""


LENGTH, BATCH, OPTIMIZER, SCHEDULE = "Length", "Batch", "Optimizer", "Schedule"
AGAINST, ARITHMETIC, LOADING = "Against overfitting", "Arithmetic", "Loading, saving, chance"

TOLD: dict[str, Told] = {
    "epochs": Told(LENGTH, "N", "Passes over the training pictures."),
    "patience": Told(LENGTH, "N", "Stop after so many epochs without a better value; 0: never."),
    "max_seconds": Told(LENGTH, "S", "Stop after so many seconds, counted over resumes; 0: never."),
    "batch": Told(BATCH, "N|auto", "Pictures in a forward pass; auto: by their number and the memory."),
    "accumulate": Told(BATCH, "N", "Forward passes in a step."),
    "clip": Told(BATCH, "X", "Largest norm of the gradient; 0: any."),
    "optimizer": Told(OPTIMIZER, "|".join(OPTIMIZERS), "How weights follow their gradients."),
    "lr": Told(OPTIMIZER, "X", "Highest learning rate.", "by optimizer and batch"),
    "momentum": Told(OPTIMIZER, "X", "Of sgd and rmsprop."),
    "nesterov": Told(OPTIMIZER, "", "Look ahead, with sgd."),
    "weight_decay": Told(OPTIMIZER, "X", "Not on biases and normalisations.", "by optimizer"),
    "schedule": Told(SCHEDULE, "|".join(SCHEDULES), "How the learning rate falls."),
    "warmup": Told(SCHEDULE, "EPOCHS", "Epochs in which it rises first.", "a twentieth, at most 5"),
    "final_lr": Told(SCHEDULE, "SHARE", "Where cosine, linear and onecycle end, as a share of the highest."),
    "step_every": Told(SCHEDULE, "EPOCHS", "Epochs between drops of the step schedule.", "a third of all"),
    "step_gamma": Told(SCHEDULE, "X", "What each drop multiplies by."),
    "augment": Told(
        AGAINST, "auto|none|light|strong", "How training pictures are changed; auto: not where parameters are few."
    ),
    "mirror": Told(AGAINST, "", "Mirroring, where left and right are not classes.", "by the classes"),
    "mixup": Told(AGAINST, "ALPHA", "Blend pairs of pictures; 0: never."),
    "cutmix": Told(AGAINST, "ALPHA", "Paste a part of one picture into another; 0: never."),
    "ema": Told(AGAINST, "DECAY", "Average the weights over the steps, and use the average; 0: do not."),
    "freeze": Told(AGAINST, "PATTERNS", "Parameters to hold still, such as 'conv*'; base: all but the last layer."),
    "device": Told(ARITHMETIC, "auto|cpu|cuda:N|mps", "Where to compute; auto: the first accelerator there is."),
    "precision": Told(ARITHMETIC, "|".join(PRECISIONS), "auto: bf16 where the chip has it and the network is big."),
    "channels_last": Told(ARITHMETIC, "", "Order of the numbers in memory.", "by the network's size"),
    "compile": Told(ARITHMETIC, "", "Compile the network first (torch.compile)."),
    "threads": Told(ARITHMETIC, "N", "Threads on the CPU.", "as PyTorch has it"),
    "workers": Told(LOADING, "N", "Processes that read pictures.", "by picture size and cores"),
    "save_steps": Told(LOADING, "N", "Also save inside an epoch, every so many steps; 0: do not."),
    "save_seconds": Told(LOADING, "S", "Also save inside an epoch, every so many seconds; 0: do not."),
    "seed": Told(LOADING, "N", "What chance depends on."),
}


def with_settings(function: Callable[..., None]) -> Callable[..., None]:
    """``function``, whose last parameter is ``**settings``, with an option for every setting in its place.

    What the user does not give arrives as None.
    """
    kept = [p for p in inspect.signature(function, eval_str=True).parameters.values() if p.kind is not p.VAR_KEYWORD]
    kinds = get_type_hints(Settings)
    only = inspect.Parameter.KEYWORD_ONLY
    made = [
        inspect.Parameter(f.name, only, default=None, annotation=option(f.name, kinds[f.name], f.default))
        for f in fields(Settings)
    ]
    positional = [p.replace(kind=only) for p in kept]
    function.__signature__ = inspect.Signature([*positional, *made])  # type: ignore[attr-defined]
    function.__annotations__ = {p.name: p.annotation for p in (*positional, *made)} | {"return": None}
    return function


def option(name: str, kind: Any, default: Any) -> Any:
    """The annotation of a setting's parameter."""
    told = TOLD.get(name, Told("Options", name.upper(), ""))
    shown = told.default
    if default not in (None, "") and not shown:
        shown = ("on" if default else "off") if isinstance(default, bool) else str(default).removesuffix(".0")
    help = f"{told.help} [{shown}]" if shown else told.help
    plain = next(t for t in (bool, int, float, str) if t in (kind, *getattr(kind, "__args__", ())))
    if "auto" in str(kind):  # a number or a word
        plain = str
    return Annotated[plain | None, typer.Option(metavar=told.metavar or None, help=help, rich_help_panel=told.subject)]


def given(settings: Mapping[str, Any]) -> dict[str, Any]:
    """The settings that were given, with ``batch`` as a number where it is one."""
    found = {name: value for name, value in settings.items() if value is not None}
    if "batch" in found and found["batch"] != "auto":
        try:
            found["batch"] = int(found["batch"])
        except ValueError:
            raise UserError(f"--batch is '{found['batch']}'; give a whole number, or auto.") from None
    return found
