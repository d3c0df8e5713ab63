"""GoogLeNet against torchvision under random weights, in float64; the paper's form against torchvision changed."""

import pytest
import torch
import torch.nn.functional as F
import torchvision
from torch import Tensor, nn
from torchvision.models.googlenet import Inception, InceptionAux

from vzor.nn.build import build
from vzor.spec.rows import Input, Seq
from vzor.weights.keys import Keys, find
from vzor.zoo.googlenet import Inception as Ours
from vzor.zoo.googlenet import googlenet

from .helpers import assert_same, assert_same_step, certain, difference, give, picture, random_network

NAMES = find("googlenet", "torchvision")
SMALL = (3, 64, 64)


def vision(**options: object) -> nn.Module:
    with torch.device("meta"):
        return torchvision.models.GoogLeNet(7, init_weights=False, dropout=0.0, dropout_aux=0.0, **options)


@pytest.mark.parametrize("size", [(64, 64), (71, 103), (224, 224)])
def test_published_form(size: tuple[int, int]) -> None:
    ours, peer = random_network(googlenet(7), (3, *size)), vision()
    give(ours, peer, NAMES)
    assert_same(ours, peer, picture(3, *size, batch=1))


def test_without_auxiliary_heads() -> None:
    ours, peer = random_network(googlenet(7, aux=False), SMALL), vision(aux_logits=False)
    give(ours, peer, NAMES)
    assert_same(ours, peer, picture(*SMALL))


class Plain(nn.Module):
    """A convolution with a bias and no normalisation."""

    def __init__(self, arrives: int, leaves: int, **options: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(arrives, leaves, **options)

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.conv(x))


class FiveByFive(Inception):
    """torchvision's module with the paper's 5×5."""

    def __init__(self, arrives: int, *widths: int) -> None:
        super().__init__(arrives, *widths, conv_block=Plain)
        self.branch3[1] = Plain(widths[3], widths[4], kernel_size=5, padding=2)


class PaperHead(InceptionAux):
    """§5: average pooling 5×5, stride 3."""

    def __init__(self, arrives: int, classes: int, dropout: float) -> None:
        super().__init__(arrives, classes, Plain, dropout)

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv(F.avg_pool2d(x, 5, 3))
        return self.fc2(self.dropout(F.relu(self.fc1(x.flatten(1)))))


def paper() -> nn.Module:
    net = vision(blocks=[Plain, FiveByFive, PaperHead])
    lrn = nn.LocalResponseNorm(5, 1e-4, 0.75, 1.0)
    net.maxpool1 = nn.Sequential(net.maxpool1, lrn)
    net.maxpool2 = nn.Sequential(lrn, net.maxpool2)
    net.maxpool4 = nn.MaxPool2d(3, 2, ceil_mode=True)
    return net


def test_the_papers_form() -> None:
    ours, peer = random_network(certain(googlenet(7, form="paper"))), paper()
    give(ours, peer, NAMES)
    x = 50 * picture(3, 224, 224, batch=1)  # large enough that the normalisation matters
    assert_same(ours, peer, x)
    assert_same_step(ours, peer, NAMES, x)
    assert ours.loss_weights == {"aux1": 0.3, "aux2": 0.3}


def test_what_differs_between_the_forms_changes_the_output() -> None:
    ours = random_network(certain(googlenet(7, form="paper")))
    x = 50 * picture(3, 224, 224, batch=1)
    for name, other in (
        ("maxpool1", nn.MaxPool2d(3, 2, ceil_mode=True)),
        ("maxpool2", nn.MaxPool2d(3, 2, ceil_mode=True)),
        ("maxpool4", nn.MaxPool2d(2, 2, ceil_mode=True)),
    ):
        peer = paper()
        setattr(peer, name, other)
        give(ours, peer, NAMES)
        with torch.no_grad():
            assert difference(ours.eval()(x), peer.eval()(x)) > 1e-6, name


class Naive(nn.Module):
    """Figure 2 (a), written by hand."""

    def __init__(self) -> None:
        super().__init__()
        self.branch1 = Plain(5, 3, kernel_size=1)
        self.branch2 = Plain(5, 4, kernel_size=3, padding=1)
        self.branch3 = Plain(5, 2, kernel_size=5, padding=2)

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([self.branch1(x), self.branch2(x), self.branch3(x), F.max_pool2d(x, 3, 1, 1)], 1)


def test_the_naive_module() -> None:
    ours = build(Seq(input=Input(5, 9, 11), module=Ours(3, 99, 4, 99, 2, 99, naive=True)), seed=0).double()
    peer = Naive()
    give(ours, peer, Keys("by hand", (), ((r"^module\.", ""),)))
    assert_same(ours, peer, picture(5, 9, 11))
