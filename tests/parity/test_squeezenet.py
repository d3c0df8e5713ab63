"""SqueezeNet against torchvision under random weights, in float64; with bypasses against torchvision's fire modules."""

import dataclasses

import pytest
import torch
import torch.nn.functional as F
import torchvision
from torch import Tensor, nn
from torchvision.models.squeezenet import Fire

from vzor.spec.edit import rewrite
from vzor.spec.rows import Drop
from vzor.zoo.squeezenet import squeezenet

from .helpers import TOLERANCE, State, assert_same, by_rule, difference, give, picture, random_network

#: Places of fire2 … fire9 in torchvision's ``features``.
PLACES = {"1.0": (3, 4, 5, 7, 8, 9, 10, 12), "1.1": (3, 4, 6, 7, 9, 10, 11, 12)}


def names(version: str, ours: State) -> State:
    """Ours to torchvision's: rows are numbered there."""
    fires = [(rf"^fire{i}\.(\w+)\.conv\.", rf"features.{place}.\1.") for i, place in enumerate(PLACES[version], 2)]
    rules = by_rule((r"^conv1\.conv\.", "features.0."), *fires, (r"^conv10\.conv\.", "classifier.1."))
    return rules(ours, {})


def pair(version: str, *size: int, bypass: str = "none") -> tuple[nn.Module, nn.Module]:
    def certain(row):
        return dataclasses.replace(row, p=0.0) if isinstance(row, Drop) else row

    ours = random_network(rewrite(squeezenet(version, 7, bypass), certain), (3, *size))
    with torch.device("meta"):
        peer = torchvision.models.SqueezeNet(version.replace(".", "_"), 7, dropout=0.0)
        for row in peer.features:
            if isinstance(row, Fire):
                add_bypass(row, bypass)
    give(ours, peer, lambda here, there: names(version, here))
    return ours, peer


class Simple(Fire):
    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x) + x


class Complex(Fire):
    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x) + self.bypass(x)


def add_bypass(fire: Fire, bypass: str) -> None:
    """Figure 2 of the paper on torchvision's module."""
    width = 2 * fire.expand1x1.out_channels
    if bypass != "none" and fire.inplanes == width:
        fire.__class__ = Simple
    elif bypass == "complex":
        fire.__class__ = Complex
        fire.bypass = nn.Conv2d(fire.inplanes, width, 1)


@pytest.mark.parametrize("size", [(64, 64), (75, 102), (224, 224), (227, 227)])
@pytest.mark.parametrize("version", ["1.0", "1.1"])
def test_published_form(version: str, size: tuple[int, int]) -> None:
    ours, peer = pair(version, *size)
    assert_same(ours, peer, picture(3, *size, batch=1))


@pytest.mark.parametrize("version", ["1.0", "1.1"])
@pytest.mark.parametrize("bypass", ["none", "simple", "complex"])
def test_bypasses_and_training(version: str, bypass: str) -> None:
    ours, peer = pair(version, 64, 64, bypass=bypass)
    x = picture(3, 64, 64)
    assert_same(ours, peer, x)
    for net in (ours, peer):
        F.cross_entropy(net.train()(x), torch.tensor([0, 3])).backward()
    gradients = names(version, {key: p.grad for key, p in ours.named_parameters()})
    for key, p in peer.named_parameters():
        assert difference(gradients[key], p.grad) <= 1e-8, key


def test_a_bypass_changes_the_output() -> None:
    ours, _ = pair("1.0", 64, 64, bypass="simple")
    _, peer = pair("1.0", 64, 64)
    x = picture(3, 64, 64)
    with torch.no_grad():
        assert difference(ours.eval()(x), peer.eval()(x)) > 1e3 * TOLERANCE
