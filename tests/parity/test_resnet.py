"""ResNet against torchvision under random weights, in float64; the paper's forms against torchvision changed."""

import pytest
import torch
import torchvision
from torch import Tensor, nn

from vzor.weights.keys import find
from vzor.zoo.index import table

from .helpers import assert_same, difference, give, picture, random_network

NAMES = find("resnet50", "torchvision")


def vision(name: str, classes: int = 7) -> nn.Module:
    with torch.device("meta"):
        return getattr(torchvision.models, name)(weights=None, num_classes=classes)


def blocks(net: nn.Module) -> list[nn.Module]:
    return [block for i in (1, 2, 3, 4) for block in getattr(net, f"layer{i}")]


@pytest.mark.parametrize("name", ["resnet18", "resnet34", "resnet50", "resnet101", "resnet152"])
def test_published_form(name: str) -> None:
    ours, peer = random_network(table(name, classes=7), (3, 64, 64)), vision(name)
    give(ours, peer, NAMES)
    assert_same(ours, peer, picture(3, 64, 64))


def test_at_its_own_size_and_at_an_odd_one() -> None:
    for size in ((224, 224), (71, 103)):
        ours, peer = random_network(table("resnet18", classes=7), (3, *size)), vision("resnet18")
        give(ours, peer, NAMES)
        assert_same(ours, peer, picture(3, *size, batch=1))


@pytest.mark.parametrize("name", ["resnet50", "resnet101"])
def test_stride_on_the_first_1x1(name: str) -> None:
    """The authors' form: torchvision's network with its strides moved, and Caffe's pooling."""
    ours, peer = random_network(table(f"{name}_v1", classes=7), (3, 64, 64)), vision(name)
    peer.maxpool = nn.MaxPool2d(3, 2, ceil_mode=True)
    for block in blocks(peer):
        block.conv1.stride, block.conv2.stride = block.conv2.stride, block.conv1.stride
    give(ours, peer, NAMES)
    assert_same(ours, peer, picture(3, 64, 64))


def test_the_place_of_the_stride_changes_the_output() -> None:
    ours, peer = random_network(table("resnet50_v1", classes=7), (3, 64, 64)), vision("resnet50")
    peer.maxpool = nn.MaxPool2d(3, 2, ceil_mode=True)
    give(ours, peer, NAMES)
    x = picture(3, 64, 64)
    with torch.no_grad():
        assert difference(ours.eval()(x), peer.eval()(x)) > 1e-3


class ZerosPadded(nn.Module):
    """Option A of the paper's §3.3, written by hand."""

    def __init__(self, more: int, stride: int) -> None:
        super().__init__()
        self.more, self.stride = more, stride

    def forward(self, x: Tensor) -> Tensor:
        x = x[:, :, :: self.stride, :: self.stride]
        return torch.cat([x, x.new_zeros(x.shape[0], self.more, *x.shape[2:])], 1)


@pytest.mark.parametrize("size", [(64, 64), (71, 103)])
@pytest.mark.parametrize("name", ["resnet18", "resnet34"])
def test_shortcuts_without_parameters(name: str, size: tuple[int, int]) -> None:
    ours, peer = random_network(table(f"{name}_a", classes=7), (3, *size)), vision(name)
    for block in blocks(peer):
        if block.downsample is not None:
            conv = block.downsample[0]
            block.downsample = ZerosPadded(conv.out_channels - conv.in_channels, conv.stride[0])
    give(ours, peer, NAMES)
    assert_same(ours, peer, picture(3, *size))
