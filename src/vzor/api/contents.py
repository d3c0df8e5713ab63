"""What is inside a file of weights, and which network of ours it fits."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass, field
from typing import Any

from vzor.api.weights import find_weights
from vzor.weights.catalogue import Published
from vzor.weights.formats import WeightsFile
from vzor.weights.identify import Fit, identify, known_as

#: What a checkpoint of ours says of itself and people want to know; the rest stands in its JSON.
OWN = ("network", "task", "classes", "metrics", "epoch", "preprocess", "weights", "licence")


@dataclass(frozen=True)
class Contents:
    """A file of weights, opened.

    file       its format, and every tensor's name, shape and kind
    meta       what a checkpoint of ours says of itself; empty for files of others
    published  the sets of the catalogue that the file is, by name and hash
    fits       networks of ours that it fits whole, the likeliest first
    """

    file: WeightsFile
    meta: dict[str, Any] = field(repr=False)
    published: list[Published]
    fits: list[Fit]

    @property
    def bytes(self) -> int:
        """The file's size."""
        return self.file.path.stat().st_size

    @property
    def kinds(self) -> dict[str, int]:
        """How many numbers it has of each kind: {"float32": 25557032}."""
        found: dict[str, int] = {}
        for tensor in self.file.stored.values():
            found[tensor.dtype] = found.get(tensor.dtype, 0) + tensor.count
        return found

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        return {
            "path": str(self.file.path),
            "format": self.file.format,
            "bytes": self.bytes,
            "numbers": self.file.count,
            "kinds": self.kinds,
            "facts": dict(self.file.facts),
            "meta": {key: text for key, text in self.file.meta.items() if key != "vzor"},
            "vzor": {key: self.meta[key] for key in OWN if self.meta.get(key) is not None},
            "published": [{"network": one.network, "id": one.id} for one in self.published],
            "fits": [asdict(fit) for fit in self.fits],
            "tensors": [
                {"name": name, "shape": list(tensor.shape), "kind": tensor.dtype}
                for name, tensor in self.file.stored.items()
            ],
        }


def look_into(path: str | os.PathLike[str]) -> Contents:
    """Open a file of weights in any format, a run, or a hub's folder.  UserError for what is none of these."""
    source = find_weights(path)
    several = len(source.meta.get("networks") or ()) > 1  # whose names have a prefix each
    known = known_as(source.file)
    said = [str(source.meta["network"])] if source.meta.get("network") else []
    return Contents(source.file, source.meta, known, [] if several else identify(source.file, said, known))
