"""The contract between a task and the one loop. A user's own `Task` is as good as ours.

A task is one frozen record of plain functions; nothing in the shared rooms asks for its name.
Words used throughout:

    sample   dict of named, typed fields: {"image": Pixels, "label": int, "id": str}
    batch    dict of the same fields, collated: {"image": (N, C, H, W) tensor, "label": (N,) tensor, ...}
    nets     dict of named networks: {"net": module}, or {"G": ..., "D": ...}
    raw      what `forward` returns: a tensor, or a dict or list of tensors; it never saw the targets
    result   what `decode` makes of raw for one sample: typed, NumPy, free of torch

This module imports no torch.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, runtime_checkable

if TYPE_CHECKING:
    import torch
    from torch import nn

Batch = dict[str, Any]
Nets = Mapping[str, "nn.Module"]
Terms = Mapping[str, "torch.Tensor"]


class Step(NamedTuple):
    """Where a loss is being computed: optimizer steps done so far, epoch from 0, training or not."""

    number: int
    epoch: int
    training: bool


@runtime_checkable
class Metric(Protocol):
    """Gathers decoded results over a set; NumPy only.

    `protocol` says in one line what is counted and over what (range, crop, n): it is printed beside
    every number. `baseline()` gives the numbers of a trivial predictor on the same set.
    """

    @property
    def protocol(self) -> str: ...
    def update(self, results: Sequence[Any], batch: Batch) -> None: ...
    def compute(self) -> dict[str, float]: ...
    def baseline(self) -> dict[str, float]: ...


@dataclass(frozen=True)
class Phase:
    """One part of a training step: one optimizer, what it updates, and the loss it follows.

    `nets` names the networks whose parameters this phase updates; the others keep still, and no
    gradients are kept for them. What is updated may be a picture: give it as a module with one
    parameter. `loss(nets, batch, step)` runs the networks itself and returns named terms; their sum is
    minimised. `every=n` takes this phase on every n-th step only. `lr` multiplies the run's rate.
    """

    name: str
    nets: tuple[str, ...]
    loss: Callable[[Nets, Batch, Step], Terms | torch.Tensor]
    every: int = 1
    lr: float = 1.0


def first_net(nets: Nets, batch: Batch) -> Any:
    """The usual `forward`: the first network on the batch's images."""
    return next(iter(nets.values()))(batch["image"])


def one_table(table: Any, classes: Sequence[str]) -> dict[str, Any]:
    """The usual `build`: the table given is the only network, named `net`."""
    return {"net": table}


def any_table(name: str, table: Any) -> None:
    """The usual `fits`: every network will do."""


@dataclass(frozen=True)
class Task:
    """A task, as plain functions.

    name      its name in lists, folders and checkpoints
    fields    {field of a sample: its kind (`vzor.data.fields`)}, which knows how to collate it
    loss      (raw, batch, nets, step) -> {term: 0-d tensor}, or one tensor; works in train and eval
    decode    (raw as NumPy, meta, **options) -> [result per sample]; meta = {"classes", "id", ...}
    metric    (classes) -> Metric
    best      the one number that selects the best weights: ("val/top1", "max")
    encode    (batch, classes) -> the raw NumPy output of a perfect network: decode(encode) is the truth
    draw      (sample, result) -> PIL image; the sample's image is an (H, W, C) array
    report    (samples, results, classes) -> [section]: what the run's report says of the validation samples,
              as plain data (`vzor.training.sections`)
    forward   (nets, batch) -> raw; by default the first network on `batch["image"]`
    build     (table, classes) -> {network's name: table or module}
    fits      (network's name, its rows): a UserError where the task cannot use what such a network gives; asked
              before anything is built, of tables only, for a module of the user's own cannot be asked
    phases    the parts of a step; None: one phase over all networks with `forward` and `loss`
    augment   (sample, rng) -> sample, or None for the data room's policy
    read      source -> Data, or None for the data room's reader
    adapt     Data -> Task: a task that must know the training data first; called once, before step 0
    options   what the task was made with, as JSON: enough to make it again when a run is resumed
    """

    name: str
    fields: Mapping[str, Any]
    loss: Callable[..., Terms | torch.Tensor]
    decode: Callable[..., list[Any]]
    metric: Callable[[Sequence[str]], Metric]
    best: tuple[str, str]
    encode: Callable[[Batch, Sequence[str]], Any] | None = None
    draw: Callable[[Mapping[str, Any], Any], Any] | None = None
    report: Callable[[Sequence[Any], Sequence[Any], Sequence[str]], list[dict[str, Any]]] | None = None
    forward: Callable[[Nets, Batch], Any] = first_net
    build: Callable[[Any, Sequence[str]], dict[str, Any]] = one_table
    fits: Callable[[str, Any], None] = any_table
    phases: tuple[Phase, ...] | None = None
    augment: Callable[[dict[str, Any], Any], dict[str, Any]] | None = None
    read: Callable[..., Any] | None = None
    adapt: Callable[[Any], Task] | None = None
    options: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if len(self.best) != 2 or self.best[1] not in ("max", "min"):
            raise ValueError(f"Task {self.name!r}: best is {self.best!r}; give a pair such as ('val/top1', 'max').")


def with_loss(task: Task, loss: Callable[..., Any]) -> Task:
    """The same task with the user's loss: `loss(raw, batch, nets, step)`, or, shorter, `loss(raw, batch)`.

    It may return one tensor or named terms. Whether it takes two or four arguments is read from its
    signature. A task with phases has its losses there, and is refused with a ValueError.
    """
    import inspect

    if task.phases is not None:
        raise ValueError(f"Task {task.name!r} has phases, and each has its own loss; replace those.")
    parameters = inspect.signature(loss).parameters.values()
    positional = [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    if any(p.kind is p.VAR_POSITIONAL for p in parameters) or len(positional) >= 4:
        return replace(task, loss=loss)
    return replace(task, loss=_Short(loss))


@dataclass(frozen=True)
class _Short:
    """A two-argument loss in the place of a four-argument one."""

    loss: Callable[[Any, Batch], Any]

    def __call__(self, raw: Any, batch: Batch, nets: Nets, step: Step) -> Any:
        return self.loss(raw, batch)


def better(value: float, than: float | None, how: str) -> bool:
    """Whether `value` beats the best so far; a tie does not, and neither does NaN."""
    if value != value:
        return False
    return than is None or (value > than if how == "max" else value < than)
