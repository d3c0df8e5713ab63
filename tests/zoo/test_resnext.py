"""ResNeXt against the paper's Table 1, the published weights' parameters, and Keras' figures of lecture 002."""

import pytest

from vzor.measure import measure
from vzor.spec.rows import Conv
from vzor.spec.trace import trace
from vzor.zoo.index import table
from vzor.zoo.notes import notes
from vzor.zoo.resnext import resnext

from .figures import printed


@pytest.mark.parametrize(
    ("form", "parameters"),
    [
        ("50_32x4d", 25_028_904),
        ("101_32x4d", 44_177_704),
        ("101_32x8d", 88_791_336),
        ("101_64x4d", 83_455_272),
    ],
)
def test_parameters(form: str, parameters: int) -> None:
    assert measure(resnext(form)).parameters == parameters


@pytest.mark.parametrize(("depth", "later"), [(50, 153_220_008), (101, 243_741_608)])
def test_keras_total(depth: int, later: int) -> None:
    """The lectures' figure; and that of Keras' last code, which adds by a fixed 1×1 convolution in every block."""
    sheet = measure(table(f"resnext{depth}_keras"))
    assert sheet.keras_total == int(printed("keras_applications", f"ResNeXt{depth} params"))
    groups = [(line.ins[0][0], line.outs[0][0]) for line in sheet.lines if line.name == "conv2"]
    assert sheet.keras_total + sum(before // 32 * before * after for before, after in groups) == later
    assert f"counts {later} numbers" in " ".join(notes(f"resnext{depth}_keras"))


def test_table_1_for_50_layers() -> None:
    """Template [1×1, 128; 3×3, 128, C=32; 1×1, 256] × 3, and so on; 25.0M parameters, 4.2e9 multiply-adds."""
    root = trace(resnext("50_32x4d"))
    for i, n in enumerate((3, 4, 6, 3), 1):
        blocks = root.find(f"layer{i}").kids
        assert len(blocks) == n
        for block in blocks:
            rows = {kid.name: kid.row for kid in block.kids if isinstance(kid.row, Conv)}
            written = [(rows[f"conv{j}"].k, rows[f"conv{j}"].out, rows[f"conv{j}"].g) for j in (1, 2, 3)]
            assert written == [(1, 64 << i, 1), (3, 64 << i, 32), (1, 128 << i, 1)]
    sheet = measure(resnext("50_32x4d"))
    assert f"{sheet.parameters / 1e6:.1f}" == "25.0"
    assert f"{sheet.macs / 1e9:.1f}" == "4.2"


def test_cardinality_and_width_are_those_of_the_name() -> None:
    for form in ("50_32x4d", "101_32x4d", "101_32x8d", "101_64x4d"):
        conv = trace(resnext(form)).find("layer1.0.conv2").row
        assert isinstance(conv, Conv) and conv.out is not None
        assert form.endswith(f"_{conv.g}x{conv.out // conv.g}d")


@pytest.mark.parametrize("form", ["50_32x4d", "101_64x4d"])
def test_the_name_counts_the_rows_with_weights(form: str) -> None:
    rows = [line for line in measure(resnext(form)).lines if line.kind in ("Conv", "Fc") and line.name != "downsample"]
    assert len(rows) == int(form.partition("_")[0])
