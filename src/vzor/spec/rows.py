"""The vocabulary: everything a table can be written with, in one import."""

from vzor.spec.act import ACTIVATIONS, Act
from vzor.spec.plain import (
    LRN,
    Concat,
    Drop,
    DropPath,
    Flatten,
    Gap,
    Id,
    Input,
    Loss,
    Pad,
    Pool,
    Power,
    Product,
    Reorg,
    Scale,
    Shift,
    Slice,
    Split,
    Sum,
    Take,
    Up,
)
from vzor.spec.row import Row, Shape
from vzor.spec.tables import Add, Cat, Each, From, Mul, Out, Rows, Seq, Side
from vzor.spec.weighted import RBF, Attention, Conv, ConvT, Fc, Gain, L2Norm, LayerNorm, Local, Norm

#: Leaf rows by name, for reading tables back from files.
LEAVES: dict[str, type[Row]] = {
    row.__name__: row
    for row in (
        *(Input, Conv, ConvT, Local, Fc, RBF, Norm, LayerNorm, LRN, L2Norm, Gain, Act, Pool, Gap, Drop, DropPath),
        *(Concat, Sum, Product, Slice, Split, Take, Scale, Power, Shift, Up, Reorg, Pad, Flatten, Id),
        *(Attention, Loss, Out),
    )
}

__all__ = [
    "ACTIVATIONS",
    "LEAVES",
    "LRN",
    "RBF",
    "Act",
    "Add",
    "Attention",
    "Cat",
    "Concat",
    "Conv",
    "ConvT",
    "Drop",
    "DropPath",
    "Each",
    "Fc",
    "Flatten",
    "From",
    "Gain",
    "Gap",
    "Id",
    "Input",
    "L2Norm",
    "LayerNorm",
    "Local",
    "Loss",
    "Mul",
    "Norm",
    "Out",
    "Pad",
    "Pool",
    "Power",
    "Product",
    "Reorg",
    "Row",
    "Rows",
    "Scale",
    "Seq",
    "Shape",
    "Shift",
    "Side",
    "Slice",
    "Split",
    "Sum",
    "Take",
    "Up",
]
