"""NiN and Darknet-19: sizes and parameters."""

from vzor.measure import measure
from vzor.spec.rows import Act, Concat, Conv, Drop, From, Input, Norm, Pool, Reorg, Row, Seq
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


def test_rows_between_the_mlpconvs() -> None:
    """The authors' models for Caffe: overlapping pooling 3/2, the second one of CIFAR's by the mean; dropout of 0.5.

    ImageNet: once, after pool3.  CIFAR-10: after both poolings.
    """
    largest, mean = (Pool(op, 3, 2, ceil=True) for op in ("max", "avg"))

    def between(table: Seq) -> list[Row]:
        return [row for row in table.rows.values() if isinstance(row, Pool | Drop)]

    assert between(nin()) == [largest, largest, largest, Drop(0.5)]
    assert between(nin_cifar()) == [largest, Drop(0.5), mean, Drop(0.5)]


def test_the_last_1x1_is_rectified_too() -> None:
    """Both models for Caffe have a ReLU behind every convolution, so that a class's score is never negative."""
    for made in (nin(), nin_cifar()):
        last = [line for line in measure(made).lines if line.kind == "Conv"][-1]
        assert last.name == "cccp2" and "relu" in last.detail


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


def test_what_table_6_does_not_print() -> None:
    """Darknet's cfg/darknet19.cfg: batch_normalize=1 and leaky in every convolution but the last, which is linear.

    Its leaky slope is 0.1, its eps on the GPU 1e-5 under the root (src/activations.h, src/blas_kernels.cu).
    """
    *rows, last = [row for row in darknet19().rows.values() if isinstance(row, Conv)]
    assert all(row.bn == Norm(eps=1e-5) and row.act == Act("leaky", 0.1) for row in rows)
    assert (last.bn, last.act) == (None, None)
    assert last.params((1024, 7, 7)) == (1024 + 1) * 1000  # with biases


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
