"""Which network a file fits: every publisher's names and layouts, other classes, files without names, and none."""

import struct
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from vzor.measure.held import held
from vzor.nn.build import build
from vzor.weights.formats import Stored, WeightsFile, read
from vzor.weights.identify import ALIKE, BY_COUNT, SAYS, UNDER_THESE, Fit, _named, identify, known_as
from vzor.weights.keys import find, publishers, to_theirs
from vzor.weights.load import BY_FORMAT
from vzor.zoo.index import ZOO, table


def state(network: str, **over: int) -> dict[str, torch.Tensor]:
    return build(table(network, **over), init=None).state_dict()


def written(path: Path, tensors: dict[str, torch.Tensor]) -> Path:
    save_file({name: tensor.contiguous() for name, tensor in tensors.items()}, path)
    return path


@pytest.mark.parametrize(
    ("network", "publisher", "first"),
    [
        ("resnet18", "torchvision", Fit("resnet18", ("torchvision", "timm"), 1000, UNDER_THESE)),
        ("googlenet", "torchvision", Fit("googlenet", ("torchvision",), 1000, UNDER_THESE)),
        ("squeezenet1_1", "torchvision", Fit("squeezenet1_1", ("torchvision",), 1000, UNDER_THESE)),
        ("resnet20_cifar", "akamaster", Fit("resnet20_cifar", ("akamaster",), 10, UNDER_THESE)),
    ],
)
def test_a_publishers_names(tmp_path: Path, network: str, publisher: str, first: Fit) -> None:
    theirs = to_theirs(find(network, publisher), state(network))
    assert identify(read(written(tmp_path / "net.safetensors", theirs))) == [first]


def test_names_of_layers_and_blobs(tmp_path: Path) -> None:
    """Files whose publisher is told by their format: Keras' variables, in HDF5 as its older versions wrote it."""
    h5py = pytest.importorskip("h5py")
    theirs = to_theirs(find("mobilenet_v2_keras", "keras"), state("mobilenet_v2_keras"))
    layers: dict[str, dict[str, np.ndarray]] = {}
    for name, value in theirs.items():
        layer, _, variable = name.rpartition("/")
        layers.setdefault(layer, {})[f"{layer}/{variable}:0"] = value.numpy()
    with h5py.File(tmp_path / "net.h5", "w") as file:
        file.attrs["layer_names"] = [name.encode() for name in layers]
        for layer, variables in layers.items():
            group = file.create_group(layer)
            group.attrs["weight_names"] = [name.encode() for name in variables]
            for name, value in variables.items():
                group.create_dataset(name, data=value)
    assert [(fit.network, fit.publishers) for fit in identify(read(tmp_path / "net.h5"))] == [
        ("mobilenet_v2_keras", ("keras",))
    ]


def test_several_forms_in_the_order_of_their_reasons(tmp_path: Path) -> None:
    """ResNet-50's two forms differ in strides, which no file of tensors tells."""
    file = read(written(tmp_path / "net.safetensors", state("resnet50")))
    assert identify(file) == [
        Fit("resnet50", ("vzor",), 1000, ALIKE),
        Fit("resnet50_v1", ("vzor",), 1000, ALIKE),
    ]
    assert [(fit.network, fit.why) for fit in identify(file, ["resnet50_v1"])] == [
        ("resnet50_v1", SAYS),
        ("resnet50", ALIKE),
    ]


@pytest.mark.parametrize(("network", "classes"), [("resnet18", 7), ("googlenet", 3), ("densenet121", 1), ("vgg11", 12)])
def test_other_numbers_of_classes(tmp_path: Path, network: str, classes: int) -> None:
    theirs = to_theirs(find(network, "torchvision"), state(network, classes=classes))
    found = identify(read(written(tmp_path / "net.safetensors", theirs)))
    assert [(fit.network, fit.classes) for fit in found] == [(network, classes)]


def test_one_wrong_shape_one_name_more_and_one_less_fit_nothing(tmp_path: Path) -> None:
    good = to_theirs(find("resnet18", "torchvision"), state("resnet18"))
    turned = good | {"fc.weight": good["fc.weight"].reshape(512, 1000)}  # as many numbers, another shape
    more, less = good | {"bias": torch.zeros(3)}, {name: good[name] for name in good if name != "fc.bias"}
    for odd in (turned, more, less, {"weight": torch.zeros(3, 3)}):
        assert identify(read(written(tmp_path / "net.safetensors", odd))) == []


def test_a_file_without_names_fits_by_its_numbers(tmp_path: Path) -> None:
    count = sum(v.numel() for k, v in state("darknet19").items() if not k.endswith("num_batches_tracked"))
    for more, wanted in ((0, [Fit("darknet19", (), 1000, BY_COUNT)]), (1, [])):
        path = tmp_path / "net.weights"
        path.write_bytes(struct.pack("<3iq", 0, 2, 0, 1) + np.zeros(count + more, "<f4").tobytes())
        assert identify(read(path)) == wanted


def test_a_file_that_is_not_what_its_name_says_is_no_published_set(tmp_path: Path) -> None:
    theirs = to_theirs(find("squeezenet1_1", "torchvision"), state("squeezenet1_1"))
    torch.save(theirs, tmp_path / "squeezenet1_1-b8a52dc0.pth")
    assert known_as(read(tmp_path / "squeezenet1_1-b8a52dc0.pth")) == []


@pytest.mark.slow
def test_every_form_of_every_publishers_names(tmp_path: Path) -> None:
    """The numbers that the table counts let no network slip, whatever a publisher leaves out or has besides."""
    seen: set[int] = set()
    for network in ZOO:
        forms = {id(keys) for keys in publishers(network).values()}
        if forms <= seen:
            continue
        seen |= forms
        with torch.device("meta"):
            ours = build(table(network), init=None).state_dict()
        keeps = held(table(network))
        for publisher in ("vzor", *publishers(network)):
            theirs = ours if publisher == "vzor" else to_theirs(find(network, publisher), ours)
            stored = {name: Stored(tuple(value.shape)) for name, value in theirs.items()}
            told = publisher if publisher in BY_FORMAT else None
            file = WeightsFile(tmp_path / "x", "safetensors", stored, theirs.__getitem__, told)
            fits = list(_named(file, network, keeps))
            assert any(publisher in fit.publishers for fit in fits), (network, publisher)


def test_a_network_that_is_no_classifier(tmp_path: Path) -> None:
    path = written(tmp_path / "net.safetensors", state("yolo11n"))
    assert [(fit.network, fit.classes) for fit in identify(read(path))] == [("yolo11n", 0)]
