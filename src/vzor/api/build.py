"""From a table to a `torch.nn.Module`, with weights from a checkpoint and with taps, if asked for."""

from __future__ import annotations

import os
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vzor.api.table import Table, Vocabulary, table
from vzor.spec.errors import UserError, did_you_mean
from vzor.spec.init import Init
from vzor.spec.row import Row, Shape
from vzor.zoo.index import ZOO
from vzor.zoo.inits import paper_init

if TYPE_CHECKING:
    from torch import nn

    from vzor.nn.init import How
    from vzor.weights.checkpoint import Checkpoint

Network = str | os.PathLike[str] | Table | Row
FOREIGN = (".pth", ".pt", ".h5", ".keras", ".caffemodel", ".npz", ".onnx", ".bin", ".ckpt")


def build(
    what: Network,
    *,
    weights: str | os.PathLike[str] | None = None,
    classes: int | None = None,
    channels: int | None = None,
    input: Shape | int | str | None = None,
    taps: int | str | Sequence[int | str] | None = None,
    init: str | Init | None = "he",
    seed: int | None = None,
    vocab: Vocabulary | None = None,
) -> nn.Module:
    """A plain ``torch.nn.Module`` of a network: ``net(x)`` takes (N, C, H, W) and gives (N, classes).

    what      a name, the path of a table file, a :class:`Table`, or rows
    weights   the path of a vzor checkpoint or run.  Every name and shape must agree; where the numbers of
              classes differ, the output layer stays at its initialisation, and a warning says so
    taps      strides or names of rows, or one of them: ``forward`` then gives {row's name: its output} instead
    init      how weights begin.  "he": by what follows each (He et al. 2015; Glorot and Bengio 2010), which every
              table learns from; "paper": as the network's paper or its authors' code has it; None: zeros, to be
              loaded; or your own (``vzor.spec.init``)
    seed      makes the initialisation repeatable; None draws from torch's global generator

    Raises UserError for what does not fit, TableError for impossible sizes.
    """
    from vzor.nn.build import build as build_rows
    from vzor.nn.init import initialise

    found = table(what, classes=classes, channels=channels, input=input, vocab=vocab)
    wanted = (taps,) if isinstance(taps, int | str) else taps or ()
    how = init_of(found, init)
    # Weights that come from a file need not be drawn first.
    first = how if weights is None else None
    net = build_rows(found.root, taps=[tap_name(found, tap) for tap in wanted], init=first, seed=seed)
    if weights is not None:
        left = load_weights(net, weights)
        initialise(net, how, seed, within=[key.rpartition(".")[0].removesuffix(".conv") for key in left])
        if left:
            warnings.warn(
                f"{found.name}: the output layer ({', '.join(left)}) stays at its initialisation, for {weights} was"
                " trained on another number of classes; train it before you use it.",
                stacklevel=2,
            )
    return net


def init_of(found: Table, init: str | Init | None) -> How:
    """What ``init`` means for a table: "paper" is looked up by the network's name."""
    if init is None or init == "he" or not isinstance(init, str):
        return init  # type: ignore[return-value]
    if init != "paper":
        raise UserError(f"init='{init}' is not known; give 'he', 'paper', None or your own list of Start.")
    if found.origin not in ZOO:
        raise UserError(f"No paper says how {found.name} begins; leave init at 'he', or give your own list of Start.")
    return paper_init(found.origin)


def tap_name(found: Table, tap: int | str) -> str:
    """The row that a tap means: by stride, or by its own name."""
    if isinstance(tap, str):
        return tap
    if tap not in found.taps:
        known = ", ".join(map(str, found.taps)) or "none"
        raise UserError(f"{found.name} has no row of stride {tap} to tap; its strides are {known}.")
    return found.taps[tap]


def find_checkpoint(path: str | os.PathLike[str]) -> Checkpoint:
    """The checkpoint at a path: a .safetensors file, or a run's folder (its best weights, else its last).

    Raises UserError where there is none.
    """
    from vzor.training.run import open_run
    from vzor.weights.checkpoint import load_checkpoint

    given = Path(path).expanduser()
    if not given.is_dir():
        return load_checkpoint(given)
    run = open_run(given)
    for file in (run.best, run.last):
        if file.is_file():
            return load_checkpoint(file)
    raise UserError(f"{run.path} has no weights yet; go on with `vzor train --resume {run.path}`.")


def weights_file(weights: str | os.PathLike[str]) -> Checkpoint:
    """The checkpoint that ``weights`` means; a published set's name and other formats are refused kindly."""
    path = Path(weights).expanduser()
    example = "give the path of a vzor checkpoint or run, such as runs/classify/lenet5."
    if path.exists():
        if path.suffix.lower() in FOREIGN:
            raise UserError(f"{weights}: weights in {path.suffix} files come with a later release; for now {example}")
        return find_checkpoint(path)
    if path.suffix or len(path.parts) > 1:
        beside = [str(p) for p in path.parent.iterdir()] if path.parent.is_dir() else []
        raise UserError(f"There are no weights at {weights}.{did_you_mean(str(path), beside)} Check the path.")
    raise UserError(f"weights='{weights}': published weights come with a later release; for now {example}")


def load_weights(
    net: nn.Module,
    weights: str | os.PathLike[str] | Checkpoint,
    name: str = "net",
    drop: bool = False,
) -> list[str]:
    """Copy a checkpoint's weights into ``net``; every name and every shape is asserted before anything is copied.

    Where the output layer is of another number of classes (or ``drop`` asks for it), it is left alone, and
    the names of its tensors are returned.  Anything else that differs is a UserError that names it.
    """
    checkpoint = weights_file(weights) if isinstance(weights, str | os.PathLike) else weights
    given, wanted = (
        checkpoint.state_dict(name if name in checkpoint.networks else checkpoint.networks[0]),
        net.state_dict(),
    )
    _same_names(checkpoint.path, given, wanted)
    outputs = set(output_tensors(net))
    differ = [key for key, tensor in wanted.items() if tensor.shape != given[key].shape]
    for key in differ:
        have, want = tuple(given[key].shape), tuple(wanted[key].shape)
        if key not in outputs or have[1:] != want[1:]:
            raise UserError(
                f"{checkpoint.path}: tensor '{key}' is {have} and the network has {want}; give weights of this network,"
                " or build it with the same channels and input."
            )
    left = [key for key in wanted if key in outputs] if differ or drop else []
    net.load_state_dict({key: wanted[key] if key in left else tensor for key, tensor in given.items()}, strict=True)
    return left


def _same_names(path: Path, given: Mapping[str, Any], wanted: Mapping[str, Any]) -> None:
    missing, odd = sorted(wanted.keys() - given.keys()), sorted(given.keys() - wanted.keys())
    if missing:
        raise UserError(
            f"{path} has no tensor '{missing[0]}' ({len(missing)} of {len(wanted)} are missing);"
            " give weights of this network."
        )
    if odd:
        raise UserError(
            f"{path} has a tensor '{odd[0]}' that the network has no place for ({len(odd)} such);"
            " give weights of this network."
        )


def output_tensors(net: nn.Module) -> list[str]:
    """Names of the tensors of the last layer that has any: of the output, and of every auxiliary head's."""
    opened = getattr(net, "opened", None)
    layers: dict[str, str] = {}  # head -> the layer's path
    if opened is not None:
        states = set(net.state_dict())
        sides = [node.path for node in opened.root.walk() if node.row.kind == "Side"]
        for node in opened.ops:
            if node.leaf and any(key.startswith(node.path + ".") for key in states):
                head = next((side for side in sides if node.path.startswith(side + ".")), "")
                layers[head] = node.path
        return [key for key in states_in_order(net) if any(key.startswith(path + ".") for path in layers.values())]
    last = [key.rpartition(".")[0] for key in states_in_order(net)]
    return [key for key in states_in_order(net) if key.rpartition(".")[0] == last[-1]] if last else []


def states_in_order(net: nn.Module) -> list[str]:
    """Names of all tensors, in the network's order."""
    return list(net.state_dict())


def build_all(made: Mapping[str, Any], seed: int) -> dict[str, nn.Module]:
    """A task's networks from what its ``build`` gave: rows and tables are built, modules stay.

    The initial weights follow from ``seed`` and the network's name; torch's global generator is left alone.
    """
    import torch

    from vzor.nn.build import build as build_rows
    from vzor.training.seeds import key

    nets: dict[str, nn.Module] = {}
    for name, what in made.items():
        rows = what.root if isinstance(what, Table) else what
        if isinstance(rows, Row):
            nets[name] = build_rows(rows, seed=key("init", name, seed))
        elif isinstance(rows, torch.nn.Module):
            nets[name] = rows
        else:
            raise UserError(
                f"The task's build gave {type(rows).__name__} for '{name}'; give a table, rows or a module."
            )
    return nets
