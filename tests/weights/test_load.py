"""Weights of a file into a network: what is handed over, what stays, what is adapted, and what is refused."""

import re
import struct
import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn

import vzor
from vzor.nn.build import build as from_rows
from vzor.weights.checkpoint import write_tensors
from vzor.weights.formats import darknet, read
from vzor.weights.keys import find, to_theirs
from vzor.weights.load import adapted, load_into
from vzor.zoo.index import table

from ..parity.helpers import random_network

State = dict[str, Tensor]
SIZE = (3, 40, 40)


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def drawn(network: str, size: tuple[int, int, int] = SIZE, **options: object) -> nn.Module:
    """A network of ours with every tensor drawn."""
    return random_network(table(network, **options), size).float().eval()


def theirs(network: str, publisher: str, **options: object) -> tuple[State, State]:
    """Our tensors of a drawn network, and the same under a publisher's names."""
    state = drawn(network, **options).state_dict()
    return state, to_theirs(find(network, publisher), state)


def assert_equal(net: nn.Module, state: State, but: tuple[str, ...] = ()) -> None:
    found = net.state_dict()
    assert list(found) == list(state)
    assert {name for name in state if not torch.equal(found[name], state[name])} == set(but)


@pytest.fixture(scope="module")
def resnet18(tmp_path_factory: pytest.TempPathFactory) -> tuple[State, Path]:
    """Our tensors, and torchvision's file of them: five classes."""
    state, saved = theirs("resnet18", "torchvision", classes=5)
    path = tmp_path_factory.mktemp("files") / "resnet18.pth"
    torch.save(saved, path)
    return state, path


def build(path: Path, network: str = "resnet18", **options: object) -> nn.Module:
    return vzor.build(network, weights=path, **{"input": SIZE[1], **options}).eval()


def test_as_many_classes_load_whole(resnet18: tuple[State, Path]) -> None:
    state, path = resnet18
    assert_equal(build(path, classes=5), state)


def test_other_classes_leave_the_output_row(resnet18: tuple[State, Path]) -> None:
    state, path = resnet18
    with pytest.warns(UserWarning, match=r"resnet18: the output layer \(fc\.weight, fc\.bias\) stays"):
        net = build(path, classes=7, seed=3)
    assert net.classes is None and net.fc.weight.shape == (7, 512)
    assert 0.01 < float(net.fc.weight.detach().std()) < 0.1 and not net.fc.bias.any()
    rest = {name: value for name, value in net.state_dict().items() if not name.startswith("fc.")}
    assert all(torch.equal(value, state[name]) for name, value in rest.items())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert torch.equal(build(path, classes=7, seed=3).fc.weight, net.fc.weight)  # repeatable


def test_rows_named_stay(resnet18: tuple[State, Path]) -> None:
    state, path = resnet18
    net = build(path, classes=5, drop=("layer4.1.conv2", "fc"), seed=5)
    left = ("layer4.1.conv2.conv.weight", *(f"layer4.1.conv2.bn.{part}" for part in BN), "fc.weight", "fc.bias")
    assert_equal(net, state, left)
    fresh = vzor.build("resnet18", classes=5, seed=5, input=SIZE[1]).state_dict()
    assert all(torch.equal(net.state_dict()[name], fresh[name]) for name in left)
    with pytest.raises(vzor.UserError, match=r"No row 'head' with weights can be dropped\..*`vzor show`"):
        build(path, classes=5, drop=("head",))


BN = ("weight", "bias", "running_mean", "running_var")


def test_weights_of_another_network_are_refused(resnet18: tuple[State, Path], tmp_path: Path) -> None:
    _, path = resnet18
    with pytest.raises(vzor.UserError, match=r"resnet18\.pth: These are not the weights of this network as .*missing"):
        build(path, "resnet34", classes=5)
    with pytest.raises(vzor.UserError, match=r"^[^\n]*resnet18\.pth: .*$"):
        build(path, "densenet121", classes=5)
    torch.save(to_theirs(find("resnet50", "timm"), drawn("resnet50", classes=5).state_dict()), tmp_path / "a.pth")
    with pytest.raises(vzor.UserError, match=r"a\.pth: Tensor \S+ has the shape .* where this network needs"):
        build(tmp_path / "a.pth", "wide_resnet50_2", classes=5)


@pytest.mark.parametrize("key", ["state_dict", "model", "net", None])
def test_wrapped_files(resnet18: tuple[State, Path], tmp_path: Path, key: str | None) -> None:
    state, path = resnet18
    saved = {f"module.{name}": value for name, value in torch.load(path, weights_only=True).items()}
    torch.save({key: saved, "epoch": 90} if key else saved, tmp_path / "a.pth")
    assert_equal(build(tmp_path / "a.pth", classes=5), state)


def test_half_precision(resnet18: tuple[State, Path], tmp_path: Path) -> None:
    state, path = resnet18
    saved = {name: value.half() if value.is_floating_point() else value for name, value in torch.load(path).items()}
    write_tensors(tmp_path / "a.safetensors", saved, {})
    net = build(tmp_path / "a.safetensors", classes=5)
    assert {value.dtype for value in net.parameters()} == {torch.float32}
    assert_equal(net, {name: v.half().float() if v.is_floating_point() else v for name, v in state.items()})


def test_taps(resnet18: tuple[State, Path]) -> None:
    _, path = resnet18
    x = torch.randn(1, *SIZE, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        maps = build(path, classes=5, taps=[8, 32])(x)
        whole = build(path, classes=5)
        assert list(maps) == ["layer2", "layer4"]
        assert torch.equal(whole.fc(maps["layer4"].mean((2, 3))), whole(x))


@given(channels=st.integers(1, 9), seed=st.integers(0, 9))
def test_an_input_alike_in_all_channels_gives_the_same(channels: int, seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    weight = torch.randn(4, 3, 3, 3, dtype=torch.float64, generator=generator)
    grey = torch.randn(1, 1, 5, 5, dtype=torch.float64, generator=generator)
    # Of four and more, as many of every colour only where 3 divides them: the others are near, not equal.
    colours = [sum(i % 3 == c for i in range(channels)) for c in range(3)] if channels > 1 else [1, 1, 1]
    wanted = torch.einsum("oc...,c->o...", weight, torch.tensor(colours, dtype=torch.float64) * 3 / sum(colours))
    made = torch.conv2d(grey.expand(1, channels, 5, 5), adapted(weight, channels))
    torch.testing.assert_close(made, torch.conv2d(grey, wanted[:, None]))
    if channels == 1 or channels % 3 == 0:
        torch.testing.assert_close(made, torch.conv2d(grey.expand(1, 3, 5, 5), weight))


@pytest.mark.parametrize("channels", [1, 6])
def test_first_convolutions_are_adapted(resnet18: tuple[State, Path], channels: int) -> None:
    state, path = resnet18
    net = build(path, classes=5, channels=channels)
    assert_equal(net, state, ("conv1.conv.weight",))
    grey = torch.randn(2, 1, *SIZE[1:], generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        mine, wanted = net(grey.expand(2, channels, *SIZE[1:])), build(path, classes=5)(grey.expand(2, *SIZE))
    torch.testing.assert_close(mine, wanted, rtol=1e-4, atol=1e-4)
    one = build(path, classes=5, channels=2).state_dict()["conv1.conv.weight"]
    assert torch.equal(one, state["conv1.conv.weight"][:, :2] * 1.5)


def test_darknet(tmp_path: Path) -> None:
    """Numbers in the order of Darknet's own reader: biases, gammas, means, variances, weights, row by row."""
    net = drawn("darknet19", classes=5)
    numbers = []
    for row in net.children():
        if not hasattr(row, "conv"):
            continue
        bn = row.bn
        parts = (bn.bias, bn.weight, bn.running_mean, bn.running_var) if bn is not None else (row.conv.bias,)
        numbers += [part.detach().numpy().ravel() for part in (*parts, row.conv.weight)]
    path = tmp_path / "darknet19.weights"
    path.write_bytes(struct.pack("<3iq", 0, 2, 0, 64) + np.concatenate(numbers).tobytes())
    assert_equal(build(path, "darknet19", classes=5), net.state_dict())
    with pytest.raises(vzor.UserError, match=r"holds [\d,]+ numbers and this network needs [\d,]+"):
        build(path, "darknet19", classes=6)
    assert darknet.read(path).count == sum(map(len, numbers))


def test_older_names(tmp_path: Path) -> None:
    """torchvision's files of DenseNet say norm.1 where its network says norm1."""
    state, saved = theirs("densenet121", "torchvision", classes=5)
    torch.save({re.sub(r"(denselayer\d+\.\w+)(\d)\.", r"\1.\2.", k): v for k, v in saved.items()}, tmp_path / "a.pth")
    assert "features.denseblock1.denselayer1.norm.1.weight" in torch.load(tmp_path / "a.pth")
    assert_equal(build(tmp_path / "a.pth", "densenet121", classes=5), state)


def test_a_side_head_that_is_not_published_begins_as_ever(tmp_path: Path) -> None:
    size = (3, 299, 299)
    state = drawn("inception_v3", size, classes=5).state_dict()
    saved = to_theirs(find("inception_v3", "timm"), state)
    assert not any(name.startswith("Aux") for name in saved)
    write_tensors(tmp_path / "a.safetensors", saved, {})
    net = build(tmp_path / "a.safetensors", "inception_v3", classes=5, input=299, seed=5)
    fresh = vzor.build("inception_v3", classes=5, input=299, seed=5).state_dict()
    for name, value in net.state_dict().items():
        wanted = fresh if name.startswith("AuxLogits") else state
        assert torch.equal(value, wanted[name]) or name.endswith("num_batches_tracked"), name


def test_a_side_head_that_is_not_built_may_be_in_the_file(tmp_path: Path) -> None:
    state, saved = theirs("googlenet", "torchvision", classes=5, size=(3, 64, 64))
    assert any(name.startswith("aux1.") for name in saved)
    torch.save(saved, tmp_path / "a.pth")
    net = from_rows(table("googlenet", classes=5, aux=False), (3, 64, 64), init="empty")
    load_into(net, read(tmp_path / "a.pth"), "googlenet")
    assert_equal(net, {name: value for name, value in state.items() if not name.startswith("aux")})


def test_the_background_is_left_out(tmp_path: Path) -> None:
    """Cadene's Inception v4 has 1,001 outputs, the first of which is the background."""
    size = (3, 96, 96)
    state, saved = theirs("inception_v4", "cadene", size=size)
    assert saved["last_linear.weight"].shape == (1001, 1536)
    saved["last_linear.bias"][0] = 1e9
    torch.save(saved, tmp_path / "a.pth")
    assert_equal(build(tmp_path / "a.pth", "inception_v4", input=96), state)


def test_maps_in_another_order(tmp_path: Path) -> None:
    """akamaster's CIFAR ResNets."""
    state, saved = theirs("resnet20_cifar", "akamaster", size=(3, 32, 32))
    torch.save({"state_dict": saved, "best_prec1": 0.9}, tmp_path / "a.th")
    assert_equal(build(tmp_path / "a.th", "resnet20_cifar", input=32), state)
