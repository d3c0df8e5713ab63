"""One step of training beside torchvision and timm: outputs, every gradient and the running statistics, in float64.

Of every family and every distinct form of its blocks the smallest network; dropout and stochastic depth are off on
both sides.
"""

import pytest
from torch import nn
from torchvision.ops import StochasticDepth

from vzor.weights.keys import find
from vzor.zoo.index import table

from .helpers import assert_same_step, certain, give, narrow, picture, published, random_network


@pytest.mark.parametrize(
    ("network", "publisher", "size"),
    [
        ("alexnet", "torchvision", 67),
        ("convnext_tiny", "torchvision", 64),
        ("densenet121", "torchvision", 48),
        ("efficientnet_b0", "torchvision", 64),
        ("googlenet", "torchvision", 48),  # with both side heads
        ("inception_resnet_v2", "timm", 75),
        ("inception_v3", "torchvision", 299),  # with the side head, which needs that size
        ("inception_v4", "timm", 75),
        ("legacy_seresnet50", "timm", 40),
        ("mobilenet_v2", "torchvision", 64),
        ("mobilenet_v3_large", "torchvision", 64),
        ("mobilenet_v3_small", "torchvision", 64),
        ("mobilenetv1_100", "timm", 64),
        ("mobilenetv2_035", "timm", 64),
        ("regnet_x_400mf", "torchvision", 64),
        ("regnet_y_400mf", "torchvision", 64),
        ("resnet18", "torchvision", 48),
        ("resnet50", "timm", 48),
        ("resnetv2_50", "timm", 48),
        ("resnext50_32x4d", "torchvision", 40),
        ("seresnext50_32x4d", "timm", 40),
        ("squeezenet1_1", "torchvision", 64),
        ("vgg11", "timm", 48),
        ("vgg11_bn", "timm", 48),
        ("xception", "timm", 64),
    ],
)
@pytest.mark.usefixtures("regnets_on_meta")
def test_one_step(network: str, publisher: str, size: int) -> None:
    ours = random_network(certain(narrow(table(network, classes=7))), (3, size, size))
    peer, keys = published(network, publisher), find(network, publisher)
    for module in peer.modules():
        if isinstance(module, nn.Dropout | StochasticDepth):
            module.p = 0.0
    give(ours, peer, keys)
    assert_same_step(ours, peer, keys, picture(3, size, size, batch=3 if size < 299 else 2))
