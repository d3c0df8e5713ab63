"""ResNet v2 against timm; Keras' and CIFAR's forms against a few lines of torch; random weights, float64."""

import pytest
import timm
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vzor.weights.keys import find
from vzor.zoo.resnetv2 import resnetv2, resnetv2_cifar, resnetv2_keras

from .helpers import TOLERANCE, State, assert_same, difference, give, picture, random_network

NAMES = find("resnetv2_50", "timm")


def peer_of(depth: int) -> nn.Module:
    with torch.device("meta"):
        return timm.create_model(f"resnetv2_{depth}", num_classes=7)


@pytest.mark.parametrize("depth", [50, 101, 152])
def test_published_form(depth: int) -> None:
    ours, peer = random_network(resnetv2(depth, classes=7), (3, 48, 48)), peer_of(depth)
    give(ours, peer, NAMES)
    assert_same(ours, peer, picture(3, 48, 48))


def test_at_an_odd_size() -> None:
    ours, peer = random_network(resnetv2(50, classes=7), (3, 71, 103)), peer_of(50)
    give(ours, peer, NAMES)
    assert_same(ours, peer, picture(3, 71, 103, batch=1))


class ByHand:
    """The authors' and Keras' forms on our state."""

    def __init__(self, state: State, eps: float) -> None:
        self.state, self.eps = state, eps

    def norm(self, x: Tensor, name: str) -> Tensor:
        """Normalised and rectified, arithmetic written out."""
        scale, shift, mean, var = (
            self.state[f"{name}.{part}"][:, None, None] for part in ("weight", "bias", "running_mean", "running_var")
        )
        return F.relu((x - mean) / torch.sqrt(var + self.eps) * scale + shift)

    def conv(self, x: Tensor, name: str, s: int = 1) -> Tensor:
        weight = self.state[f"{name}.conv.weight"]
        return F.conv2d(x, weight, self.state.get(f"{name}.conv.bias"), s, padding=weight.shape[2] // 2)

    def block(self, x: Tensor, name: str, s1: int, s2: int) -> Tensor:
        pre = self.norm(x, f"{name}.norm1")
        y = self.norm(self.conv(pre, f"{name}.conv1", s1), f"{name}.conv1.bn")
        y = self.norm(self.conv(y, f"{name}.conv2", s2), f"{name}.conv2.bn")
        s = s1 * s2
        projected = f"{name}.downsample.conv.weight" in self.state
        x = self.conv(pre, f"{name}.downsample", s) if projected else x[:, :, ::s, ::s]
        return self.conv(y, f"{name}.conv3") + x

    def head(self, x: Tensor) -> Tensor:
        x = self.norm(x, "norm").mean((2, 3))
        return F.linear(x, self.state["head.fc.weight"], self.state["head.fc.bias"])


@pytest.mark.parametrize("size", [(64, 64), (71, 103)])
@torch.no_grad()
def test_keras_form(size: tuple[int, int]) -> None:
    """`keras.applications.resnet_v2`: padded explicitly, stride in the last block of the first three stages."""
    ours = random_network(resnetv2_keras(50, classes=7), (3, *size))
    state = ours.state_dict()
    hand, x = ByHand(state, 1.001e-5), picture(3, *size)
    y = F.conv2d(F.pad(x, (3, 3, 3, 3)), state["stem.conv.conv.weight"], state["stem.conv.conv.bias"], 2)
    y = F.max_pool2d(F.pad(y, (1, 1, 1, 1)), 3, 2)
    for i, n in enumerate((3, 4, 6, 3)):
        for j in range(n):
            y = hand.block(y, f"stages.{i}.blocks.{j}", 1, 2 if j == n - 1 and i < 3 else 1)
    assert difference(ours.eval()(x), hand.head(y)) <= TOLERANCE


@torch.no_grad()
def test_cifar_form() -> None:
    """The authors' code for ResNet-164: the stride is on the first 1×1."""
    ours = random_network(resnetv2_cifar(164))
    hand, x = ByHand(ours.state_dict(), 1e-5), picture(3, 32, 32)
    y = hand.conv(x, "stem.conv")
    for i in range(3):
        for j in range(18):
            y = hand.block(y, f"stages.{i}.blocks.{j}", 2 if i and not j else 1, 1)
    assert difference(ours.eval()(x), hand.head(y)) <= TOLERANCE
