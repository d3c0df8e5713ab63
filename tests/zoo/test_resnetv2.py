"""ResNet v2: parameters of timm's and Keras' weights, the order of rows, and where sizes are halved."""

import pytest

from vzor.measure import measure
from vzor.spec.rows import Input, Seq
from vzor.spec.trace import trace
from vzor.zoo.resnetv2 import PreAct, resnetv2, resnetv2_cifar, resnetv2_keras


@pytest.mark.parametrize(
    ("depth", "parameters", "statistics", "biases", "keras"),
    [
        (50, 25_549_352, 45_440, 19_008, 25_613_800),
        (101, 44_541_480, 97_664, 36_416, 44_675_560),
        (152, 60_185_128, 143_744, 51_776, 60_380_648),
    ],
)
def test_parameters(depth: int, parameters: int, statistics: int, biases: int, keras: int) -> None:
    """timm's, and Keras' total that lecture 002 prints, term by term."""
    published = measure(resnetv2(depth))
    assert (published.parameters, published.buffers) == (parameters, statistics)
    form = measure(resnetv2_keras(depth))
    assert (form.parameters - parameters, form.buffers) == (biases, statistics)
    assert form.keras_total == keras == parameters + statistics + biases


@pytest.mark.parametrize("depth", [50, 101, 152])
def test_the_name_counts_the_rows_with_weights(depth: int) -> None:
    for table in (resnetv2(depth), resnetv2_keras(depth)):
        rows = [line for line in measure(table).lines if line.kind in ("Conv", "Fc") and line.name != "downsample"]
        assert len(rows) == depth


def test_nothing_follows_the_sum() -> None:
    """Figure 4 (e); only a block that changes the width projects, from what is normalised."""
    root = trace(resnetv2(50))
    first, second = root.find("stages.1.blocks.0"), root.find("stages.1.blocks.1")
    order = ["norm1", "relu1", "conv1", "conv2", "conv3"]
    assert [kid.name for kid in first.kids] == [*order, "downsample", "sum"]
    assert [kid.name for kid in second.kids] == [*order, "sum"]
    assert [kid.name for kid in root.root.kids][-3:] == ["norm", "relu", "head"]


@pytest.mark.parametrize(("form", "sizes"), [(resnetv2, (56, 28, 14, 7)), (resnetv2_keras, (28, 14, 7, 7))])
def test_where_sizes_are_halved(form, sizes: tuple[int, ...]) -> None:
    """Keras halves in the last block of a stage, timm and the paper in the first."""
    root = trace(form(50))
    assert tuple(root.find(f"stages.{i}").out[1] for i in range(4)) == sizes
    assert root.find("stem").out == (64, 56, 56)


@pytest.mark.parametrize(("depth", "parameters", "printed"), [(164, 1_703_258, "1.7"), (1001, 10_327_706, "10.2")])
def test_cifar(depth: int, parameters: int, printed: str) -> None:
    """The paper prints 1.7M and 10.2M, which leave normalisation out; the authors' code has these."""
    table = resnetv2_cifar(depth)
    sheet = measure(table)
    assert sheet.parameters == parameters
    assert f"{(sheet.parameters - sheet.buffers) / 1e6:.1f}" == printed  # as many statistics as gains and offsets
    rows = [line for line in sheet.lines if line.kind in ("Conv", "Fc") and line.name != "downsample"]
    assert len(rows) == depth
    sizes = [trace(table).find(f"stages.{i}").out for i in range(3)]
    assert sizes == [(64, 32, 32), (128, 16, 16), (256, 8, 8)]


def test_a_block_stands_in_a_table_of_ones_own() -> None:
    """The width that arrives is not written; the input itself is the shortcut where the shapes agree."""
    found = {line.path: line for line in measure(Seq(Input(16, 9, 9), PreAct(4), PreAct(4, 2), PreAct(6, 2))).lines}
    assert "1.downsample" not in found
    assert (found["2.downsample"].kind, found["2.downsample"].params) == ("Pool", 0)
    assert found["3.downsample"].params == 16 * 24
    assert [found[path].outs[0] for path in ("1", "2", "3")] == [(16, 9, 9), (16, 5, 5), (24, 3, 3)]
