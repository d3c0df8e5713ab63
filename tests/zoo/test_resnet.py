"""ResNet against Table 1 as lecture 004 prints it, and Keras' figures of lecture 002."""

import pytest

from vzor.measure import measure
from vzor.spec.errors import TableError
from vzor.spec.rows import Conv, Input, Seq
from vzor.spec.sheet import Line
from vzor.spec.trace import trace
from vzor.zoo.index import table
from vzor.zoo.resnet import Basic, Bottleneck

from .figures import RESNET_SIZES, RESNET_STAGES, computed, printed

STAGES = ("layer1", "layer2", "layer3", "layer4")


def lines(name: str) -> dict[str, Line]:
    return {line.path: line for line in measure(table(name)).lines}


def stage(name: str, layer: str) -> str:
    """A stage in Table 1's words: ``[3x3, 64; 3x3, 64] x 2``; the blocks must be alike."""
    blocks = []
    for block in trace(table(name)).find(layer).kids:
        convs = [kid.row for kid in block.kids if kid.name != "downsample" and isinstance(kid.row, Conv)]
        blocks.append("; ".join(f"{row.k}x{row.k}, {row.out}" for row in convs))
    assert len(set(blocks)) == 1
    return f"[{blocks[0]}] x {len(blocks)}"


PAPERS_FORM = [f"resnet{depth}" for depth in ("18_a", "34_a", "50_v1", "101_v1", "152_v1")]


@pytest.mark.parametrize("name", [*RESNET_STAGES, *PAPERS_FORM])
def test_stages_and_sizes_are_the_printed_ones(name: str) -> None:
    expected = RESNET_STAGES[name.partition("_")[0]]
    assert [stage(name, layer) for layer in STAGES] == expected
    found = lines(name)
    assert [(path, found[path].outs[0][1:]) for path, _ in RESNET_SIZES] == RESNET_SIZES
    assert [found[layer].label for layer in STAGES] == ["conv2_x", "conv3_x", "conv4_x", "conv5_x"]
    assert found["fc"].outs == ((1000,),)


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("resnet18", 11_689_512),
        ("resnet34", 21_797_672),
        ("resnet50", 25_557_032),
        ("resnet101", 44_549_160),
        ("resnet152", 60_192_808),
    ],
)
def test_parameters_are_those_of_the_published_weights(name: str, parameters: int) -> None:
    assert measure(table(name)).parameters == parameters
    if name in ("resnet50", "resnet101", "resnet152"):
        assert measure(table(f"{name}_v1")).parameters == parameters  # the stride costs nothing


@pytest.mark.parametrize("depth", [18, 34, 50, 101, 152])
def test_the_name_counts_the_rows_with_weights(depth: int) -> None:
    """Projections of shortcuts are not counted."""
    found = [line for line in lines(f"resnet{depth}").values() if line.kind in ("Conv", "Fc")]
    assert sum(line.name != "downsample" for line in found) == depth


def billions(name: str) -> float:
    return measure(table(name)).macs / 1e9


@pytest.mark.parametrize(
    ("figure", "name", "value"),
    [
        ("FLOPs 18", "resnet18", "1.814e9"),
        ("FLOPs 18", "resnet18_a", "1.795e9 option A"),
        ("FLOPs 34", "resnet34", "3.664e9"),
        ("FLOPs 34", "resnet34_a", "3.644e9 option A"),
        ("FLOPs 50", "resnet50_v1", "3.858e9 v1"),
        ("FLOPs 50", "resnet50", "4.089e9 v1.5"),
        ("FLOPs 101", "resnet101_v1", "7.570e9 v1"),
        ("FLOPs 101", "resnet101", "7.801e9 v1.5"),
        ("FLOPs 152", "resnet152_v1", "11.282e9 v1"),
        ("FLOPs 152", "resnet152", "11.514e9 v1.5"),
    ],
)
def test_multiply_adds(figure: str, name: str, value: str) -> None:
    assert value in computed("resnet", figure)
    assert f"{billions(name):.3f}e9" == value.split()[0]


@pytest.mark.parametrize(
    ("figure", "name"),
    [
        ("FLOPs 18", "resnet18"),
        ("FLOPs 18", "resnet18_a"),
        ("FLOPs 34", "resnet34_a"),
        ("FLOPs 101", "resnet101_v1"),
        ("FLOPs 152", "resnet152_v1"),
    ],
)
def test_the_papers_form_gives_the_printed_flops(figure: str, name: str) -> None:
    assert f"{billions(name):.1f}e9" == printed("resnet", figure)


def test_the_printed_flops_of_50_are_cut_off() -> None:
    assert f"{int(billions('resnet50_v1') * 10) / 10}e9" == printed("resnet", "FLOPs 50")
    assert f"{billions('resnet50_v1'):.1f}e9" != printed("resnet", "FLOPs 50")


@pytest.mark.parametrize(("name", "figure"), [("resnet34", "34"), ("resnet50", "50"), ("resnet101", "101")])
def test_the_published_form_does_not(name: str, figure: str) -> None:
    assert f"{billions(name):.1f}e9" != printed("resnet", f"FLOPs {figure}")


@pytest.mark.parametrize(
    ("depth", "statistics", "biases"),
    [(50, 53_120, 26_560), (101, 105_344, 52_672), (152, 151_424, 75_712)],
)
def test_keras_total_counts_statistics_and_the_biases_it_keeps(depth: int, statistics: int, biases: int) -> None:
    sheet, keras = measure(table(f"resnet{depth}")), measure(table(f"resnet{depth}_keras"))
    assert sheet.buffers == keras.buffers == statistics
    assert keras.parameters - sheet.parameters == biases
    assert sum(line.outs[0][0] for line in sheet.lines if line.kind == "Conv") == biases
    assert keras.keras_total == int(printed("keras_applications", f"ResNet{depth} params"))


def test_option_a_has_no_parameters_and_only_differs_in_the_shortcuts() -> None:
    a, b = lines("resnet34_a"), lines("resnet34")
    assert a["layer2.0.downsample"].params == 0 < b["layer2.0.downsample"].params
    assert a["layer2.0.downsample"].outs == b["layer2.0.downsample"].outs == ((128, 28, 28),)
    assert a["layer2.0.conv1"].params == b["layer2.0.conv1"].params


def test_where_the_stride_is() -> None:
    for name, strides in (("resnet50", (1, 2, 1)), ("resnet50_v1", (2, 1, 1)), ("resnet50_keras", (2, 1, 1))):
        block = {kid.name: kid.row for kid in trace(table(name)).find("layer3.0").kids}
        assert tuple(block[f"conv{i}"].s for i in (1, 2, 3)) == strides
        assert block["downsample"].s == 2


def test_a_block_stands_in_a_table_of_ones_own() -> None:
    """The width that arrives is not written; the identity is taken where the shapes agree."""
    own = Seq(Input(16, 9, 9), Bottleneck(4), Bottleneck(4, 2), Basic(16), Basic(24, 2, "A"))
    found = {line.path: line for line in measure(own).lines}
    assert "1.downsample" not in found and "3.downsample" not in found
    assert found["2.downsample"].outs == ((16, 5, 5),)
    assert found["4"].outs == ((24, 3, 3),)


def test_an_unknown_shortcut_is_named() -> None:
    with pytest.raises(TableError, match="shortcut 'C'"):
        measure(table("resnet18", shortcut="C"))
