"""DenseNet against torchvision under random weights, in float64; CIFAR's forms against a few lines of torch."""

import pytest
import torch
import torch.nn.functional as F
import torchvision
from torch import Tensor, nn

from vzor.weights.keys import find
from vzor.zoo.densenet import densenet, densenet_cifar

from .helpers import TOLERANCE, State, assert_same, difference, give, picture, random_network

NAMES = find("densenet121", "torchvision")


def vision(depth: int) -> nn.Module:
    with torch.device("meta"):
        return getattr(torchvision.models, f"densenet{depth}")(weights=None, num_classes=7)


@pytest.mark.parametrize("depth", [121, 161, 169, 201])
def test_published_form(depth: int) -> None:
    ours, peer = random_network(densenet(depth, classes=7), (3, 32, 32)), vision(depth)
    give(ours, peer, NAMES)
    assert_same(ours, peer, picture(3, 32, 32))


def test_at_an_odd_size() -> None:
    ours, peer = random_network(densenet(121, classes=7), (3, 71, 103)), vision(121)
    give(ours, peer, NAMES)
    assert_same(ours, peer, picture(3, 71, 103, batch=1))


def norm(x: Tensor, s: State, name: str) -> Tensor:
    scale, shift, mean, var = (s[f"{name}.{part}"] for part in ("weight", "bias", "running_mean", "running_var"))
    return F.relu(F.batch_norm(x, mean, var, scale, shift))


def by_hand(x: Tensor, s: State, n: int, bottleneck: bool) -> Tensor:
    """§3: layer l sees the maps of all layers before it."""
    x = F.conv2d(x, s["features.conv0.conv.weight"], padding=1)
    for i in (1, 2, 3):
        seen = [x]
        for j in range(1, n + 1):
            row = f"features.denseblock{i}.denselayer{j}"
            y = norm(torch.cat(seen, 1), s, f"{row}.norm1")
            if bottleneck:
                y = norm(F.conv2d(y, s[f"{row}.conv1.conv.weight"]), s, f"{row}.norm2")
            seen.append(F.conv2d(y, s[f"{row}.conv{1 + bottleneck}.conv.weight"], padding=1))
        x = torch.cat(seen, 1)
        if i < 3:
            row = f"features.transition{i}"
            x = F.avg_pool2d(F.conv2d(norm(x, s, f"{row}.norm"), s[f"{row}.conv.conv.weight"]), 2)
    return F.linear(norm(x, s, "features.norm4").mean((2, 3)), s["classifier.weight"], s["classifier.bias"])


@pytest.mark.parametrize(("form", "n", "bottleneck"), [("40_k12", 12, False), ("bc100_k12", 16, True)])
@torch.no_grad()
def test_forms_for_cifar(form: str, n: int, bottleneck: bool) -> None:
    ours = random_network(densenet_cifar(form))
    x = picture(3, 32, 32)
    assert difference(ours.eval()(x), by_hand(x, ours.state_dict(), n, bottleneck)) <= TOLERANCE


def test_dropout_is_there_in_training_only() -> None:
    ours = random_network(densenet_cifar("40_k12", drop=0.2))
    plain = random_network(densenet_cifar("40_k12"))
    plain.load_state_dict(ours.state_dict())
    x = picture(3, 32, 32)
    with torch.no_grad():
        assert difference(ours.eval()(x), plain.eval()(x)) == 0
        assert difference(ours.train()(x), plain.train()(x)) > 1e-3
