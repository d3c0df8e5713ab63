"""ResNet for CIFAR-10 against the paper's §4.2, and akamaster's, in a few lines of torch; random weights, float64."""

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from vzor.weights.keys import find, to_theirs
from vzor.zoo.resnet_cifar import resnet_cifar

from .helpers import TOLERANCE, State, difference, picture, random_network


def conv(x: Tensor, s: State, name: str, stride: int = 1) -> Tensor:
    mean, var, scale, shift = (s[f"{name}.bn.{p}"] for p in ("running_mean", "running_var", "weight", "bias"))
    weight = s[f"{name}.conv.weight"]
    x = F.conv2d(x, weight, stride=stride, padding=weight.shape[2] // 2)
    return F.batch_norm(x, mean, var, scale, shift)


@pytest.mark.parametrize(("depth", "n"), [(20, 3), (56, 9), (110, 18)])
@pytest.mark.parametrize("shortcut", ["A", "B"])
@torch.no_grad()
def test_by_hand(depth: int, n: int, shortcut: str) -> None:
    ours = random_network(resnet_cifar(depth, shortcut=shortcut))
    s, x = ours.state_dict(), picture(3, 32, 32)
    y = F.relu(conv(x, s, "conv1"))
    for i in (1, 2, 3):
        for j in range(n):
            row, stride = f"layer{i}.{j}", 2 if i > 1 and j == 0 else 1
            short = y
            if stride == 2 and shortcut == "A":
                short = y[:, :, ::2, ::2]
                short = torch.cat([short, torch.zeros_like(short)], 1)
            elif stride == 2:
                short = conv(y, s, f"{row}.downsample", 2)
            y = F.relu(conv(F.relu(conv(y, s, f"{row}.conv1", stride)), s, f"{row}.conv2") + short)
    expected = F.linear(y.mean((2, 3)), s["linear.weight"], s["linear.bias"])
    assert difference(ours.eval()(x), expected) <= TOLERANCE


@pytest.mark.parametrize("depth", [20, 32])
@torch.no_grad()
def test_akamasters_zeros_are_on_both_sides(depth: int) -> None:
    """Our weights under its names, in its order of maps, through its network by hand."""
    ours, x = random_network(resnet_cifar(depth)), picture(3, 32, 32)
    s = to_theirs(find(f"resnet{depth}_cifar", "akamaster"), ours.state_dict())

    def normed(x: Tensor, row: str, number: str = "1", stride: int = 1) -> Tensor:
        bn = (s[f"module.{row}bn{number}.{p}"] for p in ("running_mean", "running_var", "weight", "bias"))
        return F.batch_norm(F.conv2d(x, s[f"module.{row}conv{number}.weight"], stride=stride, padding=1), *bn)

    y = F.relu(normed(x, ""))
    for i in (1, 2, 3):
        for j in range((depth - 2) // 6):
            row, stride = f"layer{i}.{j}.", 2 if i > 1 and j == 0 else 1
            short, n = y[:, :, ::stride, ::stride], y.shape[1] // 2
            if stride == 2:
                short = F.pad(short, (0, 0, 0, 0, n, n))
            y = F.relu(normed(F.relu(normed(y, row, "1", stride)), row, "2") + short)
    theirs = F.linear(y.mean((2, 3)), s["module.linear.weight"], s["module.linear.bias"])
    assert difference(ours.eval()(x), theirs) <= TOLERANCE
