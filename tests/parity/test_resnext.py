"""ResNeXt against torchvision and timm under random weights, in float64."""

import pytest
import timm
import torch
import torchvision
from torch import nn

from vzor.weights.keys import find
from vzor.zoo.resnext import resnext

from .helpers import assert_same, give, picture, random_network

NAMES = find("resnext50_32x4d", "torchvision")


def peer_of(form: str) -> nn.Module:
    with torch.device("meta"):
        if form == "101_32x4d":  # torchvision does not have it
            return timm.create_model(f"resnext{form}", num_classes=7)
        return getattr(torchvision.models, f"resnext{form}")(weights=None, num_classes=7)


@pytest.mark.parametrize("form", ["50_32x4d", "101_32x4d", "101_32x8d", "101_64x4d"])
def test_published_form(form: str) -> None:
    ours, peer = random_network(resnext(form, classes=7), (3, 40, 40)), peer_of(form)
    give(ours, peer, NAMES)
    assert_same(ours, peer, picture(3, 40, 40, batch=1))


def test_at_an_odd_size() -> None:
    ours, peer = random_network(resnext("50_32x4d", classes=7), (3, 71, 103)), peer_of("50_32x4d")
    give(ours, peer, NAMES)
    assert_same(ours, peer, picture(3, 71, 103, batch=1))
