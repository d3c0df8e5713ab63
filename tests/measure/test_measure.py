"""Totals and memory against known answers and against what torch holds."""

from __future__ import annotations

import pytest
import torch

from vzor.measure import measure
from vzor.nn.build import build
from vzor.spec.edit import with_input
from vzor.spec.row import Row
from vzor.spec.rows import (
    ACTIVATIONS,
    Act,
    Add,
    Cat,
    Concat,
    Conv,
    DropPath,
    Each,
    Fc,
    From,
    Gain,
    Gap,
    Id,
    Input,
    LayerNorm,
    Loss,
    Norm,
    Pool,
    Seq,
    Side,
    Sum,
)
from vzor.zoo.index import table


def saved_bytes(table: Row) -> int:
    """Bytes that torch keeps for the backward pass of one sample, each storage once, weights left out."""
    network = build(table, seed=0).train()
    weights = {p.untyped_storage().data_ptr() for p in [*network.parameters(), *network.buffers()]}
    held: dict[int, int] = {}

    def pack(x: torch.Tensor) -> torch.Tensor:
        storage = x.untyped_storage()
        if storage.data_ptr() not in weights:
            held[storage.data_ptr()] = storage.nbytes()
        return x

    x = torch.randn(1, *network.opened.ops[0].out)
    with torch.autograd.graph.saved_tensors_hooks(pack, lambda y: y):
        out = network(x)
    # What is counted as activations is everything made from the input: the output itself belongs to it too.
    held[x.untyped_storage().data_ptr()] = x.untyped_storage().nbytes()
    held[out.untyped_storage().data_ptr()] = out.untyped_storage().nbytes()
    return sum(held.values())


def test_training_memory_is_what_torch_keeps_for_a_plain_network() -> None:
    table = Seq(
        input=Input(3, 32, 32),
        a=Conv(8),
        p=Pool(),
        b=Conv(16),
        c=Conv(16),
        q=Pool(),
        fc1=Fc(20, "relu"),
        fc2=Fc(10),
    )
    assert measure(table).memory_training == saved_bytes(table)


def test_training_memory_is_what_torch_keeps_for_a_residual_network() -> None:
    table = Seq(
        input=Input(3, 32, 32),
        a=Conv(16, bn=Norm()),
        r=Add(x=Seq(Conv(16, bn=Norm()), Conv(16, bn=Norm(), act=None)), y=Id()),
        relu=Act(),
        gap=Gap(),
        fc=Fc(10),
    )
    assert measure(table).memory_training == saved_bytes(table)


@pytest.mark.parametrize("drop", [0.0, 0.2])
def test_training_memory_is_what_torch_keeps_for_a_network_with_layer_normalisation(drop: float) -> None:
    """The block of ConvNeXt: layer normalisation, GELU, a learnt gain and stochastic depth."""
    block = Seq(
        depthwise=Conv(dw=1, k=7, act=None),
        norm=LayerNorm(1e-6),
        expand=Conv(32, 1, act="gelu"),
        project=Conv(8, 1, act=None),
        gain=Gain(init=1e-6),
        path=DropPath(drop),
        sum=From(("path", "stem"), Sum()),
    )
    table = Seq(
        input=Input(3, 32, 32), stem=Conv(8, 4, 4, 0, act=None), block=block, gap=Gap(), ln=LayerNorm(), fc=Fc(5)
    )
    assert measure(table).memory_training == saved_bytes(table)


@pytest.mark.parametrize(
    ("name", "size"),
    [
        # GELU, SiLU, hard swish, ReLU, ReLU6 and leaky ReLU; gates, sums, dropout, stochastic depth, LRN
        *(("convnext_tiny", 64), ("efficientnet_b0", 64), ("mobilenet_v3_small", 64), ("regnet_y_400mf", 64)),
        *(("mobilenetv1_100", 64), ("darknet19", 64), ("alexnet_2012", 96)),
        # padded as TensorFlow pads
        *(("tf_efficientnet_b0", 64), ("mobilenet_keras", 64), ("xception_keras", 96), ("inception_v3_keras", 128)),
    ],
)
def test_training_memory_is_what_torch_keeps_for_whole_networks(name: str, size: int) -> None:
    made = with_input(table(name), (3, size, size))
    assert measure(made).memory_training == saved_bytes(made)


@pytest.mark.parametrize("act", ACTIVATIONS)
def test_a_nonlinearity_holds_its_input_its_output_or_a_copy(act: str) -> None:
    """Inside a row it overwrites what it can; behind a normalisation too; behind a row of another kind it does not."""
    for rows in (
        {"a": Conv(4, act=act)},
        {"a": Conv(4, bn=Norm(), act=act)},
        {"a": Norm(), "b": Act(act)},
        {"a": Conv(4, act=None), "b": Act(act)},
        {"a": Fc(7, act)},
        {"a": Fc(7, act, drop=0.5)},
    ):
        made = Seq(input=Input(3, 8, 8), first=Conv(3), **rows, last=Fc(5))
        assert measure(made).memory_training == saved_bytes(made), rows


@pytest.mark.parametrize(
    ("row", "copy", "more"),
    [
        (Conv(4, 3, 2, "same"), 3 * 9 * 9, 0),  # one cell of padding, after
        (Conv(4, 3, 1, ((1, 2), (1, 2))), 3 * 11 * 11, 0),
        (Conv(2, 3, connect=((0,), (1, 2))), 3 * 10 * 10, 0),
        (Conv(4, 2, 2, "same"), 0, 0),  # nothing to pad
        (Conv(4, 3, 2, 1), 0, 0),  # torch pads by itself
        (Pool("max", 3, 2, "same"), 3 * 9 * 9, 2 * 3 * 4 * 4),  # and the places of the maxima
        (Pool("max", 3, 3, 2), 3 * 12 * 12, 2 * 3 * 4 * 4),  # more than half the kernel
        (Pool("max", 3, 2, 1), 0, 2 * 3 * 4 * 4),
        (Pool("avg", 3, 2, "same"), 3 * 9 * 9, 0),
        (Pool("avg", 3, 2, "same", count_pad=False), 3 * 9 * 9, 4 * 4),  # and every window's share
        (Gap(1, "max"), 0, 2 * 3),
    ],
)
def test_a_padded_copy_is_held_instead_of_the_input(row: Row, copy: int, more: int) -> None:
    saved = row.saves((3, 8, 8))
    assert (saved.input, saved.between) == (not copy, copy + more)
    made = Seq(input=Input(3, 8, 8), first=Conv(3, act=None), row=row, last=Fc(5))
    dense = 2 * 3 * 9 if getattr(row, "connect", None) else 0  # weights made anew are no activations
    assert measure(made).memory_training == saved_bytes(made) - 4 * dense


def test_inference_memory_is_the_widest_moment() -> None:
    """Lecture 001: only two layers need to be held at a time, unless something earlier is still to be read."""
    chain = Seq(input=Input(1, 10, 10), a=Conv(4), b=Conv(2), c=Conv(1))
    assert measure(chain).memory_inference == 4 * (400 + 200)
    skip = Seq(input=Input(1, 10, 10), a=Conv(4), b=Conv(2), c=Conv(1), d=From(("a", "c"), Concat()))
    assert measure(skip).memory_inference == 4 * (400 + 100 + 500)


def test_totals_are_sums_of_leaf_lines_and_blocks_are_sums_of_their_rows() -> None:
    table = Seq(
        input=Input(3, 16, 16),
        a=Conv(8, bn=Norm()),
        s=Side("aux1", Seq(g=Gap(), f=Fc(5), l=Loss(0.3))),
        b=Cat(x=Conv(4, 1), y=Seq(Conv(3, 1), Conv(4, 3))),
        heads=From(("a", "b"), Each(Conv(8, 1))),
        sum=Concat(),
        fc=Fc(5),
    )
    sheet = measure(table)
    leaves = [line for line in sheet.lines if line.leaf]
    assert sheet.parameters == sum(line.params for line in leaves if not line.side)
    assert sheet.aux == 8 * 5 + 5
    assert sheet.macs == sum(line.macs for line in leaves if not line.side)
    lines = {line.path: line for line in sheet.lines}
    assert lines["b"].params == lines["b.x"].params + lines["b.y"].params == 36 + 27 + 112
    # one head on two inputs: its weights once, its work twice
    assert lines["heads"].params == 8 * 8 + 8 and lines["heads"].macs == 2 * 64 * 256
    assert sheet.buffers == 16 and sheet.keras_total == sheet.parameters + 16
    assert sheet.flops == 2 * sheet.macs
    built = build(table)
    assert sheet.parameters + sheet.aux == sum(p.numel() for p in built.parameters())


def test_longest_path_counts_rows_and_joins() -> None:
    table = Seq(input=Input(3, 8, 8), a=Conv(3), b=Add(x=Seq(Conv(3), Conv(3)), y=Id()), c=Act())
    assert measure(table).longest_path == 5  # a, two convolutions, the addition, the nonlinearity
