"""Files of weights, written by the tools that write them, give the numbers that were put in."""

import struct
import zipfile
from pathlib import Path

import h5py
import numpy as np
import pytest
import torch
from torch import nn

from vzor.spec.errors import UserError
from vzor.weights.checkpoint import write_tensors
from vzor.weights.formats import WeightsFile, deepcompression, read

from . import caffe_proto

RANDOM = np.random.default_rng(0)
REAL = Path(__file__).parents[3] / "shared" / "weights" / "squeezenet1_0-deep-compression" / "compressed_SqueezeNet.net"


def numbers(*shape: int) -> np.ndarray:
    return RANDOM.normal(size=shape).astype(np.float32)


STATE = {
    "conv.weight": torch.from_numpy(numbers(4, 3, 2, 2)),
    "steps": torch.tensor(7),
    "half": torch.ones(3).half(),
}


def assert_holds(file: WeightsFile, values: dict) -> None:
    assert list(file.stored) == list(values) and list(file.tensors) == list(values)
    for name, value in values.items():
        value = torch.as_tensor(value)
        assert (file.stored[name].shape, file.stored[name].dtype) == (
            tuple(value.shape),
            str(value.dtype).removeprefix("torch."),
        )
        assert torch.equal(file.tensors[name], value), name


def test_safetensors(tmp_path: Path) -> None:
    path = write_tensors(tmp_path / "a.safetensors", STATE, {"format": "pt"})
    file = read(path)
    assert (file.format, dict(file.meta)) == ("safetensors", {"format": "pt"})
    assert_holds(file, dict(sorted(STATE.items(), key=lambda item: list(file.stored).index(item[0]))))
    assert read(path.rename(tmp_path / "without a suffix")).format == "safetensors"


@pytest.mark.parametrize("modern", [True, False])
@pytest.mark.parametrize("wrapped", [False, True])
def test_torch(tmp_path: Path, modern: bool, wrapped: bool) -> None:
    values = STATE
    saved = {"epoch": 3, "state_dict": {f"module.{k}": v for k, v in values.items()}} if wrapped else values
    torch.save(saved, tmp_path / "a.pth", _use_new_zipfile_serialization=modern)
    file = read(tmp_path / "a.pth")
    assert_holds(file, values)
    assert dict(file.facts).get("taken from") == ("state_dict" if wrapped else None)


def test_torch_parameters_and_shared_storage(tmp_path: Path) -> None:
    net = nn.Linear(3, 3)
    whole = torch.arange(8.0)
    values = {"weight": net.weight, "turned": net.weight.T, "part": whole[2:5], "whole": whole}
    torch.save(values, tmp_path / "a.pt")
    assert_holds(read(tmp_path / "a.pt"), {k: v.detach() for k, v in values.items()})


LAYERS = [
    ("conv1", "Convolution", [numbers(4, 3, 3, 3), numbers(4)]),
    ("group2", "Convolution", [numbers(6, 2, 3, 3), numbers(6)]),
    ("fc6", "InnerProduct", [numbers(5, 24), numbers(5)]),
]


@pytest.mark.parametrize("generation", ["layer", "V1", "V0"])
def test_caffe(tmp_path: Path, generation: str) -> None:
    (tmp_path / "a.caffemodel").write_bytes(caffe_proto.net(LAYERS, generation))
    file = read(tmp_path / "a.caffemodel")
    assert (file.format, file.publisher) == ("caffe", "caffe")
    assert_holds(file, {f"{name}/{i}": x for name, _, arrays in LAYERS for i, x in enumerate(arrays)})
    assert generation in dict(file.facts)["written as"]


def test_caffe_divides_statistics_by_their_count(tmp_path: Path) -> None:
    mean, var, gamma, beta = numbers(4), np.abs(numbers(4)), numbers(4), numbers(4)
    layers = [
        ("bn1", "BatchNorm", [mean * 50, var * 50, np.array([50], np.float32)]),
        ("scale1", "Scale", [gamma, beta]),
        ("bn2", "BatchNorm", [mean, var, np.array([0], np.float32)]),
    ]
    (tmp_path / "a.caffemodel").write_bytes(caffe_proto.net(layers))
    tensors = read(tmp_path / "a.caffemodel").tensors
    assert list(tensors) == ["bn1/0", "bn1/1", "scale1/0", "scale1/1", "bn2/0", "bn2/1"]
    np.testing.assert_allclose(tensors["bn1/0"], mean, rtol=1e-6)
    np.testing.assert_allclose(tensors["bn1/1"], var, rtol=1e-6)
    np.testing.assert_array_equal(tensors["bn2/0"], mean)


def test_npz(tmp_path: Path) -> None:
    values = {
        "a": numbers(2, 3),
        "columns": np.asfortranarray(numbers(3, 4)),
        "steps": np.array(7),
        "none": numbers(0, 3),
    }
    for i, write in enumerate((np.savez, np.savez_compressed)):
        write(tmp_path / f"{i}.npz", **values, other_end=numbers(2).astype(">f4"))
        file = read(tmp_path / f"{i}.npz")
        assert (file.format, file.publisher) == ("npz", None)
        for name, value in values.items():
            assert file.tensors[name].shape == file.stored[name].shape == value.shape
            np.testing.assert_array_equal(file.tensors[name], value)
        assert file.tensors["other_end"].dtype == torch.float32


@pytest.mark.parametrize(("version", "head"), [((0, 1, 0), "<3ii"), ((0, 2, 0), "<3iq")])
def test_darknet(tmp_path: Path, version: tuple[int, int, int], head: str) -> None:
    values = numbers(50)
    (tmp_path / "a.weights").write_bytes(struct.pack(head, *version, 6400) + values.tobytes())
    file = read(tmp_path / "a.weights")
    np.testing.assert_array_equal(file.tensors["numbers"], values)
    assert dict(file.facts) == {"written by": f"Darknet 0.{version[1]}.0", "images seen": "6,400"}


KERAS = {
    "conv1": {"kernel": numbers(3, 3, 2, 4), "bias": numbers(4)},
    "bn": {"gamma": numbers(4), "beta": numbers(4), "moving_mean": numbers(4), "moving_variance": numbers(4)},
    "dw": {"kernel": numbers(3, 3, 4, 1)},
}


def write_h5(path: Path, layers: dict, name: str, inside: str = "", cut: int = 0) -> None:
    """As Keras writes it: lists of layers and variables as attributes, and the numbers by these names."""
    with h5py.File(path, "w") as file:
        root = file.create_group(inside) if inside else file
        file.attrs["keras_version"] = b"2.2.4"
        names = [layer.encode() for layer in layers]
        if cut:  # as Keras cuts lists that are too long for one attribute
            for i in range(0, len(names), cut):
                root.attrs[f"layer_names{i // cut}"] = names[i : i + cut]
        else:
            root.attrs["layer_names"] = names
        for layer, variables in layers.items():
            group = root.create_group(layer)
            full = {variable: name.format(layer=layer, variable=variable) for variable in variables}
            group.attrs["weight_names"] = [one.encode() for one in full.values()]
            for variable, value in variables.items():
                group[full[variable]] = value


@pytest.mark.parametrize("name", ["{layer}/{variable}:0", "{layer}/{layer}/{variable}:0", "{layer}_{variable}_1:0"])
@pytest.mark.parametrize("inside", ["", "model_weights"])
def test_keras_h5(tmp_path: Path, name: str, inside: str) -> None:
    write_h5(tmp_path / "a.h5", KERAS, name, inside, cut=2)
    file = read(tmp_path / "a.h5")
    assert (file.format, file.publisher, dict(file.facts)) == ("keras", "keras", {"written by": "Keras 2.2.4"})
    assert_holds(file, {f"{layer}/{v}": x for layer, variables in KERAS.items() for v, x in variables.items()})


def test_keras_names_of_its_first_release(tmp_path: Path) -> None:
    layers = {
        "block1_conv1": {"W": numbers(3, 3, 3, 2), "b": numbers(2)},
        "bn": {"running_mean": numbers(2), "running_std": numbers(2)},
    }
    write_h5(tmp_path / "a.h5", layers, "{layer}_{variable}_1:0")
    assert list(read(tmp_path / "a.h5").stored) == [
        *("block1_conv1/kernel", "block1_conv1/bias", "bn/moving_mean", "bn/moving_variance")
    ]


def test_layers_that_keras_named_itself_are_counted_from_0(tmp_path: Path) -> None:
    layers = {f"conv2d_{i}": {"kernel": np.full((1, 1, 1, 1), i, np.float32)} for i in (12, 9, 10)}
    layers |= {"dense_3": {"kernel": numbers(2, 2)}, "conv2d_of_mine": {"kernel": numbers(1, 1, 1, 1)}}
    write_h5(tmp_path / "a.h5", layers, "{layer}/{variable}:0")
    tensors = read(tmp_path / "a.h5").tensors
    assert set(tensors) == {f"{name}/kernel" for name in ("conv2d", "conv2d_1", "conv2d_2", "dense", "conv2d_of_mine")}
    assert [float(tensors[f"{name}/kernel"]) for name in ("conv2d", "conv2d_1", "conv2d_2")] == [9, 10, 12]


def test_a_depthwise_kernel_is_a_kernel_and_a_separable_one_is_not(tmp_path: Path) -> None:
    layers = {
        "dw": {"depthwise_kernel": numbers(3, 3, 4, 1)},
        "separable": {"depthwise_kernel": numbers(3, 3, 4, 1), "pointwise_kernel": numbers(1, 1, 4, 2)},
    }
    write_h5(tmp_path / "a.h5", layers, "{layer}/{variable}:0")
    assert list(read(tmp_path / "a.h5").stored) == [
        *("dw/kernel", "separable/depthwise_kernel", "separable/pointwise_kernel")
    ]


def write_weights_h5(path: Path) -> None:
    with h5py.File(path, "w") as file:
        for kind, layer in (("conv2d", "conv1"), ("batch_normalization", "bn"), ("depthwise_conv2d", "dw")):
            group = file.create_group(f"layers/{kind}/vars")
            group.attrs["name"] = layer
            for i, value in enumerate(KERAS[layer].values()):
                group[str(i)] = value


@pytest.mark.parametrize("compression", [None, zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_keras_of_release_3(tmp_path: Path, compression: int | None) -> None:
    path = tmp_path / "a.weights.h5"
    write_weights_h5(path)
    if compression is not None:
        with zipfile.ZipFile(tmp_path / "a.keras", "w", compression) as archive:
            archive.writestr("metadata.json", "{}")
            archive.write(path, "model.weights.h5")
        path = tmp_path / "a.keras"
    values = {f"{layer}/{v}": x for layer, variables in KERAS.items() for v, x in variables.items()}
    file = read(path)
    assert_holds(file, {name: values[name] for name in file.stored})
    assert set(file.stored) == set(values)


def deep_compressed(seed: int = 0) -> tuple[bytes, dict[str, np.ndarray]]:
    """A file as the authors describe it, and the weights that it stands for."""
    random = np.random.default_rng(seed)
    counts, rest, truth = [], b"", {}
    for name, shape in deepcompression.rows().items():
        size = int(np.prod(shape))
        book = np.concatenate([[0], random.normal(size=255)]).astype(np.float32)
        gaps, at = [], -1
        while at + 16 < size:
            gaps.append(int(random.integers(0, 16)))
            at += gaps[-1] + 1
        codes = random.integers(0, 256, len(gaps)).astype(np.uint8)
        weights = np.zeros(size, np.float32)
        weights[np.cumsum(np.array(gaps) + 1) - 1] = book[codes]
        bias = random.normal(size=shape[0]).astype(np.float32)
        low, high = gaps[::2], [*gaps[1::2], *[0] * (len(gaps) % 2)]
        packed = bytes(a | b << 4 for a, b in zip(low, high, strict=True))
        counts.append(len(gaps))
        rest += book.tobytes() + bias.tobytes() + codes.tobytes() + packed
        kernel = weights.reshape(shape)[:, ::-1].copy() if name == "conv1" else weights.reshape(shape)
        truth |= {f"{name}.conv.weight": kernel, f"{name}.conv.bias": bias}
    return np.array(counts, "<u4").tobytes() + rest, truth


def test_deep_compression(tmp_path: Path) -> None:
    data, truth = deep_compressed()
    (tmp_path / "a.net").write_bytes(data)
    assert_holds(read(tmp_path / "a.net"), truth)


@pytest.mark.skipif(not REAL.exists(), reason="the authors' file is not beside this checkout")
def test_deep_compression_of_the_authors() -> None:
    file = read(REAL)
    assert dict(file.facts)["weights that are not 0"] == "415,921 of 1,244,448" and file.count == 1_248_424


def test_what_is_no_file_of_weights_is_said(tmp_path: Path) -> None:
    (tmp_path / "empty.pth").touch()
    (tmp_path / "text.txt").write_text("weights: none")
    for name, said in (
        ("missing.pth", "There is no file"),
        ("", "is a folder"),
        ("empty.pth", "is empty"),
        ("text.txt", "no file of weights that vzor knows"),
    ):
        with pytest.raises(UserError, match=said):
            read(tmp_path / name)
