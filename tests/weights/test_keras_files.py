"""Files that Keras itself writes, in every layout it has had, read by us: its own outputs (to 1e-4 of the largest)."""

import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import h5py
import pytest
import torch
from torch import Tensor, nn

import vzor
from vzor.nn.build import build
from vzor.spec.edit import rewrite
from vzor.spec.rows import Fc, Gap
from vzor.weights.formats import read
from vzor.weights.load import load_into
from vzor.zoo.index import table
from vzor.zoo.nasnet import NETWORKS, nasnet

from ..parity import keras_peers
from ..parity import test_nasnet as nasnet_tests
from ..parity.helpers import difference, narrow
from ..parity.keras_peers import made

keras = keras_peers.keras  # the fixture
TOLERANCE = 1e-4
# Keras' own reading of its variables.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


@pytest.fixture(autouse=True)
def in_single_precision(keras: ModuleType) -> Iterator[None]:
    before, threads = keras.config.floatx(), torch.get_num_threads()
    keras.config.set_floatx("float32")
    logging.getLogger("absl").setLevel(logging.ERROR)  # says that .h5 is an old format
    torch.set_num_threads(1)
    yield
    keras.config.set_floatx(before)
    torch.set_num_threads(threads)


def _weights_of_release_2(net: Any, path: Path) -> None:
    from keras.src.legacy.saving.legacy_h5_format import save_weights_to_hdf5_group

    with h5py.File(path, "w") as file:
        save_weights_to_hdf5_group(file, net)


#: How a file of that ending is written.
FORMS: dict[str, Callable[[Any, Path], None]] = {
    "weights_only.h5": _weights_of_release_2,
    "whole.h5": lambda net, path: net.save(path),
    "a.weights.h5": lambda net, path: net.save_weights(path),
    "a.keras": lambda net, path: net.save(path),
}
SMALL = "mobilenet_keras_025"
#: Keras' families (NASNet and VGG are below), smallest sizes that they take, and a form of file each.
FAMILIES = [
    ("densenet121_keras", (48, 34), "whole.h5"),
    ("inception_resnet_v2_keras", (76, 78), "weights_only.h5"),
    ("inception_v3_keras", (76, 90), "a.weights.h5"),
    ("mobilenet_v2_keras", (45, 39), "a.keras"),
    ("resnet50_keras", (48, 34), "weights_only.h5"),
    ("resnet50v2_keras", (45, 39), "a.keras"),
    ("xception_keras", (71, 75), "a.weights.h5"),
    *((SMALL, (48, 34), form) for form in FORMS),
]


def drawn(keras: ModuleType, net: Any) -> Any:
    """``net`` with every variable drawn, biases and statistics too, so that none can hide."""
    generator = torch.Generator().manual_seed(0)
    for variable in net.variables:
        value = torch.empty(tuple(variable.shape))
        if "seed" in variable.path:
            continue
        if variable.name in ("moving_variance", "gamma"):
            value.uniform_(0.5, 1.5, generator=generator)
        elif value.ndim == 1:
            value.normal_(0, 0.1, generator=generator)
        else:
            arrives = value[..., 0].numel() if value.shape[-1] > 1 else value.shape[0] * value.shape[1]
            value.normal_(0, (2 / arrives) ** 0.5, generator=generator)
        variable.assign(value)
    return net


def picture(size: tuple[int, int]) -> Tensor:
    return torch.randn(3, 3, *size, generator=torch.Generator().manual_seed(1))


@torch.no_grad()
def assert_answers(ours: nn.Module, peer: Any, size: tuple[int, int]) -> None:
    x = picture(size)
    wanted = peer(x.permute(0, 2, 3, 1).contiguous(), training=False)
    assert wanted.dtype == torch.float32
    assert difference(ours.eval()(x), wanted) <= TOLERANCE


@pytest.mark.parametrize(("name", "size", "form"), FAMILIES, ids=lambda value: str(value).replace(" ", ""))
def test_outputs(keras: ModuleType, tmp_path: Path, name: str, size: tuple[int, int], form: str) -> None:
    """In a session that has made other layers, so that those without names do not begin at 0."""
    peer = drawn(keras, made(keras, name, size, before=9, classes=7))
    FORMS[form](peer, tmp_path / form)
    ours = vzor.build(name, weights=tmp_path / form, classes=7, input=(3, *size))
    assert_answers(ours, peer, size)


def test_nasnet(keras: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keras' NASNetMobile refuses to run on torch; its own builder makes it, narrower."""
    size = (64, 64)
    peer = drawn(keras, nasnet_tests.keras_network(size, nasnet_tests.FILTERS, nasnet_tests.STEM, False, 7))
    peer.save_weights(tmp_path / "a.weights.h5")
    form = NETWORKS["mobile"]._replace(filters=nasnet_tests.FILTERS, stem=nasnet_tests.STEM)
    monkeypatch.setitem(NETWORKS, "narrow", form)
    ours = build(nasnet("narrow", 7, "keras"), (3, *size), init="empty")
    load_into(ours, read(tmp_path / "a.weights.h5"), "nasnet_mobile_keras")
    assert_answers(ours, peer, size)


def test_vgg(keras: ModuleType, tmp_path: Path) -> None:
    """With 2×2 maps flattened and narrower rows after them: the first reads its maps with their channels last."""
    size = (64, 64)
    body = made(keras, "vgg16", size, include_top=False)
    y = keras.layers.Flatten(name="flatten")(body.output)
    for name in ("fc1", "fc2"):
        y = keras.layers.Dense(24, activation="relu", name=name)(y)
    peer = drawn(keras, keras.Model(body.input, keras.layers.Dense(7, name="predictions")(y)))
    FORMS["whole.h5"](peer, tmp_path / "whole.h5")
    form = rewrite(narrow(table("vgg16", classes=7)), lambda row: Gap(2) if isinstance(row, Gap) else row)
    ours = build(form, (3, *size), init="empty")
    assert ours.get_submodule("fc6").in_features == 512 * 2 * 2 and isinstance(form.rows["fc8"], Fc)
    load_into(ours, read(tmp_path / "whole.h5"), "vgg16")
    assert_answers(ours, peer, size)


def test_layers_with_a_stroke_in_their_names(keras: ModuleType, tmp_path: Path) -> None:
    """The published DenseNets are from when their first layers were called conv1/conv and conv1/bn."""
    size = (48, 34)
    peer = drawn(keras, made(keras, "densenet121_keras", size, classes=7))
    called = {"conv1_conv": "conv1/conv", "conv1_bn": "conv1/bn"}
    layers = {called.get(layer.name, layer.name): layer.variables for layer in peer.layers}
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.attrs["layer_names"] = [layer.encode() for layer in layers]
        for layer, variables in layers.items():
            names = [f"{layer}/{variable.name}:0" for variable in variables]
            file.create_group(layer).attrs["weight_names"] = [name.encode() for name in names]
            for name, variable in zip(names, variables, strict=True):
                file[layer][name] = variable.numpy()
    assert "conv1/conv/kernel" in read(tmp_path / "a.h5").stored
    assert_answers(vzor.build("densenet121_keras", weights=tmp_path / "a.h5", classes=7, input=(3, *size)), peer, size)
