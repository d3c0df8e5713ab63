"""NASNet-A: Figure 4, Tables 2 and 3, the published counts, and what is left out in training."""

import pytest

from vzor.measure import measure
from vzor.spec.errors import UserError
from vzor.spec.rows import DropPath, Loss
from vzor.spec.trace import trace
from vzor.zoo.index import networks, table
from vzor.zoo.nasnet import nasnet

from .figures import printed

#: Outputs of the last cell of every kind: 331 and 224 pixels.
SIZES = {
    "nasnetalarge": [
        ("conv0", (96, 165, 165)),
        ("cell_stem_0", (168, 83, 83)),
        ("cell_stem_1", (336, 42, 42)),
        ("cell_5", (1008, 42, 42)),
        ("reduction_cell_0", (1344, 21, 21)),
        ("cell_11", (2016, 21, 21)),
        ("reduction_cell_1", (2688, 11, 11)),
        ("cell_17", (4032, 11, 11)),
    ],
    "nasnetamobile": [
        ("conv0", (32, 111, 111)),
        ("cell_stem_0", (44, 56, 56)),
        ("cell_stem_1", (88, 28, 28)),
        ("cell_3", (264, 28, 28)),
        ("reduction_cell_0", (352, 14, 14)),
        ("cell_9", (528, 14, 14)),
        ("reduction_cell_1", (704, 7, 7)),
        ("cell_15", (1056, 7, 7)),
    ],
}


@pytest.mark.parametrize("name", SIZES)
def test_sizes(name: str) -> None:
    found = {line.path: line.outs[0] for line in measure(table(name)).lines}
    assert [(path, found[path]) for path, _ in SIZES[name]] == SIZES[name]


@pytest.mark.parametrize(
    ("pattern", "parameters", "buffers", "figure", "mult_adds"),
    [
        ("nasnet*large*", 88_753_150, 196_668, "NASNetLarge params", "23.8e9"),
        ("nasnet*mobile*", 5_289_978, 36_738, "NASNetMobile params", "0.564e9"),
    ],
)
def test_counts(pattern: str, parameters: int, buffers: int, figure: str, mult_adds: str) -> None:
    """The papers' Tables 2 and 3 print 88.9M and 23.8B mult-adds, 5.3M and 564M; the figures of Keras' table."""
    assert len(networks(pattern)) == 2
    for name in networks(pattern):
        sheet = measure(table(name))
        assert (sheet.parameters, sheet.buffers) == (parameters, buffers)
        assert sheet.keras_total == int(printed("keras_applications", figure))
        digits = len(mult_adds.partition(".")[2]) - 2
        assert f"{sheet.macs / 1e9:.{digits}f}e9" == mult_adds


def cell(name: str, network: str) -> dict[str, tuple[str, ...]]:
    """What every row of a cell reads, without the path."""
    node = trace(table(network)).find(name)
    return {kid.name: tuple(ref.rpartition(".")[2] for ref in kid.refs or ()) for kid in node.kids}


def test_the_normal_cell_is_figure_4() -> None:
    reads = cell("cell_1", "nasnetamobile")
    assert [reads[f"comb_iter_{i}"] for i in range(5)] == [
        ("comb_iter_0_left", "comb_iter_0_right"),
        ("comb_iter_1_left", "comb_iter_1_right"),
        ("comb_iter_2_left", "conv_prev_1x1"),
        ("comb_iter_3_left", "comb_iter_3_right"),
        ("comb_iter_4_left", "conv_1x1"),
    ]
    h, p = ("conv_1x1",), ("conv_prev_1x1",)
    assert [reads[f"comb_iter_{i}_{side}"] for i, side in ((0, "left"), (2, "left"), (4, "left"))] == [h, h, h]
    others = [(0, "right"), (1, "left"), (1, "right"), (3, "left"), (3, "right")]
    assert {reads[f"comb_iter_{i}_{side}"] for i, side in others} == {p}
    assert reads["concat"] == ("conv_prev_1x1", *(f"comb_iter_{i}" for i in range(5)))


def test_the_reduction_cell_is_figure_4() -> None:
    reads = cell("reduction_cell_0", "nasnetamobile")
    h, p = ("conv_1x1",), ("conv_prev_1x1",)
    assert [reads[f"comb_iter_{i}_left"] for i in (0, 1, 2)] == [h, h, h]
    assert [reads[f"comb_iter_{i}_right"] for i in (0, 1, 2)] == [p, p, p]
    assert reads["comb_iter_3"] == ("comb_iter_1", "comb_iter_3_right")
    assert reads["comb_iter_3_right"] == reads["comb_iter_4_left"] == ("comb_iter_0",)
    assert reads["comb_iter_4_right"] == h
    assert reads["concat"] == tuple(f"comb_iter_{i}" for i in range(1, 5))


@pytest.mark.parametrize(
    ("network", "name", "reads"),
    [
        ("nasnetalarge", "reduction_cell_0", ("cell_5", "cell_4")),
        ("nasnetalarge", "cell_6", ("reduction_cell_0", "cell_4")),
        ("nasnetalarge", "cell_7", ("cell_6", "reduction_cell_0")),
        ("nasnetamobile", "reduction_cell_0", ("cell_3", "cell_2")),
        ("nasnetamobile", "cell_6", ("reduction_cell_0", "cell_3")),
        ("nasnetamobile", "cell_7", ("cell_6", "reduction_cell_0")),
    ],
)
def test_what_a_cell_reads(network: str, name: str, reads: tuple[str, ...]) -> None:
    assert trace(table(network)).find(name).refs == reads


def shares(network: str, **options: float) -> list[float]:
    """The share left out in every cell that has one."""
    found: dict[str, set[float]] = {}
    for node in trace(table(network, **options)).root.walk():
        if isinstance(node.row, DropPath):
            found.setdefault(node.path.partition(".")[0], set()).add(node.row.p)
    assert all(len(values) == 1 for values in found.values())
    return [values.pop() for values in found.values()]


def test_drop_path_grows_to_the_last_cell() -> None:
    large = shares("nasnetalarge")
    assert large == [pytest.approx(0.3 * i / 22) for i in range(1, 23)]
    assert shares("nasnetamobile") == shares("nasnet_large_keras") == shares("nasnetalarge", drop_path=0.0) == []
    assert shares("nasnetamobile", drop_path=0.2)[-1] == pytest.approx(0.2)


@pytest.mark.parametrize(("network", "cell", "aux"), [("large", "cell_11", 4_567_784), ("mobile", "cell_9", 2_411_240)])
def test_the_auxiliary_head(network: str, cell: str, aux: int) -> None:
    """Behind the second stage; its parameters are counted beside the network's, its loss as 0.4 (the authors' code)."""
    made = nasnet(network, aux=True)
    rows = list(made.rows)
    assert rows[rows.index("aux_logits") - 1] == cell
    assert trace(made).find("aux_logits.aux1.loss").row == Loss(0.4)
    sheet = measure(made)
    assert sheet.aux == aux and sheet.parameters == measure(nasnet(network)).parameters
    assert measure(table("nasnetamobile", aux=True), (3, 256, 256)).aux > 0


def test_unknown_ones_are_named() -> None:
    with pytest.raises(UserError, match="networks large and mobile, and the forms slim, timm and keras"):
        nasnet("small")
    with pytest.raises(UserError, match="forms slim, timm and keras"):
        nasnet("large", form="tf")
