"""SqueezeNet against torchvision under random weights, in float64; with bypasses against torchvision's fire modules."""

import pytest
import torch
import torchvision
from torch import Tensor, nn
from torchvision.models.squeezenet import Fire

from vzor.weights.keys import Keys, find
from vzor.zoo.squeezenet import squeezenet

from .helpers import TOLERANCE, assert_same, assert_same_step, certain, difference, give, picture, random_network


def names(version: str) -> Keys:
    return find(f"squeezenet{version.replace('.', '_')}", "torchvision")


def pair(version: str, *size: int, bypass: str = "none") -> tuple[nn.Module, nn.Module]:
    ours = random_network(certain(squeezenet(version, 7, bypass)), (3, *size))
    with torch.device("meta"):
        peer = torchvision.models.SqueezeNet(version.replace(".", "_"), 7, dropout=0.0)
        for row in peer.features:
            if isinstance(row, Fire):
                add_bypass(row, bypass)
    give(ours, peer, names(version))
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
    assert_same_step(ours, peer, names(version), x)


def test_a_bypass_changes_the_output() -> None:
    ours, _ = pair("1.0", 64, 64, bypass="simple")
    _, peer = pair("1.0", 64, 64)
    x = picture(3, 64, 64)
    with torch.no_grad():
        assert difference(ours.eval()(x), peer.eval()(x)) > 1e3 * TOLERANCE
