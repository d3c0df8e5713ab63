"""Keras' own networks (Apache-2.0, on torch) against ours: the same variables and outputs, in float64.

Keras takes seconds to import, so it is imported once, when the first of these tests runs.
"""

import re
from functools import partial
from types import ModuleType
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from vzor.measure import measure
from vzor.nn.build import build
from vzor.spec.edit import rewrite
from vzor.spec.rows import Conv, Gap, Seq
from vzor.weights.keys import find, to_ours, to_theirs
from vzor.weights.keys.turns import GROUPED
from vzor.zoo.index import networks, table

from . import keras_peers
from .helpers import TOLERANCE, difference, narrow, picture, random_network
from .keras_peers import PEERS, made, shapes, variables

keras = keras_peers.keras  # the fixture
#: Of Keras' table; Keras 3 has no ResNeXt, and NASNet has its own tests.
ELSEWHERE = ("resnext", "nasnet")
#: One network of a family, at even and odd sizes; Keras has smallest ones.
SIZES = {
    "densenet121_keras": [(48, 34), (45, 39)],
    "inception_resnet_v2_keras": [(76, 78), (75, 77)],
    "inception_v3_keras": [(76, 90), (75, 77)],
    "mobilenet_keras": [(48, 34), (45, 39)],
    "mobilenet_v2_keras": [(48, 34), (45, 39)],
    "resnet50_keras": [(48, 34), (45, 39)],
    "resnet50v2_keras": [(48, 34), (45, 39)],
    "xception_keras": [(72, 74), (71, 75)],
}
#: Lecture 002's column "Depth", where it is the longest path of Keras' graph.
DEPTHS = {
    "vgg16": 23,
    "vgg19": 26,
    "xception_keras": 126,
    "inception_v3_keras": 159,
    "inception_resnet_v2_keras": 572,
}


def longest_path(net: Any) -> int:
    """Layers on the longest way through Keras' graph, its input counted."""
    lengths: dict[str, int] = {}
    for operation in net.operations:  # sources before what reads them
        sources = [node.operation.name for node in operation._inbound_nodes[0].parent_nodes]
        lengths[operation.name] = 1 + max((lengths[name] for name in sources), default=0)
    return max(lengths.values())


def test_every_keras_form_has_a_peer() -> None:
    forms = {name for name in networks("*_keras*") if not name.startswith(ELSEWHERE)}
    assert forms == {name for name in PEERS if "keras" in name}


@pytest.mark.parametrize("name", PEERS)
def test_variables_are_keras(keras: ModuleType, name: str) -> None:
    """One to one, in names and shapes; normalised alike; as many numbers as Keras counts."""
    peer = made(keras, name, device="meta")
    with torch.device("meta"):
        ours = build(table(name))
    keys = find(name, "keras")
    assert shapes(to_theirs(keys, ours.state_dict())) == shapes(variables(peer))
    assert measure(table(name)).keras_total == peer.count_params()
    if name in DEPTHS:
        assert longest_path(peer) == DEPTHS[name]
    names = keys.names(ours.state_dict())
    settings = {
        names[f"{path}.running_mean"].partition("/")[0]: (row.eps, row.momentum)
        for path, row in ours.named_modules()
        if isinstance(row, nn.BatchNorm2d)
    }
    theirs = {
        layer.name: (layer.epsilon, pytest.approx(1 - layer.momentum))
        for layer in peer.layers
        if isinstance(layer, keras.layers.BatchNormalization)
    }
    assert settings == theirs


def calibrated(net: nn.Module, x: Tensor) -> nn.Module:
    """``net`` with running statistics near those of ``x``, so that what it answers depends on the picture."""
    norms = [row for row in net.modules() if isinstance(row, nn.BatchNorm2d)]
    before = [row.momentum for row in norms]
    for row in norms:
        row.momentum = 1.0
    net.train()(x)
    generator = torch.Generator().manual_seed(2)
    for row, momentum in zip(norms, before, strict=True):
        row.momentum = momentum
        spread = row.running_var.sqrt()
        row.running_mean += spread * torch.empty_like(spread).uniform_(-0.2, 0.2, generator=generator)
        row.running_var *= torch.empty_like(spread).uniform_(0.7, 1.4, generator=generator)
    return net.eval()


@torch.no_grad()
def assert_answers_alike(ours: nn.Module, peer: Any, name: str, x: Tensor) -> None:
    """Our weights in Keras' network, by the rules and back again, give the same outputs."""
    keys, state, found = find(name, "keras"), ours.state_dict(), variables(peer)
    theirs = to_theirs(keys, state)
    assert shapes(theirs) == shapes(found)
    for key, value in theirs.items():
        found[key].assign(value)
    back = to_ours(keys, shapes(state), {key: variable.value for key, variable in found.items()})
    assert all(torch.equal(value, state[key]) for key, value in back.items())
    mine, other = ours(x), peer(x.permute(0, 2, 3, 1).contiguous(), training=False)
    assert difference(mine[1:], mine[:1]) > 0.05  # another picture, another answer
    assert difference(mine, other) <= TOLERANCE


@pytest.mark.parametrize("place", [0, 1])
@pytest.mark.parametrize(("name", "sizes"), SIZES.items())
@torch.no_grad()
def test_outputs_are_keras(keras: ModuleType, name: str, sizes: list[tuple[int, int]], place: int) -> None:
    size = sizes[place]
    x = picture(3, *size)
    ours = calibrated(random_network(table(name, classes=7), (3, *size)), x)
    assert_answers_alike(ours, made(keras, name, size, classes=7), name, x)


@torch.no_grad()
def test_vgg16_flattens_maps_in_keras_order(keras: ModuleType) -> None:
    """Keras' convolutions at 64×64, where 2×2 maps are left, and narrower rows after them."""
    narrower = partial(keras.layers.Dense, 24, activation="relu")
    body = made(keras, "vgg16", (64, 64), include_top=False)
    y = keras.layers.Flatten(name="flatten")(body.output)
    y = narrower(name="fc2")(narrower(name="fc1")(y))
    peer = keras.Model(body.input, keras.layers.Dense(7, name="predictions")(y))
    form = rewrite(narrow(table("vgg16", classes=7)), lambda row: Gap(2) if isinstance(row, Gap) else row)
    assert_answers_alike(random_network(form, (3, 64, 64)).eval(), peer, "vgg16", picture(3, 64, 64))


@pytest.mark.parametrize(
    ("name", "plain"), [("resnext50_keras", "resnet50_keras"), ("resnext101_keras", "resnet101_keras")]
)
def test_variables_of_resnext_are_named_as_resnets(keras: ModuleType, name: str, plain: str) -> None:
    """Without biases; the 3×3 is a depthwise kernel with as many answers per map as a group has maps."""
    expected = {}
    for key, shape in shapes(variables(made(keras, plain, device="meta"))).items():
        if key.endswith("_conv/bias"):
            continue
        if re.search(r"_[12]_bn/", key):
            shape = (2 * shape[0],)
        elif key.endswith("_1_conv/kernel"):
            shape = (1, 1, shape[2], 2 * shape[3])
        elif key.endswith("_2_conv/kernel"):
            shape = (3, 3, 2 * shape[2], 2 * shape[2] // 32)
        elif key.endswith("_3_conv/kernel"):
            shape = (1, 1, 2 * shape[2], shape[3])
        expected[key] = shape
    with torch.device("meta"):
        state = build(table(name)).state_dict()
    assert shapes(to_theirs(find(name, "keras"), state)) == expected


@pytest.mark.parametrize("c", [4, 8])
@torch.no_grad()
def test_groups_of_resnext_are_keras(keras: ModuleType, c: int) -> None:
    """A depthwise convolution with as many answers per map as a group has maps, added up within the group."""
    ours = build(Seq(x=Conv(32 * c, 3, 2, g=32, bias=False, act=None)), (32 * c, 9, 7), seed=0).double()
    weight, x = ours.state_dict()["x.conv.weight"], picture(32 * c, 9, 7)
    layer = keras.layers.DepthwiseConv2D(3, strides=2, depth_multiplier=c, use_bias=False)
    y = keras.ops.pad(x.permute(0, 2, 3, 1), ((0, 0), (1, 1), (1, 1), (0, 0)))
    layer.build(tuple(y.shape))
    layer.kernel.assign(GROUPED.there(weight))
    y = layer(y).unflatten(3, (32, c, c)).sum(4).flatten(3)
    assert difference(ours(x), y.permute(0, 3, 1, 2)) <= TOLERANCE
