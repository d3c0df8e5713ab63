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

LARGE = 1 << 22  # numbers; two copies of a smaller tensor are nothing beside a network
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
    part       reads a part of a tensor's first axis, by name, begin and end; None where ``get`` takes no memory
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
    part: Callable[[str, int, int], Tensor] | None = field(default=None, repr=False)

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
    def tensors(self) -> Tensors:
        """The tensors by name, each read when it is asked for and not kept: no more memory than what is taken."""
        return Tensors(self)


class Tensors(Mapping[str, "Tensor"]):
    """A file's tensors, each read when it is asked for."""

    def __init__(self, file: WeightsFile) -> None:
        self._file = file

    def __getitem__(self, name: str) -> Tensor:
        if name not in self._file.stored:
            raise KeyError(name)
        return self._file.get(name)

    def __contains__(self, name: object) -> bool:
        return name in self._file.stored  # without reading it

    def large(self, name: str) -> Callable[[int, int], Tensor] | None:
        """Reads parts of a tensor that should not be had whole while it is turned; None for others."""
        part = self._file.part
        if part is None or self._file.stored[name].count < LARGE:
            return None
        return lambda begin, end: part(name, begin, end)

    def shape(self, name: str) -> Shape:
        """A tensor's shape, without reading it."""
        return self._file.stored[name].shape

    def __iter__(self) -> Iterator[str]:
        return iter(self._file.stored)

    def __len__(self) -> int:
        return len(self._file.stored)


def damaged(path: Path, why: str) -> UserError:
    """The sentence for a file that is not what it says."""
    return UserError(f"{path} is damaged ({why}); use another copy of the file.")
