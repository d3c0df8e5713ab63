"""A checkpoint: one `.safetensors` file that is enough to predict with nothing else.

Its metadata holds one JSON text under the key `vzor`:

    format      this layout's version, 1
    vzor        the version that wrote the file
    networks    names of the networks, in order: ["net"], ["G", "D"]
    tables      {network: its table expanded to leaf rows, as JSON}; opaque here
    ...         whatever the writer adds: network, task, classes, preprocess, metrics, epoch

Tensor names. One network: the names of its own `state_dict`, without a prefix, so that the file opens
in any tool that knows the network (`conv1.weight`). More than one: each name carries its network
(`G.conv1.weight`). The metadata's `networks` says which.

No pickle is read or written, and the header is bounded before it is parsed.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vzor.spec.errors import UserError
from vzor.weights.formats.safetensors import read_header, read_tensors, write_tensors

if TYPE_CHECKING:
    import torch
    from torch import nn

FORMAT = 1


@dataclass(frozen=True)
class Checkpoint:
    """A checkpoint's metadata (`meta`, plain JSON) and, read when first asked for, its `tensors`."""

    path: Path
    meta: dict[str, Any]
    names: tuple[str, ...] = field(repr=False)

    @property
    def networks(self) -> list[str]:
        """Names of the networks in the file, in order."""
        return list(self.meta["networks"])

    @cached_property
    def tensors(self) -> dict[str, torch.Tensor]:
        """All tensors by name, on the CPU. Imports torch. Raises UserError if the file is damaged."""
        return read_tensors(self.path)

    def state_dict(self, network: str = "net") -> dict[str, torch.Tensor]:
        """The tensors of one network under its own names, ready for `load_state_dict(strict=True)`."""
        if network not in self.networks:
            raise UserError(f"{self.path} holds no network {network!r}; choose from {self.networks}.")
        if len(self.networks) == 1:
            return dict(self.tensors)
        prefix = f"{network}."
        return {k.removeprefix(prefix): t for k, t in self.tensors.items() if k.startswith(prefix)}

    def load_into(self, nets: Mapping[str, nn.Module]) -> None:
        """Copy the weights into `nets` (`{"net": module}`), every name and shape asserted.

        Raises UserError that names the first key or shape that does not fit.
        """
        for name, net in nets.items():
            given, wanted = self.state_dict(name), net.state_dict()
            odd = sorted(given.keys() ^ wanted.keys())
            if odd:
                where = "has no place in the network" if odd[0] in given else "is missing from the file"
                raise UserError(
                    f"{self.path}: tensor {odd[0]!r} {where}; build the network from this checkpoint's own table."
                )
            for key, tensor in wanted.items():
                if tensor.shape != given[key].shape:
                    raise UserError(
                        f"{self.path}: tensor {key!r} is {tuple(given[key].shape)}, the network has"
                        f" {tuple(tensor.shape)}; build the network from this checkpoint's own table."
                    )
            net.load_state_dict(given, strict=True)


def save_checkpoint(path: str | os.PathLike[str], nets: Mapping[str, nn.Module], meta: Mapping[str, Any]) -> Path:
    """Write the weights and buffers of `nets` with `meta` (JSON-able), atomically. Returns the path.

    `meta["tables"]` should map each network's name to its table as JSON; `format`, `vzor` and
    `networks` are filled in here. The same weights and meta give the same bytes.
    """
    tensors: dict[str, torch.Tensor] = {}
    for name, net in nets.items():
        prefix = f"{name}." if len(nets) > 1 else ""
        tensors |= {prefix + key: tensor for key, tensor in net.state_dict().items()}
    full = {"format": FORMAT, "vzor": version(), "networks": list(nets), "tables": {}, **meta}
    return write_tensors(path, tensors, {"vzor": json.dumps(full, ensure_ascii=False, sort_keys=True)})


def load_checkpoint(path: str | os.PathLike[str]) -> Checkpoint:
    """Read a checkpoint's metadata (no torch, no tensors yet).

    Raises UserError, one sentence, for a missing, truncated, foreign or too new file.
    """
    path = Path(path)
    header = read_header(path)
    text = header.get("__metadata__", {}).get("vzor")
    if text is None:
        raise UserError(
            f"{path} holds weights but no vzor metadata; to use it, build the network by name"
            " and pass this file as its weights."
        )
    try:
        meta = json.loads(text)
        fits = isinstance(meta, dict) and isinstance(meta.get("networks"), list)
    except ValueError:
        fits = False
    if not fits:
        raise UserError(f"{path}: its vzor metadata is damaged; use another copy of the checkpoint.")
    if meta.get("format", 0) > FORMAT:
        raise UserError(
            f"{path} was written by vzor {meta.get('vzor', '?')}, which is newer than this one;"
            " upgrade vzor to read it."
        )
    return Checkpoint(path, meta, tuple(k for k in header if k != "__metadata__"))


def version() -> str:
    """The version of this package."""
    from importlib import metadata

    try:
        return metadata.version("vzor")
    except metadata.PackageNotFoundError:  # run from a source tree that was never installed
        return "0.1.0"
