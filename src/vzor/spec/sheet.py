"""A measured table: one line per row with its sizes and costs, and the totals.  Filled by ``measure``."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

from vzor.spec.row import Shape


@dataclass(frozen=True)
class Field:
    """The receptive field of a row's output on the network's input, per spatial axis, in input cells.

    Output cell ``i`` sees the cells ``offset + i·stride … offset + i·stride + size - 1``; a negative offset
    reaches into the padding.  ``whole``: everything is seen (after global pooling or a fully connected row, whose
    stride is 0, and in maps that a gate or attention has passed, which keep theirs).
    """

    size: tuple[int, ...]
    stride: tuple[Fraction, ...]
    offset: tuple[Fraction, ...]
    whole: bool = False


@dataclass(frozen=True)
class Line:
    """One row of a measured table.  A block's or a Seq's counts are those of all rows inside it."""

    path: str  # "layer1.0.conv1"
    name: str  # "conv1"
    label: str | None  # the paper's name, where it differs
    kind: str  # "Conv", "Bottleneck", "Seq"
    detail: str  # "3×3, 64, relu"
    depth: int  # 0 for the table's own rows
    leaf: bool
    side: bool  # runs in training only
    ins: tuple[Shape, ...]
    outs: tuple[Shape, ...]
    reads: tuple[str, ...] | None  # the rows that a From names; None: the row before
    params: int
    trainable: int
    buffers: int
    macs: int
    memory: int  # bytes of the output of one sample, 32-bit
    field: Field | None
    table: str | None = None  # how the rows inside are put together: Seq, Cat, Add, Mul


@dataclass(frozen=True)
class Sheet:
    """A measured table: the totals (without sides) and, when asked for, every line."""

    input: Shape
    output: Shape
    parameters: int  # every parameter, frozen ones too
    trainable: int
    buffers: int  # running means and variances, fixed codes
    aux: int  # parameters of the sides (auxiliary heads), beside `parameters`
    macs: int  # multiply-adds of convolutions and matrix products
    memory_inference: int  # bytes: most that is alive at once, one sample, 32-bit
    memory_training: int  # bytes: all that the backward pass needs, one sample, 32-bit
    layers: int  # leaf rows
    weight_layers: int  # leaf rows that multiply by weights: convolutions and fully connected
    longest_path: int  # most leaf rows and joins from input to output
    field: Field | None  # of the last row whose cells have places in the input
    fill: Callable[[], list[Line]] = dataclasses.field(repr=False, compare=False, default=list)

    @cached_property
    def lines(self) -> list[Line]:
        """One line per row, whatever its depth, in order; built on first use."""
        return self.fill()

    @property
    def flops(self) -> int:
        """Two operations per multiply-add."""
        return 2 * self.macs

    @property
    def keras_total(self) -> int:
        """What Keras prints as total parameters: running means and variances counted too."""
        return self.parameters + self.buffers

    @property
    def bytes(self) -> int:
        """Bytes of the weights and buffers, 32-bit."""
        return 4 * (self.parameters + self.buffers)
