"""Wide ResNet against torchvision's under random weights, in float64."""

from vzor.weights.keys import find
from vzor.zoo.index import table

from .helpers import assert_same, give, picture, published, random_network


def test_outputs() -> None:
    ours = random_network(table("wide_resnet50_2", classes=7), (3, 40, 40))
    peer = published("wide_resnet50_2", "torchvision")
    give(ours, peer, find("wide_resnet50_2", "torchvision"))
    assert_same(ours, peer, picture(3, 40, 40, batch=1))
