"""SqueezeNet against Table 1 as lecture 004 prints it, before and after pruning."""

from math import ceil

import pytest

from vzor.measure import measure
from vzor.spec.errors import TableError
from vzor.spec.rows import Conv, Input, Seq
from vzor.zoo.squeezenet import FIRES, Fire, squeezenet

#: Lecture 004: row -> output, parameters before pruning.
ROWS = {
    "conv1": ((96, 111, 111), 14_208),
    "maxpool1": ((96, 55, 55), 0),
    "fire2": ((128, 55, 55), 11_920),
    "fire3": ((128, 55, 55), 12_432),
    "fire4": ((256, 55, 55), 45_344),
    "maxpool4": ((256, 27, 27), 0),
    "fire5": ((256, 27, 27), 49_440),
    "fire6": ((384, 27, 27), 104_880),
    "fire7": ((384, 27, 27), 111_024),
    "fire8": ((512, 27, 27), 188_992),
    "maxpool8": ((512, 13, 13), 0),  # printed 13×12
    "fire9": ((512, 13, 13), 197_184),
    "conv10": ((1000, 13, 13), 513_000),
    "avgpool10": ((1000, 1, 1), 0),
}
#: The columns s1×1, e1×1 and e3×3.
WIDTHS = {
    **{f"fire{i}": (16, 64, 64) for i in (2, 3)},
    **{f"fire{i}": (32, 128, 128) for i in (4, 5)},
    **{f"fire{i}": (48, 192, 192) for i in (6, 7)},
    **{f"fire{i}": (64, 256, 256) for i in (8, 9)},
}
#: The column "sparsity", which is the share kept, in percent, and the parameters after pruning.
PRUNED = {
    "conv1": ((100,), 14_208),
    "fire2": ((100, 100, 33), 5_746),
    "fire3": ((100, 100, 33), 6_258),
    "fire4": ((100, 100, 33), 20_646),
    "fire5": ((100, 100, 33), 24_742),
    "fire6": ((100, 50, 33), 44_700),
    "fire7": ((50, 100, 33), 46_236),
    "fire8": ((100, 50, 30), 77_581),  # printed 33 %, with which there are 82,005
    "fire9": ((50, 100, 30), 77_581),
    "conv10": ((20,), 103_400),
}
LARGER = (3, 227, 227)


def lines(version: str = "1.0", size: tuple[int, int, int] = LARGER) -> dict[str, tuple[tuple[int, ...], int]]:
    return {line.path: (line.outs[0], line.params) for line in measure(squeezenet(version), size).lines}


def test_every_row_has_the_printed_size_and_parameters() -> None:
    found = lines()
    assert {path: found[path] for path in ROWS} == ROWS
    assert measure(squeezenet()).parameters == sum(params for _, params in ROWS.values()) == 1_248_424


def test_every_fire_module_has_the_printed_widths() -> None:
    assert FIRES == WIDTHS
    rows = squeezenet().rows
    assert {name: (row.s1, row.e1, row.e3) for name, row in rows.items() if isinstance(row, Fire)} == WIDTHS


def test_with_the_printed_input_of_224_the_sizes_are_others() -> None:
    found = lines(size=(3, 224, 224))
    assert [found[path][0][1] for path in ("conv1", "maxpool1", "maxpool4", "maxpool8")] == [109, 54, 27, 13]


def pruned(row: str, percents: tuple[int, ...]) -> int:
    """Every convolution keeps a share of its weights, rounded up, and all biases."""
    convolutions = [line for line in measure(squeezenet()).lines if line.kind == "Conv" and line.path.startswith(row)]
    convolutions = [line for line in convolutions if line.path.split(".")[0] == row]
    assert len(convolutions) == len(percents)
    biases = [line.outs[0][0] for line in convolutions]
    weights = [line.params - bias for line, bias in zip(convolutions, biases, strict=True)]
    return sum(ceil(n * percent / 100) for n, percent in zip(weights, percents, strict=True)) + sum(biases)


@pytest.mark.parametrize("row", PRUNED)
def test_parameters_after_pruning(row: str) -> None:
    percents, after = PRUNED[row]
    assert pruned(row, percents) == after


def test_fire8_keeps_30_percent_and_not_the_printed_33() -> None:
    assert pruned("fire8", (100, 50, 33)) == 82_005
    assert sum(after for _, after in PRUNED.values()) == 421_098
    assert round(421_098 * 6 / 8 / 1e6, 3) == 0.316, "megabytes of 6-bit codes"


def test_about_50_times_fewer_than_alexnet() -> None:
    assert round(60_965_224 / measure(squeezenet()).parameters, 1) == 48.8


def test_version_1_1() -> None:
    sheet = measure(squeezenet("1.1"))
    assert sheet.parameters == 1_235_496  # torchvision 0.29
    found = lines("1.1", (3, 224, 224))
    assert [path for path in found if "pool" in path] == ["maxpool1", "maxpool3", "maxpool5", "avgpool10"]
    assert 2.3 < measure(squeezenet()).macs / sheet.macs < 2.4


def test_eight_fire_modules() -> None:
    names = [name for name, row in squeezenet().rows.items() if isinstance(row, Fire)]
    assert names == [f"fire{i}" for i in range(2, 10)]


@pytest.mark.parametrize("version", ["1.0", "1.1"])
def test_bypasses(version: str) -> None:
    """Figure 2: simple around fire3, 5, 7 and 9, without parameters; complex around the others too."""
    plain, simple, full = (measure(squeezenet(version, bypass=bypass)) for bypass in ("none", "simple", "complex"))
    assert plain.parameters == simple.parameters
    sums = [line.path for line in simple.lines if line.path.endswith(".sum")]
    assert sums == [f"fire{i}.sum" for i in (3, 5, 7, 9)]
    extra = [line for line in full.lines if line.path.endswith(".bypass")]
    assert [line.path for line in extra] == [f"fire{i}.bypass" for i in (2, 4, 6, 8)]
    assert full.parameters - plain.parameters == sum(line.params for line in extra)
    assert sum(line.path.endswith(".sum") for line in full.lines) == 8
    if version == "1.0":
        assert full.parameters == 1_248_424 + 128 * 97 + 256 * 129 + 384 * 257 + 512 * 385


def test_an_unknown_bypass() -> None:
    with pytest.raises(TableError, match="none, simple or complex"):
        measure(Seq(input=Input(8, 5, 5), conv=Conv(8), fire=Fire(2, 4, 4, "both")))
