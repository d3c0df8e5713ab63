"""Receptive fields against what gradients really reach."""

from __future__ import annotations

from fractions import Fraction

import pytest
import torch

from vzor.measure import measure
from vzor.nn.build import build
from vzor.spec.rows import Add, Attention, Conv, ConvT, Fc, Gap, Id, Input, Mul, Pad, Pool, Rows, Seq, Up

LINE = {"act": None}
TABLES = {
    "chain": Seq(input=Input(1, 64), a=Conv(1, 3, 2, **LINE), b=Pool("avg", 3, 2, 1), c=Conv(1, 5, d=2, **LINE)),
    "valid": Seq(input=Input(1, 64), a=Conv(1, 7, 3, 0, **LINE), b=Conv(1, 4, 2, 0, **LINE)),
    "residual": Seq(input=Input(1, 64), a=Add(x=Seq(Conv(1, 3, **LINE), Conv(1, 3, **LINE)), y=Id()), b=Pool("avg", 2)),
    "uneven": Seq(input=Input(1, 64), p=Pad(((2, 0),)), a=Conv(1, 3, p=0, **LINE)),
    "same": Seq(input=Input(1, 64), a=Conv(1, 3, 2, "same", **LINE), b=Conv(1, 4, 2, "same", **LINE)),
    "up": Seq(input=Input(1, 64), a=Conv(1, 3, 2, **LINE), u=Up(2), c=Conv(1, 3, **LINE)),
    "regrouped": Seq(input=Input(1, 64), a=Conv(1, 3, **LINE), g=Gap(16), c=Conv(1, 3, **LINE)),
}


def reached(table: Rows, cell: int) -> set[int]:
    """Input cells with a gradient from output cell ``cell``, all weights one."""
    network = build(table).double().eval()
    for parameter in network.parameters():
        torch.nn.init.ones_(parameter)
    x = torch.ones(1, 1, 64, dtype=torch.double, requires_grad=True)
    network(x)[0, 0, cell].backward()
    assert x.grad is not None
    return set(x.grad[0, 0].nonzero().flatten().tolist())


@pytest.mark.parametrize("name", TABLES)
def test_field_is_what_gradients_reach(name: str) -> None:
    sheet = measure(TABLES[name])
    field = sheet.field
    assert field is not None and not field.whole
    for cell in (7, 8):
        first = field.offset[0] + cell * field.stride[0]
        promised = {n for n in range(64) if first <= n <= first + field.size[0] - 1}
        if name == "up":  # the field covers every phase of the enlargement
            assert seen_in(promised, reached(TABLES[name], cell))
        else:
            seen = reached(TABLES[name], cell)
            assert (min(seen), max(seen)) == (min(promised), max(promised))


def seen_in(promised: set[int], seen: set[int]) -> bool:
    return seen <= promised and len(promised) - len(seen) <= 3


def test_transposed_convolution_never_sees_more_than_it_says() -> None:
    table = Seq(input=Input(1, 64), a=Conv(1, 3, 2, **LINE), t=ConvT(1, 3, 2, 1, 1, act=None))
    field = measure(table).field
    assert field is not None and field.stride == (Fraction(1),)
    for cell in range(10, 20):
        first = field.offset[0] + cell * field.stride[0]
        seen = reached(table, cell)
        assert first <= min(seen) and max(seen) <= first + field.size[0] - 1


def test_everything_is_seen_after_a_fully_connected_row() -> None:
    lines = measure(Seq(input=Input(1, 9, 9), a=Conv(2), fc=Fc(3))).lines
    assert lines[-1].field is not None and lines[-1].field.whole and lines[-1].field.size == (9, 9)
    assert lines[1].field is not None and lines[1].field.size == (3, 3)


def test_a_gate_and_attention_let_cells_see_everything_where_they_stand() -> None:
    """A map keeps its stride, and what comes behind goes on from it; a gate's own cell has none."""
    gate = Mul(x=Id(), gate=Seq(pool=Gap(), fc=Conv(4, 1)))
    table = Seq(input=Input(4, 32, 32), a=Conv(4, s=2), b=gate, c=Conv(4, s=2), d=Attention(1, 1), e=Up(2), f=Gap())
    fields = {line.path: line.field for line in measure(table).lines}
    strides = {path: field.stride[0] for path, field in fields.items() if field is not None}
    assert [strides[path] for path in "abcdef"] == [2, 2, 4, 4, 2, 0] and strides["b.gate"] == 0
    assert [field.whole for path, field in fields.items() if field is not None and path in "abcdef"] == [False] + 5 * [
        True
    ]
    assert fields["c"] is not None and fields["c"].size == (32, 32)


def test_known_fields_of_vgg16_and_resnet50() -> None:
    """VGG-16 before its fully connected rows: 212 (Araujo et al. 2019); ResNet-50 v1, stride on the 1×1: 483."""
    from vzor.zoo.index import table

    vgg = {line.path: line.field for line in measure(table("vgg16")).lines}
    assert vgg["pool5"] is not None and vgg["pool5"].size == (212, 212) and vgg["pool5"].stride == (32, 32)
    resnet = {line.path: line.field for line in measure(table("resnet50_v1")).lines}
    assert resnet["layer4"] is not None and resnet["layer4"].size == (483, 483)


@pytest.mark.parametrize("name", ["seresnet50", "efficientnet_b0", "mobilenet_v3_small", "regnet_y_400mf"])
def test_behind_a_gate_the_whole_input_is_seen_and_that_is_said_of_the_network(name: str) -> None:
    """Not what the last row in front of the first gate sees, which is a few cells."""
    from vzor.zoo.index import table

    field = measure(table(name)).field
    assert field is not None and field.whole and field.size == (224, 224) and field.stride == (32, 32)
    plain = measure(table("resnet50")).field
    assert plain is not None and not plain.whole and plain.size == (427, 427)
