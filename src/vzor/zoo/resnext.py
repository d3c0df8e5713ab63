"""ResNeXt: Xie, Girshick, Dollár, Tu, He 2016, "Aggregated residual transformations for deep neural networks".

arXiv:1611.05431, Tables 1, 3 and 4.  Row names and published weights are torchvision's (50_32x4d, 101_32x8d,
101_64x4d) and timm's (101_32x4d); their stride is on the 3×3, as the authors' is.  Keras' ResNeXt-50 and -101,
which lecture 002 counts, are 50_32x4d and 101_32x4d with eps 1.001e-5 (`resnext50_keras`, `resnext101_keras`).
"""

from dataclasses import dataclass
from functools import partial

from vzor.spec.edit import with_norm
from vzor.spec.rows import Conv, Fc, Norm, Row, Seq, Shape
from vzor.zoo.resnet import BN, KERAS, network, residual


@dataclass(frozen=True)
class Aggregated(Row):
    """Figure 3 (c): a bottleneck whose 3×3 has ``cardinality`` groups, ``d`` wide each in conv2_x.

    ``width`` is that of ResNet's bottleneck: 64 in conv2_x, doubling from stage to stage; it gives 4·width maps.
    """

    width: int
    s: int = 1
    cardinality: int = 32
    d: int = 4
    bn: Norm = BN

    def expand(self, *xs: Shape) -> Seq:
        inner = self.width * self.d // 64 * self.cardinality
        return residual(xs[0], self.s, "B",
                        conv1=Conv(inner, 1, bn=self.bn),
                        conv2=Conv(inner, 3, self.s, g=self.cardinality, bn=self.bn),
                        conv3=Conv(4 * self.width, 1, bn=self.bn, act=None))


# Table 1: 50 layers; Table 3: 101; Table 4: 64×4d.  101_32x8d is torchvision's and in none of them.
#               cardinality  d   conv2 conv3 conv4 conv5
RESNEXT = {
    "50_32x4d":  (        32, 4,     3,    4,    6,    3),
    "101_32x4d": (        32, 4,     3,    4,   23,    3),
    "101_32x8d": (        32, 8,     3,    4,   23,    3),
    "101_64x4d": (        64, 4,     3,    4,   23,    3),
}


def resnext(form: str, classes: int = 1000) -> Seq:
    """A line of the table above: layers, cardinality × width of a group in conv2_x."""
    cardinality, d, *counts = RESNEXT[form]
    return network(partial(Aggregated, cardinality=cardinality, d=d), tuple(counts), Fc(classes))


def resnext_keras(form: str, classes: int = 1000) -> Seq:
    """50_32x4d or 101_32x4d, as Keras publishes them."""
    return with_norm(resnext(form, classes), KERAS)
