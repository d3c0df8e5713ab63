"""Xception against timm's legacy_xception under random weights, in float64."""

import pytest
import timm
import torch
from timm.models.xception import Xception
from torch import nn

from vzor.weights.keys import find
from vzor.zoo.xception import xception

from .helpers import assert_same, difference, give, picture, random_network

NAMES = find("xception", "timm")


def peers() -> Xception:
    with torch.device("meta"):
        net = timm.create_model("legacy_xception", num_classes=7)
    assert isinstance(net, Xception)
    return net


@pytest.mark.parametrize("size", [(75, 75), (64, 95)])
def test_published_form(size: tuple[int, int]) -> None:
    ours, peer = random_network(xception(7), (3, *size)), peers()
    give(ours, peer, NAMES)
    assert_same(ours, peer, picture(3, *size))


def same_max_pool(pool: nn.Module, xs: tuple[torch.Tensor]) -> torch.Tensor:
    """TensorFlow's SAME for 3×3 with stride 2: an odd size is padded on both sides, an even one after it."""
    height, width = xs[0].shape[2:]
    return nn.functional.pad(xs[0], (width % 2, 1, height % 2, 1), value=float("-inf"))


def test_keras_form() -> None:
    """timm's network with the eps and the pooling changed; unchanged, it differs.  Odd and even sizes are pooled."""
    ours, peer, x = random_network(xception(7, "keras"), (3, 64, 95)), peers(), picture(3, 64, 95)
    give(ours, peer, NAMES)
    with torch.no_grad():
        assert difference(ours.eval()(x), peer.eval()(x)) > 1e-3
    for module in peer.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.eps = 1e-3
        if isinstance(module, nn.MaxPool2d):
            module.padding = 0
            module.register_forward_pre_hook(same_max_pool)
    assert_same(ours, peer, x)
