"""RegNet against torchvision, and in the paper's form against timm, under random weights in float64."""

import pytest
import torch
from torch import nn

from vzor.nn.build import build
from vzor.weights.keys import find
from vzor.zoo.index import networks, table

from .helpers import assert_same, give, picture, published, random_network

VISION, PAPER = networks("regnet_?_*"), networks("regnet[xy]_*")
pytestmark = pytest.mark.usefixtures("regnets_on_meta")


@pytest.mark.parametrize("size", [(64, 64), (45, 71)])
@pytest.mark.parametrize("name", ["regnet_x_400mf", "regnet_y_800mf"])
def test_torchvisions_form(name: str, size: tuple[int, int]) -> None:
    ours, peer = random_network(table(name, classes=7), (3, *size)), published(name, "torchvision")
    give(ours, peer, find(name, "torchvision"))
    assert_same(ours, peer, picture(3, *size, batch=1))


@pytest.mark.parametrize("name", ["regnetx_004", "regnety_008"])
def test_the_papers_form(name: str) -> None:
    ours, peer = random_network(table(name, classes=7), (3, 45, 71)), published(name, "timm")
    give(ours, peer, find(name, "timm"))
    assert_same(ours, peer, picture(3, 45, 71, batch=1))


def groups(net: nn.Module) -> list[tuple[int, tuple[int, ...]]]:
    """Of every 3×3: what its shape alone does not show."""
    convs = [module for module in net.modules() if isinstance(module, nn.Conv2d)]
    return [(conv.groups, conv.stride) for conv in convs if conv.kernel_size == (3, 3)]


@pytest.mark.parametrize("name", VISION + PAPER)
def test_groups_and_strides_of_all(name: str) -> None:
    with torch.device("meta"):
        ours = build(table(name))
    assert groups(ours) == groups(published(name, "torchvision" if name in VISION else "timm"))
