"""SENet: Hu, Shen, Albanie, Sun, Wu 2017, "Squeeze-and-excitation networks".

arXiv:1709.01507, Table 1: ResNet and ResNeXt with a squeeze-and-excitation row at the end of every branch.
Two forms have published weights.  The authors' own (`legacy_…`: their Caffe weights, also Cadene's and timm's
under that name) have the stride of SE-ResNet on the first 1×1 and a max pooling that hangs over the edge;
timm's later ones the stride on the 3×3 and a padded pooling, as torchvision's ResNet.  SE-ResNeXt has its
stride on the 3×3 in both.  Row names are timm's ResNet's; both forms have the same parameters, but for 18 and 34.
"""

from dataclasses import dataclass
from functools import partial
from typing import Any

from vzor.spec.rows import Conv, Fc, From, Gap, Product, Row, Seq, Shape
from vzor.zoo.resnet import BN, EDGE, MAXPOOL, network, residual


@dataclass(frozen=True)
class Excite(Row):
    """Figure 1 and §3.2: every map times a gate between 0 and 1, computed from the means of all maps."""

    r: int = 16               # reduction ratio, §6.1
    least: int = 1            # maps between the two 1×1, at the least
    width: int | None = None  # maps between them, where another network does not say it by a ratio
    act: str = "relu"
    gate: str = "sigmoid"

    def expand(self, *xs: Shape) -> Seq:
        return Seq(squeeze=Gap(),
                   fc1=Conv(self.width or max(self.least, xs[0][0] // self.r), 1, act=self.act),
                   fc2=Conv(xs[0][0], 1, act=self.gate),
                   scale=From(("in0", "fc2"), Product()))


@dataclass(frozen=True)
class SEBasic(Row):
    """Two 3×3 of ResNet-18 and -34, with ``Excite`` before the sum.

    legacy  the published form: ReLU before the gate too; the later one has 8 maps at the least in a gate
    """

    width: int
    s: int = 1
    legacy: bool = False

    def expand(self, *xs: Shape) -> Seq:
        return residual(xs[0], self.s, "B",
                        conv1=Conv(self.width, 3, self.s, bn=BN),
                        conv2=Conv(self.width, 3, bn=BN, act="relu" if self.legacy else None),
                        se=Excite(least=1 if self.legacy else 8))


@dataclass(frozen=True)
class SEBottleneck(Row):
    """Figure 3: a bottleneck of ResNet, or with ``cardinality`` of ResNeXt, with ``Excite`` before the sum."""

    width: int
    s: int = 1
    cardinality: int = 1
    d: int = 64
    stride_on: int = 2  # 2: timm's weights, and every SE-ResNeXt; 1: the authors' SE-ResNet

    def expand(self, *xs: Shape) -> Seq:
        inner = self.width * self.d // 64 * self.cardinality
        s1, s2 = (self.s, 1) if self.stride_on == 1 else (1, self.s)
        return residual(xs[0], self.s, "B",
                        conv1=Conv(inner, 1, s1, bn=BN),
                        conv2=Conv(inner, 3, s2, g=self.cardinality, bn=BN),
                        conv3=Conv(4 * self.width, 1, bn=BN, act=None),
                        se=Excite())


# Table 1 and §4: blocks per stage.  18 and 34 are of those who published weights; cardinality 0: two 3×3.
#                        cardinality  d   conv2_x conv3_x conv4_x conv5_x
SENET = {
    "resnet18":          (         0, 64,       2,      2,      2,      2),
    "resnet34":          (         0, 64,       3,      4,      6,      3),
    "resnet50":          (         1, 64,       3,      4,      6,      3),
    "resnet101":         (         1, 64,       3,      4,     23,      3),
    "resnet152":         (         1, 64,       3,      8,     36,      3),
    "resnext50_32x4d":   (        32,  4,       3,      4,      6,      3),
    "resnext101_32x4d":  (        32,  4,       3,      4,     23,      3),
}


def senet(base: str, classes: int = 1000, legacy: bool = False) -> Seq:
    """A line of the table above: the network that squeeze and excitation are put into.

    legacy  the authors' form: SE-ResNet with its strides on the first 1×1, max pooling unpadded up to the edge
    """
    cardinality, d, *counts = SENET[base]
    stride_on = 1 if legacy and cardinality == 1 else 2
    block: Any = partial(SEBottleneck, cardinality=cardinality, d=d, stride_on=stride_on)
    if not cardinality:
        block = partial(SEBasic, legacy=legacy)
    maxpool = EDGE if legacy else MAXPOOL
    return network(block, tuple(counts), Fc(classes), maxpool)
