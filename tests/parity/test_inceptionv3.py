"""Inception v3 against torchvision under random weights, in float64."""

import pytest
import torch
import torch.nn.functional as F
import torchvision
from torch import Tensor, nn

from vzor.weights.keys import find, to_theirs
from vzor.zoo.inceptionv3 import inception_v3

from .helpers import TOLERANCE, assert_same, difference, give, picture, random_network, shapes

NAMES = find("inception_v3", "torchvision")


def vision(aux: bool = False, classes: int = 7) -> nn.Module:
    with torch.device("meta"):
        return torchvision.models.inception_v3(
            weights=None, num_classes=classes, aux_logits=aux, transform_input=False, init_weights=False
        )


@pytest.mark.parametrize("size", [(75, 75), (79, 108)])
def test_published_form(size: tuple[int, int]) -> None:
    ours, peer = random_network(inception_v3(7, aux=False), (3, *size)), vision()
    give(ours, peer, NAMES)
    assert_same(ours, peer, picture(3, *size))


def give_without_gamma(ours: nn.Module, peer: nn.Module) -> None:
    """Keras has no gamma: it is 1 in the peer."""
    gammas = {key: torch.ones(x.shape).double() for key, x in peer.state_dict().items() if key.endswith("bn.weight")}
    theirs = to_theirs(NAMES, ours.state_dict())
    assert not set(gammas) & set(theirs)
    assert shapes(theirs | gammas) == shapes(peer.state_dict())
    peer.load_state_dict(theirs | gammas, assign=True)


def test_keras_form(monkeypatch: pytest.MonkeyPatch) -> None:
    """torchvision's network whose average pooling does not count the padding."""
    ours, peer = random_network(inception_v3(7, aux=False, form="keras"), (3, 75, 75)), vision()
    give_without_gamma(ours, peer)
    x = picture(3, 75, 75)
    with torch.no_grad():
        assert difference(ours.eval()(x), peer.eval()(x)) > 1e-3
    counted = F.avg_pool2d

    def uncounted(x: Tensor, **settings: int) -> Tensor:
        return counted(x, **settings, count_include_pad=False)

    monkeypatch.setattr(F, "avg_pool2d", uncounted)
    with torch.no_grad():
        theirs = peer(x)
    monkeypatch.undo()
    with torch.no_grad():
        assert difference(ours(x), theirs) <= TOLERANCE
