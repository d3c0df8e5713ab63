"""SE networks: parameters of the published weights, where the gate stands, and the two forms."""

import pytest

from vzor.measure import measure
from vzor.spec.rows import Conv, Input, Seq
from vzor.spec.trace import trace
from vzor.zoo.resnet import resnet
from vzor.zoo.resnext import resnext
from vzor.zoo.senet import Excite, senet


@pytest.mark.parametrize("legacy", [False, True])
@pytest.mark.parametrize(
    ("base", "parameters"),
    [
        ("resnet50", 28_088_024),
        ("resnet101", 49_326_872),
        ("resnet152", 66_821_848),
        ("resnext50_32x4d", 27_559_896),
        ("resnext101_32x4d", 48_955_416),
    ],
)
def test_parameters(base: str, parameters: int, legacy: bool) -> None:
    """timm 1.0.31, both forms."""
    assert measure(senet(base, legacy=legacy)).parameters == parameters


@pytest.mark.parametrize(
    ("base", "parameters", "legacy"),
    [
        ("resnet18", 11_779_624, 11_778_592),
        ("resnet34", 21_960_416, 21_958_868),
    ],
)
def test_parameters_of_18_and_34(base: str, parameters: int, legacy: int) -> None:
    """timm 1.0.31: its later form has 8 maps in the gates of conv2_x, the published one 64 / 16."""
    assert measure(senet(base)).parameters == parameters
    assert measure(senet(base, legacy=True)).parameters == legacy
    blocks = {"resnet18": 2, "resnet34": 3}[base]
    assert parameters - legacy == blocks * (8 - 4) * (2 * 64 + 1)


def test_the_gates_are_what_is_added() -> None:
    """§4: 2/r · Σ N·C² weights; here with the biases of both rows."""
    for base, plain in (("resnet50", resnet(50)), ("resnext50_32x4d", resnext("50_32x4d"))):
        more = measure(senet(base)).parameters - measure(plain).parameters
        blocks = zip((3, 4, 6, 3), (256, 512, 1024, 2048), strict=True)
        assert more == sum(n * (2 * c * c // 16 + c // 16 + c) for n, c in blocks)


def test_the_gate_stands_before_the_sum() -> None:
    root = trace(senet("resnet50"))
    assert [kid.name for kid in root.find("layer2.1").kids] == ["conv1", "conv2", "conv3", "se", "sum", "relu"]
    gate = root.find("layer2.1.se")
    assert [(kid.name, kid.out) for kid in gate.kids] == [
        ("squeeze", (512, 1, 1)),
        ("fc1", (32, 1, 1)),
        ("fc2", (512, 1, 1)),
        ("scale", (512, 28, 28)),
    ]


def test_a_gate_in_a_table_of_ones_own() -> None:
    sheet = measure(Seq(Input(12, 7, 5), Excite(r=4)))
    assert sheet.output == (12, 7, 5)
    assert sheet.parameters == 12 * 3 + 3 + 3 * 12 + 12


@pytest.mark.parametrize(
    ("base", "legacy", "strides"),
    [
        ("resnet50", False, (1, 2, 1)),
        ("resnet50", True, (2, 1, 1)),
        ("resnext50_32x4d", False, (1, 2, 1)),
        ("resnext50_32x4d", True, (1, 2, 1)),
    ],
)
def test_where_the_stride_is(base: str, legacy: bool, strides: tuple[int, ...]) -> None:
    block = {kid.name: kid.row for kid in trace(senet(base, legacy=legacy)).find("layer3.0").kids}
    rows = [block[f"conv{i}"] for i in (1, 2, 3)]
    assert tuple(row.s for row in rows if isinstance(row, Conv)) == strides


@pytest.mark.parametrize("legacy", [False, True])
def test_pooling_gives_56_either_way(legacy: bool) -> None:
    """The authors' overlaps only the edge after; at odd sizes the two differ."""
    table = senet("resnet50", legacy=legacy)
    assert trace(table).find("maxpool").out == (64, 56, 56)
    assert trace(table, (3, 102, 102)).find("maxpool").out == (64, 25 if legacy else 26, 25 if legacy else 26)
