"""Inception v3: Szegedy, Vanhoucke, Ioffe, Shlens, Wojna 2015.

"Rethinking the Inception architecture for computer vision", arXiv:1512.00567, Table 1 and Figures 5 to 8 and 10.
Row names are torchvision's.  The published weights differ from Table 1, which does not give the widths inside
its blocks: they have a 1×1 and an unpadded 3×3 between two max-poolings where it prints three 3×3, and so
35×35×192, not 288, arrives at the first block.  There are two forms of them: torchvision's, whose average pooling
counts the padding, and Keras' (`inception_v3_keras`), whose does not and which has no gamma.
torchvision's weights expect pictures normalised to 0.5 ± 0.5, and its `transform_input` does that;
here it belongs to the preparation of pictures and not to the network.
"""

from dataclasses import dataclass
from typing import Any

from vzor.spec.errors import UserError
from vzor.spec.rows import Cat, Conv, Drop, Fc, Gap, Input, Loss, Norm, Pool, Row, Seq, Shape, Side

BN = Norm(eps=1e-3)
MAX = Pool("max", 3, 2)
V = 0  # no padding; every other convolution keeps the size
#: Whether average pooling counts the padding, and the normalisation.
FORMS: dict[str, tuple[bool, Norm]] = {
    "torchvision": (True,  BN),
    "keras":       (False, Norm(eps=1e-3, momentum=0.01, gamma=False)),
}


@dataclass(frozen=True)
class Block(Row):
    """What all blocks have: the normalisation of their convolutions, and how they pool."""

    count_pad: bool = True
    bn: Norm = BN

    def conv(self, out: int, k: int | tuple[int, int], s: int = 1, p: int | None = None) -> Conv:
        return Conv(out, k, s, p, bn=self.bn)

    def pool(self, out: int) -> Seq:
        return Seq(Pool("avg", 3, 1, 1, count_pad=self.count_pad), self.conv(out, 1))


@dataclass(frozen=True)
class InceptionA(Block):
    """Figure 5, on the 35×35 grid; the published weights have 5×5 where its second branch has 3×3."""

    proj: int = 64

    def expand(self, *xs: Shape) -> Cat:
        c = self.conv
        return Cat(
            branch1x1=c(64, 1),
            branch5x5=Seq(c(48, 1), c(64, 5)),
            branch3x3dbl=Seq(c(64, 1), c(96, 3), c(96, 3)),
            branch_pool=self.pool(self.proj),
        )


@dataclass(frozen=True)
class InceptionB(Block):
    """Figure 10, from 35×35 to 17×17; the published weights have no 1×1 before the first 3×3."""

    def expand(self, *xs: Shape) -> Cat:
        c = self.conv
        return Cat(
            branch3x3=c(384, 3, 2, V),
            branch3x3dbl=Seq(c(64, 1), c(96, 3), c(96, 3, 2, V)),
            branch_pool=MAX,
        )


@dataclass(frozen=True)
class InceptionC(Block):
    """Figure 6 with n = 7, on the 17×17 grid: 7×7 as 1×7 and 7×1, with ``width`` maps between them."""

    width: int = 128

    def expand(self, *xs: Shape) -> Cat:
        c, n = self.conv, self.width
        return Cat(
            branch1x1=c(192, 1),
            branch7x7=Seq(c(n, 1), c(n, (1, 7)), c(192, (7, 1))),
            branch7x7dbl=Seq(c(n, 1), c(n, (7, 1)), c(n, (1, 7)), c(n, (7, 1)), c(192, (1, 7))),
            branch_pool=self.pool(192),
        )


@dataclass(frozen=True)
class InceptionD(Block):
    """From 17×17 to 8×8."""

    def expand(self, *xs: Shape) -> Cat:
        c = self.conv
        return Cat(
            branch3x3=Seq(c(192, 1), c(320, 3, 2, V)),
            branch7x7x3=Seq(c(192, 1), c(192, (1, 7)), c(192, (7, 1)), c(192, 3, 2, V)),
            branch_pool=MAX,
        )


@dataclass(frozen=True)
class InceptionE(Block):
    """Figure 7, on the 8×8 grid: the last 3×3 of a branch as 1×3 and 3×1 side by side."""

    def expand(self, *xs: Shape) -> Cat:
        c = self.conv
        fan = Cat(a=c(384, (1, 3)), b=c(384, (3, 1)))
        return Cat(
            branch1x1=c(320, 1),
            branch3x3=Seq(c(384, 1), fan),
            branch3x3dbl=Seq(c(448, 1), c(384, 3), fan),
            branch_pool=self.pool(192),
        )


def inception_v3(classes: int = 1000, aux: bool = True, form: str = "torchvision") -> Seq:
    """Table 1 as the published weights have it.  23,834,568 parameters, and 3,326,696 in the side head.

    aux   with the side head of Figure 8, which needs inputs of about 299 pixels; without it 75 are enough; its loss
          counts 0.4, as in the authors' training
    form  "torchvision" or "keras": how published weights pool and normalise
    """
    if form not in FORMS:
        raise UserError(f"Inception v3 has no form '{form}'. Take torchvision or keras.")
    f = FORMS[form]
    c = Block(*f).conv
    pool, counts = Pool("avg", 5, 3), Loss(0.4)
    head = Seq(pool=pool, conv0=c(128, 1), conv1=c(768, 5, 1, V), avgpool=Gap(), fc=Fc(classes), loss=counts)
    side: dict[str, Any] = {"AuxLogits": Side("aux1", head)} if aux else {}
    return Seq(
        input=Input(3, 299, 299),        # type                 patch/stride   input size
        Conv2d_1a_3x3=c(32, 3, 2, V),    # conv                 3×3/2          299×299×3
        Conv2d_2a_3x3=c(32, 3, 1, V),    # conv                 3×3/1          149×149×32
        Conv2d_2b_3x3=c(64, 3),          # conv padded          3×3/1          147×147×32
        maxpool1=MAX,                    # pool                 3×3/2          147×147×64
        Conv2d_3b_1x1=c(80, 1),          # (Table 1: conv 3×3)  1×1/1          73×73×64
        Conv2d_4a_3x3=c(192, 3, 1, V),   # (3×3/2)              3×3/1          73×73×80
        maxpool2=MAX,                    # (conv 3×3/1)         3×3/2          71×71×192
        Mixed_5b=InceptionA(*f, 32),     # 3× Inception         Figure 5       35×35×192
        Mixed_5c=InceptionA(*f),         #                                     35×35×256
        Mixed_5d=InceptionA(*f),         #                                     35×35×288
        Mixed_6a=InceptionB(*f),         #                      Figure 10      35×35×288
        Mixed_6b=InceptionC(*f, 128),    # 5× Inception         Figure 6       17×17×768
        Mixed_6c=InceptionC(*f, 160),    #                                     17×17×768
        Mixed_6d=InceptionC(*f, 160),    #                                     17×17×768
        Mixed_6e=InceptionC(*f, 192),    #                                     17×17×768
        **side,                          #                      Figure 8       17×17×768
        Mixed_7a=InceptionD(*f),         #                                     17×17×768
        Mixed_7b=InceptionE(*f),         # 2× Inception         Figure 7       8×8×1280
        Mixed_7c=InceptionE(*f),         #                                     8×8×2048
        avgpool=Gap(),                   # pool                 8×8            8×8×2048
        dropout=Drop(0.5),
        fc=Fc(classes),                  # linear               logits         1×1×2048
    )
