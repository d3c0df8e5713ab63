"""Inception-ResNet v1 and v2: Szegedy, Ioffe, Vanhoucke, Alemi 2016.

"Inception-v4, Inception-ResNet and the impact of residual connections on learning", arXiv:1602.07261, Figures
10 to 19 and Table 1.  Row names are timm's.  The published weights (`inception_resnet_v2`, and Keras' without
gamma, `inception_resnet_v2_keras`) are of a network that the paper does not show: v1's stem and one Inception
block more, twice as many blocks, narrower maps between them, and a 1×1 to 1536 at the end.
`inception_resnet_v2_paper` is the paper's, whose figures misprint two widths: 1154 for 1152 (17) and 2048 for
2144 (19).
"""

from dataclasses import dataclass
from functools import partial
from typing import Any

from vzor.spec.edit import with_norm
from vzor.spec.errors import UserError
from vzor.spec.rows import Act, Cat, Conv, Drop, Fc, From, Gap, Input, Norm, Row, Scale, Seq, Shape, Sum
from vzor.zoo.inceptionv4 import AVERAGE, BN, MAX, REDUCTION_A, STEM, V, conv

Branches = tuple[tuple[int, ...], ...]

#: What a block multiplies its branches by.  §3.3 says 0.1 to 0.3; these are the published weights'.
SCALES = {"A": 0.17, "B": 0.10, "C": 0.20}
#: Kernels of its branches, each of which begins with 1×1.
KERNELS: dict[str, tuple[tuple[Any, ...], ...]] = {
    "A": ((1,), (1, 3), (1, 3, 3)),        # 35×35, Figures 10 and 16
    "B": ((1,), (1, (1, 7), (7, 1))),      # 17×17, Figures 11 and 17
    "C": ((1,), (1, (1, 3), (3, 1))),      # 8×8,   Figures 13 and 19
}
#: Widths of its branches, and of those of Reduction-B (Figures 12 and 18).
WIDTHS: dict[str, dict[str, Branches]] = {
    "v1": {
        "A":           ((32,),       (32, 32),         (32, 32, 32)),
        "B":           ((128,),      (128, 128, 128)),
        "Reduction-B": ((256, 384),  (256, 256),       (256, 256, 256)),
        "C":           ((192,),      (192, 192, 192)),
    },
    "v2": {
        "A":           ((32,),       (32, 32),         (32, 48, 64)),
        "B":           ((192,),      (128, 160, 192)),
        "Reduction-B": ((256, 384),  (256, 288),       (256, 288, 320)),
        "C":           ((192,),      (192, 224, 256)),
    },
}


@dataclass(frozen=True)
class Block(Row):
    """Branches, a linear 1×1 to the width that arrived, times ``scale``; what arrived added; ReLU."""

    letter: str  # of the figure: A, B or C
    widths: Branches
    scale: float
    act: str | None = "relu"
    bn: Norm = BN

    def expand(self, *xs: Shape) -> Seq:
        branches: dict[str, Any] = {}
        for i, (kernels, widths) in enumerate(zip(KERNELS[self.letter], self.widths, strict=True)):
            rows = [conv(out, k, bn=self.bn) for k, out in zip(kernels, widths, strict=True)]
            branches[f"branch{i}"] = Seq(*rows) if len(rows) > 1 else rows[0]
        last: dict[str, Any] = {"act": Act(self.act)} if self.act else {}
        return Seq(
            mixed=Cat(**branches),
            conv2d=Conv(xs[0][0], 1, act=None),
            scale=Scale(self.scale),
            sum=From(("scale", "in0"), Sum()),
            **last,
        )


@dataclass(frozen=True)
class ReductionB(Row):
    """Figures 12 and 18, from 17×17 to 8×8."""

    widths: Branches
    bn: Norm = BN

    def expand(self, *xs: Shape) -> Cat:
        (a, b), (c, d), (e, f, g) = self.widths
        row = partial(conv, bn=self.bn)
        return Cat(
            branch0=Seq(row(a, 1), row(b, 3, 2, V)),
            branch1=Seq(row(c, 1), row(d, 3, 2, V)),
            branch2=Seq(row(e, 1), row(f, 3), row(g, 3, 2, V)),
            branch3=MAX,
        )


#: Figure 14 up to where the published weights of v2 leave it.
FIGURE_14: dict[str, Any] = {                        # 299×299×3
    "conv2d_1a": conv(32, 3, 2, V),                  # 149×149×32
    "conv2d_2a": conv(32, 3, 1, V),                  # 147×147×32
    "conv2d_2b": conv(64, 3),                        # 147×147×64
    "maxpool_3a": MAX,                               # 73×73×64
    "conv2d_3b": conv(80, 1),                        # 73×73×80
    "conv2d_4a": conv(192, 3, 1, V),                 # 71×71×192
}
STEMS: dict[str, dict[str, Any]] = {
    "v1": FIGURE_14 | {"conv2d_4b": conv(256, 3, 2, V)},              # 35×35×256
    "v2": {"stem": Seq(*STEM)},                                       # 35×35×384: Inception v4's, Figure 3
    "v2 published": FIGURE_14 | {
        "maxpool_5a": MAX,                                            # 35×35×192
        "mixed_5b": Cat(
            branch0=conv(96, 1),
            branch1=Seq(conv(48, 1), conv(64, 5)),
            branch2=Seq(conv(64, 1), conv(96, 3), conv(96, 3)),
            branch3=Seq(AVERAGE, conv(64, 1)),                        # 35×35×320
        ),
    },
}


def inception_resnet(version: str = "v2 published", classes: int = 1000) -> Seq:
    """Figure 15.  Version "v1" and "v2" are the paper's, "v2 published" is that of the published weights."""
    if version not in STEMS:
        raise UserError(f"Inception-ResNet has no version '{version}'. Take {', '.join(STEMS)}.")
    paper, _, published = version.partition(" ")
    times = 2 if published else 1

    def block(letter: str) -> Block:
        return Block(letter, WIDTHS[paper][letter], SCALES[letter])

    final: dict[str, Any] = {
        "block8": Block("C", WIDTHS[paper]["C"], 1.0, None),          # the last one is neither scaled nor cut off
        "conv2d_7b": conv(1536, 1),
    } if published else {}
    return Seq(
        input=Input(3, 299, 299),                                     # grid        v1    v2   v2 published
        **STEMS[version],                                             # 35×35      256   384    320
        repeat=Seq(*[block("A")] * (times * 5), label="Inception-ResNet-A"),
        mixed_6a=REDUCTION_A[f"Inception-ResNet-{paper}"],            # 17×17      896  1152   1088
        repeat_1=Seq(*[block("B")] * (times * 10), label="Inception-ResNet-B"),
        mixed_7a=ReductionB(WIDTHS[paper]["Reduction-B"]),            # 8×8       1792  2144   2080
        repeat_2=Seq(*[block("C")] * (9 if published else 5), label="Inception-ResNet-C"),
        **final,                                                      #                        1536
        avgpool=Gap(),
        drop=Drop(0.2),                                               # "keep 0.8"
        classif=Fc(classes),
    )


def inception_resnet_keras(classes: int = 1000) -> Seq:
    """Version "v2 published", as Keras publishes it."""
    return with_norm(inception_resnet(classes=classes), Norm(eps=1e-3, momentum=0.01, gamma=False))
