"""Xception: Chollet 2016, "Xception: deep learning with depthwise separable convolutions".

arXiv:1610.02357, Figure 5.  Row names are timm's (legacy_xception).  Its weights were carried over from Keras'
with two differences, which `xception_keras` has not: max pooling pads 1 on every side, where TensorFlow pads an
even size only after it, and eps is 1e-5 instead of 1e-3.  timm's xception41, 65 and 71 are other networks.
"""

from dataclasses import dataclass
from typing import Any

from vzor.spec.errors import UserError
from vzor.spec.row import Padding
from vzor.spec.rows import Act, Conv, Drop, Fc, From, Gap, Input, Norm, Pool, Row, Seq, Shape, Sum

BN = Norm()
#: Padding of max pooling, and the normalisation.
FORMS: dict[str, tuple[Padding, Norm]] = {
    "timm":  (1,      BN),
    "keras": ("same", Norm(eps=1e-3, momentum=0.01)),
}


@dataclass(frozen=True)
class SeparableConv(Row):
    """3×3 depthwise, then 1×1; nothing between them, batch normalisation after them."""

    out: int
    bn: Norm = BN
    act: str | None = None

    def expand(self, *xs: Shape) -> Seq:
        return Seq(
            conv1=Conv(dw=1, k=3, bias=False, act=None),
            pointwise=Conv(self.out, 1, bn=self.bn, act=self.act),
        )


@dataclass(frozen=True)
class Block(Row):
    """A box of Figure 5: ReLU and a separable convolution for each width, beside a shortcut.

    With stride 2, max pooling 3×3 follows them, and the shortcut is a 1×1 convolution.
    """

    widths: tuple[int, ...]
    s: int = 1
    relu: bool = True  # before the first
    p: Padding = 1  # of max pooling
    bn: Norm = BN

    def expand(self, *xs: Shape) -> Seq:
        rows: dict[str, Any] = {}
        for i, width in enumerate(self.widths, 1):
            if i > 1 or self.relu:
                rows[f"relu{i}"] = Act()
            rows[f"sepconv{i}"] = SeparableConv(width, self.bn)
        if self.s > 1:
            rows["pool"] = Pool("max", 3, self.s, self.p)
        last, out = list(rows)[-1], self.widths[-1]
        if self.s == 1 and out == xs[0][0]:
            return Seq(**rows, sum=From((last, "in0"), Sum()))
        skip = Conv(out, 1, self.s, bn=self.bn, act=None)
        return Seq(**rows, skip=From("in0", skip), sum=From((last, "skip"), Sum()))


def xception(classes: int = 1000, form: str = "timm") -> Seq:
    """Figure 5; its "ReLU, SeparableConv" pairs are the widths of a block.

    form  "timm" or "keras": how published weights pad max pooling and normalise
    """
    if form not in FORMS:
        raise UserError(f"Xception has no form '{form}'. Take timm or keras.")
    p, bn = FORMS[form]

    def block(*widths: int, s: int = 1, relu: bool = True) -> Block:
        return Block(widths, s, relu, p, bn)

    middle: dict[str, Any] = {f"block{i}": block(728, 728, 728) for i in range(4, 12)}
    return Seq(
        input=Input(3, 299, 299),
        # Entry flow
        conv1=Conv(32, 3, 2, 0, bn=bn),                     # 149×149×32
        conv2=Conv(64, 3, 1, 0, bn=bn),                     # 147×147×64
        block1=block(128, 128, s=2, relu=False),            #   74×74×128
        block2=block(256, 256, s=2),                        #   37×37×256
        block3=block(728, 728, s=2),                        #   19×19×728
        # Middle flow, the same box 8 times
        **middle,                                           #   19×19×728
        # Exit flow
        block12=block(728, 1024, s=2),                      #   10×10×1024
        conv3=SeparableConv(1536, bn, "relu"),              #   10×10×1536
        conv4=SeparableConv(2048, bn, "relu"),              #   10×10×2048
        avgpool=Gap(),                                      #       2048
        drop=Drop(0.5),                                     # §4.3
        fc=Fc(classes),
    )
