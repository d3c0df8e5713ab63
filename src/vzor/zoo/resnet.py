"""ResNet: He, Zhang, Ren, Sun 2015, "Deep residual learning for image recognition".

arXiv:1512.03385, Table 1.  Row names are torchvision's, the paper's stand as labels.  The published weights
of 50, 101 and 152 (torchvision, "v1.5") have a block's stride on its 3×3; the paper, and the authors' own weights
for Caffe (`resnet50_v1` and its kin here), on the first 1×1.  So have Keras' (`resnet50_keras` and its kin), which
also keep biases before the normalisation and have eps 1.001e-5.  Where a block changes the width, the weights project
the shortcut (option B, §3.3); with `shortcut="A"`, as in the paper's first comparison (§4.1), it is padded with zeros
and has no parameters.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from vzor.spec.edit import with_norm
from vzor.spec.errors import TableError
from vzor.spec.rows import Act, Conv, Fc, From, Gap, Input, Norm, Pad, Pool, Row, Seq, Shape, Sum

BN = Norm()
KERAS = Norm(eps=1.001e-5, momentum=0.01)
MAXPOOL = Pool("max", 3, 2, 1)
EDGE = Pool("max", 3, 2, 0, ceil=True)  # Caffe's: hangs over the edge


def residual(x: Shape, s: int, shortcut: str, **branch: Any) -> Seq:
    """``relu(F(x) + shortcut(x))``: ``branch`` is F; the shortcut is x itself wherever the shapes agree."""
    if shortcut not in ("A", "B"):
        raise TableError(f"shortcut '{shortcut}' is not known; take 'A' (zeros) or 'B' (a 1×1 convolution)")
    last, conv = list(branch)[-1], [row for row in branch.values() if isinstance(row, Conv)][-1]
    width = conv.out
    if s == 1 and width == x[0]:
        return Seq(**branch, sum=From((last, "in0"), Sum()), relu=Act())
    other: Row
    if shortcut == "A":
        # Every s-th cell; the maps that the shortcut has too few are zeros.
        other = Seq(pool=Pool("avg", 1, s), pad=Pad(channels=width))
    else:
        other = Conv(width, 1, s, bias=conv.bias, bn=conv.bn, act=None)
    return Seq(**branch, downsample=From("in0", other), sum=From((last, "downsample"), Sum()), relu=Act())


@dataclass(frozen=True)
class Basic(Row):
    """Figure 5, left: two 3×3 convolutions beside a shortcut."""

    width: int
    s: int = 1
    shortcut: str = "B"

    def expand(self, *xs: Shape) -> Seq:
        return residual(xs[0], self.s, self.shortcut,
                        conv1=Conv(self.width, 3, self.s, bn=BN),
                        conv2=Conv(self.width, 3, bn=BN, act=None))


@dataclass(frozen=True)
class Bottleneck(Row):
    """Figure 5, right: 1×1, 3×3 and 1×1 to four times the width, beside a shortcut."""

    width: int
    s: int = 1
    shortcut: str = "B"
    stride_on: int = 2  # 2: the published weights; 1: the paper
    bias: bool | None = None
    bn: Norm = BN

    def expand(self, *xs: Shape) -> Seq:
        s1, s2 = (self.s, 1) if self.stride_on == 1 else (1, self.s)
        conv = partial(Conv, bias=self.bias, bn=self.bn)
        return residual(xs[0], self.s, self.shortcut,
                        conv1=conv(self.width, 1, s1),
                        conv2=conv(self.width, 3, s2),
                        conv3=conv(4 * self.width, 1, act=None))


# Table 1: blocks per stage.
#     block       conv2_x conv3_x conv4_x conv5_x
RESNET: dict[int, tuple[Any, ...]] = {
    18:  (Basic,      2,      2,      2,      2),
    34:  (Basic,      3,      4,      6,      3),
    50:  (Bottleneck, 3,      4,      6,      3),
    101: (Bottleneck, 3,      4,     23,      3),
    152: (Bottleneck, 3,      8,     36,      3),
}


def network(block: Callable[[int, int], Row], counts: tuple[int, ...], fc: Fc, maxpool: Row = MAXPOOL) -> Seq:
    """The rows of Table 1 around ``block(width, stride)``, of which there are ``counts`` in every stage."""
    stages: dict[str, Any] = {
        f"layer{i}": Seq(*(block(32 << i, 2 if i > 1 and not j else 1) for j in range(n)), label=f"conv{i + 1}_x")
        for i, n in enumerate(counts, 1)
    }
    return Seq(
        input=Input(3, 224, 224),
        conv1=Conv(64, 7, 2, bn=BN),
        maxpool=maxpool,
        **stages,
        avgpool=Gap(),
        fc=fc,
    )


def resnet(depth: int, classes: int = 1000, stride_on: int = 2, shortcut: str = "B", edge: bool = False) -> Seq:
    """A column of Table 1: 18, 34, 50, 101 or 152 weight layers.

    stride_on  the convolution of a bottleneck that has the stride: 2 the published weights, 1 the paper
    shortcut   where the width changes: "B" a 1×1 convolution, "A" zeros, without parameters
    edge       max pooling as in the authors' network: not padded, and its last window hangs over the edge
    """
    kind, *counts = RESNET[depth]
    block = partial(kind, shortcut=shortcut, **({"stride_on": stride_on} if kind is Bottleneck else {}))
    return network(block, tuple(counts), Fc(classes), EDGE if edge else MAXPOOL)


def resnet_keras(depth: int, classes: int = 1000) -> Seq:
    """50, 101 or 152 weight layers, as Keras publishes them."""
    return with_norm(resnet(depth, classes, stride_on=1), KERAS, bias=True)
