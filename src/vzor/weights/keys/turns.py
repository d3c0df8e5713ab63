"""Changes of layout between a publisher's tensor and ours: ``shape`` theirs of ours, ``there`` and ``back`` values."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import prod

import torch
from torch import Tensor

from vzor.spec.row import Shape


@dataclass(frozen=True)
class Turn:
    """A layout: the shape there of a tensor whose shape is ours; values there; values back into a shape of ours.

    ``in_parts`` does the same as ``back`` without ever having the whole tensor of theirs: ``rows(a, b)`` reads a part
    of its first axis.
    """

    shape: Callable[[Shape], Shape]
    there: Callable[[Tensor], Tensor]
    back: Callable[[Tensor, Shape], Tensor]
    in_parts: Callable[[Callable[[int, int], Tensor], Shape], Tensor] | None = None


def permuted(*order: int) -> Turn:
    """Axis i there is our axis ``order[i]``."""
    inverse = tuple(order.index(i) for i in range(len(order)))
    return Turn(
        lambda shape: tuple(shape[i] for i in order),
        lambda x: x.permute(order).contiguous(),
        lambda x, shape: x.permute(inverse).contiguous(),
    )


def viewed(to: Callable[[Shape], Shape]) -> Turn:
    """The same numbers in reading order, as the shape ``to(ours)``."""
    return Turn(to, lambda x: x.reshape(to(tuple(x.shape))), lambda x, shape: x.reshape(shape))


def reordered(axis: int, *order: int) -> Turn:
    """Along ``axis``, number i of ours is number ``order[i]`` there."""
    inverse = [order.index(i) for i in range(len(order))]
    return Turn(
        lambda shape: shape,
        lambda x: x.index_select(axis, torch.tensor(inverse, device=x.device)),
        lambda x, shape: x.index_select(axis, torch.tensor(order, device=x.device)),
    )


def flattened(maps: int) -> Turn:
    """A fully connected row that reads ``maps`` maps, which Keras flattens with the channels last.

    There (height · width · maps, out), ours (out, maps · height · width).
    """

    def there(x: Tensor) -> Tensor:
        return x.unflatten(1, (maps, -1)).permute(2, 1, 0).flatten(0, 1).contiguous()

    def back(x: Tensor, shape: Shape) -> Tensor:
        return x.unflatten(0, (-1, maps)).permute(2, 1, 0).flatten(1).contiguous()

    def in_parts(rows: Callable[[int, int], Tensor], shape: Shape) -> Tensor:
        whole = torch.empty(shape, dtype=rows(0, 1).dtype)
        places = whole.unflatten(1, (maps, -1))
        for i in range(places.shape[2]):
            places[:, :, i] = rows(i * maps, (i + 1) * maps).T
        return whole

    return Turn(lambda shape: (shape[1], shape[0]), there, back, in_parts)


def _columns(rows: Callable[[int, int], Tensor], shape: Shape, step: int = 512) -> Tensor:
    """Rows that are our columns."""
    whole = torch.empty(shape, dtype=rows(0, 1).dtype)
    for i in range(0, shape[1], step):
        whole[:, i : i + step] = rows(i, min(i + step, shape[1])).T
    return whole


SAME = Turn(lambda shape: shape, lambda x: x, lambda x, shape: x)
#: Keras' convolution: (height, width, in, out) for our (out, in, height, width).
HWIO = permuted(2, 3, 1, 0)
#: Keras' fully connected: (in, out) for our (out, in).
IN_OUT = replace(permuted(1, 0), in_parts=_columns)
#: A fully connected row that Keras keeps as a 1×1 convolution: (1, 1, in, out) for our (out, in).
IN_OUT_1X1 = Turn(
    lambda shape: (1, 1, shape[1], shape[0]),
    lambda x: x.T[None, None].contiguous(),
    lambda x, shape: x[0, 0].T.contiguous(),
)
#: A fully connected row that is kept as a 1×1 convolution.
AS_1X1 = viewed(lambda shape: (*shape, 1, 1))
#: A first convolution that sees pictures as blue, green, red: ours see them as red, green, blue.
BGR = reordered(1, 2, 1, 0)


#: Outputs with one class more, the background, which comes first.  Going there it is given zeros.
WITH_BACKGROUND = Turn(
    lambda shape: (shape[0] + 1, *shape[1:]),
    lambda x: torch.cat((torch.zeros_like(x[:1]), x)),
    lambda x, shape: x[1:],
)


def depthwise(multiplier: int = 1) -> Turn:
    """Keras' depthwise kernel: (height, width, in, multiplier) for our (in · multiplier, 1, height, width)."""
    return Turn(
        lambda shape: (*shape[2:], shape[0] // multiplier, multiplier),
        lambda x: x.reshape(-1, multiplier, *x.shape[2:]).permute(2, 3, 0, 1).contiguous(),
        lambda x, shape: x.permute(2, 3, 0, 1).reshape(shape).contiguous(),
    )


def _grouped_there(x: Tensor) -> Tensor:
    c = x.shape[1]
    return x.unflatten(0, (-1, c)).permute(3, 4, 0, 2, 1).flatten(2, 3).contiguous()


def _grouped_back(x: Tensor, shape: Shape) -> Tensor:
    c = shape[1]
    return x.unflatten(2, (-1, c)).permute(2, 4, 3, 0, 1).flatten(0, 1).contiguous()


#: Keras' grouped convolution, as many maps out as in, c in a group: a depthwise kernel with multiplier c, (height,
#: width, groups · c, c), of whose answers every c-th of a group is added.  Ours (groups · c, c, height, width).
GROUPED = Turn(lambda shape: (*shape[2:], *shape[:2]), _grouped_there, _grouped_back)


def rows_of(maps: int, side: int) -> Turn:
    """A fully connected row that is kept as a convolution over the whole ``side``×``side`` map (timm's VGG)."""

    def there(shape: Shape) -> Shape:
        assert prod(shape[1:]) == maps * side * side
        return (shape[0], maps, side, side)

    return viewed(there)
