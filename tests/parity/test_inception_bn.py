"""Inception-BN and SE-Inception, which no installed peer has, against plain torch written from the papers' tables."""

from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vzor.spec.rows import Input, Seq
from vzor.weights.keys import find
from vzor.zoo.inception_bn import inception_bn
from vzor.zoo.inception_resnet import Block
from vzor.zoo.se_inception import SEBlock, se_bninception

from .helpers import TOLERANCE, assert_same, assert_same_step, difference, give, picture, random_network

SIZES = [(64, 64), (75, 101)]
#: Figure 5 (arXiv:1502.03167), row by row as printed: #1×1, #3×3 reduce, #3×3, double reduce, double, pool + proj.
FIGURE_5 = """
3a  64  64  64  64  96 avg + 32
3b  64  64  96  64  96 avg + 64
3c   0 128 160  64  96 max + pass through
4a 224  64  96  96 128 avg + 128
4b 192  96 128  96 128 avg + 128
4c 160 128 160 128 160 avg + 128
4d  96 128 192 160 192 avg + 128
4e   0 128 192 192 256 max + pass through
5a 352 192 320 160 224 avg + 128
5b 352 192 320 192 224 max + 128
"""


class Peer(nn.Module):
    """Every convolution and normalisation under its name in the published weights, and the order of calling them."""

    def __init__(self, classes: int = 7, bias: bool = True, separable: bool = False) -> None:
        super().__init__()
        self.bias, self.width = bias, 3
        if separable:
            self.depthwise = nn.Conv2d(3, 24, 7, 2, 3, groups=3, bias=False)
            self.pointwise = nn.Conv2d(24, 64, 1, bias=False)
            self.pointwise_bn = nn.BatchNorm2d(64)
        else:
            self.row("conv1_7x7_s2", 3, 64, 7, 2)
        self.row("conv2_3x3_reduce", 64, 64)
        self.row("conv2_3x3", 64, 192, 3)
        self.width, self.rows = 192, [line.split() for line in FIGURE_5.strip().splitlines()]
        for name, *widths, _, proj in ([*row[:7], row[-1]] for row in self.rows):
            n1, r3, n3, rd, nd = map(int, widths)
            at, s = f"inception_{name}_", 1 if n1 else 2
            if n1:
                self.row(f"{at}1x1", self.width, n1)
                self.row(f"{at}pool_proj", self.width, int(proj))
            self.row(f"{at}3x3_reduce", self.width, r3)
            self.row(f"{at}3x3", r3, n3, 3, s)
            self.row(f"{at}double_3x3_reduce", self.width, rd)
            self.row(f"{at}double_3x3_1", rd, nd, 3)
            self.row(f"{at}double_3x3_2", nd, nd, 3, s)
            self.width = n1 + n3 + nd + (int(proj) if n1 else self.width)
        self.last_linear = nn.Linear(self.width, classes)

    def row(self, name: str, arrives: int, leaves: int, k: int = 1, s: int = 1) -> None:
        self.add_module(name, nn.Conv2d(arrives, leaves, k, s, k // 2, bias=self.bias))
        self.add_module(f"{name}_bn", nn.BatchNorm2d(leaves))

    def call(self, name: str, x: Tensor) -> Tensor:
        return self.get_submodule(f"{name}_bn")(self.get_submodule(name)(x)).relu()

    def module(self, name: str, op: str, x: Tensor) -> Tensor:
        at = f"inception_{name}_"
        y3 = self.call(f"{at}3x3", self.call(f"{at}3x3_reduce", x))
        yd = self.call(f"{at}double_3x3_1", self.call(f"{at}double_3x3_reduce", x))
        yd = self.call(f"{at}double_3x3_2", yd)
        if not hasattr(self, f"{at}1x1"):
            # Where sizes are even, over the edge as published; where they are odd, the published network cannot run.
            height, width = x.shape[2:]
            x = F.pad(x, (width % 2, 0, height % 2, 0), value=float("-inf"))
            return torch.cat([y3, yd, F.max_pool2d(x, 3, 2, ceil_mode=True)], 1)
        pooled = F.avg_pool2d(x, 3, 1, 1) if op == "avg" else F.max_pool2d(x, 3, 1, 1)
        return torch.cat([self.call(f"{at}1x1", x), y3, yd, self.call(f"{at}pool_proj", pooled)], 1)

    def gate(self, name: str, x: Tensor) -> Tensor:
        return x

    def forward(self, x: Tensor) -> Tensor:
        if hasattr(self, "depthwise"):
            x = self.pointwise_bn(self.pointwise(self.depthwise(x))).relu()
        else:
            x = self.call("conv1_7x7_s2", x)
        x = F.max_pool2d(x, 3, 2, ceil_mode=True)
        x = self.call("conv2_3x3", self.call("conv2_3x3_reduce", x))
        x = F.max_pool2d(x, 3, 2, ceil_mode=True)
        for row in self.rows:
            x = self.gate(row[0], self.module(row[0], row[6], x))
        return self.last_linear(x.mean((2, 3)))


class SEPeer(Peer):
    """Figure 2 (arXiv:1709.01507): every module's maps times gates of two fully connected layers, 16 times narrower."""

    def __init__(self, classes: int = 7) -> None:
        super().__init__(classes, bias=False)
        for name, width in zip(
            [row[0] for row in self.rows], (256, 320, 576, 576, 576, 608, 608, 1056, 1024, 1024), strict=True
        ):
            self.add_module(f"inception_{name}_1x1_down", nn.Conv2d(width, width // 16, 1))
            self.add_module(f"inception_{name}_1x1_up", nn.Conv2d(width // 16, width, 1))

    def gate(self, name: str, x: Tensor) -> Tensor:
        y = self.get_submodule(f"inception_{name}_1x1_down")(x.mean((2, 3), keepdim=True)).relu()
        return x * self.get_submodule(f"inception_{name}_1x1_up")(y).sigmoid()


CADENE = find("bninception", "cadene")
#: The gates have Caffe's names; a separable convolution is two rows, which nobody has published.
SENET = replace(CADENE, rules=((r"_se\.fc1\.", "_1x1_down."), (r"_se\.fc2\.", "_1x1_up."), *CADENE.rules))
PAPER = replace(CADENE, rules=((r"^conv1_7x7_s2\.", ""), *CADENE.rules))


@pytest.mark.parametrize("size", SIZES)
def test_published_form(size: tuple[int, int]) -> None:
    ours, peer = random_network(inception_bn(7), (3, *size)), Peer()
    give(ours, peer, CADENE)
    assert_same(ours, peer, picture(3, *size))


def test_papers_form() -> None:
    ours, peer = random_network(inception_bn(7, "paper"), (3, 64, 64)), Peer(bias=False, separable=True)
    give(ours, peer, PAPER)
    assert_same(ours, peer, picture(3, 64, 64))


@pytest.mark.parametrize("size", SIZES)
def test_squeeze_and_excitation(size: tuple[int, int]) -> None:
    ours, peer = random_network(se_bninception(7), (3, *size)), SEPeer()
    give(ours, peer, SENET)
    assert_same(ours, peer, picture(3, *size))


def test_one_step_of_training() -> None:
    ours, peer = random_network(inception_bn(7), (3, 64, 64)), Peer().double()
    give(ours, peer, CADENE)
    assert_same_step(ours, peer, CADENE, picture(3, 64, 64, batch=4))


@pytest.mark.parametrize(("letter", "widths"), [("A", ((16,), (8, 16), (8, 8, 16))), ("B", ((16,), (8, 8, 16)))])
@torch.no_grad()
def test_a_gated_block(letter: str, widths: tuple[tuple[int, ...], ...]) -> None:
    """Figure 3: the branch is squeezed and gated, then scaled and added."""
    net = random_network(Seq(input=Input(32, 9, 11), block=SEBlock(Block(letter, widths, 0.2)))).eval()
    x, block = picture(32, 9, 11), net.block
    y = block.conv2d(block.mixed(x))
    gate = block.se.fc2.conv(block.se.fc1.conv(y.mean((2, 3), keepdim=True)).relu()).sigmoid()
    assert block.se.fc1.conv.out_channels == 2
    assert difference(net(x), (x + 0.2 * gate * y).relu()) <= TOLERANCE
