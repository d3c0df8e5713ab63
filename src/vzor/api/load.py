"""A model from weights that lie anywhere: a run, a checkpoint, a publisher's file, a set by name."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vzor.api.model import Model
from vzor.api.table import Table, Vocabulary, table
from vzor.api.weights import Weights, begin, find_checkpoint, find_weights, load_weights
from vzor.spec.errors import UserError
from vzor.spec.preprocess import Preprocess
from vzor.spec.record import from_json
from vzor.spec.row import Row
from vzor.spec.tables import Rows, Seq
from vzor.zoo.index import ZOO

if TYPE_CHECKING:
    from torch import nn

    from vzor.training.task import Task
    from vzor.weights.checkpoint import Checkpoint


def load(
    path: str | os.PathLike[str],
    *,
    weights: str | os.PathLike[str] | None = None,
    classes: Sequence[str] | None = None,
    network: nn.Module | Mapping[str, nn.Module] | None = None,
    task: Task | None = None,
    vocab: Vocabulary | None = None,
    progress: Callable[[int, int | None], object] | None = None,
) -> Model:
    """The model in a checkpoint file, in a run's folder (its best weights, else its last) or in a hub's folder.

    Or a network by name, or the user's table, with ``weights``: "imagenet", "publisher/name" or the path of a file in
    any format; a name alone means the most accurate that are published.  ``classes`` names its outputs where the
    weights do not, and ``progress`` is told how many bytes have been fetched, of how many.

    A module, a Task or rows (``vocab``) of your own have to be handed in again.  Raises UserError, one
    sentence, for a missing, damaged or foreign file.
    """
    name, found = os.fspath(path), Path(path).expanduser()
    own = found.is_dir() or found.suffix == ".safetensors"
    if (weights is not None and not own) or (name in ZOO and not found.exists()):
        return with_weights(name, weights, classes, vocab, progress)
    for word, given in (("weights", weights), ("classes", classes)):
        if given is not None:
            raise UserError(f"{name} brings its own {word}; leave {word} out, or give a network's name.")
    from vzor.weights.hub import read_config

    if found.is_dir() and read_config(found) is not None:
        return _of_folder(find_weights(found), vocab)
    return from_checkpoint(find_checkpoint(path), task=task, network=network, vocab=vocab)


def with_weights(
    name: str,
    weights: str | os.PathLike[str] | None = None,
    classes: Sequence[str] | None = None,
    vocab: Vocabulary | None = None,
    progress: Callable[[int, int | None], object] | None = None,
) -> Model:
    """A network of ours, or of the user's table, with weights from anywhere, as many outputs as these have.

    Without ``weights`` they are the most accurate that are published of it.

    Where nothing says how the weights want their pictures, they are prepared as torchvision prepares ImageNet's, and
    where nothing names the classes, their numbers do: a warning says so.
    """
    import torch

    from vzor.nn.build import build as build_rows
    from vzor.spec.record import expanded, to_json
    from vzor.tasks.index import make
    from vzor.weights.catalogue import pick
    from vzor.weights.checkpoint import Checkpoint
    from vzor.weights.load import classes_in

    found = table(name, vocab=vocab)
    source = find_weights(pick(name).id if weights is None else weights, found.origin, progress)
    with torch.device("meta"):
        outputs = classes_in(build_rows(found.root, init=None), source.file, found.origin)
    named = list(classes or source.classes or map(str, range(outputs or found.sheet.output[0])))
    if outputs is not None and len(named) != outputs:
        raise UserError(f"{source.path} is for {outputs} classes and {len(named)} are named; name as many.")
    if not classes and source.classes is None:
        _warn(f"Nothing names the {len(named)} classes of {source.path}: they are numbers; give classes to name them.")
    pre = source.preprocess
    if pre is None:
        channels, height, width = found.input
        pre = Preprocess(channels, (height, width))
        _warn(f"Nothing says how {source.path} wants its pictures: they are prepared as for ImageNet by torchvision.")
    made = found.at(input=pre.shape, classes=len(named))
    net = build_rows(made.root, init="empty")
    begin(net, load_weights(net, source, found.origin))
    meta = {
        "network": found.name,
        "networks": ["net"],
        "task": {"name": "classify", "options": {}},
        "classes": named,
        "preprocess": pre.to_dict(),
        "tables": {"net": to_json(expanded(net.opened))},
        "metrics": {},
        "weights": source.published.id if source.published else str(source.path),
        "licence": source.published.licence if source.published else "",
        "data": source.meta.get("data"),  # which pictures a run was trained on, and is not to be scored on
    }
    return Model(Checkpoint(source.path, meta, ()), {"net": net.eval()}, make("classify"), made)


def _of_folder(source: Weights, vocab: Vocabulary | None) -> Model:
    """The model in a folder that `vzor weights --export` wrote."""
    from vzor.tasks.index import make
    from vzor.weights.checkpoint import Checkpoint

    nets = networks_of(source.meta, make(source.meta["task"]["name"]), None, vocab, str(source.path))
    for name, net in nets.items():
        begin(net.eval(), load_weights(net, source, source.meta.get("network"), name))
    task = make(source.meta["task"]["name"], **source.meta["task"]["options"])
    return Model(Checkpoint(source.path, source.meta, ()), nets, task, _table_of(source.meta, vocab))


def _warn(text: str) -> None:
    warnings.warn(text, stacklevel=4)


def from_checkpoint(
    checkpoint: Checkpoint,
    *,
    task: Task | None = None,
    network: nn.Module | Mapping[str, nn.Module] | None = None,
    vocab: Vocabulary | None = None,
) -> Model:
    """The model of an opened checkpoint; see :func:`load`."""
    from vzor.tasks.index import TASKS, make

    meta, path = checkpoint.meta, str(checkpoint.path)
    for key in ("task", "classes", "preprocess"):
        if not meta.get(key):
            raise UserError(f"{path} says nothing of its {key}; give a checkpoint that `vzor train` wrote.")
    if task is None:
        name = str(meta["task"]["name"])
        if name not in TASKS:
            raise UserError(
                f"{path} is of the task '{name}', which is not one of vzor's; hand it in again:"
                " vzor.load(path, task=…)."
            )
        task = make(name, **meta["task"]["options"])
    nets = networks_of(meta, task, network, vocab, path)
    checkpoint.load_into(nets)
    for net in nets.values():
        net.eval()
    return Model(checkpoint, nets, task, _table_of(meta, vocab))


def networks_of(
    meta: Mapping[str, Any], task: Task, network: Any, vocab: Vocabulary | None, where: str
) -> dict[str, nn.Module]:
    """The networks of a checkpoint or run, built from its tables; modules of the user's own are copied."""
    from vzor.api.build import build_all
    from vzor.nn.build import build as build_rows

    tables = dict(meta.get("tables") or {})
    base = tables.pop("base", None)
    made: dict[str, nn.Module] = {}
    for name, stored in tables.items():
        made[name] = build_rows(rows_of(stored, vocab), init="empty")
    names = list(meta.get("networks") or meta.get("parameters") or made)
    missing = [name for name in names if name not in made]
    if missing and network is not None:
        given = network if isinstance(network, Mapping) else {missing[0]: network}
        made |= {name: deepcopy(given[name]).cpu() for name in missing if name in given}
    elif missing and base is not None:
        own = task.build(rows_of(base, vocab), list(meta["classes"]))
        made |= build_all({name: own[name] for name in missing if name in own}, 0)
    for name in missing:
        if name not in made:
            raise UserError(
                f"{where} holds no table for '{name}', which was a module of your own; hand it in again as network=…."
            )
    return {name: made[name] for name in names}


def rows_of(stored: Any, vocab: Vocabulary | None) -> Row:
    """The rows that were written down; ``vocab`` has the classes of leaf rows of the caller's own."""
    own = {name: kind for name, kind in (vocab or {}).items() if isinstance(kind, type) and issubclass(kind, Row)}
    return from_json(stored, own)


def _table_of(meta: Mapping[str, Any], vocab: Vocabulary | None) -> Table | None:
    tables = meta.get("tables") or {}
    stored = tables.get("base") or next(iter(tables.values()), None)
    if stored is None:
        return None
    rows = rows_of(stored, vocab)
    return Table(str(meta.get("network") or "network"), rows if isinstance(rows, Rows) else Seq(rows))
