"""Inception v4: Szegedy, Ioffe, Vanhoucke, Alemi 2016.

"Inception-v4, Inception-ResNet and the impact of residual connections on learning", arXiv:1602.07261, Figures
3 to 9 and Table 1.  The published weights (timm, carried over from the authors') have the paper's form; where
a figure orders 1×n and n×1 otherwise than they do, the order is theirs.  Row names are timm's.

Every convolution is followed by batch normalisation and ReLU.  ``V`` marks those that the figures mark so: no
padding; the others keep the size.  Branches stand in the order of the weights, which is not always the figures'.
"""

from dataclasses import dataclass
from functools import partial

from vzor.spec.rows import Cat, Conv, Drop, Fc, Gap, Input, Norm, Pool, Row, Seq, Shape

V = 0
BN = Norm(eps=1e-3)
conv = partial(Conv, bn=BN)
AVERAGE = Pool("avg", 3, 1, 1, count_pad=False)
MAX = Pool("max", 3, 2, V)

#: Figure 3.  The last 3×3 is printed without its stride, which is 2: 35×35 comes out of 71×71.
STEM = (                                                              # 299×299×3
    conv(32, 3, 2, V),                                                # 149×149×32
    conv(32, 3, 1, V),                                                # 147×147×32
    conv(64, 3),                                                      # 147×147×64
    Cat(maxpool=MAX,
        conv=conv(96, 3, 2, V)),                                      # 73×73×160
    Cat(branch0=Seq(conv(64, 1), conv(96, 3, 1, V)),
        branch1=Seq(conv(64, 1), conv(64, (1, 7)), conv(64, (7, 1)), conv(96, 3, 1, V))),  # 71×71×192
    Cat(conv=conv(192, 3, 2, V),
        maxpool=MAX),                                                 # 35×35×384
)


@dataclass(frozen=True)
class InceptionA(Row):
    """Figure 4, on the 35×35 grid."""

    def expand(self, *xs: Shape) -> Cat:
        return Cat(
            branch0=conv(96, 1),
            branch1=Seq(conv(64, 1), conv(96, 3)),
            branch2=Seq(conv(64, 1), conv(96, 3), conv(96, 3)),
            branch3=Seq(AVERAGE, conv(96, 1)),
        )


@dataclass(frozen=True)
class ReductionA(Row):
    """Figure 7, from 35×35 to 17×17; its widths are Table 1's."""

    k: int
    l: int  # noqa: E741  Table 1's own letters
    m: int
    n: int
    bn: Norm = BN

    def expand(self, *xs: Shape) -> Cat:
        c = partial(conv, bn=self.bn)
        return Cat(
            branch0=c(self.n, 3, 2, V),
            branch1=Seq(c(self.k, 1), c(self.l, 3), c(self.m, 3, 2, V)),
            branch2=MAX,
        )


# Table 1.
#                                     k    l    m    n
REDUCTION_A = {
    "Inception-v4":        ReductionA(192, 224, 256, 384),
    "Inception-ResNet-v1": ReductionA(192, 192, 256, 384),
    "Inception-ResNet-v2": ReductionA(256, 256, 384, 384),
}


@dataclass(frozen=True)
class InceptionB(Row):
    """Figure 5, on the 17×17 grid: 7×7 factorised."""

    def expand(self, *xs: Shape) -> Cat:
        return Cat(
            branch0=conv(384, 1),
            branch1=Seq(conv(192, 1), conv(224, (1, 7)), conv(256, (7, 1))),
            branch2=Seq(conv(192, 1), conv(192, (7, 1)), conv(224, (1, 7)), conv(224, (7, 1)), conv(256, (1, 7))),
            branch3=Seq(AVERAGE, conv(128, 1)),
        )


@dataclass(frozen=True)
class ReductionB(Row):
    """Figure 8, from 17×17 to 8×8."""

    def expand(self, *xs: Shape) -> Cat:
        return Cat(
            branch0=Seq(conv(192, 1), conv(192, 3, 2, V)),
            branch1=Seq(conv(256, 1), conv(256, (1, 7)), conv(320, (7, 1)), conv(320, 3, 2, V)),
            branch2=MAX,
        )


@dataclass(frozen=True)
class InceptionC(Row):
    """Figure 6, on the 8×8 grid: 3×3 as 1×3 and 3×1 side by side."""

    def expand(self, *xs: Shape) -> Cat:
        fan = Cat(a=conv(256, (1, 3)), b=conv(256, (3, 1)))
        return Cat(
            branch0=conv(256, 1),
            branch1=Seq(conv(384, 1), fan),
            branch2=Seq(conv(384, 1), conv(448, (3, 1)), conv(512, (1, 3)), fan),
            branch3=Seq(AVERAGE, conv(256, 1)),
        )


def inception_v4(classes: int = 1000) -> Seq:
    """Figure 9.  42,679,816 parameters."""
    return Seq(
        input=Input(3, 299, 299),                                     # 299×299×3
        features=Seq(
            *STEM,                                                    # 35×35×384
            *[InceptionA()] * 4,                                      # 35×35×384
            REDUCTION_A["Inception-v4"],                              # 17×17×1024
            *[InceptionB()] * 7,                                      # 17×17×1024
            ReductionB(),                                             # 8×8×1536
            *[InceptionC()] * 3,                                      # 8×8×1536
        ),
        avgpool=Gap(),                                                # 1536
        drop=Drop(0.2),                                               # "keep 0.8"
        last_linear=Fc(classes),                                      # 1000
    )
