"""NiN and Darknet-19: sizes and parameters."""

from vzor.measure import measure
from vzor.spec.rows import Concat, Conv, From, Input, Norm, Reorg, Row, Seq
from vzor.zoo.darknet import LEAKY, darknet19
from vzor.zoo.nin import MlpConv, nin, nin_cifar


def sizes(table: Seq) -> list[tuple[int, ...]]:
    return [line.outs[0] for line in measure(table).lines if line.depth == 0 and line.kind in ("MlpConv", "Pool")]


def test_nin() -> None:
    sheet = measure(nin())
    assert (sheet.parameters, sheet.weight_layers, sheet.output) == (7_595_176, 12, (1000,))
    assert [size[1] for size in sizes(nin())] == [54, 27, 27, 13, 13, 6, 6]


def test_nin_cifar() -> None:
    sheet = measure(nin_cifar())
    assert (sheet.parameters, sheet.weight_layers, sheet.output) == (966_986, 9, (10,))
    assert [size[1] for size in sizes(nin_cifar())] == [32, 16, 16, 8, 8]


def test_an_mlpconv_is_a_convolution_and_1x1_convolutions() -> None:
    sheet = measure(Seq(input=Input(3, 8, 8), mlp=MlpConv(6, 5, mlp=(4, 2))))
    assert sheet.parameters == (3 * 25 + 1) * 6 + (6 + 1) * 4 + (4 + 1) * 2
    assert [line.name for line in sheet.lines[2:]] == ["conv", "cccp1", "cccp2"]
    assert sheet.output == (2, 8, 8)


def test_darknet19() -> None:
    made = darknet19()
    sheet = measure(made)
    convolutions = [line for line in sheet.lines if line.kind == "Conv"]
    assert (len(convolutions), sheet.output) == (19, (1000,))
    assert [line.outs[0][1] for line in sheet.lines if line.kind == "Pool"] == [112, 56, 28, 14, 7]
    assert convolutions[-1].outs[0] == (1000, 7, 7)
    assert sheet.parameters == 20_842_376
    assert round(2 * sheet.macs / 1e9, 2) == 5.58, "billions of operations, as the paper prints them"


def test_yolov2_on_it_has_its_published_parameters() -> None:
    """18 convolutions, two 3×3, a passthrough of 64 maps, a 3×3 and the 125 maps of 20 classes: 50,655,389."""

    def conv(out: int, k: int) -> Conv:
        return Conv(out, k, bn=Norm(), act=LEAKY)

    made = darknet19()
    rows: dict[str, Row] = {
        name: row for name, row in made.rows.items() if name not in ("conv19", "avgpool", "flatten")
    }
    rows |= {
        "conv20": conv(1024, 3),
        "conv21": conv(1024, 3),
        "passthrough": From("conv13", Seq(conv=conv(64, 1), reorg=Reorg(2))),
        "concat": From(("passthrough", "conv21"), Concat()),
        "conv22": conv(1024, 3),
        "out": Conv(125, 1, act=None),
    }
    sheet = measure(Seq(**rows), (3, 416, 416))
    assert (sheet.parameters, sheet.output) == (50_655_389, (125, 13, 13))
