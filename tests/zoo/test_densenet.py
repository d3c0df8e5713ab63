"""DenseNet against Table 1 as lecture 004 prints it, Table 2's parameters, and Keras' figures of lecture 002."""

import pytest

from vzor.measure import measure
from vzor.spec.rows import Conv
from vzor.spec.sheet import Line
from vzor.spec.tables import Seq
from vzor.spec.trace import trace
from vzor.zoo.densenet import densenet, densenet_cifar, densenet_keras

from .figures import printed

#: Lecture 004, "Dense Net": layers [1×1 conv; 3×3 conv] per block.
BLOCKS = {121: (6, 12, 24, 16), 169: (6, 12, 32, 32), 201: (6, 12, 48, 32), 264: (6, 12, 64, 48)}
SIZES = {  # the same in all four
    "conv0": 112,
    "pool0": 56,
    "denseblock1": 56,
    "transition1.conv": 56,
    "transition1.pool": 28,
    "denseblock2": 28,
    "transition2.conv": 28,
    "transition2.pool": 14,
    "denseblock3": 14,
    "transition3.conv": 14,
    "transition3.pool": 7,
    "denseblock4": 7,
}


def convolutions(table: Seq) -> list[Line]:
    return [line for line in measure(table).lines if line.kind in ("Conv", "Fc")]


@pytest.mark.parametrize("depth", BLOCKS)
def test_blocks_are_the_printed_ones(depth: int) -> None:
    root = trace(densenet(depth))
    for i, n in enumerate(BLOCKS[depth], 1):
        layers = root.find(f"features.denseblock{i}").kids
        kernels = {tuple(kid.row.k for kid in layer.kids if isinstance(kid.row, Conv)) for layer in layers}
        assert (len(layers), kernels) == (n, {(1, 3)})


@pytest.mark.parametrize("depth", BLOCKS)
def test_sizes_are_the_printed_ones(depth: int) -> None:
    root = trace(densenet(depth))
    assert {path: root.find(f"features.{path}").out[1:] for path in SIZES} == {p: (n, n) for p, n in SIZES.items()}
    assert root.find("avgpool").out[1:] == (1, 1)
    assert root.find("classifier").out == (1000,)


@pytest.mark.parametrize("depth", [*BLOCKS, 161])
def test_the_name_counts_the_rows_with_weights(depth: int) -> None:
    """Keras prints this as the depth of 121, 169 and 201; the paper miscounts 264, which has one more."""
    assert len(convolutions(densenet(depth))) == depth + (depth == 264)


@pytest.mark.parametrize(
    ("depth", "parameters", "macs"),
    [
        (121, 7_978_856, 2_834),
        (169, 14_149_480, 3_360),
        (201, 20_013_928, 4_291),
        (264, 33_337_704, 5_752),
        (161, 28_681_000, 7_728),
    ],
)
def test_parameters_and_multiply_adds(depth: int, parameters: int, macs: int) -> None:
    sheet = measure(densenet(depth))
    assert sheet.parameters == parameters
    assert round(sheet.macs / 1e6) == macs


@pytest.mark.parametrize("depth", [121, 169, 201])
def test_keras_total(depth: int) -> None:
    total = int(printed("keras_applications", f"DenseNet{depth} params"))
    assert measure(densenet_keras(depth)).keras_total == measure(densenet(depth)).keras_total == total


@pytest.mark.parametrize(
    ("form", "millions", "depth"),
    [
        ("40_k12", "1.0", 40),
        ("100_k12", "7.0", 100),
        ("100_k24", "27.2", 100),
        ("bc100_k12", "0.8", 100),
        ("bc250_k24", "15.3", 250),
        ("bc190_k40", "25.6", 190),
    ],
)
def test_table_2(form: str, millions: str, depth: int) -> None:
    table = densenet_cifar(form)
    assert f"{measure(table).parameters / 1e6:.1f}" == millions
    assert len(convolutions(table)) == depth


def test_growth_bottleneck_and_compression() -> None:
    root = trace(densenet_cifar("bc100_k12"))
    assert root.find("features.conv0").out == (24, 32, 32)
    assert root.find("features.denseblock1.denselayer1.conv1").out == (48, 32, 32)
    assert root.find("features.denseblock1").out == (24 + 16 * 12, 32, 32)
    assert root.find("features.transition1").out == (108, 16, 16)
    plain = trace(densenet_cifar("40_k12"))
    assert plain.find("features.conv0").out == (16, 32, 32)
    assert plain.find("features.transition1").out == (16 + 12 * 12, 16, 16)  # nothing is compressed


def test_dropout_follows_every_convolution_but_the_first() -> None:
    """§4.2: "we add a dropout layer after each convolutional layer (except the first one)"."""
    table = densenet_cifar("bc100_k12", drop=0.2)
    drops = [line for line in measure(table).lines if line.kind == "Drop"]
    assert len(drops) == len(convolutions(table)) - 2  # nor after the classifier
    assert measure(table).parameters == measure(densenet_cifar("bc100_k12")).parameters
    assert not any(line.kind == "Drop" for line in measure(densenet(121)).lines)
