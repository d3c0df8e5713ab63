"""EfficientNet against torchvision, in the authors' form against timm, under random weights in float64."""

import pytest
import torch
from torch import nn

from vzor.nn.build import build
from vzor.weights.keys import find
from vzor.zoo.index import table

from .helpers import TOLERANCE, assert_same, difference, give, picture, published, random_network

SIZES = [(64, 64), (45, 71)]
ALL = [f"b{i}" for i in range(8)]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", ["efficientnet_b0", "efficientnet_b1", "efficientnet_b5"])
def test_torchvisions_form(name: str, size: tuple[int, int]) -> None:
    """B0; B1 with more layers; B5 with other widths and another eps."""
    ours, peer = random_network(table(name, classes=7), (3, *size)), published(name, "torchvision")
    give(ours, peer, find(name, "torchvision"))
    assert_same(ours, peer, picture(3, *size, batch=1))


@pytest.mark.parametrize("size", [(64, 64), (45, 71), (50, 62)])
def test_the_authors_form(size: tuple[int, int]) -> None:
    """Sizes of all remainders by 4 and 8, which TensorFlow's padding depends on."""
    name = "tf_efficientnet_b0"
    ours, peer = random_network(table(name, classes=7), (3, *size)), published(name, "timm")
    give(ours, peer, find(name, "timm"))
    assert_same(ours, peer, picture(3, *size, batch=1))


def test_timms_own_form_is_torchvisions() -> None:
    ours, peer = random_network(table("efficientnet_b0", classes=7), (3, 45, 71)), published("efficientnet_b0", "timm")
    give(ours, peer, find("efficientnet_b0", "timm"))
    assert_same(ours, peer, picture(3, 45, 71, batch=1))


def test_the_two_forms_differ() -> None:
    ours = random_network(table("efficientnet_b0", classes=7), (3, 64, 64))
    peer = published("tf_efficientnet_b0", "timm")
    give(ours, peer, find("tf_efficientnet_b0", "timm"))
    x = picture(3, 64, 64, batch=1)
    with torch.no_grad():
        assert difference(ours.eval()(x), peer.eval()(x)) > 1e-3


@pytest.mark.parametrize("size", ALL)
def test_settings_of_all(size: str) -> None:
    """What no shape shows: kernels, strides, eps, momentum, dropout and stochastic depth, row by row."""

    def settings(net: nn.Module) -> list[object]:
        found: list[object] = []
        for module in net.modules():
            if isinstance(module, nn.Conv2d):
                found.append((module.kernel_size, module.stride, module.padding, module.groups))
            elif isinstance(module, nn.BatchNorm2d):
                found.append((module.eps, module.momentum))
            elif isinstance(module, nn.Dropout):
                found.append(module.p)
        return found

    with torch.device("meta"):
        ours = build(table(f"efficientnet_{size}"))
    peer = published(f"efficientnet_{size}", "torchvision")
    assert settings(ours) == settings(peer)
    drops = [row.p for row in ours.modules() if type(row).__name__ == "DropPath"]
    used = [block.stochastic_depth.p for block in peer.modules() if getattr(block, "use_res_connect", False)]
    assert drops == pytest.approx([p for p in used if p > 0], rel=1e-12)


def test_a_dropped_branch_leaves_what_arrived() -> None:
    """A sample loses its whole branch or none of it; what is left is scaled up by the share that is kept."""
    block = random_network(table("efficientnet_b0", classes=7), (3, 32, 32)).features.get_submodule("3.1")
    block.path.p = 0.4
    for module in block.modules():  # the branch itself as in evaluation
        module.training = not isinstance(module, nn.BatchNorm2d)
    x = picture(40, 4, 4, batch=1).expand(400, -1, -1, -1)
    torch.manual_seed(0)
    with torch.no_grad():
        branch = block(x) - x
        full = block.eval()(x) - x
    kept = branch.flatten(1).abs().amax(1) > 0
    assert 0.5 < kept.double().mean() < 0.7
    assert difference(branch[kept], full[kept] / 0.6) <= TOLERANCE
