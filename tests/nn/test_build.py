"""What the builder makes of names, branches, sides, several outputs and taps."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
import torch
from torch import Tensor, nn

from vzor.nn.build import build
from vzor.spec.errors import TableError
from vzor.spec.row import Row, Shape
from vzor.spec.rows import (
    Act,
    Add,
    Attention,
    Cat,
    Concat,
    Conv,
    Each,
    Fc,
    From,
    Gap,
    Id,
    Input,
    Loss,
    Mul,
    Norm,
    Out,
    Pool,
    Reorg,
    Scale,
    Seq,
    Shift,
    Side,
    Split,
    Sum,
    Take,
)

X = torch.randn(2, 3, 8, 8, generator=torch.Generator().manual_seed(3))


def test_from_reads_the_place_it_names() -> None:
    """x·2, then x·2 + 1, then both and their sum, from names near, outside and inside."""
    table = Seq(
        input=Input(3, 8, 8),
        twice=Scale(2.0),
        inner=Seq(plus=Shift(1.0), deep=Scale(0.0)),
        both=From(("twice", "inner.plus", "prev"), Concat()),
    )
    out = build(table)(X)
    assert torch.equal(out, torch.cat([2 * X, 2 * X + 1, 0 * X], 1))


def test_a_block_reads_its_inputs_by_number() -> None:
    @dataclass(frozen=True)
    class Swap(Row):
        def expand(self, *xs: Shape) -> Row:
            return Seq(first=From("in1", Scale(10.0)), sum=From(("in0", "first"), Concat()))

    table = Seq(input=Input(3, 8, 8), a=Shift(1.0), b=Shift(1.0), swap=From(("a", "b"), Swap()))
    assert torch.equal(build(table)(X), torch.cat([X + 1, 10 * (X + 1 + 1)], 1))


def test_joins_split_and_broadcast() -> None:
    table = Seq(
        input=Input(3, 8, 8),
        parts=Split((1, 2)),
        joined=Concat(),
        order=Take((2, 1, 0)),
        twice=Add(a=Id(), b=Id()),
        gate=Mul(map=Id(), weight=Gap()),
        cat=Cat(a=Id(), b=Scale(-1.0)),
    )
    flipped = 2 * X.flip(1)
    gated = flipped * flipped.mean((2, 3), keepdim=True)
    torch.testing.assert_close(build(table)(X), torch.cat([gated, -gated], 1))


def test_sides_run_in_training_only_and_pass_on_what_arrives() -> None:
    table = Seq(
        input=Input(3, 8, 8),
        a=Shift(1.0),
        side=Side("aux1", Seq(gap=Gap(), fc=Fc(5), loss=Loss(0.3))),
        b=Scale(2.0),
    )
    network = build(table)
    trained = network.train()(X)
    assert set(trained) == {"out", "aux1"} and trained["aux1"].shape == (2, 5)
    assert torch.equal(trained["out"], 2 * (X + 1))
    assert torch.equal(network.eval()(X), 2 * (X + 1))
    assert network.loss_weights == {"aux1": 0.3}


def test_one_head_over_levels_shares_its_weights() -> None:
    table = Seq(
        input=Input(3, 8, 8),
        fine=Conv(4, act=None),
        coarse=Pool("avg"),
        head=From(("fine", "coarse"), Each(Conv(2, 1, act=None))),
        out=Out(levels="head", fine="fine"),
    )
    network = build(table, seed=1)
    assert len([p for n, p in network.named_parameters() if n.startswith("head")]) == 2
    out = network(X)
    assert [y.shape[-1] for y in out["levels"]] == [8, 4] and out["fine"].shape == (2, 4, 8, 8)


def test_out_names_every_output() -> None:
    table = Seq(input=Input(3, 8, 8), a=Scale(2.0), b=Scale(3.0), out=Out(six="b", two="a"))
    out = build(table)(X)
    assert list(out) == ["six", "two"]
    assert torch.equal(out["six"], 6 * X) and torch.equal(out["two"], 2 * X)


def test_a_nonlinearity_never_overwrites_what_others_read() -> None:
    """In place is allowed after an addition, but not where a tap or a From still reads the sum."""
    table = Seq(input=Input(3, 8, 8), sum=Add(a=Id(), b=Shift(-0.5)), relu=Act(), late=From(("sum", "relu"), Sum()))
    before = X.clone()
    expected = X + (X - 0.5)
    assert torch.equal(build(table)(X), expected + expected.relu())
    assert torch.equal(X, before)
    tapped = build(Seq(input=Input(3, 8, 8), sum=Add(a=Id(), b=Id()), relu=Act()), taps=("sum",))(X)
    assert torch.equal(tapped["sum"], 2 * X)
    alone = build(Seq(input=Input(3, 8, 8), sum=Add(a=Id()), relu=Act()))(X)
    assert torch.equal(alone, X.relu()) and torch.equal(X, before)


def test_taps_give_rows_in_the_order_asked_for() -> None:
    table = Seq(input=Input(3, 8, 8), a=Shift(1.0), b=Seq(c=Shift(1.0), d=Shift(1.0)))
    out = build(table, taps=("b.c", "a"))(X)
    assert list(out) == ["b.c", "a"] and torch.equal(out["b.c"], X + 1 + 1)
    with pytest.raises(TableError, match=r"Did you mean 'b.c'"):
        build(table, taps=("b.cc",))


def test_reorg_and_attention_against_their_formulas() -> None:
    moved = build(Seq(input=Input(3, 8, 8), r=Reorg(2)))(X)
    assert torch.equal(moved, nn.functional.pixel_unshuffle(X, 2).view(2, 3, 4, 4, 4).transpose(1, 2).flatten(1, 2))

    heads, key, value = 2, 3, 5
    x = torch.randn(2, heads * (2 * key + value), 2, 3, dtype=torch.double)
    out = build(Seq(input=Input(*x.shape[1:]), a=Attention(heads, key))).double()(x)
    for h in range(heads):
        part = x[:, h * 11 : (h + 1) * 11].flatten(2)
        q, k, v = part[:, :key], part[:, key : 2 * key], part[:, 2 * key :]
        weights = torch.softmax(q.transpose(1, 2) @ k / key**0.5, -1)  # (batch, to, from)
        torch.testing.assert_close(out[:, h * value : (h + 1) * value].flatten(2), v @ weights.transpose(1, 2))


@pytest.mark.parametrize("name", ["type", "train", "forward", "float"])
def test_names_that_torch_uses_are_refused(name: str) -> None:
    with pytest.raises(TableError, match=f"cannot be called '{name}'"):
        build(Seq(Input(3, 8, 8), **{name: Conv(4)}))


def test_a_users_own_row_brings_its_module() -> None:
    @dataclass(frozen=True)
    class Negate(Row):
        def module(self, *xs: Shape) -> nn.Module:
            class Minus(nn.Module):
                def forward(self, x: Tensor) -> Tensor:
                    return -x

            return Minus()

    assert torch.equal(build(Seq(Input(3, 8, 8), minus=Negate()))(X), -X)

    @dataclass(frozen=True)
    class Empty(Row):
        pass

    with pytest.raises(TableError, match="Empty has no module"):
        build(Seq(Input(3, 8, 8), e=Empty()))


def test_the_seed_decides_the_weights_and_leaves_torchs_generator_alone() -> None:
    table = Seq(input=Input(3, 8, 8), a=Conv(16, bn=Norm()), fc=Fc(10))
    state = torch.get_rng_state()
    one, two, other = (build(table, seed=s).state_dict() for s in (5, 5, 6))
    assert torch.equal(torch.get_rng_state(), state)
    assert all(torch.equal(one[k], two[k]) for k in one)
    assert not torch.equal(one["a.conv.weight"], other["a.conv.weight"])


def test_initial_scale_follows_what_comes_after() -> None:
    """He et al. 2015 before ReLU: variance 2 / fan; Glorot and Bengio 2010 before tanh: 2 / (in + out)."""
    table = Seq(
        input=Input(64, 8, 8),
        he=Conv(128, 3, bn=Norm()),
        glorot=Conv(64, 3, act="tanh"),
        fc=Fc(500, "relu"),
        out=Fc(10),
    )
    network = build(table, seed=0)
    std = {name: float(p.detach().std()) for name, p in network.named_parameters() if name.endswith("weight")}
    assert std["he.conv.weight"] == pytest.approx((2 / (128 * 9)) ** 0.5, rel=0.02)
    assert std["glorot.conv.weight"] == pytest.approx((2 / (9 * (128 + 64))) ** 0.5, rel=0.02)
    assert std["fc.weight"] == pytest.approx((2 / (64 * 64)) ** 0.5, rel=0.02)
    assert not any(p.any() for name, p in network.named_parameters() if name in ("fc.bias", "glorot.conv.bias"))


def test_other_input_sizes_and_ranks_build() -> None:
    volume = build(Seq(input=Input(1, 6, 8, 8), a=Conv(4, bn=Norm()), p=Pool(), g=Gap(), fc=Fc(3)))
    assert volume(torch.randn(2, 1, 6, 8, 8)).shape == (2, 3)
    signal = build(Seq(input=Input(2, 20), a=Conv(4, 5, 2), g=Gap(), fc=Fc(3)))
    assert signal(torch.randn(2, 2, 20)).shape == (2, 3)
    anywhere = build(Seq(input=Input(3, 8, 8), a=Conv(4, 3, 2, "same")))
    assert anywhere(torch.randn(1, 3, 15, 9)).shape == (1, 4, 8, 5)


def test_what_only_a_block_reads_is_let_go_when_it_is_done() -> None:
    table = Seq(
        input=Input(3, 8, 8),
        block=Seq(a=Scale(2.0), b=Shift(1.0), c=From(("a", "prev", "in0"), Sum())),
        after=From(("block.b", "block"), Sum()),
    )
    network = build(table)
    memo: dict[str, tuple[Tensor, ...]] = {}
    network._modules["block"](X, memo=memo)  # type: ignore[misc]
    assert set(memo) == {"block.b"}  # read from outside; a and in0 are gone
    torch.testing.assert_close(network(X), (2 * X + 1) + (2 * X + 2 * X + 1 + X))


def test_widen_scales_the_padding_of_option_a_shortcuts() -> None:
    from vzor.spec.edit import widen
    from vzor.zoo.index import table

    wide = build(widen(table("resnet18_a", classes=10), 0.5), (3, 32, 32)).eval()
    assert wide(torch.randn(1, 3, 32, 32)).shape == (1, 10)
    assert wide.get_submodule("layer4.1.conv2.conv").weight.shape == (256, 256, 3, 3)
