"""Published sets of weights, listed without torch: `vzor.published`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vzor.spec.preprocess import Preprocess
from vzor.weights.catalogue import Published, class_names
from vzor.weights.catalogue import published as of_network
from vzor.weights.download import cache_folder, fetch
from vzor.zoo.index import entry

if TYPE_CHECKING:
    from torch import Tensor

#: Pictures on which a set's accuracy was stated, by the classes that it is for.
MEASURED = {"imagenet": "ImageNet's 50,000 validation pictures", "cifar10": "CIFAR-10's 10,000 test pictures"}


@dataclass(frozen=True)
class Transforms:
    """From a picture to a network's input: the one evaluation preprocessing, as a function."""

    preprocess: Preprocess

    def __call__(self, image: Any) -> Tensor:
        """(C, H, W) float32 of a PIL image, an array (H, W, C) or a file.  UserError for what is no picture."""
        import torch

        from vzor.data.pixels import open_image, prepare

        return torch.from_numpy(prepare(open_image(image), self.preprocess))


@dataclass(frozen=True)
class Weights(Published):
    """A published set of weights of one of our networks.  ``weights=set.id`` takes it."""

    def transforms(self) -> Transforms:
        """What makes a picture the input that these weights want."""
        return Transforms(self.preprocess)

    @property
    def meta(self) -> dict[str, Any]:
        """What is known of them: names of the classes, licence, accuracy with its protocol, size, address, hash.

        accuracy  {"top1": …, "top5": …} in per cent as the publisher states it; without what it does not state
        size      (height, width) of the input in pixels; ``megabytes``, of 10^6 bytes, is the file's
        """
        stated = {"top1": self.top1, "top5": self.top5}
        return {
            "categories": list(class_names(self.classes)),
            "licence": self.licence,
            "accuracy": {name: value for name, value in stated.items() if value},
            "protocol": self.protocol,
            "size": self.preprocess.size,
            "url": self.url,
            "hash": self.hash,
            "megabytes": self.megabytes,
            "note": self.note,
        }

    @property
    def protocol(self) -> str:
        """On what its accuracy was stated, and by whom."""
        return f"{MEASURED[self.classes]}, {self.prepared}, as {self.publisher} states it"

    @property
    def prepared(self) -> str:
        """How pictures are prepared, in a few words: ``224 of 256, bilinear``."""
        pre = self.preprocess
        high, wide = pre.size
        size = str(high) if high == wide else f"{high}×{wide}"
        cut = f"{size} of {round(high / pre.crop_pct)}" if pre.fit == "crop" and pre.crop_pct < 1 else size
        return f"{cut}{'' if pre.fit == 'crop' else ', ' + pre.fit}, {pre.interpolation}" + (
            f", {pre.order}" if pre.order != "RGB" else ""
        )

    @property
    def path(self) -> Path:
        """Where the file lies once it is fetched, and where to put it by hand."""
        return cache_folder() / self.file

    def fetch(self, progress: Callable[[int, int | None], object] | None = None) -> Path:
        """The file, fetched unless it is there; ``progress`` is told how many bytes there are, and of how many."""
        return fetch(self.url, self.file, self.digest, progress)

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON, without the names of the classes."""
        plain = {field.name: getattr(self, field.name) for field in fields(Published)}
        more = {"id": self.id, "path": str(self.path), "fetched": self.path.is_file(), "protocol": self.protocol}
        return plain | {"preprocess": self.preprocess.to_dict()} | more


def published(network: str) -> list[Weights]:
    """The published sets of weights of a network of ours, the most accurate first; [] where there are none.

    Nothing is fetched.  UserError for an unknown network.
    """
    entry(network)
    return [own(one) for one in of_network(network)]


def own(one: Published) -> Weights:
    """An entry of the catalogue with what this file adds."""
    return Weights(**{field.name: getattr(one, field.name) for field in fields(Published)})
