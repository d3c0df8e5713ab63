"""MobileNet: Howard et al. 2017, "MobileNets: efficient convolutional neural networks for mobile vision applications".

arXiv:1704.04861, Table 1.  Row names are timm's.  Published weights have ReLU6 where the paper writes ReLU
(`mobilenet_paper`).  There are two forms of them: timm's, padded by 1 on every side (`mobilenetv1_100`), and
Keras', padded as TensorFlow does, which at even sizes is after the picture only, and with eps 1e-3
(`mobilenet_keras`).
"""

from dataclasses import dataclass

from vzor.spec.errors import UserError
from vzor.spec.row import Padding
from vzor.spec.rows import Conv, Fc, Gap, Input, Norm, Row, Seq, Shape

BN = Norm()
#: Padding of a 3×3 with stride 2, of the first one and of the depthwise ones, and the normalisation.
FORMS: dict[str, tuple[Padding, Padding, Norm]] = {
    "timm":  (None,   None,             BN),
    "keras": ("same", ((0, 1), (0, 1)), Norm(eps=1e-3, momentum=0.01)),
}


def divisible(width: float, by: int = 8) -> int:
    """``width`` rounded to a multiple of ``by``, but never by more than a tenth downwards."""
    near = max(by, int(width + by / 2) // by * by)
    return near + by if near < 0.9 * width else near


@dataclass(frozen=True)
class Separable(Row):
    """Figure 3, right: 3×3 depthwise, then 1×1, each with batch normalisation and a nonlinearity."""

    width: int
    s: int = 1
    p: Padding = None
    bn: Norm = BN
    act: str = "relu6"

    def expand(self, *xs: Shape) -> Seq:
        return Seq(
            conv_dw=Conv(dw=1, k=3, s=self.s, p=self.p, bn=self.bn, act=self.act),
            conv_pw=Conv(self.width, 1, bn=self.bn, act=self.act),
        )


def mobilenet(alpha: float = 1.0, classes: int = 1000, form: str = "timm", act: str = "relu6") -> Seq:
    """Table 1, every width times ``alpha`` (§3.3; the paper has 1, 0.75, 0.5 and 0.25).

    form  "timm" or "keras": where the two forms of published weights pad, and how they normalise
    act   "relu6" as published weights have it, "relu" as the paper writes
    """
    if alpha <= 0 or form not in FORMS:
        raise UserError("A MobileNet needs alpha above 0 and the form timm or keras; the paper's alphas are 0.25 to 1.")
    first, later, bn = FORMS[form]

    def conv(width: int) -> Conv:
        return Conv(divisible(alpha * width), 3, 2, first, bn=bn, act=act)

    def dw(width: int, s: int = 1) -> Separable:
        return Separable(divisible(alpha * width), s, later if s > 1 else None, bn, act)

    return Seq(
        input=Input(3, 224, 224),                     # Type / Stride   Filter Shape         Input Size
        conv_stem=conv(32),                           # Conv / s2       3×3×3×32             224×224×3
        blocks=Seq(
            Seq(dw(64)),                              # Conv dw / s1    3×3×32 dw            112×112×32
                                                      # Conv / s1       1×1×32×64            112×112×32
            Seq(dw(128, 2),                           # Conv dw / s2    3×3×64 dw            112×112×64
                                                      # Conv / s1       1×1×64×128           56×56×64
                dw(128)),                             # Conv dw / s1    3×3×128 dw           56×56×128
                                                      # Conv / s1       1×1×128×128          56×56×128
            Seq(dw(256, 2),                           # Conv dw / s2    3×3×128 dw           56×56×128
                                                      # Conv / s1       1×1×128×256          28×28×128
                dw(256)),                             # Conv dw / s1    3×3×256 dw           28×28×256
                                                      # Conv / s1       1×1×256×256          28×28×256
            Seq(dw(512, 2),                           # Conv dw / s2    3×3×256 dw           28×28×256
                                                      # Conv / s1       1×1×256×512          14×14×256
                *[dw(512)] * 5),                      # 5×  Conv dw / s1    3×3×512 dw       14×14×512
                                                      #     Conv / s1       1×1×512×512      14×14×512
            Seq(dw(1024, 2),                          # Conv dw / s2    3×3×512 dw           14×14×512
                                                      # Conv / s1       1×1×512×1024         7×7×512
                dw(1024)),                            # Conv dw / s1    3×3×1024 dw          7×7×1024    printed: s2
                                                      # Conv / s1       1×1×1024×1024        7×7×1024
        ),
        avgpool=Gap(),                                # Avg Pool / s1   Pool 7×7             7×7×1024
        classifier=Fc(classes),                       # FC / s1         1024×1000            1×1×1024
    )
