"""Which module each row becomes."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import nn

from vzor.nn import plain as p
from vzor.nn import weighted as w
from vzor.nn.activations import activation
from vzor.nn.undrawn import undrawn
from vzor.spec import rows as r
from vzor.spec.errors import TableError
from vzor.spec.row import Row, Shape


def leaf(row: Row, *xs: Shape) -> nn.Module:
    """The module of a leaf row that receives shapes ``xs``; TableError for a row without one."""
    if type(row) in LEAF:
        return LEAF[type(row)](row, *xs)
    own = getattr(row, "module", None)
    if own is None:
        raise TableError(f"row {row.kind} has no module; give its class a method module(self, *shapes)")
    return own(*xs)


LEAF: dict[type[Row], Callable[..., nn.Module]] = {
    r.Input: lambda row, *xs: nn.Identity(),
    r.Conv: w.conv,
    r.ConvT: w.conv_t,
    r.Local: lambda row, x: w.LocalUnit(row, x, row.window(x), row.shape(x)),
    r.Fc: lambda row, x: undrawn(w.FcUnit, row, x),
    r.RBF: w.RBFUnit,
    r.Norm: w.norm,
    r.LayerNorm: w.LayerNormUnit,
    r.LRN: lambda row, x: p.LocalResponseNorm(row),
    r.L2Norm: w.L2NormUnit,
    r.Gain: w.GainUnit,
    r.Act: lambda row, x: activation(row) or nn.Identity(),
    r.Pool: p.pool,
    r.Gap: p.gap,
    r.Drop: lambda row, x: (
        {2: nn.Dropout1d, 3: nn.Dropout2d, 4: nn.Dropout3d}[len(x)](row.p)
        if row.maps and len(x) > 1
        else nn.Dropout(row.p)
    ),
    r.DropPath: lambda row, x: p.DropPath(row.p),
    r.Concat: lambda row, *xs: p.Do("concatenate", lambda *vs: torch.cat(vs, 1)),
    r.Sum: lambda row, *xs: p.Do("sum", p.add),
    r.Product: lambda row, *xs: p.Do("product", p.multiply),
    r.Slice: p.slice,
    r.Split: p.split,
    r.Take: lambda row, x: p.Take(row),
    r.Scale: lambda row, x: p.Do(f"× {row.by}", lambda v: v * row.by),
    r.Power: lambda row, x: p.Do(f"^ {row.to}", lambda v: v.pow(row.to)),
    r.Shift: lambda row, x: p.Do(f"+ {row.by}", lambda v: v + row.by),
    r.Up: p.up,
    r.Reorg: p.reorg,
    r.Pad: p.pad,
    r.Flatten: lambda row, x: nn.Flatten(1),
    r.Id: lambda row, *xs: nn.Identity(),
    r.Attention: w.AttentionUnit,
    r.Loss: lambda row, *xs: nn.Identity(),
    r.Out: lambda row, *xs: p.Do("outputs", lambda *vs: vs),
}
