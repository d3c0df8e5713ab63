"""Inception v4 and Inception-ResNet against timm under random weights, in float64; the paper's forms by hand."""

import pytest
import timm
import torch
from torch import Tensor, nn

from vzor.spec.rows import Input, Seq
from vzor.weights.keys import find
from vzor.zoo.inception_resnet import Block, inception_resnet
from vzor.zoo.inceptionv4 import inception_v4

from .helpers import assert_same, give, picture, random_network

SIZES = [(75, 75), (91, 108)]


def peer(name: str) -> nn.Module:
    with torch.device("meta"):
        return timm.create_model(name, num_classes=7)


@pytest.mark.parametrize("size", SIZES)
def test_inception_v4(size: tuple[int, int]) -> None:
    ours, theirs = random_network(inception_v4(7), (3, *size)), peer("inception_v4")
    give(ours, theirs, find("inception_v4", "timm"))
    assert_same(ours, theirs, picture(3, *size, batch=1))


@pytest.mark.parametrize("size", SIZES)
def test_inception_resnet_v2(size: tuple[int, int]) -> None:
    ours, theirs = random_network(inception_resnet(classes=7), (3, *size)), peer("inception_resnet_v2")
    give(ours, theirs, find("inception_resnet_v2", "timm"))
    assert_same(ours, theirs, picture(3, *size, batch=1))


def unit(ours: nn.Module, x: Tensor) -> Tensor:
    """A convolution of the figures: without bias, the size kept, batch normalisation, ReLU."""
    conv, bn = ours.conv, ours.bn
    pads = tuple(n // 2 for n in conv.weight.shape[2:])
    x = nn.functional.conv2d(x, conv.weight, padding=pads)
    return nn.functional.batch_norm(x, bn.running_mean, bn.running_var, bn.weight, bn.bias, eps=1e-3).relu()


def along(rows: nn.Module, x: Tensor) -> Tensor:
    for i in range(len(list(rows.children()))):
        x = unit(rows.get_submodule(str(i)), x)
    return x


@pytest.mark.parametrize(
    ("block", "kernels"),
    [
        (Block("A", ((4,), (4, 5), (4, 5, 6)), 0.17), [[(1, 1)], [(1, 1), (3, 3)], [(1, 1), (3, 3), (3, 3)]]),
        (Block("B", ((4,), (3, 5, 6)), 0.10), [[(1, 1)], [(1, 1), (1, 7), (7, 1)]]),
        (Block("C", ((4,), (3, 5, 6)), 0.20), [[(1, 1)], [(1, 1), (1, 3), (3, 1)]]),
    ],
)
@torch.no_grad()
def test_a_block_is_its_figure(block: Block, kernels: list[list[tuple[int, int]]]) -> None:
    """Figures 10, 11 and 13, written by hand: v1's blocks, which no peer has, differ from v2's in widths alone."""
    net = random_network(Seq(input=Input(11, 9, 9), block=block)).eval()
    x = picture(11, 9, 9)
    mixed = net.block.mixed
    first, *others = (mixed.get_submodule(f"branch{i}") for i in range(len(kernels)))
    outs = [unit(first, x), *(along(rows, x) for rows in others)]
    found = []
    for i in range(len(kernels)):
        convs = [m for m in mixed.get_submodule(f"branch{i}").modules() if isinstance(m, nn.Conv2d)]
        found.append([conv.kernel_size for conv in convs])
    assert found == kernels
    up = net.block.conv2d.conv
    y = nn.functional.conv2d(torch.cat(outs, 1), up.weight, up.bias)
    assert torch.allclose(net(x), (x + block.scale * y).relu(), 1e-12, 1e-12)
