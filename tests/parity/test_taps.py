"""Feature maps for pyramids are those of timm, and of torchvision's modules: same strides, channels and values.

Rows are tapped by stride; where timm takes another row of that stride than we do, by our name of its row.
"""

import pytest
import torch
from torch import Tensor, nn

import vzor
from vzor.nn.build import build
from vzor.weights.keys import find
from vzor.zoo.index import table

from .helpers import TOLERANCE, difference, give, narrow, picture, published, random_network

#: What stands in a table for the row that is tapped by its stride.
BY_STRIDE = ""
ALL = {2: "", 4: "", 8: "", 16: "", 32: ""}
TIMM: dict[str, dict[int, str]] = {
    "convnext_tiny": {4: "features.1", 8: "features.3", 16: "features.5", 32: ""},
    "densenet121": ALL,
    "efficientnet_b0": ALL | {32: "features.7"},
    "inception_resnet_v2": ALL,
    "inception_v3": ALL,
    "inception_v4": ALL | {4: "features.3"},
    "legacy_seresnet50": {4: "", 8: "", 16: "", 32: ""},
    "mobilenet_v2": ALL | {32: "features.17"},
    "mobilenetv1_100": ALL,
    "regnetx_004": ALL,
    "resnet18": ALL,
    "resnet50": ALL,
    "resnetv2_50": ALL | {32: "stages.3"},
    "resnext50_32x4d": ALL,
    "seresnet50": ALL,
    "vgg11": ALL,
    "vgg11_bn": ALL,
    "xception": {2: "", 4: "block2.relu1", 8: "block3.relu1", 16: "block12.relu1", 32: ""},
}
#: torchvision's module behind every row that a stride taps.
TORCHVISION: dict[str, dict[int, str]] = {
    "alexnet": {4: "features.1", 8: "features.4", 16: "features.11", 32: "features.12"},
    "googlenet": {2: "conv1", 4: "conv3", 8: "inception3b", 16: "inception4e", 32: "inception5b"},
    "resnet18": {2: "relu", 4: "layer1", 8: "layer2", 16: "layer3", 32: "layer4"},
    "squeezenet1_1": {2: "features.1", 4: "features.4", 8: "features.7", 16: "features.12"},
    "vgg11": {
        1: "features.1",
        2: "features.4",
        4: "features.9",
        8: "features.14",
        16: "features.19",
        32: "features.20",
    },
}


@torch.no_grad()
def maps_of(peer: nn.Module, modules: dict[int, str], x: Tensor) -> dict[int, Tensor]:
    """What these modules give the first time that they are called; copied, for what follows may work in place."""
    found: dict[int, Tensor] = {}

    def keep(stride: int) -> None:
        def hook(_module: nn.Module, _xs: object, y: Tensor) -> None:
            found.setdefault(stride, y.clone())

        peer.get_submodule(modules[stride]).register_forward_hook(hook)

    for stride in modules:
        keep(stride)
    peer.eval()(x)
    return found


def compare(network: str, publisher: str, modules: dict[int, str], rows: dict[int, str], size: int) -> None:
    options = {"aux": False} if network == "inception_v3" else {}  # the side head needs larger pictures
    made = narrow(table(network, classes=7, **options))
    by_stride = vzor.table(network).taps
    taps = {stride: rows[stride] or by_stride[stride] for stride in rows}
    whole, peer = random_network(made, (3, size, size)), published(network, publisher)
    give(whole, peer, find(network, publisher))
    net = build(made, (3, size, size), taps=list(taps.values())).double().eval()
    net.load_state_dict(whole.state_dict())
    x = picture(3, size, size, batch=1)
    with torch.no_grad():
        ours = net(x)
    theirs = maps_of(peer, modules, x)
    assert list(ours) == list(taps.values())
    for stride, tap in taps.items():
        assert ours[tap].shape == theirs[stride].shape, tap
        assert difference(ours[tap], theirs[stride]) <= TOLERANCE, tap


@pytest.mark.parametrize("network", TIMM)
def test_timms_features(network: str) -> None:
    """timm's own list of a network's rows for feature pyramids; strides in it are as ours."""
    info = {row["reduction"]: row for row in published(network, "timm").feature_info}
    rows = TIMM[network]
    assert set(rows) <= set(info)
    compare(network, "timm", {stride: info[stride]["module"] for stride in rows}, rows, 96)


@pytest.mark.parametrize("network", TORCHVISION)
def test_torchvisions_modules(network: str) -> None:
    modules = TORCHVISION[network]
    assert list(modules) == list(vzor.table(network).taps)
    compare(network, "torchvision", modules, dict.fromkeys(modules, BY_STRIDE), 96)
