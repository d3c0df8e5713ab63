"""What every reader of weights gives: names, shapes and kinds of numbers at once, the numbers when asked for.

A reader never runs code from a file, never imports the framework that wrote it, and bounds what it allocates by the
file's size before it allocates.  What it cannot read is a UserError of one sentence.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING

from vzor.spec.errors import UserError
from vzor.spec.row import Shape

if TYPE_CHECKING:
    from torch import Tensor

OURS = "vzor"  # the publisher of files with our own names
#: More tensors than this are no network: resnet1202_cifar, the longest here, has 7,214.
MAX_TENSORS = 50_000


@dataclass(frozen=True)
class Stored:
    """A tensor as it lies in a file: its shape, and its kind of numbers as torch calls it (``float32``)."""

    shape: Shape
    dtype: str = "float32"

    @property
    def count(self) -> int:
        """How many numbers it has."""
        return prod(self.shape)


@dataclass(frozen=True)
class WeightsFile:
    """An opened file of weights.

    format     safetensors, torch, keras, caffe, darknet, deep-compression, npz
    stored     the tensors by name, in the file's order; Keras' names are ``layer/variable``, Caffe's ``layer/index``
    get        reads one tensor by its name, onto the CPU
    publisher  whose names these must be (one of `vzor.weights.keys`, or OURS); None: any publisher that uses the format
    facts      (label, value) to print: the format's version, who wrote it, what was left out
    meta       text that the file carries
    """

    path: Path
    format: str
    stored: Mapping[str, Stored]
    get: Callable[[str], Tensor] = field(repr=False)
    publisher: str | None = None
    facts: tuple[tuple[str, str], ...] = ()
    meta: Mapping[str, str] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        if len(self.stored) > MAX_TENSORS:
            raise UserError(f"{self.path} holds {len(self.stored):,} tensors, which no network here has; give weights.")
        if not self.stored:
            raise UserError(f"{self.path} holds no tensors; give a file of weights.")

    @property
    def count(self) -> int:
        """How many numbers the file holds."""
        return sum(tensor.count for tensor in self.stored.values())

    @property
    def tensors(self) -> Mapping[str, Tensor]:
        """The tensors by name, each read when it is asked for and not kept: no more memory than what is taken."""
        return _Tensors(self)


class _Tensors(Mapping[str, "Tensor"]):
    def __init__(self, file: WeightsFile) -> None:
        self._file = file

    def __getitem__(self, name: str) -> Tensor:
        if name not in self._file.stored:
            raise KeyError(name)
        return self._file.get(name)

    def __contains__(self, name: object) -> bool:
        return name in self._file.stored  # without reading it

    def __iter__(self) -> Iterator[str]:
        return iter(self._file.stored)

    def __len__(self) -> int:
        return len(self._file.stored)


def damaged(path: Path, why: str) -> UserError:
    """The sentence for a file that is not what it says."""
    return UserError(f"{path} is damaged ({why}); use another copy of the file.")
