"""The parts of a step as the loop runs them: a task's own phases, or the one that `forward` and `loss` make."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

import torch
from torch import nn

from vzor.spec.errors import UserError
from vzor.training.feed import map_tensors
from vzor.training.task import Batch, Nets, Phase, Step, Task


@dataclass(frozen=True)
class Plain:
    """forward, then the task's loss in fp32 whatever the networks computed in."""

    task: Task

    def __call__(self, nets: Nets, batch: Batch, step: Step) -> Any:
        raw = self.task.forward(nets, batch)
        if not torch.is_autocast_enabled("cpu") and not torch.is_autocast_enabled("cuda"):
            return self.task.loss(raw, batch, nets, step)
        raw = map_tensors(raw, lambda t: t.float() if t.is_floating_point() else t)
        kind = "cuda" if torch.is_autocast_enabled("cuda") else "cpu"
        with torch.autocast(kind, enabled=False):
            return self.task.loss(raw, batch, nets, step)


def phases_of(task: Task, nets: Nets) -> tuple[Phase, ...]:
    """The task's phases; without any, one over all networks. Raises ValueError for a phase over a network
    that is not there or two phases of one name."""
    if task.phases is None:
        return (Phase("main", tuple(nets), Plain(task)),)
    names = [phase.name for phase in task.phases]
    if not names or len(set(names)) < len(names):
        raise ValueError(f"Task {task.name!r} has phases {names}; give each a name of its own.")
    for phase in task.phases:
        missing = [name for name in phase.nets if name not in nets]
        if missing:
            raise ValueError(f"Phase {phase.name!r} updates {missing[0]!r}, but the networks are {list(nets)}.")
    return task.phases


@contextmanager
def only(phase: Phase, nets: Nets, frozen: frozenset[int]) -> Iterator[None]:
    """Inside the block only this phase's networks collect gradients; after it all do but the frozen."""
    others = [p for name, net in nets.items() if name not in phase.nets for p in net.parameters()]
    own = {id(p) for name in phase.nets for p in nets[name].parameters()}
    still = [p for p in others if p.requires_grad and id(p) not in own]
    for parameter in still:
        parameter.requires_grad_(False)
    try:
        yield
    finally:
        for parameter in still:
            parameter.requires_grad_(id(parameter) not in frozen)


def freeze(nets: Mapping[str, nn.Module], patterns: str) -> int:
    """Hold still the parameters whose names match one of the comma-separated patterns; how many tensors.

    `base` means all but the last module that has parameters of its own (the classifier, as a rule).
    Raises UserError for a pattern that matches nothing, or when nothing would be left to train.
    """
    if not patterns:
        return 0
    names = {
        f"{name}.{key}" if len(nets) > 1 else key: p for name, net in nets.items() for key, p in net.named_parameters()
    }
    held: set[str] = set()
    for pattern in (word.strip() for word in patterns.split(",")):
        if pattern == "base":
            last = list(names)[-1].rpartition(".")[0]
            found = {name for name in names if name.rpartition(".")[0] != last}
        else:
            found = {name for name in names if fnmatchcase(name, pattern) or name.startswith(f"{pattern}.")}
        if not found:
            raise UserError(
                f"freeze={pattern!r} matches no parameter; parameters are named like {', '.join(list(names)[:3])}."
            )
        held |= found
    if len(held) == len(names):
        raise UserError(f"freeze={patterns!r} leaves nothing to train; freeze less, or use `vzor evaluate`.")
    for name in held:
        names[name].requires_grad_(False)
    return len(held)


def train_mode(nets: Nets) -> None:
    """Training mode, except modules whose parameters are all frozen: their running means hold still too."""
    for net in nets.values():
        net.train()
        for module in net.modules():
            own = list(module.parameters())
            if own and not any(p.requires_grad for p in own):
                module.eval()
