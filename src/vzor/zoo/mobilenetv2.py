"""MobileNetV2: Sandler et al. 2018, "MobileNetV2: inverted residuals and linear bottlenecks".

arXiv:1801.04381, Table 2.  Row names are torchvision's, whose weights have the paper's form, padded by 1 on
every side.  Keras' (`mobilenet_v2_keras`) are padded as TensorFlow does, which at even sizes is after the
picture only, and have eps 1e-3.  Widths other than 1 are timm's and Keras'.
"""

from dataclasses import dataclass
from typing import Any

from vzor.spec.errors import UserError
from vzor.spec.row import Padding
from vzor.spec.rows import Conv, Drop, DropPath, Fc, From, Gap, Input, Norm, Row, Seq, Shape, Sum
from vzor.zoo.mobilenet import divisible

BN = Norm()
#: Padding of a 3×3 with stride 2, and the normalisation.
FORMS: dict[str, tuple[Padding, Norm]] = {
    "torchvision": (None,   BN),
    "keras":       ("same", Norm(eps=1e-3, momentum=0.001)),
}


def inverted(
    x: Shape, wide: int, out: int, *, k: int = 3, s: int = 1, p: Padding = None, bn: Norm = BN,
    act: str = "relu6", se: Row | None = None, drop: float = 0.0,
) -> Seq:
    """The inverted residual, also MobileNetV3's and EfficientNet's: 1×1 to ``wide``, k×k depthwise, linear 1×1.

    Beside what arrived where shapes agree: then its branch is dropped with probability ``drop``.

    p   padding where there is a stride
    se  squeeze and excitation of the wide maps
    """
    rows: dict[str, Any] = {}
    if wide != x[0]:
        rows["expand"] = Conv(wide, 1, bn=bn, act=act)
    rows["depthwise"] = Conv(dw=1, k=k, s=s, p=p if s > 1 else None, bn=bn, act=act)
    if se:
        rows["se"] = se
    rows["project"] = Conv(out, 1, bn=bn, act=None)
    if s == 1 and out == x[0]:
        if drop:
            rows["path"] = DropPath(drop)
        rows["sum"] = From((list(rows)[-1], "in0"), Sum())
    return Seq(**rows)


@dataclass(frozen=True)
class Bottleneck(Row):
    """Table 1: 1×1 to ``t`` times the width, 3×3 depthwise, linear 1×1; beside what arrived, where shapes agree."""

    out: int
    s: int = 1
    t: int = 6
    p: Padding = None
    bn: Norm = BN

    def expand(self, *xs: Shape) -> Seq:
        return inverted(xs[0], self.t * xs[0][0], self.out, s=self.s, p=self.p, bn=self.bn)


# Table 2.  n bottlenecks each, the first with stride s, the others with 1.
BODY = (
    # t    c   n  s      Input
    ( 1,  16,  1, 1),  # 112²×32
    ( 6,  24,  2, 2),  # 112²×16
    ( 6,  32,  3, 2),  # 56²×24
    ( 6,  64,  4, 2),  # 28²×32
    ( 6,  96,  3, 1),  # 14²×64
    ( 6, 160,  3, 2),  # 14²×96
    ( 6, 320,  1, 1),  # 7²×160
)


def mobilenet_v2(alpha: float = 1.0, classes: int = 1000, form: str = "torchvision") -> Seq:
    """Table 2, every width times ``alpha``; the last 1×1 is never narrower than 1280 (§4).

    form  "torchvision" or "keras": how published weights pad and normalise
    """
    if alpha <= 0 or form not in FORMS:
        raise UserError("A MobileNetV2 needs alpha above 0 and the form torchvision or keras.")
    p, bn = FORMS[form]
    blocks: list[Any] = [
        Bottleneck(divisible(alpha * c), 1 if i else s, t, p, bn)
        for t, c, n, s in BODY for i in range(n)
    ]
    return Seq(
        input=Input(3, 224, 224),
        features=Seq(
            Conv(divisible(alpha * 32), 3, 2, p, bn=bn, act="relu6"),             # 224²×3   conv2d      s 2
            *blocks,                                                              #          bottleneck
            Conv(divisible(max(alpha, 1) * 1280), 1, bn=bn, act="relu6"),         # 7²×320   conv2d 1×1  c 1280
        ),
        avgpool=Gap(),                                                            # 7²×1280  avgpool 7×7
        drop=Drop(0.2),
        classifier=Fc(classes),                                                   # 1×1×1280 conv2d 1×1  c k
    )
