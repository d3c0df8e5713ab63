"""DenseNet: Huang, Liu, van der Maaten, Weinberger 2016, "Densely connected convolutional networks".

arXiv:1608.06993, Table 1 (ImageNet) and Table 2 (CIFAR).  Row names are torchvision's, which publishes weights
of 121, 161, 169 and 201 (the first normalisation, its `norm0`, is written with conv0).  DenseNet-161 (k = 48) is
that of the authors' code, not of Table 1 as the paper last prints it; of 264 only the authors have weights.
Keras' (`densenet121_keras` and its kin) have the same form with eps 1.001e-5.
"""

from dataclasses import dataclass
from functools import partial
from typing import Any

from vzor.spec.edit import with_norm
from vzor.spec.rows import Act, Concat, Conv, Drop, Fc, From, Gap, Input, Norm, Pool, Row, Seq, Shape
from vzor.zoo.resnet import BN, KERAS


def composite(i: str, width: int, k: int, drop: float, bn: Norm) -> dict[str, Any]:
    """§3, the composite function: normalisation, ReLU, convolution; dropout where the paper has it."""
    rows = {f"norm{i}": bn, f"relu{i}": Act(), f"conv{i}": Conv(width, k, bias=False, act=None)}
    return rows | ({f"drop{i}": Drop(drop)} if drop else {})


@dataclass(frozen=True)
class Dense(Row):
    """§3, a layer: k maps more than arrive, computed by a 3×3, which a 1×1 to 4k maps precedes."""

    k: int
    bottleneck: bool = True
    drop: float = 0.0
    bn: Norm = BN

    def expand(self, *xs: Shape) -> Seq:
        layer = partial(composite, drop=self.drop, bn=self.bn)
        rows = layer("1", 4 * self.k, 1) | layer("2", self.k, 3) if self.bottleneck else layer("1", self.k, 3)
        return Seq(**rows, cat=From(("in0", list(rows)[-1]), Concat()))


@dataclass(frozen=True)
class Transition(Row):
    """§3: a 1×1 to ``theta`` of the maps, 2×2 average pooling."""

    theta: float = 0.5
    drop: float = 0.0
    bn: Norm = BN

    def expand(self, *xs: Shape) -> Seq:
        return Seq(**composite("", int(xs[0][0] * self.theta), 1, self.drop, self.bn), pool=Pool("avg", 2))


# Table 1: growth rate k and [1×1; 3×3] layers per dense block.  The first convolution has 2k maps.  By the way that
# the names of the others count, 264 is 265 layers deep.
#        k   block1 block2 block3 block4
DENSENET = {
    121: (32,     6,    12,    24,    16),
    169: (32,     6,    12,    32,    32),
    201: (32,     6,    12,    48,    32),
    264: (32,     6,    12,    64,    48),
    161: (48,     6,    12,    36,    24),   # the authors' code
}

# Table 2, three dense blocks of equal length.  BC: a bottleneck of 4k, compression by 0.5, first convolution 2k maps.
#                L   k    BC
CIFAR = {
    "40_k12":    ( 40, 12, False),
    "100_k12":   (100, 12, False),
    "100_k24":   (100, 24, False),
    "bc100_k12": (100, 12, True),
    "bc250_k24": (250, 24, True),
    "bc190_k40": (190, 40, True),
}


def blocks(counts: list[int], layer: Dense, theta: float) -> dict[str, Any]:
    """Dense blocks with a transition between each two, and the last normalisation."""
    rows: dict[str, Any] = {}
    for i, n in enumerate(counts, 1):
        layers: dict[str, Any] = {f"denselayer{j}": layer for j in range(1, n + 1)}
        rows[f"denseblock{i}"] = Seq(**layers)
        if i < len(counts):
            rows[f"transition{i}"] = Transition(theta, layer.drop)
    return rows | {f"norm{len(counts) + 1}": BN, "relu": Act()}


def densenet(depth: int, classes: int = 1000) -> Seq:
    """A column of Table 1: 121, 169, 201 or 264 weight layers; or the authors' 161."""
    k, *counts = DENSENET[depth]
    return Seq(
        input=Input(3, 224, 224),
        features=Seq(
            conv0=Conv(2 * k, 7, 2, bn=BN),
            pool0=Pool("max", 3, 2, 1),
            **blocks(counts, Dense(k), 0.5),
        ),
        avgpool=Gap(),
        classifier=Fc(classes),
    )


def densenet_keras(depth: int, classes: int = 1000) -> Seq:
    """121, 169 or 201 weight layers, as Keras publishes them."""
    return with_norm(densenet(depth, classes), KERAS)


def densenet_cifar(form: str, classes: int = 10, drop: float = 0.0) -> Seq:
    """A line of Table 2, for pictures of 32×32.

    drop  dropout after every convolution but the first: 0.2 in the paper where data are not augmented (§4.2)
    """
    depth, k, bc = CIFAR[form]
    n = (depth - 4) // (6 if bc else 3)
    return Seq(
        input=Input(3, 32, 32),
        features=Seq(
            conv0=Conv(2 * k if bc else 16, 3, bias=False, act=None),
            **blocks([n] * 3, Dense(k, bc, drop), 0.5 if bc else 1.0),
        ),
        avgpool=Gap(),
        classifier=Fc(classes),
    )
