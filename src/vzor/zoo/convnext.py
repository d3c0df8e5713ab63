"""ConvNeXt: Liu, Mao, Wu, Feichtenhofer, Darrell, Xie 2022, "A ConvNet for the 2020s".

arXiv:2201.03545, §3 and Table 9.  Row names are torchvision's; timm's weights have the same form.
"""

from dataclasses import dataclass
from typing import Any

from vzor.spec.rows import Conv, DropPath, Fc, From, Gain, Gap, Input, LayerNorm, Row, Seq, Shape, Sum

LN = LayerNorm(eps=1e-6)


@dataclass(frozen=True)
class Block(Row):
    """Figure 4, right: 7×7 depthwise, 1×1 to four times the width, 1×1 back; layer scale; beside what arrived."""

    drop: float = 0.0

    def expand(self, *xs: Shape) -> Seq:
        c = xs[0][0]
        branch: dict[str, Any] = {
            "depthwise": Conv(dw=1, k=7, act=None),
            "norm":      LN,
            "widen":     Conv(4 * c, 1, act="gelu"),
            "narrow":    Conv(c, 1, act=None),
            "gain":      Gain(init=1e-6),
        }
        if self.drop:
            branch["path"] = DropPath(self.drop)
        return Seq(**branch, sum=From((list(branch)[-1], "in0"), Sum()))


# §3: channels and blocks of the four stages; Table 5: stochastic depth.
#           C                        B              stochastic depth
CONVNEXT = {
    "tiny":  (( 96, 192, 384,  768), (3, 3,  9, 3), 0.1),
    "small": (( 96, 192, 384,  768), (3, 3, 27, 3), 0.4),
    "base":  ((128, 256, 512, 1024), (3, 3, 27, 3), 0.5),
    "large": ((192, 384, 768, 1536), (3, 3, 27, 3), 0.5),
}


def convnext(size: str, classes: int = 1000) -> Seq:
    """A line of the table above.  The last block's branch is dropped most often, the first one's never."""
    channels, counts, drop = CONVNEXT[size]
    rows: list[Any] = []
    for i, (c, n) in enumerate(zip(channels, counts, strict=True)):
        if i == 0:
            rows.append(Seq(conv=Conv(c, 4, 4, 0, act=None), norm=LN))              # stem  4×4, 96, stride 4
        else:
            rows.append(Seq(norm=LN, conv=Conv(c, 2, 2, 0, act=None)))              # §2.6  2×2, stride 2
        before = sum(counts[:i])
        blocks = (Block(drop * (before + j) / (sum(counts) - 1)) for j in range(n))
        rows.append(Seq(*blocks, label=f"res{i + 2}"))                              # res2 … res5
    return Seq(
        input=Input(3, 224, 224),
        features=Seq(*rows),
        avgpool=Gap(),
        classifier=Seq(norm=LN, fc=Fc(classes)),
    )
