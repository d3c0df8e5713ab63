"""Networks back from a run or a checkpoint, ready to be looked into."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vzor.spec.errors import TableError, UserError
from vzor.spec.preprocess import Preprocess
from vzor.spec.record import from_json
from vzor.spec.row import Row

if TYPE_CHECKING:
    import numpy as np
    from torch import nn

    from vzor.training.run import Run
    from vzor.weights.checkpoint import Checkpoint


def find(path: str | os.PathLike[str]) -> tuple[Run | None, Checkpoint | None]:
    """The run and the checkpoint that `path` means: a run's folder, a file in it, or a checkpoint alone.

    A run without weights has None for its checkpoint. UserError where there is neither.
    """
    from vzor.training.run import open_run
    from vzor.weights.checkpoint import load_checkpoint

    path = Path(path)
    if path.suffix == ".safetensors" and path.is_file():
        try:
            return open_run(path), load_checkpoint(path)
        except UserError:  # a checkpoint that was carried away from its run
            return None, load_checkpoint(path)
    run = open_run(path)
    file = next((f for f in (run.best, run.last) if f.is_file()), None)
    return run, load_checkpoint(file) if file else None


def tables_of(checkpoint: Checkpoint) -> dict[str, Row]:
    """{name: table}, of the networks that were built from tables (and of a base that a task built upon).

    Tables with rows of the user's own, which are not known here, are left out.
    """
    found = {}
    for name, data in (checkpoint.meta.get("tables") or {}).items():
        with suppress(TableError):
            found[name] = from_json(data)
    return found


def nets_of(checkpoint: Checkpoint) -> dict[str, nn.Module]:
    """The networks with their weights, in evaluation mode, on the CPU.

    UserError for a network that was no table: it must be built by whoever wrote it.
    """
    from vzor.nn.build import build

    tables = tables_of(checkpoint)
    missing = [name for name in checkpoint.networks if name not in tables]
    if missing:
        raise UserError(
            f"{checkpoint.path} holds network '{missing[0]}' without its table; build the module"
            " yourself and load the file's tensors into it."
        )
    nets: dict[str, nn.Module] = {name: build(tables[name], seed=0).eval() for name in checkpoint.networks}
    checkpoint.load_into(nets)
    return nets


def preprocess_of(checkpoint: Checkpoint) -> Preprocess:
    """How pictures become this network's input. UserError for a checkpoint that does not say."""
    held = checkpoint.meta.get("preprocess")
    if not held:
        raise UserError(
            f"{checkpoint.path} does not say how pictures are prepared; use one that vzor trained on pictures."
        )
    return Preprocess.from_dict(held)


def prepared(checkpoint: Checkpoint, image: Any) -> np.ndarray:
    """A picture (path, PIL, array) as the network's input, CHW float32."""
    from vzor.data.pixels import open_image, prepare

    return prepare(open_image(image), preprocess_of(checkpoint))
