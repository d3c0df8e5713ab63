"""Weights carried from our networks to a peer's by the product's own rules, and outputs compared."""

import dataclasses
import re
from collections.abc import Iterator

import pytest
import timm
import torch
import torch.nn.functional as F
import torchvision
from timm.models.vgg import VGG, ConvMlp
from torch import Tensor, nn

from vzor.nn.build import build
from vzor.spec.edit import rewrite
from vzor.spec.row import Row, Shape
from vzor.spec.rows import Drop, Fc
from vzor.spec.tables import Rows
from vzor.weights.keys import Keys, find, to_theirs

#: What timm calls a network, where that is not our name.
State = dict[str, Tensor]
TOLERANCE = 1e-10  # relative to the largest output, in float64
GRADIENT = 1e-8  # relative to the tensor's largest


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Small pictures run no faster on many threads, and sums come out in one order."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def random_network(table: Rows, *inputs: Shape, seed: int = 0) -> nn.Module:
    """``table`` in float64 with weights drawn, biases and running statistics too, so that none can hide."""
    net = build(table, *inputs, seed=seed).double()
    generator = torch.Generator().manual_seed(seed)
    for name, value in net.state_dict().items():
        if name.endswith(("bias", "running_mean")):
            value.normal_(0, 0.1, generator=generator)
        elif re.search(r"(running_var|bn\.weight|norm\d*\.weight|gain\.weight)$", name):
            value.uniform_(0.5, 1.5, generator=generator)
    return net


def narrow(table: Rows, to: int = 24) -> Rows:
    """``table`` with its 4096-wide rows narrowed: the same network to compare, 100 million weights lighter."""

    def change(row: Row) -> Row:
        return dataclasses.replace(row, out=to) if isinstance(row, Fc) and row.out == 4096 else row

    return rewrite(table, change)


def certain(table: Rows) -> Rows:
    """``table`` without dropout and stochastic depth, to train beside a peer."""

    def change(row: Row) -> Row:
        if isinstance(row, Drop):
            return dataclasses.replace(row, p=0.0)
        chance = any(field.name == "drop" for field in dataclasses.fields(row))  # of Fc, and of blocks
        return dataclasses.replace(row, drop=0.0) if chance else row

    return rewrite(table, change)


def plain(keys: Keys) -> Keys:
    """Caffe's names for a network of torch's layers: a blob is a weight or a bias, and pictures are RGB."""
    tensors = ((r"/0$", ".weight"), (r"/1$", ".bias"))
    return dataclasses.replace(keys, rules=(*keys.rules, *tensors), turns=())


def published(network: str, publisher: str) -> nn.Module:
    """torchvision's or timm's network of that name of ours, without weights; 4096-wide rows are narrowed as ours."""
    with torch.device("meta"):
        if publisher == "timm":
            net = timm.create_model(find(network, "timm").name_of(network), num_classes=7, drop_rate=0.0)
            if isinstance(net, VGG):
                net.pre_logits, net.head.fc = ConvMlp(512, 24, 7), nn.Linear(24, 7)
            return net
        options = {"init_weights": False} if network in ("googlenet", "inception_v3") else {}
        net = getattr(torchvision.models, network)(weights=None, num_classes=7, **options)
        if network == "alexnet" or network.startswith("vgg"):
            narrowed = {1000: 7, 4096: 24}
            for i, row in enumerate(net.classifier):
                if isinstance(row, nn.Linear):
                    leaves = narrowed.get(row.out_features, row.out_features)
                    net.classifier[i] = nn.Linear(narrowed.get(row.in_features, row.in_features), leaves)
        return net


def shapes(state: State) -> dict[str, Shape]:
    return {name: tuple(value.shape) for name, value in state.items()}


def give(ours: nn.Module, peer: nn.Module, keys: Keys) -> None:
    """Our weights to ``peer``, which names them by ``keys``; every tensor of both has a partner of the same shape.

    The peer may be on the meta device; it gets copies.
    """
    theirs = to_theirs(keys, ours.state_dict())
    assert shapes(theirs) == shapes(peer.state_dict())
    peer.load_state_dict({name: value.clone() for name, value in theirs.items()}, assign=True)


def picture(*size: int, batch: int = 2, seed: int = 1) -> Tensor:
    return torch.randn(batch, *size, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def difference(a: Tensor, b: Tensor) -> float:
    """The largest difference, relative to the largest value of ``b``."""
    assert a.shape == b.shape
    assert b.abs().max() > 0 and b.std() > 0  # a constant output would compare nothing
    a, b = a.detach(), b.detach()
    return float((a - b).abs().max() / b.abs().max())


@torch.no_grad()
def assert_same(ours: nn.Module, peer: nn.Module, x: Tensor) -> None:
    assert difference(ours.eval()(x), peer.eval()(x)) <= TOLERANCE


def outputs(y: object) -> dict[str, Tensor]:
    """Outputs by our names: a tensor, our dict, or torchvision's named tuple of logits and those of its side heads."""
    if isinstance(y, Tensor):
        return {"out": y}
    if isinstance(y, dict):
        return y
    assert isinstance(y, tuple)
    names = {"logits": "out", "aux_logits": "aux1", "aux_logits1": "aux1", "aux_logits2": "aux2"}
    return dict(sorted((names[field], value) for field, value in y._asdict().items()))


def assert_same_step(ours: nn.Module, peer: nn.Module, keys: Keys, x: Tensor) -> None:
    """In training mode: every output, every gradient, and the running statistics afterwards."""
    mine, theirs = outputs(ours.train()(x)), outputs(peer.train()(x))
    assert set(mine) == set(theirs)
    for name, y in theirs.items():
        assert difference(mine[name], y) <= TOLERANCE, name
    targets = torch.arange(len(x)) % 7
    weights = dict.fromkeys(mine, 1.0) | ours.loss_weights
    for found in (mine, theirs):
        torch.stack([weights[name] * F.cross_entropy(y, targets) for name, y in found.items()]).sum().backward()
    gradients = to_theirs(keys, {name: p.grad for name, p in ours.named_parameters()})
    wanted = {name: p.grad for name, p in peer.named_parameters()}
    assert shapes(gradients) == shapes(wanted)
    largest = max(float(g.abs().max()) for g in wanted.values())
    for name, g in wanted.items():
        # A bias before batch normalisation has no gradient but rounding's, which is next to nothing.
        scale = max(float(g.abs().max()), 1e-4 * largest)
        assert float((gradients[name] - g).abs().max()) <= GRADIENT * scale, name
    state = to_theirs(keys, ours.state_dict())
    for name, value in peer.state_dict().items():
        exact = not value.is_floating_point()
        assert torch.equal(state[name], value) if exact else difference(state[name], value) <= GRADIENT, name
