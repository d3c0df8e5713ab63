"""ConvNeXt against torchvision and timm under random weights, in float64."""

import pytest
import torch

from vzor.nn.build import build
from vzor.weights.keys import find
from vzor.zoo.convnext import CONVNEXT
from vzor.zoo.index import table

from .helpers import assert_same, give, picture, published, random_network

TINY = "convnext_tiny"


@pytest.mark.parametrize("size", [(64, 64), (45, 71)])
@pytest.mark.parametrize("publisher", ["torchvision", "timm"])
def test_outputs(publisher: str, size: tuple[int, int]) -> None:
    ours, peer = random_network(table(TINY, classes=7), (3, *size)), published(TINY, publisher)
    give(ours, peer, find(TINY, publisher))
    assert_same(ours, peer, picture(3, *size, batch=1))


@pytest.mark.parametrize("size", CONVNEXT)
def test_stochastic_depth_of_all(size: str) -> None:
    with torch.device("meta"):
        ours = build(table(f"convnext_{size}"))
    peer = published(f"convnext_{size}", "torchvision")
    drops = [row.p for row in ours.modules() if type(row).__name__ == "DropPath"]
    theirs = [row.p for row in peer.modules() if type(row).__name__ == "StochasticDepth"]
    assert drops == pytest.approx([p for p in theirs if p > 0], rel=1e-12)
    assert len(drops) == len(theirs) - 1
