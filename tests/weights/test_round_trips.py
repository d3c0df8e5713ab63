"""Ours, in a publisher's names and in its kind of file, and back: the same to the bit.

For all networks and publishers the names are checked in test_published_names.py; here a network of every family goes
through a file, as small as may be.  The chains of AlexNet and VGG have one form, but 60 million numbers and more.
"""

from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest
import torch
from torch import Tensor

from vzor.nn.build import build
from vzor.weights.checkpoint import write_tensors
from vzor.weights.formats import read
from vzor.weights.keys import find, to_theirs
from vzor.weights.keys.rules import COUNTER
from vzor.weights.load import load_into
from vzor.zoo.index import table

from . import caffe_proto

State = dict[str, Tensor]
PAIRS = [
    ("densenet121", "torchvision"), ("efficientnet_b0", "torchvision"), ("googlenet", "torchvision"),
    ("inception_v3", "torchvision"), ("mobilenet_v2", "torchvision"), ("mobilenet_v3_small", "torchvision"),
    ("regnet_y_400mf", "torchvision"), ("resnet18", "torchvision"), ("resnext50_32x4d", "torchvision"),
    ("squeezenet1_1", "torchvision"), ("convnext_tiny", "torchvision"),
    ("convnext_tiny", "timm"), ("densenet121", "timm"), ("efficientnet_b0", "timm"), ("inception_v3", "timm"),
    ("legacy_seresnet18", "timm"), ("mobilenetv1_100", "timm"), ("mobilenetv2_035", "timm"),
    ("mobilenetv3_small_100", "timm"), ("regnetx_002", "timm"), ("resnetv2_50", "timm"), ("xception", "timm"),
    ("bninception", "cadene"), ("nasnetamobile", "cadene"), ("xception", "cadene"), ("resnet20_cifar", "akamaster"),
    ("densenet121_keras", "keras"), ("inception_v3_keras", "keras"), ("mobilenet_keras_025", "keras"),
    ("mobilenet_v2_keras_035", "keras"), ("nasnet_mobile_keras", "keras"), ("resnet50_keras", "keras"),
    ("resnet50v2_keras", "keras"), ("resnext50_keras", "keras"), ("xception_keras", "keras"),
    ("googlenet_paper", "caffe"), ("mobilenet_paper", "caffe"), ("nin_cifar", "caffe"), ("se_bninception", "caffe"),
    ("squeezenet1_1", "caffe"),
]  # fmt: skip


def write_h5(state: State, path: Path) -> None:
    """As Keras writes it: lists of layers and variables as attributes, and the numbers by these names."""
    layers: dict[str, list[str]] = {}
    for name in state:
        layers.setdefault(name.rpartition("/")[0], []).append(name)
    with h5py.File(path, "w") as file:
        file.attrs["layer_names"] = [layer.encode() for layer in layers]
        for layer, names in layers.items():
            group = file.create_group(layer)
            group.attrs["weight_names"] = [f"{name}:0".encode() for name in names]
            for name in names:
                group[f"{name}:0"] = state[name].numpy()


def write_caffe(state: State, path: Path, statistics: set[str]) -> None:
    """``statistics``: layers with a mean and a variance, of which Caffe keeps sums and a count."""
    layers: dict[str, list[np.ndarray]] = {}
    for name, value in sorted(state.items(), key=lambda item: item[0].rpartition("/")[2]):
        layers.setdefault(name.rpartition("/")[0], []).append(value.numpy())
    listed = []
    for layer, arrays in layers.items():
        kind = "InnerProduct" if arrays[0].ndim == 2 else "Convolution" if arrays[0].ndim == 4 else "Scale"
        if layer in statistics:  # a power of two, by which numbers are divided without rounding
            kind, arrays = "BatchNorm", [*(array * 4 for array in arrays), np.array([4], np.float32)]
        listed.append((layer, kind, arrays))
    path.write_bytes(caffe_proto.net(listed))


WRITERS: dict[str, tuple[str, Callable[[State, Path], object]]] = {
    "torchvision": ("a.pth", torch.save),
    "timm": ("a.safetensors", lambda state, path: write_tensors(path, state, {"format": "pt"})),
    "cadene": ("old.pth", lambda state, path: torch.save(state, path, _use_new_zipfile_serialization=False)),
    "akamaster": ("a.th", lambda state, path: torch.save({"state_dict": state, "best_prec1": 91.7}, path)),
    "keras": ("a.h5", write_h5),
}


@pytest.mark.parametrize(("network", "publisher"), PAIRS, ids=["-".join(pair) for pair in PAIRS])
def test_through_a_file(tmp_path: Path, network: str, publisher: str) -> None:
    keys, net = find(network, publisher), build(table(network), init="empty")
    generator = torch.Generator().manual_seed(0)
    state = {
        name: torch.tensor(7) if name.endswith(COUNTER) else torch.rand(value.shape, generator=generator)
        for name, value in net.state_dict().items()
    }
    theirs = to_theirs(keys, state)
    if publisher == "caffe":
        path = tmp_path / "a.caffemodel"
        sums = {theirs.rpartition("/")[0] for ours, theirs in keys.names(state).items() if ours.endswith("_mean")}
        write_caffe(theirs, path, sums)
    else:
        name, write = WRITERS[publisher]
        path = tmp_path / name
        write(theirs, path)
    done = load_into(net, read(path), network)
    assert done.publisher == publisher or theirs.keys() == to_theirs(find(network, done.publisher), state).keys()
    assert not done.left
    found = net.state_dict()
    assert [name for name in state if keys.has(name) and not torch.equal(found[name], state[name])] == []
