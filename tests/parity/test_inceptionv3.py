"""Inception v3 against torchvision under random weights, in float64, its side head included."""

import pytest
import torch
import torch.nn.functional as F
import torchvision
from torch import Tensor, nn

from vzor.zoo.inceptionv3 import inception_v3

from .helpers import TOLERANCE, State, assert_same, by_rule, difference, give, picture, random_network

#: Ours to torchvision's: rows of a branch are counted from 1 there, and its pooling is not counted.
NAMES = by_rule(
    (r"^AuxLogits\.aux1\.", "AuxLogits."),
    (r"\.branch_pool\.1\.", ".branch_pool."),
    (r"\.(branch\w+)\.1\.([ab])\.", r".\1_2\2."),
    (r"\.(branch\w+)\.2\.([ab])\.", r".\1_3\2."),
    *((rf"\.(branch\w+)\.{i}\.", rf".\1_{i + 1}.") for i in range(5)),
)


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


def test_training_with_the_side_head() -> None:
    """At its own size, which the side head needs: both outputs and the batch's statistics."""
    ours, peer = random_network(inception_v3(7)), vision(aux=True)
    give(ours, peer, NAMES)
    ours.train()
    peer.train()
    ours.dropout.p = peer.dropout.p = 0.0
    x = picture(3, 299, 299)
    with torch.no_grad():
        here, there = ours(x), peer(x)
    assert set(here) == {"out", "aux1"}
    assert difference(here["out"], there.logits) <= TOLERANCE
    assert difference(here["aux1"], there.aux_logits) <= TOLERANCE
    state = NAMES(ours.state_dict(), {})
    assert all(torch.allclose(state[key], value, 1e-9, 1e-9) for key, value in peer.state_dict().items())


def without_gamma(ours: State, theirs: State) -> State:
    """Keras has no gamma: it is 1 in the peer."""
    renamed = NAMES(ours, theirs)
    gammas = {key: torch.ones(value.shape).double() for key, value in theirs.items() if key.endswith("bn.weight")}
    assert not set(gammas) & set(renamed)
    return renamed | gammas


def test_keras_form(monkeypatch: pytest.MonkeyPatch) -> None:
    """torchvision's network whose average pooling does not count the padding."""
    ours, peer = random_network(inception_v3(7, aux=False, form="keras"), (3, 75, 75)), vision()
    give(ours, peer, without_gamma)
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
