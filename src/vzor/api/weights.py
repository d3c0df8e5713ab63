"""Where weights come from: a run, a checkpoint, a publisher's file, a published set by name; and into a network."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vzor.spec.errors import UserError, did_you_mean
from vzor.spec.preprocess import Preprocess
from vzor.zoo.index import ZOO

if TYPE_CHECKING:
    from torch import nn

    from vzor.nn.init import How
    from vzor.weights.catalogue import Published
    from vzor.weights.checkpoint import Checkpoint
    from vzor.weights.formats import WeightsFile
    from vzor.weights.load import Loaded

Progress = Callable[[int, int | None], object]


@dataclass(frozen=True)
class Weights:
    """An opened file of weights, and what is known of them.

    file       names and shapes; the numbers when they are asked for
    meta       what our own checkpoints and folders say of themselves; empty for files of others
    published  the catalogue's entry, where it is one of its files
    """

    file: WeightsFile
    meta: dict[str, Any] = field(default_factory=dict)
    published: Published | None = None

    @property
    def path(self) -> Path:
        """The file."""
        return self.file.path

    @property
    def classes(self) -> list[str] | None:
        """Names of the classes of the output; None where nothing says them."""
        from vzor.weights.catalogue import class_names

        if self.meta.get("classes"):
            return [str(name) for name in self.meta["classes"]]
        return list(class_names(self.published.classes)) if self.published else None

    @property
    def preprocess(self) -> Preprocess | None:
        """How pictures are prepared for them; None where nothing says it."""
        if self.meta.get("preprocess"):
            return Preprocess.from_dict(self.meta["preprocess"])
        return self.published.preprocess if self.published else None


def find_weights(
    what: str | os.PathLike[str] | Checkpoint, network: str | None = None, progress: Progress | None = None
) -> Weights:
    """The weights that ``what`` means for a network of ours called ``network`` (None: the user's own).

    what  an opened checkpoint; the path of a run, of a checkpoint, of a file in any format that published weights
          lie in, of a folder with config.json; "imagenet", the most accurate published set; or "publisher/name".
          A published set is fetched once

    Raises UserError where there is none.
    """
    from vzor.weights.checkpoint import Checkpoint

    if isinstance(what, Checkpoint):
        return _of_checkpoint(what)
    path = Path(what).expanduser()
    if path.is_dir():
        return _of_folder(path)
    if path.exists():
        return _of_file(path, network)
    name = os.fspath(what)
    if network in ZOO and path.suffix.lower() not in _suffixes():
        from vzor.weights.catalogue import pick
        from vzor.weights.download import fetch
        from vzor.weights.formats import read

        one = pick(str(network), name)
        return Weights(read(fetch(one.url, one.file, one.digest, progress)), published=one)
    if path.suffix.lower() in _suffixes() or len(path.parts) > 1:
        beside = [str(p) for p in path.parent.iterdir()] if path.parent.is_dir() else []
        raise UserError(f"There are no weights at {what}.{did_you_mean(str(path), beside)} Check the path.")
    raise UserError(
        f"weights='{what}': published weights are of vzor's own networks; build one of these by name, or give the path "
        "of a file or run, such as runs/classify/lenet5."
    )


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


def load_weights(
    net: nn.Module, weights: Weights, table: str | None, name: str = "net", drop: Sequence[str] = (), anew: bool = False
) -> Loaded:
    """The weights into ``net``, a network of ours called ``table`` (None: the user's own).

    name  which of a checkpoint's networks it is
    drop  rows that stay as they are
    anew  whether the output row stays as it is, whatever its size

    See `vzor.weights.load.load_into`.
    """
    from vzor.weights.load import load_into

    return load_into(net, _of_network(weights, name), table, drop, anew)


def begin(net: nn.Module, done: Loaded, init: How = "he", seed: int | None = 0) -> None:
    """First values for what a load into a network that was built empty has left as it was."""
    from vzor.nn.init import initialise

    initialise(net, init, seed, within=done.rows)


def _of_checkpoint(checkpoint: Checkpoint) -> Weights:
    from vzor.weights.formats import read
    from vzor.weights.formats.file import OURS

    return Weights(replace(read(checkpoint.path), publisher=OURS), dict(checkpoint.meta))


def _of_folder(path: Path) -> Weights:
    """A folder of a model hub, ours or another's, or a run's."""
    from vzor.weights.formats import read
    from vzor.weights.hub import TENSORS, read_config

    own = read_config(path)
    if own is not None:
        return Weights(replace(read(path / TENSORS), publisher=own.get("names")), own)
    if (path / TENSORS).is_file() and not (path / "args.yaml").is_file():
        return Weights(read(path / TENSORS))
    return _of_checkpoint(find_checkpoint(path))


def _of_file(path: Path, network: str | None) -> Weights:
    from vzor.weights.checkpoint import load_checkpoint
    from vzor.weights.formats import read

    file = read(path)
    if "vzor" in file.meta:
        return _of_checkpoint(load_checkpoint(path))
    return Weights(file, published=_known(file, network))


def _known(file: WeightsFile, network: str | None) -> Published | None:
    """The catalogue's entry of a file, by its name and its hash: the network's, if several networks share it."""
    from vzor.weights.identify import known_as

    found = sorted(known_as(file), key=lambda one: one.network != network)
    return found[0] if found else None


def _of_network(weights: Weights, name: str) -> WeightsFile:
    """Of a checkpoint with several networks, the part of one."""
    file, names = weights.file, list(weights.meta.get("networks") or ())
    if len(names) < 2:
        return file
    prefix = f"{name if name in names else names[0]}."
    stored = {key.removeprefix(prefix): held for key, held in file.stored.items() if key.startswith(prefix)}
    return replace(file, stored=stored, get=lambda key: file.get(prefix + key))


def _suffixes() -> tuple[str, ...]:
    from vzor.weights.formats import FORMATS

    return tuple(suffix for suffixes in FORMATS.values() for suffix in suffixes)
