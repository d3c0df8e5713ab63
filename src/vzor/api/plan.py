"""What will be trained, settled from the network and the data: input, classes, preprocessing, first weights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from vzor.api.table import Table, shape_of
from vzor.api.weights import Weights
from vzor.spec.errors import UserError
from vzor.spec.preprocess import Preprocess
from vzor.spec.row import Row, Shape

if TYPE_CHECKING:
    from torch import nn

    from vzor.data.samples import Data
    from vzor.training.log import Reporter
    from vzor.training.task import Task


@dataclass(frozen=True)
class Plan:
    """What will be trained: rows or a module, what to call it, and how pictures are prepared."""

    name: str
    what: Any
    table: Table | None
    pre: Preprocess


def settle(
    network: Any,
    name: str | None,
    data: Data,
    begin: Weights | None,
    channels: int | None,
    input: Shape | int | str | None,
    preprocess: Preprocess | Mapping[str, Any] | None,
) -> Plan:
    """Settle channels, input size, classes and preprocessing."""
    from vzor.data.defaults import default_preprocess

    pre = preprocess if isinstance(preprocess, Preprocess | None) else Preprocess.from_dict(preprocess)
    if pre is None and begin is not None and input is None and channels is None and begin.preprocess:
        pre = begin.preprocess
    if pre is not None:
        if channels not in (None, pre.channels):
            raise UserError(f"channels is {channels} and the preprocessing gives {pre.channels}; give one of them.")
        channels = pre.channels
        input = input if input is not None else pre.shape
    if not isinstance(network, Table):
        shape = module_input(network, data, channels, input)
        return Plan(name or type(network).__name__.lower(), network, None, pre or default_preprocess(shape, data))
    wide = channels if channels is not None else data.channels
    size = input if input is not None and not isinstance(input, int) else None
    if size is not None:
        wide = shape_of(size)[0]
    made = network.at(input=input, channels=wide, classes=len(data.classes))
    if len(made.input) != 3:
        raise UserError(
            f"{made.name} takes inputs of {len(made.input) - 1} spatial axes, and pictures have two;"
            " take a network for pictures."
        )
    made.sheet  # noqa: B018  impossible sizes are said now, before anything is built
    shape = (made.input[0], made.input[1], made.input[2])
    pre = pre or default_preprocess(shape, data)
    if pre.shape != shape:
        raise UserError(
            f"The preprocessing gives {'x'.join(map(str, pre.shape))} and {made.name} takes"
            f" {'x'.join(map(str, shape))}; make them agree with input=."
        )
    called = name if name and network.origin is None else made.name  # rows have no name of their own
    return Plan(called.partition(".")[0] or called, made.root, made, pre)


def module_input(network: Any, data: Data, channels: int | None, input: Any) -> tuple[int, int, int]:
    """The input's shape for a module of the user's own, which cannot be asked."""
    import torch

    if not isinstance(network, torch.nn.Module):
        raise UserError(f"{network!r} is not a network: give a name, a table file, a Table, rows or a torch module.")
    if input is None and data.one_size:
        return (channels or data.channels, *data.sizes[0])
    if input is None:
        raise UserError(
            "The size of your own module's input is not known and the pictures differ in size;"
            " give input=(3, 224, 224)."
        )
    shape = (channels or data.channels, input, input) if isinstance(input, int) else shape_of(input)
    if len(shape) != 3:
        raise UserError(f"input {'x'.join(map(str, shape))} is not channels, height and width; give three numbers.")
    return (shape[0], shape[1], shape[2])


def networks(
    plan: Plan, task: Task, classes: Sequence[str], seed: int, begin: Weights | None, tell: Reporter
) -> tuple[dict[str, nn.Module], dict[str, Any]]:
    """The task's networks, with the weights to begin from, and their tables as data."""
    from vzor.api.build import build_all
    from vzor.api.weights import load_weights
    from vzor.spec.record import expanded, to_json
    from vzor.spec.trace import trace

    if plan.table is not None:
        task.fits(plan.table.name, plan.table.root)
    made = task.build(plan.what, classes)
    nets = build_all(made, seed)
    tables = {}
    for name, what in made.items():
        rows = what.root if isinstance(what, Table) else what
        if isinstance(rows, Row):
            tables[name] = to_json(expanded(trace(rows)))
    if len(tables) < len(made) and plan.table is not None:
        tables["base"] = plan.table.record()  # what the task's own `build` makes its modules from
    if begin is not None:
        anew = begin.classes is not None and begin.classes != list(classes)
        for name, net in nets.items():
            left = load_weights(net, begin, plan.table.origin if plan.table else None, name, anew=anew).left
            if left:
                tell.note(
                    f"Weights from {begin.path}; the output layer ({', '.join(left)}) begins anew, for they"
                    " know other classes."
                )
    return nets, tables
