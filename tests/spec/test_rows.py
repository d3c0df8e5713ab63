"""Every row's sizes and counts against the module that torch makes of it."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from vzor.nn.layers import leaf
from vzor.spec.errors import TableError
from vzor.spec.row import Row, Shape, axes, slide
from vzor.spec.rows import (
    LRN,
    RBF,
    Act,
    Attention,
    Concat,
    Conv,
    ConvT,
    Drop,
    DropPath,
    Fc,
    Flatten,
    Gain,
    Gap,
    Id,
    L2Norm,
    LayerNorm,
    Local,
    Loss,
    Norm,
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

P, M = (4, 9, 11), (4, 8, 12)  # a picture with odd sizes, and one that halves
C3 = ((0, 1, 2), (1, 2, 3), (0, 3))
ROWS: list[tuple[Row, tuple[Shape, ...]]] = [
    (Conv(6, 3), (P,)),
    (Conv(6, (3, 5), (2, 1), (1, 0)), (P,)),
    (Conv(6, 3, 2, "same"), (P,)),
    (Conv(6, 2, 3, "same", 2), (P,)),
    (Conv(6, 3, 1, ((0, 2), (1, 0))), (P,)),
    (Conv(6, 3, d=2), (P,)),
    (Conv(6, 3, g=2, bn=Norm()), (P,)),
    (Conv(dw=2, k=3, act="silu"), (P,)),
    (Conv(6, 3, bn=Norm(gamma=False), bias=True), (P,)),
    (Conv(3, 3, p=0, connect=C3), (P,)),
    (Conv(6, 3, act="leaky:0.1"), ((4, 15),)),
    (Conv(6, 3, bn=Norm()), ((4, 5, 6, 7),)),
    (ConvT(6, 2, 2), (P,)),
    (ConvT(6, 3, 2, 1, 1, bn=Norm()), (P,)),
    (ConvT(6, (3, 2), (2, 1), g=2), (P,)),
    (ConvT(6), ((4, 5, 6, 7),)),
    (Local(5, 3, 2), (P,)),
    (Fc(7), (P,)),
    (Fc(7, "relu", 0.5, bias=False), ((12,),)),
    (RBF(7), ((12,),)),
    (Norm(), (P,)),
    (Norm(beta=False), (P,)),
    (Norm(), ((12,),)),
    (LayerNorm(), (P,)),
    (LayerNorm(1e-6), ((4, 5, 6, 7),)),
    (LayerNorm(), ((12,),)),
    (LRN(), (P,)),
    (L2Norm(), (P,)),
    (Gain(), (P,)),
    (Gain(bias=True), (P,)),
    (Gain(init=1e-6), (P,)),
    (Act("stanh"), (P,)),
    (Pool("max", 3, 2), (P,)),
    (Pool("max", 3, 2, 1), (P,)),
    (Pool("max", 2, 2, ceil=True), (P,)),
    (Pool("max", 3, 2, 1, ceil=True), (P,)),
    (Pool("max", 3, 2, "same"), (P,)),
    (Pool("avg", 3, 2, "same"), (P,)),
    (Pool("avg", 3, 1, 1, count_pad=False), (P,)),
    (Pool("avg", (2, 3)), (P,)),
    (Pool("max", 2), ((4, 5, 6, 7),)),
    (Gap(), (P,)),
    (Gap(7), (P,)),
    (Gap(2, "max"), (P,)),
    (Drop(), (P,)),
    (Drop(maps=True), (P,)),
    (DropPath(), (P,)),
    (Concat(), (P, (2, 9, 11))),
    (Sum(), (P, P, P)),
    (Product(), (P, (4, 1, 1))),
    (Slice(1, 2), (P,)),
    (Slice(2, (1, 1, 2)), (P,)),
    (Split(2), (P,)),
    (Take((3, 0)), (P,)),
    (Scale(0.3), (P,)),
    (Power(2.0), (P,)),
    (Shift(-1.0), (P,)),
    (Up(2), (P,)),
    (Up((2, 3), "linear"), (P,)),
    (Up(2, "linear"), ((4, 5, 6, 7),)),
    (Reorg(2), (M,)),
    (Pad(1), (P,)),
    (Pad(((0, 1), (-2, 3)), channels=7), (P,)),
    (Flatten(), (P,)),
    (Id(), (P,)),
    (Loss(0.3), (P,)),
    (Attention(2, 3), ((16, 4, 5),)),
]


@pytest.mark.parametrize(("row", "xs"), ROWS, ids=lambda v: v.kind if isinstance(v, Row) else None)
def test_sizes_and_counts_are_those_of_the_module(row: Row, xs: tuple[Shape, ...]) -> None:
    torch.manual_seed(0)
    module = leaf(row, *xs).eval()
    with torch.no_grad():
        out = module(*(torch.randn(2, *x) for x in xs))
    shape = row.shape(*xs)
    shapes = shape if isinstance(shape, list) else [shape]
    outs = out if isinstance(out, tuple) else (out,)
    assert [tuple(y.shape[1:]) for y in outs] == shapes
    assert row.params(*xs) == sum(p.numel() for p in module.parameters())
    kept = {name: b for name, b in module.state_dict().items() if not name.endswith("num_batches_tracked")}
    assert row.buffers(*xs) == sum(v.numel() for v in kept.values()) - row.params(*xs)


def test_exercise_of_lecture_003() -> None:
    """3×3, 64 channels in, 128 out, with bias: 577 × 128 = 73,856."""
    assert Conv(1, 3).params((64, 8, 8)) == 577
    assert Conv(128, 3).params((64, 8, 8)) == 73_856


@given(
    n=st.integers(1, 40),
    k=st.integers(1, 7),
    s=st.integers(1, 4),
    d=st.integers(1, 3),
)
def test_same_padding_gives_ceil_of_n_over_s(n: int, k: int, s: int, d: int) -> None:
    (axis,) = window = axes((n,), k, s, "same", d)
    assert slide(window) == (-(-n // s),)
    assert 0 <= axis.after - axis.before <= 1  # TensorFlow puts the odd cell after


@settings(max_examples=60)
@given(
    n=st.integers(1, 30),
    k=st.integers(1, 5),
    s=st.integers(1, 4),
    p=st.integers(0, 2),
    ceil=st.booleans(),
)
def test_pooling_sizes_are_torchs(n: int, k: int, s: int, p: int, ceil: bool) -> None:
    row = Pool("max", k, s, min(p, k // 2), ceil)
    try:
        expected = torch.nn.functional.max_pool1d(torch.zeros(1, 1, n), k, s, min(p, k // 2), ceil_mode=ceil)
    except RuntimeError:
        with pytest.raises(TableError, match="enlarge the input"):
            row.shape((1, n))
        return
    assert row.shape((1, n)) == (1, expected.shape[-1])


@pytest.mark.parametrize(
    ("row", "xs", "words"),
    [
        (Conv(6, 3, g=4), ((6, 8, 8),), "do not divide into 4 groups"),
        (Conv(k=3), ((6, 8, 8),), "number of filters"),
        (Conv(3, connect=((0,), (9,), (1,))), ((6, 8, 8),), "connection table"),
        (Conv(6, (3, 3)), ((6, 8),), "give one per axis"),
        (Conv(6, 3, p="valid"), ((6, 8, 8),), "padding 'valid' is not known"),
        (Concat(), ((1, 2, 2), (1, 3, 3)), "one size"),
        (Sum(), ((1, 2, 2), (2, 2, 2)), "one shape"),
        (Product(), ((4, 2, 2), (2, 1, 1)), "C×1×1"),
        (Slice(0, 3), ((4, 2, 2),), "equal parts"),
        (Slice(2, 2), ((4, 2, 2),), "does not exist"),
        (Take((4,)), ((4, 2, 2),), "0..3"),
        (Reorg(2), ((4, 3, 2),), "divide by 2"),
        (Pad(-1), ((4, 2, 2),), "leaves nothing"),
        (Gap(), ((4,),), "a vector arrived"),
        (Act(), ((4, 2, 2), (4, 2, 2)), "takes one input and got 2"),
        (Attention(3, 2), ((16, 2, 2),), "3 heads"),
    ],
    ids=lambda v: v.kind if isinstance(v, Row) else None,
)
def test_impossible_rows_say_what_to_change(row: Row, xs: tuple[Shape, ...], words: str) -> None:
    with pytest.raises(TableError, match=words):
        row.shape(*xs)


@pytest.mark.parametrize(
    "row", [Conv(4, act="sigmoyd"), ConvT(4, act="sigmoyd"), Local(4, act="sigmoyd"), Fc(4, "sigmoyd")]
)
def test_unknown_nonlinearity_names_the_nearest(row: Row) -> None:
    with pytest.raises(TableError, match="Did you mean 'sigmoid'"):
        row.shape((4, 8, 8))
    with pytest.raises(TableError, match=r"such as leaky:0\.1"):
        Conv(4, act="leaky:steep").shape((4, 8, 8))


@pytest.mark.parametrize(
    "row",
    [Conv(6, g=0), Conv(-1), Fc(0), Fc(5, drop=1.5), Gap(0), Drop(1.0), Slice(0, 0), Reorg(0), Up(0), Attention(0, 2)],
    ids=lambda row: row.kind,
)
def test_values_that_cannot_be_are_refused(row: Row) -> None:
    with pytest.raises(TableError):
        row.shape((4, 8, 8))
