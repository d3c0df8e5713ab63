"""Wide ResNet against torchvision's under random weights, in float64; names by the rules of `weights.keys`."""

import pytest
import timm
import torch
import torchvision

from vzor.nn.build import build
from vzor.weights.keys import find, to_theirs
from vzor.zoo.index import table

from .helpers import assert_same, by_rule, give, picture, random_network


def test_outputs() -> None:
    ours = random_network(table("wide_resnet50_2", classes=7), (3, 40, 40))
    with torch.device("meta"):
        peer = torchvision.models.wide_resnet50_2(weights=None, num_classes=7)
    give(ours, peer, by_rule(*find("wide_resnet50_2", "torchvision").rules))
    assert_same(ours, peer, picture(3, 40, 40, batch=1))


@pytest.mark.parametrize("name", ["wide_resnet50_2", "wide_resnet101_2"])
@pytest.mark.parametrize("publisher", ["torchvision", "timm"])
def test_names_and_shapes(name: str, publisher: str) -> None:
    with torch.device("meta"):
        ours = build(table(name)).state_dict()
        peer = getattr(torchvision.models, name)() if publisher == "torchvision" else timm.create_model(name)
    theirs = to_theirs(find(name, publisher), ours)
    assert {k: v.shape for k, v in theirs.items()} == {k: v.shape for k, v in peer.state_dict().items()}
