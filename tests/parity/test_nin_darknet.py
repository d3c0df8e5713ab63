"""NiN and Darknet-19, which no peer has, against the layers of torch in their order, in float64."""

import torch
from torch import nn

from vzor.weights.keys import Keys, find
from vzor.zoo.darknet import darknet19
from vzor.zoo.nin import nin, nin_cifar

from .helpers import assert_same, give, picture, plain, random_network


def mean() -> nn.Sequential:
    return nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten())


def caffes(layers: dict[str, tuple[int, ...] | nn.Module]) -> nn.Sequential:
    """Caffe's layers in their order: what a convolution reads and gives, kernel, stride and padding; ReLU after it."""
    net = nn.Sequential()
    for name, layer in layers.items():
        if isinstance(layer, nn.Module):
            net.add_module(name, layer)
        else:
            net.add_module(name, nn.Conv2d(*layer, device="meta"))
            net.add_module(f"relu_{name}", nn.ReLU())
    return net


def test_nin_for_imagenet() -> None:
    pool = nn.MaxPool2d(3, 2, ceil_mode=True)
    layers = {
        "conv1": (3, 96, 11, 4), "cccp1": (96, 96, 1), "cccp2": (96, 96, 1), "pool1": pool,
        "conv2": (96, 256, 5, 1, 2), "cccp3": (256, 256, 1), "cccp4": (256, 256, 1), "pool2": pool,
        "conv3": (256, 384, 3, 1, 1), "cccp5": (384, 384, 1), "cccp6": (384, 384, 1), "pool3": pool,
        "conv4-1024": (384, 1024, 3, 1, 1), "cccp7-1024": (1024, 1024, 1), "cccp8-1024": (1024, 7, 1), "pool4": mean(),
    }  # fmt: skip
    for size in ((224, 224), (120, 147)):
        peer, ours = caffes(layers), random_network(nin(7), (3, *size))
        give(ours, peer, plain(find("nin", "caffe")))
        assert_same(ours, peer, picture(3, *size, batch=1))


def test_nin_for_cifar() -> None:
    largest, mean3 = (kind(3, 2, ceil_mode=True) for kind in (nn.MaxPool2d, nn.AvgPool2d))
    peer = caffes({
        "conv1": (3, 192, 5, 1, 2), "cccp1": (192, 160, 1), "cccp2": (160, 96, 1), "pool1": largest,
        "conv2": (96, 192, 5, 1, 2), "cccp3": (192, 192, 1), "cccp4": (192, 192, 1), "pool2": mean3,
        "conv3": (192, 192, 3, 1, 1), "cccp5": (192, 192, 1), "cccp6": (192, 10, 1), "pool3": mean(),
    })  # fmt: skip
    ours = random_network(nin_cifar())
    give(ours, peer, plain(find("nin_cifar", "caffe")))
    assert_same(ours, peer, picture(3, 32, 32))


def test_darknet19() -> None:
    """The rows of Table 6, written out: a number is a convolution, M max pooling."""
    table6 = "32 M 64 M 128 64 128 M 256 128 256 M 512 256 512 256 512 M 1024 512 1024 512 1024"
    kernels = iter((3, 3, 3, 1, 3, 3, 1, 3, 3, 1, 3, 1, 3, 3, 1, 3, 1, 3))
    rows: dict[str, nn.Module] = {}
    arrives, number = 3, 0
    with torch.device("meta"):
        for word in table6.split():
            if word == "M":
                rows[f"pool{number}"] = nn.MaxPool2d(2, 2)
                continue
            number, k, leaves = number + 1, next(kernels), int(word)
            rows[f"conv{number}"] = nn.Conv2d(arrives, leaves, k, padding=k // 2, bias=False)
            rows[f"bn{number}"] = nn.BatchNorm2d(leaves)
            rows[f"act{number}"] = nn.LeakyReLU(0.1)
            arrives = leaves
        rows["conv19"] = nn.Conv2d(1024, 7, 1)
    rows["mean"] = mean()
    assert next(kernels, None) is None
    names = Keys("by hand", (), ((r"^conv(\d+)\.conv\.", r"conv\1."), (r"^conv(\d+)\.bn\.", r"bn\1.")))
    peer = nn.Sequential()
    for name, row in rows.items():
        peer.add_module(name, row)
    for size in ((64, 64), (97, 75)):
        ours = random_network(darknet19(7), (3, *size))
        give(ours, peer, names)
        assert_same(ours, peer, picture(3, *size))
