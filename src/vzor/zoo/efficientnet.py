"""EfficientNet: Tan, Le 2019, "EfficientNet: rethinking model scaling for convolutional neural networks".

arXiv:1905.11946, Table 1 and §5.2.  Row names are torchvision's, whose weights are padded by half the kernel
on every side and, from B5 on, normalise with eps 1e-3.  The authors' own weights (`tf_efficientnet_b0` and its
kin, as timm names them) are padded as TensorFlow does, which at even sizes is more after the picture than
before it, and have eps 1e-3 in all sizes.
"""

from dataclasses import dataclass
from math import ceil
from typing import Any

from vzor.spec.errors import UserError
from vzor.spec.row import Padding
from vzor.spec.rows import Conv, Drop, Fc, Gap, Input, Norm, Row, Seq, Shape
from vzor.zoo.mobilenet import divisible
from vzor.zoo.mobilenetv2 import BN, inverted
from vzor.zoo.senet import Excite

TF = Norm(eps=1e-3, momentum=0.01)


@dataclass(frozen=True)
class MBConv(Row):
    """MobileNetV2's inverted residual, ``t`` times as wide inside, with squeeze and excitation, SiLU for ReLU6.

    The squeezed vector is a quarter of what arrives at the block, not of its wide maps.
    """

    t: int
    k: int
    out: int
    s: int = 1
    p: Padding = None
    bn: Norm = BN
    drop: float = 0.0

    def expand(self, *xs: Shape) -> Seq:
        wide = self.t * xs[0][0]
        se = Excite(width=xs[0][0] // 4, act="silu")
        return inverted(xs[0], wide, self.out, k=self.k, s=self.s, p=self.p, bn=self.bn, act="silu", se=se,
                        drop=self.drop)


# Table 1: EfficientNet-B0.  Strides follow from the resolutions.
BODY = (
    # MBConv    k  #Channels  #Layers  s     Stage  Resolution
    (      1,   3,        16,       1, 1),  # 2      112²
    (      6,   3,        24,       2, 2),  # 3      112²
    (      6,   5,        40,       2, 2),  # 4       56²
    (      6,   3,        80,       3, 2),  # 5       28²
    (      6,   5,       112,       3, 1),  # 6       14²
    (      6,   5,       192,       4, 2),  # 7       14²
    (      6,   3,       320,       1, 1),  # 8        7²
)

# §3.3: the compound coefficient 0 … 7; dropout from 0.2 to 0.5 (§5.2); what torchvision normalises with.
#      width  depth  resolution  dropout  torchvision
SIZES: dict[str, tuple[float, float, int, float, Norm]] = {
    "b0": (1.0,  1.0,       224,     0.2,  BN),
    "b1": (1.0,  1.1,       240,     0.2,  BN),
    "b2": (1.1,  1.2,       260,     0.3,  BN),
    "b3": (1.2,  1.4,       300,     0.3,  BN),
    "b4": (1.4,  1.8,       380,     0.4,  BN),
    "b5": (1.6,  2.2,       456,     0.4,  TF),
    "b6": (1.8,  2.6,       528,     0.5,  TF),
    "b7": (2.0,  3.1,       600,     0.5,  TF),
}
DROP = 0.2  # §5.2: the last block survives with probability 0.8, those before it with more


def efficientnet(size: str, classes: int = 1000, form: str = "torchvision") -> Seq:
    """Table 1 with widths times ``width``, rounded to eights, and layers times ``depth``, rounded up.

    size  a line of the table above
    form  "torchvision" or "tf": how published weights pad and normalise
    """
    if form not in ("torchvision", "tf"):
        raise UserError("An EfficientNet has the form torchvision or tf.")
    width, depth, resolution, dropout, own = SIZES[size]
    p, bn = ("same", TF) if form == "tf" else (None, own)
    layers = [ceil(depth * n) for _, _, _, n, _ in BODY]
    stages: list[Any] = []
    for i, (t, k, c, _, s) in enumerate(BODY):
        before = sum(layers[:i])
        stages.append(Seq(*(
            MBConv(t, k, divisible(width * c), 1 if j else s, p, bn, DROP * (before + j) / sum(layers))
            for j in range(layers[i])
        )))
    return Seq(
        input=Input(3, resolution, resolution),                               # Stage  Operator
        features=Seq(
            Conv(divisible(width * 32), 3, 2, p, bn=bn, act="silu"),          # 1      Conv3×3
            *stages,                                                          # 2 … 8  MBConv
            Conv(4 * divisible(width * 320), 1, bn=bn, act="silu"),           # 9      Conv1×1, 1280
        ),
        avgpool=Gap(),                                                        #        Pooling
        drop=Drop(dropout),
        classifier=Fc(classes),                                               #        FC
    )
