"""From a table to a `torch.nn.Module`, with weights from a checkpoint and with taps, if asked for."""

from __future__ import annotations

import os
import warnings
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from vzor.api.table import Table, Vocabulary, table
from vzor.api.weights import begin, find_weights, load_weights
from vzor.spec.errors import UserError
from vzor.spec.init import Init
from vzor.spec.row import Row, Shape
from vzor.zoo.index import ZOO
from vzor.zoo.inits import paper_init

if TYPE_CHECKING:
    from torch import nn

    from vzor.nn.init import How

Network = str | os.PathLike[str] | Table | Row


def build(
    what: Network,
    *,
    weights: str | os.PathLike[str] | None = None,
    drop: Sequence[str] = (),
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
    weights   "imagenet", the most accurate published set of a network of ours; "publisher/name", a particular one;
              or the path of a file in any format that published weights lie in, of a run or of a checkpoint.  Every
              name and shape must agree; where the numbers of classes differ, the output row stays at its
              initialisation, and a warning says so; a first convolution for colours is adapted to ``channels``
    drop      rows that stay at their initialisation whatever ``weights`` has for them
    taps      strides or names of rows, or one of them: ``forward`` then gives {row's name: its output} instead
    init      how weights begin.  "he": by what follows each (He et al. 2015; Glorot and Bengio 2010), which every
              table learns from; "paper": as the network's paper or its authors' code has it; None: zeros, to be
              loaded; or your own (``vzor.spec.init``)
    seed      makes the initialisation repeatable; None draws from torch's global generator

    With ``weights``, ``net.preprocess`` says how they want pictures prepared and ``net.classes`` what the outputs
    mean, each None where nothing says it.  Raises UserError for what does not fit, TableError for impossible sizes.
    """
    from vzor.nn.build import build as build_rows

    found = table(what, classes=classes, channels=channels, input=input, vocab=vocab)
    wanted = (taps,) if isinstance(taps, int | str) else taps or ()
    how = init_of(found, init)
    # Weights that come from a file need not be drawn first.
    first = how if weights is None else "empty"
    net = build_rows(found.root, taps=[tap_name(found, tap) for tap in wanted], init=first, seed=seed)
    if weights is not None:
        source = find_weights(weights, found.origin)
        done = load_weights(net, source, found.origin, drop=drop)
        begin(net, done, how, seed)
        if done.left and not drop:
            warnings.warn(
                f"{found.name}: the output layer ({', '.join(done.left)}) stays at its initialisation, for {weights}"
                " was trained on another number of classes; train it before you use it.",
                stacklevel=2,
            )
        net.preprocess, net.classes = source.preprocess, source.classes if not done.left else None
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
