"""torch's layers without their own drawing: the builder draws every weight once, by one rule."""

from __future__ import annotations

from functools import cache
from typing import Any, TypeVar

from torch import nn

Layer = TypeVar("Layer", bound=nn.Module)


def undrawn(kind: type[Layer], *args: Any, **options: Any) -> Layer:
    """``kind(*args, **options)`` whose weights and bias have memory and no values yet.

    Nothing of torch's is changed for others: the layer is made as a subclass that does not draw, and then is
    of ``kind`` itself.  It lies where ``torch.device`` says, ``meta`` included.
    """
    layer = _silent(kind)(*args, **options)  # type: ignore[arg-type]
    layer.__class__ = kind
    return layer  # type: ignore[return-value]


@cache
def _silent(kind: type[nn.Module]) -> type[nn.Module]:
    return type(kind.__name__, (kind,), {"reset_parameters": lambda self: None})
