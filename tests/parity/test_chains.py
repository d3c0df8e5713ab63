"""AlexNet and VGG against torchvision under random weights, in float64."""

import pytest
import torch
import torchvision
from torch import nn

from vzor.weights.keys import find
from vzor.zoo.index import table

from .helpers import assert_same, give, narrow, picture, plain, random_network

VGGS = ("vgg11", "vgg13", "vgg16", "vgg19")


def vision(name: str, classes: int, width: int) -> nn.Module:
    """torchvision's network without weights, its dense rows ``width`` wide."""
    with torch.device("meta"):
        net = getattr(torchvision.models, name)(weights=None, num_classes=classes)
        dense = [i for i, row in enumerate(net.classifier) if isinstance(row, nn.Linear)]
        first = net.classifier[dense[0]].in_features
        for i, (n, m) in zip(dense, ((first, width), (width, width), (width, classes)), strict=True):
            net.classifier[i] = nn.Linear(n, m)
    return net


@pytest.mark.parametrize("size", [(224, 224), (97, 130)])  # the second: pooled unevenly to 6×6
def test_alexnet(size: tuple[int, int]) -> None:
    ours = random_network(narrow(table("alexnet", classes=7)), (3, *size))
    peer = vision("alexnet", 7, 24)
    give(ours, peer, find("alexnet", "torchvision"))
    assert_same(ours, peer, picture(3, *size))


@pytest.mark.parametrize("name", [*VGGS, *(f"{name}_bn" for name in VGGS)])
def test_vgg(name: str) -> None:
    ours = random_network(narrow(table(name, classes=7)), (3, 64, 64))
    peer = vision(name, 7, 24)
    give(ours, peer, find(name, "torchvision"))
    assert_same(ours, peer, picture(3, 64, 64))


def test_vgg_at_its_own_size() -> None:
    ours = random_network(narrow(table("vgg11")))
    peer = vision("vgg11", 1000, 24)
    give(ours, peer, find("vgg11", "torchvision"))
    assert_same(ours, peer, picture(3, 224, 224, batch=1))


def test_vgg_at_a_size_that_does_not_divide() -> None:
    ours = random_network(narrow(table("vgg11_bn", classes=7)), (3, 75, 101))
    peer = vision("vgg11_bn", 7, 24)
    give(ours, peer, find("vgg11_bn", "torchvision"))
    assert_same(ours, peer, picture(3, 75, 101))


def test_weights_of_another_network_are_refused() -> None:
    """The comparison itself sees a network that is not the same."""
    ours = random_network(narrow(table("vgg13", classes=7)), (3, 64, 64))
    with pytest.raises(AssertionError):
        give(ours, vision("vgg16", 7, 24), find("vgg13", "torchvision"))
    with pytest.raises(AssertionError):
        give(ours, vision("vgg13", 8, 24), find("vgg13", "torchvision"))


def test_alexnet_of_2012() -> None:
    """Two towers and normalisation, against the layers of torch in Caffe's order."""

    def norm(alpha: float, k: float) -> nn.Module:
        return nn.LocalResponseNorm(5, alpha, 0.75, k)

    def peer(alpha: float, k: float) -> nn.Module:
        with torch.device("meta"):
            layers = {
                "conv1": (nn.Conv2d(3, 96, 11, 4), nn.ReLU(), norm(alpha, k), nn.MaxPool2d(3, 2)),
                "conv2": (nn.Conv2d(96, 256, 5, padding=2, groups=2), nn.ReLU(), norm(alpha, k), nn.MaxPool2d(3, 2)),
                "conv3": (nn.Conv2d(256, 384, 3, padding=1), nn.ReLU()),
                "conv4": (nn.Conv2d(384, 384, 3, padding=1, groups=2), nn.ReLU()),
                "conv5": (nn.Conv2d(384, 256, 3, padding=1, groups=2), nn.ReLU(), nn.MaxPool2d(3, 2), nn.Flatten()),
                "fc6": (nn.Linear(9216, 24), nn.ReLU(), nn.Dropout()),
                "fc7": (nn.Linear(24, 24), nn.ReLU(), nn.Dropout()),
                "fc8": (nn.Linear(24, 7),),
            }
        net = nn.Sequential()
        for name, (layer, *rest) in layers.items():
            net.add_module(name, layer)
            net.add_module(f"{name}_rest", nn.Sequential(*rest))
        return net

    x = 50 * picture(3, 227, 227, batch=1)  # large enough that the normalisation matters
    for constants, alpha, k in (("caffe", 1e-4, 1.0), ("paper", 5e-4, 2.0)):
        ours = random_network(narrow(table("alexnet_2012", classes=7, norm=constants)))
        theirs = peer(alpha, k)
        give(ours, theirs, plain(find("alexnet_2012", "caffe")))
        assert_same(ours, theirs, x)
