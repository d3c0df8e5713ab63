"""Network in Network: Lin, Chen, Yan 2013, "Network in network", arXiv:1312.4400, §3 and Figure 2.

A convolution slides a linear filter over the picture; an mlpconv slides a small perceptron, which is a
convolution and 1×1 convolutions in cascade.  The last one has a map per class, whose mean is the class's score.
The widths are those of the authors' models for Caffe, which have published weights; `conv` and `cccp` (cascaded
cross channel parametric pooling) are their names.
"""

from dataclasses import dataclass
from typing import Any

from vzor.spec.rows import Conv, Drop, Flatten, Gap, Input, Pool, Row, Seq, Shape

MAX, AVG = (Pool(op, 3, 2, ceil=True) for op in ("max", "avg"))  # overlapping; Caffe's windows hang over the edge


@dataclass(frozen=True)
class MlpConv(Row):
    """A convolution ``k×k`` of ``out`` maps, and a 1×1 for every number in ``mlp``."""

    out: int
    k: int
    s: int = 1
    p: int | None = None
    mlp: tuple[int, ...] = ()

    def expand(self, *xs: Shape) -> Seq:
        cascade: dict[str, Any] = {f"cccp{i}": Conv(width, 1) for i, width in enumerate(self.mlp, 1)}
        return Seq(conv=Conv(self.out, self.k, self.s, self.p), **cascade)


def nin(classes: int = 1000) -> Seq:
    """For ImageNet.  7,595,176 parameters."""
    return Seq(
        input=Input(3, 224, 224),
        #                maps kernel stride pad        1×1         size
        mlpconv1=MlpConv(  96,  11,    4,    0, (  96,      96)),  # 54×54
        pool1=MAX,                                                 # 27×27
        mlpconv2=MlpConv( 256,   5,    1,    2, ( 256,     256)),  # 27×27
        pool2=MAX,                                                 # 13×13
        mlpconv3=MlpConv( 384,   3,    1,    1, ( 384,     384)),  # 13×13
        pool3=MAX,                                                 # 6×6
        drop=Drop(),
        mlpconv4=MlpConv(1024,   3,    1,    1, (1024, classes)),  # 6×6
        avgpool=Gap(),
        flatten=Flatten(),
    )


def nin_cifar(classes: int = 10) -> Seq:
    """For CIFAR-10.  966,986 parameters."""
    return Seq(
        input=Input(3, 32, 32),
        #                maps kernel stride pad        1×1         size
        mlpconv1=MlpConv( 192,   5,    1,    2, ( 160,      96)),  # 32×32
        pool1=MAX,                                                 # 16×16
        drop1=Drop(),
        mlpconv2=MlpConv( 192,   5,    1,    2, ( 192,     192)),  # 16×16
        pool2=AVG,                                                 # 8×8
        drop2=Drop(),
        mlpconv3=MlpConv( 192,   3,    1,    1, ( 192, classes)),  # 8×8
        avgpool=Gap(),
        flatten=Flatten(),
    )
