"""An ejected file stands alone, takes the same weights, and gives the same output."""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from vzor.nn.build import build
from vzor.nn.eject import eject
from vzor.spec.errors import TableError
from vzor.spec.rows import (
    LRN,
    RBF,
    Act,
    Add,
    Attention,
    Cat,
    Concat,
    Conv,
    ConvT,
    Drop,
    DropPath,
    Each,
    Fc,
    Flatten,
    From,
    Gain,
    Gap,
    Id,
    Input,
    L2Norm,
    LayerNorm,
    Local,
    Loss,
    Mul,
    Norm,
    Out,
    Pad,
    Pool,
    Power,
    Product,
    Reorg,
    Row,
    Scale,
    Seq,
    Shape,
    Shift,
    Side,
    Slice,
    Split,
    Sum,
    Take,
    Up,
)
from vzor.spec.trace import trace
from vzor.zoo import index

RUFF = shutil.which("ruff") or shutil.which("ruff", path=str(Path(sys.executable).parent))
BN = Norm()


@dataclass(frozen=True)
class Inception(Row):
    """Four branches side by side."""

    a: int
    b: int

    def expand(self, *xs: Shape) -> Cat:
        return Cat(
            branch1=Conv(self.a, 1, bn=BN),
            branch2=Seq(Conv(self.a, 1, bn=BN), Conv(self.b, 3, bn=BN)),
            branch3=Seq(Pool("max", 3, 1, 1), Conv(self.a, 1, bn=BN)),
        )


@dataclass(frozen=True)
class Squeeze(Row):
    def expand(self, *xs: Shape) -> Mul:
        return Mul(x=Id(), gate=Seq(pool=Gap(), fc1=Conv(xs[0][0] // 2, 1), fc2=Conv(xs[0][0], 1, act="sigmoid")))


@dataclass(frozen=True)
class Residual(Row):
    out: int
    s: int = 1

    def expand(self, *xs: Shape) -> Seq:
        same = self.s == 1 and xs[0][0] == self.out
        main = Seq(conv1=Conv(self.out, 3, self.s, bn=BN), conv2=Conv(self.out, bn=BN, act=None), se=Squeeze())
        return Seq(sum=Add(main=main, skip=Id() if same else Conv(self.out, 1, self.s, act=None)), relu=Act())


@dataclass(frozen=True)
class TwoIn(Row):
    """A cell with two inputs, as NASNet's."""

    out: int

    def expand(self, *xs: Shape) -> Seq:
        return Seq(
            a=From("in0", Conv(self.out, 1)),
            b=From("in1", Conv(self.out, 3)),
            sum=From(("a", "b"), Sum()),
            cat=From(("sum", "in1"), Concat()),
        )


@dataclass(frozen=True)
class Deep(Row):
    """Blocks inside blocks."""

    out: int

    def expand(self, *xs: Shape) -> Seq:
        return Seq(Residual(self.out, 2), Residual(self.out), Inception(self.out, 2 * self.out))


TABLES: dict[str, Row] = {
    "chain": Seq(Input(3, 8, 8), Conv(4), Pool(), Act("tanh"), Fc(5)),
    "all_acts": Seq(
        input=Input(2, 6, 6),
        **{
            f"c{i}": Conv(3, 3, act=act)
            for i, act in enumerate(
                (
                    *("relu", "relu6", "leaky", "leaky:0.2", "elu", "elu:0.5", "sigmoid", "tanh", "stanh", "abstanh"),
                    *("softmax", "silu", "gelu", "hswish", "hsigmoid", None),
                )
            )
        },
        soft=Act("softmax"),
        leaky=Act("leaky", 0.3),
        fc=Fc(4, "leaky:0.1", drop=0.3),
    ),
    "convs": Seq(
        input=Input(4, 11, 13),
        a=Conv(6, (3, 5), (1, 2), (1, 0), bn=BN),
        b=Conv(6, 3, 2, "same", bn=Norm(1e-3, 0.01)),
        c=Conv(6, 4, 1, ((1, 2), (2, 1)), g=2, bias=False),
        d=Conv(dw=2, k=3, d=2, bn=Norm(gamma=False)),
        e=Conv(6, 3, bn=Norm(beta=False), bias=True, act=None),
        f=Conv(4, 3, bn=Norm(gamma=False, beta=False)),
        g=Conv(4, 3, 2, "same", d=2, act="silu"),
        h=ConvT(3, 3, 2, 1, 1, bn=BN),
        i=ConvT(4, 2, g=1, bias=False, act=None),
        j=Conv(3, 3, p=1, connect=((0, 1), (2,), (1, 2, 3))),
        k=Conv(2, 2, p="same", connect=((0,), (1, 2))),
    ),
    "pools": Seq(
        input=Input(2, 17, 19),
        a=Pool("max", 3, 2, 1, ceil=True),
        b=Pool("avg", 3, 1, 1, count_pad=False),
        c=Pool("avg", 2, 1, ((0, 1), (1, 0)), count_pad=False),
        d=Pool("avg", 3, 2, "same", count_pad=False),
        e=Pool("avg", 3, 1, "same"),
        f=Pool("max", (2, 3), 1, "same"),
        g=Pool("max", 2, 1, ((1, 0), (0, 1))),
        h=Gap(2, "max"),
        i=Gap((2, 1)),
    ),
    "norms": Seq(
        input=Input(4, 5, 5),
        bn=Norm(),
        plain=Norm(gamma=False),
        lrn=LRN(3, 0.1),
        l2=L2Norm(10.0),
        ln=LayerNorm(),
        ln6=LayerNorm(1e-6),
        gain=Gain(bias=True),
        layer=Gain(init=0.1),
        drop=Drop(0.2),
        maps=Drop(0.2, maps=True),
        path=DropPath(0.3),
        flat=Flatten(),
        fc=Fc(6, bias=False),
        bn1=Norm(),
        ln1=LayerNorm(),
        rbf=RBF(3, seed=2),
    ),
    "paths": Seq(
        input=Input(3, 5, 5),
        alone=Seq(path=DropPath(0.3), act=Act()),
        numbered=Seq(DropPath(0.2), DropPath(0.4)),
        both=Add(a=Seq(Conv(3), DropPath(0.5)), b=DropPath(0.1)),
        fc=Fc(2),
    ),
    "moves": Seq(
        input=Input(4, 6, 6),
        take=Take((3, 0, 2, 2)),
        scale=Scale(-0.5),
        shift=Shift(-1.5),
        power=Power(2),
        up=Up(),
        linear=Up((1, 2), "linear"),
        reorg=Reorg(),
        slice=Slice(1, (4, 12)),
        pad=Pad(((1, 2), (-1, 0)), channels=15),
        zero=Pad(1),
        conv=Conv(8, 1, act=None),
        attend=Attention(2, 1),
        loss=Loss(),
    ),
    "split": Seq(
        input=Input(4, 6, 6), parts=Split((1, 3)), each=Concat(), again=Split(2), heads=Each(Conv(3)), cat=Concat()
    ),
    "each": Seq(
        input=Input(3, 8, 8),
        a=Conv(4, 3, 2),
        b=Conv(4, 3, 2),
        head=From(("a", "b"), Each(Seq(tower=Conv(4), cls=Conv(2, act=None), act=Act("sigmoid")))),
        out=Out(small="a", large="b"),
    ),
    "unet": Seq(
        input=Input(1, 16, 16),
        enc1=Conv(4, bn=BN),
        pool1=Pool(),
        enc2=Conv(8, bn=BN),
        pool2=Pool(),
        mid=Conv(8, bn=BN),
        up2=ConvT(8),
        cat2=From(("up2", "enc2"), Concat()),
        dec2=Conv(8),
        up1=Up(),
        cat1=From(("enc1", "up1"), Concat()),
        out=Conv(2, 1, act=None),
    ),
    "inward": Seq(
        input=Input(3, 16, 16),
        features=Seq(conv1=Conv(4), pool1=Pool(), block=Seq(Conv(4), Conv(4)), pool2=Pool()),
        up=Up(),
        cat=From(("prev", "features.block.0", "features.pool1"), Concat()),
        gate=From(("cat", "features.block"), Cat(a=From("features.conv1", Pool()), b=From("up", Conv(2)))),
        fc=Fc(3),
    ),
    "outward": Seq(
        input=Input(3, 8, 8),
        a=Conv(4),
        stage=Seq(b=Conv(4), c=From(("b", "a", "in0"), Product()), d=Conv(4)),
        e=From(("stage", "stage.b"), Sum()),
    ),
    "blocks": Seq(
        Input(3, 16, 16), Inception(4, 8), Inception(2, 6), Residual(8), Residual(8), Residual(4, 2), Deep(4), Fc(3)
    ),
    "cells": Seq(
        input=Input(3, 8, 8),
        a=Conv(4),
        b=Conv(4),
        cell1=From(("a", "b"), TwoIn(3)),
        cell2=From(("cell1", "b"), TwoIn(5)),
        cell3=From(("cell2", "cell1"), TwoIn(5)),
        fc=Fc(2),
    ),
    "stages": Seq(
        input=Input(3, 16, 16),
        s1=Seq(conv=Conv(4), gain=Gain(bias=True), act=Act("stanh")),
        s2=Seq(conv=Conv(6), gain=Gain(bias=True), act=Act("stanh")),
        par=Add(a=Conv(4, 1), b=Seq(Conv(4), Norm(), Act()), c=Mul(u=Conv(4), v=Conv(4, 1))),
        none=Seq(),
        same=Id(),
    ),
    "sides": Seq(
        input=Input(3, 8, 8),
        a=Conv(4),
        aux=Side("aux1", Seq(pool=Gap(), fc=Fc(2), loss=Loss(0.3))),
        stage=Seq(b=Conv(4), side=Side("aux-2", Fc(2)), c=Conv(4)),
        fc=Fc(2),
    ),
    "keywords": Seq(Input(3, 8, 8), **{"in": Conv(2), "lambda": Conv(2), "x": Conv(2), "F": Conv(2), "3d": Fc(2)}),
    "signal": Seq(Input(2, 20), Conv(4, 3, bn=BN), Pool(), ConvT(4, bn=BN), Up(2, "linear"), Gap(), Fc(3)),
    "volume": Seq(Input(1, 6, 6, 6), Conv(2, 3, bn=BN), Pool("avg", 2, 1, "same"), Up(), Conv(2), Gap(), Fc(3)),
    "vector": Seq(Input(6), Fc(4, "relu"), Norm(), Drop(), Fc(2)),
    "local": Seq(input=Input(2, 6, 6), a=Local(3, 3, act="leaky"), b=Local(2, 2, 2, 0, bias=False, act=None)),
}


def run(source: str, name: str) -> type[nn.Module]:
    place: dict[str, type[nn.Module]] = {}
    exec(compile(source, name, "exec"), place)
    return list(place.values())[-1]


def randomise(net: nn.Module) -> None:
    torch.manual_seed(1)
    for name, value in net.state_dict().items():
        if value.is_floating_point() and "codes" not in name:
            value.copy_(torch.rand_like(value) + 0.5 if "running_var" in name else torch.randn_like(value) * 0.3)


def outputs(out: Tensor | dict[str, Tensor] | tuple[Tensor, ...]) -> dict[str, Tensor]:
    if isinstance(out, Tensor):
        return {"out": out}
    return out if isinstance(out, dict) else {str(i): y for i, y in enumerate(out)}


def same_outputs(table: Row, name: str, source: str, x: Tensor) -> None:
    net = build(table, seed=0)
    twin = run(source, name)()
    randomise(net)
    twin.load_state_dict(net.state_dict(), strict=True)
    for training in (False, True):
        net.train(training)
        twin.train(training)
        with torch.no_grad():
            torch.manual_seed(3)
            ours = outputs(net(x))
            torch.manual_seed(3)
            theirs = outputs(twin(x))
        assert list(ours) == list(theirs)
        for key, value in ours.items():
            torch.testing.assert_close(value, theirs[key], rtol=0, atol=0, equal_nan=True)


@pytest.fixture(autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.mark.parametrize("name", TABLES)
def test_same_keys_and_same_output_bit_for_bit(name):
    table = TABLES[name]
    source = eject(table, name)
    assert "vzor" not in source
    size = trace(table).ops[0].out
    torch.manual_seed(0)
    same_outputs(table, name, source, torch.rand(2, *size))


@pytest.mark.parametrize("name", index.networks())
def test_every_network_of_the_zoo(name):
    table = index.table(name, classes=10)
    with torch.device("meta"):
        ours = {key: value.shape for key, value in build(table).state_dict().items()}
        twin = run(eject(table, name), name)()
    assert {key: value.shape for key, value in twin.state_dict().items()} == ours


@pytest.mark.parametrize(
    "name",
    ["lenet5", "lenet5_1998", "lenet5_sigmoid", "resnet18", "resnet50_v1", "convnext_tiny", "tf_efficientnet_b0"],
)
def test_networks_of_the_zoo_give_the_same_output(name):
    table = index.table(name, classes=10)
    size = trace(table).ops[0].out
    size = size if size[-1] < 100 else (size[0], 40, 40)
    torch.manual_seed(0)
    same_outputs(table, name, eject(table, name), torch.rand(2, *size))


@pytest.mark.skipif(RUFF is None, reason="ruff is not installed")
def test_the_text_is_formatted_and_clean(tmp_path):
    for name, table in TABLES.items():
        (tmp_path / f"{name}.py").write_text(eject(table, name), encoding="utf-8")
    for name in index.networks():
        (tmp_path / f"zoo_{name}.py").write_text(eject(index.table(name), name), encoding="utf-8")
    common = ["--isolated", "--no-cache", "--line-length", "110", "--target-version", "py311", str(tmp_path)]
    rules = ["--select", "E,F,I,UP,B,SIM,RUF", "--ignore", "RUF001,RUF002,RUF003"]
    for command in (["check", *rules], ["format", "--diff"]):
        done = subprocess.run([RUFF, *command, *common], capture_output=True, text=True, encoding="utf-8")
        assert done.returncode == 0, done.stdout + done.stderr


def test_vgg16_reads_as_written_by_hand():
    source = eject(index.table("vgg16"), "vgg16")
    assert "x = self.conv3_1(x)  # 256×56×56" in source
    assert len(source.splitlines()) < 65
    assert source.count("class ") == 2


def test_equal_blocks_become_one_class_with_arguments():
    source = eject(index.table("resnet152"), "resnet152")
    assert source.count("class ") == 4  # convolution, two forms of the block, the network
    assert "*[Bottleneck(256) for _ in range(35)]" in source
    assert "4 * width" in source
    assert len(source.splitlines()) < 80


def test_blocks_that_differ_in_stochastic_depth_alone_are_one_class():
    source = eject(index.table("convnext_tiny"), "convnext_tiny")
    assert source.count("class Block") == 2  # the first block has none
    assert "BlockPath(768, p=0.1)" in source


def test_another_input_size_changes_the_first_fully_connected_row():
    table = Seq(input=Input(3, 8, 8), conv=Conv(2), fc=Fc(3))
    assert "nn.Linear(2 * 16" not in eject(table, "net", (3, 4, 4))
    assert "nn.Linear(32, 3)" in eject(table, "net", (3, 4, 4))


def test_a_row_with_a_module_of_its_own_is_refused():
    @dataclass(frozen=True)
    class Mine(Row):
        def module(self, *xs: Shape) -> nn.Module:
            return nn.Identity()

    with pytest.raises(TableError, match=r"'mine'.*without it"):
        eject(Seq(input=Input(3, 8, 8), mine=Mine()), "net")


def test_fixed_weights_stay_those_of_the_table() -> None:
    table = Seq(input=Input(3, 4, 4), a=Conv(1, 1, bias=False, act=None, fixed=(0.0, 1.0, 2.0)), fc=Fc(2))
    scope: dict[str, object] = {}
    exec(eject(table, "bins"), scope)
    made = scope["Bins"]()  # type: ignore[operator]
    assert made.state_dict()["a.conv.weight"].flatten().tolist() == [0, 1, 2]
    assert [name for name, p in made.named_parameters() if not p.requires_grad] == ["a.conv.weight"]
