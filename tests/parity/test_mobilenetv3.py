"""MobileNetV3 against torchvision, and in its two other forms against timm, under random weights in float64."""

import pytest
import torch

from vzor.weights.keys import find
from vzor.zoo.index import table

from .helpers import assert_same, difference, give, picture, published, random_network

SIZES = [(64, 64), (45, 71), (50, 62)]
VISION = ["mobilenet_v3_large", "mobilenet_v3_small"]
TIMM = ["mobilenetv3_large_100", "mobilenetv3_small_100", "tf_mobilenetv3_large_100", "tf_mobilenetv3_small_100"]


def publisher_of(name: str) -> str:
    return "torchvision" if name in VISION else "timm"


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", [*VISION, *TIMM])
def test_outputs(name: str, size: tuple[int, int]) -> None:
    ours, peer = random_network(table(name, classes=7), (3, *size)), published(name, publisher_of(name))
    give(ours, peer, find(name, publisher_of(name)))
    assert_same(ours, peer, picture(3, *size, batch=1))


@pytest.mark.parametrize("other", TIMM[::2])
def test_the_forms_differ(other: str) -> None:
    ours, peer = random_network(table("mobilenet_v3_large", classes=7), (3, 64, 64)), published(other, "timm")
    give(ours, peer, find(other, "timm"))
    x = picture(3, 64, 64, batch=1)
    with torch.no_grad():
        assert difference(ours.eval()(x), peer.eval()(x)) > 1e-5


@pytest.mark.parametrize("name", VISION)
def test_dropout_is_torchvisions(name: str) -> None:
    ours = random_network(table(name, classes=7), (3, 32, 32))
    assert published(name, "torchvision").classifier[2].p == ours.classifier.get_submodule("0").drop == 0.2
