"""MobileNet against timm, MobileNetV2 against torchvision, under random weights, in float64."""

import pytest
import timm
import torch
import torchvision
from timm.models.efficientnet import EfficientNet
from torch import nn

from vzor.weights.keys import find
from vzor.zoo.mobilenet import mobilenet
from vzor.zoo.mobilenetv2 import mobilenet_v2

from .helpers import assert_same, difference, give, picture, random_network

SIZES = [(64, 64), (45, 71)]

TIMM, VISION = find("mobilenetv1_100", "timm"), find("mobilenet_v2", "torchvision")


def timms(alpha: float = 1.0, **options: object) -> EfficientNet:
    with torch.device("meta"):
        if alpha == 1:
            return timm.create_model("mobilenetv1_100", num_classes=7, **options)
        return timm.models.efficientnet._gen_mobilenet_v1("mobilenetv1_100", alpha, num_classes=7, **options)


def vision(alpha: float = 1.0) -> nn.Module:
    with torch.device("meta"):
        return torchvision.models.mobilenet_v2(weights=None, num_classes=7, width_mult=alpha)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("alpha", [1.0, 0.25])
def test_mobilenet(alpha: float, size: tuple[int, int]) -> None:
    ours, peer = random_network(mobilenet(alpha, 7), (3, *size)), timms(alpha)
    give(ours, peer, TIMM)
    assert_same(ours, peer, picture(3, *size))


@pytest.mark.parametrize("alpha", [0.75, 0.5])
def test_mobilenet_of_other_widths_has_timms_shapes(alpha: float) -> None:
    ours, peer = random_network(mobilenet(alpha, 7), (3, 32, 32)), timms(alpha)
    give(ours, peer, TIMM)


def test_keras_mobilenet_at_its_even_sizes_is_timms_padded_as_tensorflow_pads() -> None:
    ours = random_network(mobilenet(1.0, 7, form="keras"), (3, 64, 64))
    peer = timms(pad_type="same", bn_eps=1e-3)
    give(ours, peer, TIMM)
    assert_same(ours, peer, picture(3, 64, 64))


def test_keras_mobilenet_pads_after_the_picture_at_odd_sizes_too() -> None:
    """TensorFlow's own SAME would pad both sides there: Keras pads by hand before every later stride."""
    size = (45, 71)
    ours = random_network(mobilenet(1.0, 7, form="keras"), (3, *size))
    peer = timms(pad_type="same", bn_eps=1e-3)
    for block in peer.modules():
        conv = getattr(block, "conv_dw", None)
        if conv is not None and conv.stride == (2, 2):
            plain = nn.Conv2d(conv.in_channels, conv.out_channels, 3, 2, groups=conv.groups, bias=False, device="meta")
            plain.register_forward_pre_hook(lambda module, xs: nn.functional.pad(xs[0], (0, 1, 0, 1)))
            block.conv_dw = plain
    give(ours, peer, TIMM)
    assert_same(ours, peer, picture(3, *size))


def test_the_papers_relu_changes_the_output() -> None:
    ours, peer = random_network(mobilenet(1.0, 7, act="relu"), (3, 64, 64)), timms()
    give(ours, peer, TIMM)
    x = 30 * picture(3, 64, 64)
    with torch.no_grad():
        assert difference(ours.eval()(x), peer.eval()(x)) > 1e-3
    peer = timms(act_layer="relu")
    give(ours, peer, TIMM)
    assert_same(ours, peer, x)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("alpha", [1.0, 0.35, 1.4])
def test_mobilenet_v2(alpha: float, size: tuple[int, int]) -> None:
    ours, peer = random_network(mobilenet_v2(alpha, 7), (3, *size)), vision(alpha)
    give(ours, peer, VISION)
    assert_same(ours, peer, picture(3, *size))


@pytest.mark.parametrize("alpha", [0.5, 0.75, 1.3])
def test_mobilenet_v2_of_other_widths_has_torchvisions_shapes(alpha: float) -> None:
    ours, peer = random_network(mobilenet_v2(alpha, 7), (3, 32, 32)), vision(alpha)
    give(ours, peer, VISION)


@pytest.mark.parametrize("size", SIZES)
def test_keras_mobilenet_v2_is_padded_as_tensorflow_pads(size: tuple[int, int]) -> None:
    """torchvision's network with its strided convolutions unpadded, and the padding put before them by hand."""
    ours, peer = random_network(mobilenet_v2(1.0, 7, form="keras"), (3, *size)), vision()

    def pad(module: nn.Module, xs: tuple[torch.Tensor]) -> torch.Tensor:
        height, width = xs[0].shape[2:]
        return nn.functional.pad(xs[0], (width % 2, 1, height % 2, 1))

    for module in peer.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.eps = 1e-3
        if isinstance(module, nn.Conv2d) and module.stride == (2, 2):
            module.padding = (0, 0)
            module.register_forward_pre_hook(pad)
    give(ours, peer, VISION)
    assert_same(ours, peer, picture(3, *size))
