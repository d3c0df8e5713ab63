"""MobileNet against Table 1 as lecture 004 prints it, Table 8 and Keras' figures; MobileNetV2 against its Table 2."""

import dataclasses

import pytest

from vzor.measure import measure
from vzor.spec.edit import rewrite
from vzor.spec.errors import UserError
from vzor.spec.row import Row
from vzor.spec.rows import Conv, Fc, Gap
from vzor.spec.trace import Node, trace
from vzor.zoo.index import table
from vzor.zoo.mobilenet import Separable, divisible, mobilenet
from vzor.zoo.mobilenetv2 import BODY, mobilenet_v2

from .figures import MOBILENET_TABLE_1, computed, printed

V1 = {1.0: "mobilenetv1_100", 0.75: "mobilenetv1_075", 0.5: "mobilenetv1_050", 0.25: "mobilenetv1_025"}


def line(node: Node) -> tuple[str, int, str, str] | None:
    """A row in Table 1's words."""
    row, x = node.row, node.xs[0] if node.xs else ()
    size = "x".join(map(str, (*x[1:], x[0]))) if len(x) == 3 else ""
    if isinstance(row, Conv) and row.dw:
        return "Conv dw", row.s, f"{row.k}x{row.k}x{x[0]}", size
    if isinstance(row, Conv):
        return "Conv", row.s, f"{row.k}x{row.k}x{x[0]}x{row.out}", size
    if isinstance(row, Gap):
        return "Avg Pool", 1, f"Pool {x[1]}x{x[2]}", size
    return ("FC", 1, f"{x[0]}x{row.out}", size) if isinstance(row, Fc) else None


@pytest.mark.parametrize("name", ["mobilenetv1_100", "mobilenet_keras", "mobilenet_paper"])
def test_every_row_is_the_printed_one_but_one_stride(name: str) -> None:
    found = [line(node) for node in trace(table(name)).ops]
    rows = [row for row in found if row]
    assert len(rows) == len(MOBILENET_TABLE_1)
    unlike = [(ours, theirs) for ours, theirs in zip(rows, MOBILENET_TABLE_1, strict=True) if ours != theirs]
    assert unlike == [(("Conv dw", 1, "3x3x1024", "7x7x1024"), ("Conv dw", 2, "3x3x1024", "7x7x1024"))]
    assert computed("mobilenet", "table sizes") == "same"


def test_multiply_adds_and_parameters() -> None:
    sheet = measure(table("mobilenetv1_100"))
    assert f"{sheet.macs / 1e6:.3f}" == computed("mobilenet_comparison", "569 M mult-adds")
    assert f"{sheet.macs / 1e6:.0f}" == printed("mobilenet_comparison", "569 M mult-adds")
    without = sheet.parameters - sheet.buffers  # as many statistics as gammas and betas
    assert (without, sheet.parameters) == (4_210_088, 4_231_976)
    millions = f"{without / 1e6:.3f} (no BN) / {sheet.parameters / 1e6:.3f}"
    assert millions == computed("mobilenet_comparison", "4.2 M params")
    for count in (without, sheet.parameters):
        assert f"{count / 1e6:.1f}" == printed("mobilenet_comparison", "4.2 M params")


def test_with_the_printed_stride_there_would_be_fewer_multiply_adds() -> None:
    """Lecture 004's misprint: 533.8 million."""

    def change(row: Row) -> Row:
        return dataclasses.replace(row, s=2) if row is last else row

    made = table("mobilenetv1_100")
    last = made.rows["blocks"].rows["4"].rows["1"]  # type: ignore[attr-defined]
    assert isinstance(last, Separable)
    assert round(measure(rewrite(made, change)).macs / 1e6, 1) == 533.8


@pytest.mark.parametrize(
    ("alpha", "macs", "parameters"), [(1, 569, 4.2), (0.75, 325, 2.6), (0.5, 149, 1.3), (0.25, 41, 0.5)]
)
def test_the_papers_table_6(alpha: float, macs: int, parameters: float) -> None:
    """Width multiplier, million mult-adds, million parameters."""
    sheet = measure(table(V1[alpha]))
    assert macs - 1 < sheet.macs / 1e6 < macs + 1  # 568.7 is printed rounded, the others are cut off
    assert round(sheet.parameters / 1e6, 1) == parameters


@pytest.mark.parametrize(("size", "macs"), [(224, 569), (192, 418), (160, 290), (128, 186)])
def test_the_papers_table_7(size: int, macs: int) -> None:
    """Resolution and million mult-adds; any size is taken, with the same parameters."""
    sheet = measure(table("mobilenetv1_100"), (3, size, size))
    assert macs - 1 < sheet.macs / 1e6 < macs + 1
    assert sheet.parameters == 4_231_976


@pytest.mark.parametrize(("name", "keras"), [("mobilenet_keras", "MobileNet"), ("mobilenet_v2_keras", "MobileNetV2")])
def test_keras_total(name: str, keras: str) -> None:
    assert measure(table(name)).keras_total == int(printed("keras_applications", f"{keras} params"))


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("mobilenetv1_075", 2_585_560),
        ("mobilenetv1_050", 1_331_592),
        ("mobilenetv1_025", 470_072),
        ("mobilenet_v2", 3_504_872),  # torchvision 0.29
        ("mobilenetv2_035", 1_677_128),
        ("mobilenetv2_050", 1_968_680),
        ("mobilenetv2_075", 2_636_424),
        ("mobilenetv2_140", 6_108_776),
    ],
)
def test_parameters(name: str, parameters: int) -> None:
    sheet = measure(table(name))
    assert sheet.parameters == parameters
    assert sheet.weight_layers == (53 if "v2" in name else 28)


@pytest.mark.parametrize("alpha", [0.25, 0.5, 0.75])
def test_keras_form_costs_the_same(alpha: float) -> None:
    ours, keras = measure(table(V1[alpha])), measure(table(f"mobilenet_keras_{V1[alpha][-3:]}"))
    assert (ours.parameters, ours.macs) == (keras.parameters, keras.macs)


@pytest.mark.parametrize("alpha", [0.35, 0.5, 0.75, 1.0, 1.3, 1.4])
def test_widths_are_keras_too(alpha: float) -> None:
    """Keras cuts a width to a whole number before it rounds; for its alphas that changes nothing."""
    for width in (32, *(c for _, c, _, _ in BODY)):
        assert divisible(alpha * width) == divisible(int(alpha * width))


def test_mobilenet_v2_is_its_table_2() -> None:
    lines = {line.path: line for line in measure(table("mobilenet_v2")).lines}
    inputs = [(32, 112), (16, 112), (24, 56), (32, 28), (64, 14), (96, 14), (160, 7)]
    at = 1
    for (t, c, n, s), (width, size) in zip(BODY, inputs, strict=True):
        assert lines[f"features.{at}"].ins == ((width, size, size),)
        for i in range(at, at + n):
            block = lines[f"features.{i}"]
            before = block.ins[0]
            assert block.outs == ((c, size // s, size // s),)
            assert lines[f"features.{i}.depthwise"].ins[0][0] == t * before[0]
            assert (f"features.{i}.sum" in lines) == (i > at)
        at += n
    assert lines["features.18"].ins == ((320, 7, 7),)
    assert lines["avgpool"].ins == ((1280, 7, 7),)


def test_wrong_settings_are_named() -> None:
    for wrong in ({"alpha": 0}, {"form": "tf"}):
        for network in (mobilenet, mobilenet_v2):
            with pytest.raises(UserError, match="needs alpha above 0 and the form"):
                network(**wrong)
