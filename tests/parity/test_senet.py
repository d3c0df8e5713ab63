"""SE networks against both of timm's forms under random weights, in float64."""

import pytest
import timm
import torch
from torch import nn

from vzor.nn.build import build
from vzor.weights.keys import find
from vzor.zoo.senet import senet

from .helpers import assert_same, give, picture, random_network

MODERN, LEGACY = find("seresnet50", "timm"), find("legacy_seresnet50", "timm")


def peer_of(name: str) -> nn.Module:
    with torch.device("meta"):
        return timm.create_model(name, num_classes=7)


@pytest.mark.parametrize(
    "base", ["resnet18", "resnet34", "resnet50", "resnet101", "resnet152", "resnext50_32x4d", "resnext101_32x4d"]
)
def test_the_authors_form(base: str) -> None:
    ours = random_network(senet(base, classes=7, legacy=True), (3, 40, 40))
    peer = peer_of(f"legacy_se{base}")
    give(ours, peer, LEGACY)
    assert_same(ours, peer, picture(3, 40, 40, batch=1))


@pytest.mark.parametrize("base", ["resnet18", "resnet34", "resnet50", "resnext50_32x4d"])
def test_timms_form(base: str) -> None:
    ours, peer = random_network(senet(base, classes=7), (3, 40, 40)), peer_of(f"se{base}")
    give(ours, peer, MODERN)
    assert_same(ours, peer, picture(3, 40, 40))


@pytest.mark.parametrize("base", ["resnet101", "resnet152", "resnext101_32x4d"])
def test_names_and_shapes_of_timms_larger_ones(base: str) -> None:
    """Only these: depth is all that sets them apart from those above."""
    with torch.device("meta"):
        ours = build(senet(base, classes=7))
    give(ours, peer_of(f"se{base}"), MODERN)


def test_at_an_odd_size() -> None:
    """Where pooling over the edge and padded pooling give different numbers of cells."""
    for legacy, names, name in ((True, LEGACY, "legacy_seresnet50"), (False, MODERN, "seresnet50")):
        ours, peer = random_network(senet("resnet50", classes=7, legacy=legacy), (3, 71, 103)), peer_of(name)
        give(ours, peer, names)
        assert_same(ours, peer, picture(3, 71, 103, batch=1))
