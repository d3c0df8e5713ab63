"""MobileNetV3: Howard, Sandler, Chu et al. 2019, "Searching for MobileNetV3".

arXiv:1905.02244, Tables 1 and 2.  Row names are torchvision's, whose weights normalise with eps 1e-3.  There are
two other forms of weights, both timm's: its own (`mobilenetv3_large_100`), with eps 1e-5, and the authors'
(`tf_mobilenetv3_large_100`), with eps 1e-3 and padded as TensorFlow does, which at even sizes is more after the
picture than before it.
"""

from dataclasses import dataclass

from vzor.spec.errors import UserError
from vzor.spec.row import Padding
from vzor.spec.rows import Conv, Fc, Gap, Input, Norm, Row, Seq, Shape
from vzor.zoo.mobilenet import divisible
from vzor.zoo.mobilenetv2 import BN, inverted
from vzor.zoo.senet import Excite

#: Padding of a convolution with stride 2, and the normalisation.
FORMS: dict[str, tuple[Padding, Norm]] = {
    "torchvision": (None,   Norm(eps=1e-3, momentum=0.01)),
    "timm":        (None,   BN),
    "tf":          ("same", Norm(eps=1e-3, momentum=0.01)),
}
ACT = {"RE": "relu", "HS": "hswish"}


@dataclass(frozen=True)
class Bneck(Row):
    """Figure 4: MobileNetV2's inverted residual; squeeze and excitation to a quarter, gated by a hard sigmoid."""

    k: int
    exp: int
    out: int
    se: bool
    nl: str
    s: int
    p: Padding = None
    bn: Norm = BN

    def expand(self, *xs: Shape) -> Seq:
        se = Excite(width=divisible(self.exp // 4), gate="hsigmoid") if self.se else None
        return inverted(xs[0], self.exp, self.out, k=self.k, s=self.s, p=self.p, bn=self.bn, act=ACT[self.nl], se=se)


SE, NO = True, False
# Table 1: MobileNetV3-Large.
LARGE = (
    # bneck  exp size  #out  SE    NL  s     Input
    (   3,         16,   16, NO, "RE", 1),  # 112²×16
    (   3,         64,   24, NO, "RE", 2),  # 112²×16
    (   3,         72,   24, NO, "RE", 1),  # 56²×24
    (   5,         72,   40, SE, "RE", 2),  # 56²×24
    (   5,        120,   40, SE, "RE", 1),  # 28²×40
    (   5,        120,   40, SE, "RE", 1),  # 28²×40
    (   3,        240,   80, NO, "HS", 2),  # 28²×40
    (   3,        200,   80, NO, "HS", 1),  # 14²×80
    (   3,        184,   80, NO, "HS", 1),  # 14²×80
    (   3,        184,   80, NO, "HS", 1),  # 14²×80
    (   3,        480,  112, SE, "HS", 1),  # 14²×80
    (   3,        672,  112, SE, "HS", 1),  # 14²×112
    (   5,        672,  160, SE, "HS", 2),  # 14²×112
    (   5,        960,  160, SE, "HS", 1),  # 7²×160
    (   5,        960,  160, SE, "HS", 1),  # 7²×160
)
# Table 2: MobileNetV3-Small.
SMALL = (
    # bneck  exp size  #out  SE    NL  s     Input
    (   3,         16,   16, SE, "RE", 2),  # 112²×16
    (   3,         72,   24, NO, "RE", 2),  # 56²×16
    (   3,         88,   24, NO, "RE", 1),  # 28²×24
    (   5,         96,   40, SE, "HS", 2),  # 28²×24
    (   5,        240,   40, SE, "HS", 1),  # 14²×40
    (   5,        240,   40, SE, "HS", 1),  # 14²×40
    (   5,        120,   48, SE, "HS", 1),  # 14²×40
    (   5,        144,   48, SE, "HS", 1),  # 14²×48
    (   5,        288,   96, SE, "HS", 2),  # 14²×48
    (   5,        576,   96, SE, "HS", 1),  # 7²×96
    (   5,        576,   96, SE, "HS", 1),  # 7²×96
)
#         rows   conv2d 1×1  conv2d 1×1, NBN
SIZES = {
    "large": (LARGE,    960,            1280),
    "small": (SMALL,    576,            1024),
}


def mobilenet_v3(size: str, classes: int = 1000, form: str = "torchvision") -> Seq:
    """Table 1 ("large") or 2 ("small").

    form  "torchvision", "timm" or "tf": how published weights pad and normalise
    """
    if form not in FORMS:
        raise UserError(f"A MobileNetV3 has one of the forms {', '.join(FORMS)}.")
    body, last, hidden = SIZES[size]
    p, bn = FORMS[form]
    return Seq(
        input=Input(3, 224, 224),                                # Input    Operator         Large / Small
        features=Seq(
            Conv(16, 3, 2, p, bn=bn, act="hswish"),              # 224²×3   conv2d           16, HS, s 2
            *(Bneck(*row, p, bn) for row in body),               #          bneck
            Conv(last, 1, bn=bn, act="hswish"),                  # 7²×160   conv2d 1×1       960 / 576, HS
        ),
        avgpool=Gap(),                                           # 7²×960   pool 7×7
        classifier=Seq(
            Fc(hidden, act="hswish", drop=0.2),                  # 1²×960   conv2d 1×1, NBN  1280 / 1024, HS
            Fc(classes),                                         # 1²×1280  conv2d 1×1, NBN  k
        ),
    )
