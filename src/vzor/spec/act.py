"""Nonlinearities, as rows and inside rows, and what their backward pass needs (formulas: lecture 001).  No torch."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import prod

from vzor.spec.errors import TableError, did_you_mean
from vzor.spec.row import Row, Saves, Shape, elements, one

#: name -> what its derivative is computed from: its "output", its "input", or a value in "between".
ACTIVATIONS: dict[str, str] = {
    "relu": "output",
    "relu6": "input",
    "leaky": "input",  # max(slope·x, x)
    "elu": "input",
    "sigmoid": "output",
    "tanh": "output",
    "softmax": "output",
    "silu": "input",
    "gelu": "input",
    "hswish": "input",
    "hsigmoid": "input",
    "stanh": "between",  # 1.7159 tanh(2x/3), LeCun et al. 1998, eq. 6
    "abstanh": "between",  # |tanh x|, Jarrett et al. 2009
}
#: Those that can overwrite their input, and what is held then; "between" is a copy of the input.
INPLACE = {"relu": "output", "relu6": "between", "leaky": "output", "elu": "output"}
#: What the number in ``name:number`` means where a nonlinearity has one.
SLOPES = {"leaky": 0.01, "elu": 1.0}


@dataclass(frozen=True)
class Act(Row):
    """A nonlinearity (lecture 004, kind 2); ``slope`` is leaky ReLU's and ELU's alpha."""

    name: str = "relu"
    slope: float | None = None

    def __post_init__(self) -> None:
        if self.name not in ACTIVATIONS:
            raise TableError(
                f"nonlinearity '{self.name}' is not known.{did_you_mean(str(self.name), ACTIVATIONS)} "
                f"Take one of {', '.join(ACTIVATIONS)}"
            )
        if self.slope is not None and self.name not in SLOPES:
            raise TableError(f"{self.name} has no slope; only {' and '.join(SLOPES)} have one")

    @property
    def alpha(self) -> float:
        """The slope in force."""
        return SLOPES.get(self.name, 0.0) if self.slope is None else self.slope

    def saves(self, *xs: Shape, inplace: bool = False) -> Saves:
        """``inplace``: where it may overwrite what arrives."""
        of = ACTIVATIONS[self.name]
        if inplace:
            of = INPLACE.get(self.name, of)
        return Saves(of == "input", of == "output", elements(one(self, xs)) * (of == "between"))


@lru_cache(256)
def named_act(act: str | Act | None) -> Act | None:
    """The Act that a row's ``act`` field means: None, a name, ``"leaky:0.1"`` or an Act."""
    if act is None or isinstance(act, Act):
        return act
    name, _, slope = act.partition(":")
    try:
        number = float(slope) if slope else None
    except ValueError:
        raise TableError(f"the slope in '{act}' is no number; write one, such as leaky:0.1") from None
    return Act(name, number)


def after(act: str | Act | None, out: Shape, between: int = 0, copy: int = 0, inplace: bool = False) -> Saves:
    """What a row with weights saves whose output goes through ``act``, which may overwrite it.

    ``between`` numbers besides; instead of its input a ``copy`` of so many, where it works on one.
    """
    found = named_act(act)
    of = found.saves(out, inplace=inplace) if found else Saves()
    return Saves(not copy, of.output, copy + between + of.between + prod(out) * of.input)
