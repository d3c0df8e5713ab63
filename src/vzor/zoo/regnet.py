"""RegNet: Radosavovic, Kosaraju, Girshick, He, Dollár 2020, "Designing network design spaces".

arXiv:2003.13678, Figures 15 (RegNetX) and 16 (RegNetY), eq. 2 to 4.  Row names are torchvision's.
A stage's width must be a multiple of its groups' width.  The paper takes the nearest one; torchvision rounds as
MobileNet's authors do, half upwards and never by more than a tenth downwards, so that three of its networks
are wider than the paper's (`regnetx_004`, `regnety_008`, `regnety_080`).  What torchvision does not have is
named as in timm, and has the paper's form.
"""

from dataclasses import dataclass
from itertools import groupby
from math import log
from typing import Any

from vzor.spec.errors import UserError
from vzor.spec.rows import Act, Conv, Fc, From, Gap, Input, Row, Seq, Shape, Sum
from vzor.zoo.mobilenet import divisible
from vzor.zoo.resnet import BN
from vzor.zoo.senet import Excite

# Figures 15 and 16: depth, group width, and the numbers of the width rule.
#            d    g     w_a   w_0  w_m
REGNETX = {
    "200MF": (13,   8,  36.44,  24, 2.49),
    "400MF": (22,  16,  24.48,  24, 2.54),
    "600MF": (16,  24,  36.97,  48, 2.24),
    "800MF": (16,  16,  35.73,  56, 2.28),
    "1.6GF": (18,  24,  34.01,  80, 2.25),
    "3.2GF": (25,  48,  26.31,  88, 2.25),
    "4.0GF": (23,  40,  38.65,  96, 2.43),
    "6.4GF": (17,  56,  60.83, 184, 2.07),
    "8.0GF": (23, 120,  49.56,  80, 2.88),
    "12GF":  (19, 112,  73.36, 168, 2.37),
    "16GF":  (22, 128,  55.59, 216, 2.10),
    "32GF":  (23, 168,  69.86, 320, 2.00),
}
REGNETY = {
    "200MF": (13,   8,  36.44,  24, 2.49),
    "400MF": (16,   8,  27.89,  48, 2.09),
    "600MF": (15,  16,  32.54,  48, 2.32),
    "800MF": (14,  16,  38.84,  56, 2.40),
    "1.6GF": (27,  24,  20.71,  48, 2.65),
    "3.2GF": (21,  24,  42.63,  80, 2.66),
    "4.0GF": (22,  64,  31.41,  96, 2.24),
    "6.4GF": (25,  72,  33.22, 112, 2.27),
    "8.0GF": (17,  56,  76.82, 192, 2.19),
    "12GF":  (19, 112,  73.36, 168, 2.37),
    "16GF":  (18, 112, 106.23, 200, 2.48),
    "32GF":  (20, 232, 115.89, 232, 2.53),
}


def stages(d: int, g: int, w_a: float, w_0: int, w_m: float, paper: bool = False) -> list[tuple[int, int, int]]:
    """(width, blocks, group width) of every stage: eq. 2 to 4.

    Block j wants the width u = w_0 + w_a·j; it gets w_0·w_m^s, s = log(u / w_0) / log(w_m) rounded, as a multiple
    of 8.  Blocks of one width are a stage.
    """
    steps = (round(log((w_0 + w_a * j) / w_0) / log(w_m)) for j in range(d))
    widths = [round(w_0 * w_m**s / 8) * 8 for s in steps]
    found = []
    for width, blocks in groupby(widths):
        group = min(g, width)
        fitting = round(width / group) * group if paper else divisible(width, group)
        found.append((fitting, len(list(blocks)), group))
    return found


@dataclass(frozen=True)
class Block(Row):
    """Figure 4, the X block: 1×1, 3×3 in groups ``g`` wide, 1×1, all of one width; Y: squeeze and excitation.

    The squeezed vector is a quarter of what arrives at the block.
    """

    width: int
    g: int
    s: int = 1
    se: bool = False

    def expand(self, *xs: Shape) -> Seq:
        rows: dict[str, Any] = {
            "a": Conv(self.width, 1, bn=BN),
            "b": Conv(self.width, 3, self.s, g=self.width // self.g, bn=BN),
        }
        if self.se:
            rows["se"] = Excite(width=round(xs[0][0] / 4))
        rows["c"] = Conv(self.width, 1, bn=BN, act=None)
        other = "in0"
        if self.s > 1 or self.width != xs[0][0]:
            rows["proj"], other = From("in0", Conv(self.width, 1, self.s, bn=BN, act=None)), "proj"
        return Seq(**rows, sum=From(("c", other), Sum()), relu=Act())


def regnet(size: str, se: bool = False, classes: int = 1000, form: str = "torchvision") -> Seq:
    """A line of Figure 15 (RegNetX), or with ``se`` of Figure 16 (RegNetY).

    form  "torchvision" or "paper": how a width is made a multiple of its groups'
    """
    if form not in ("torchvision", "paper"):
        raise UserError("A RegNet has the form torchvision or paper.")
    numbers = (REGNETY if se else REGNETX)[size]
    found = stages(*numbers, paper=form == "paper")
    trunk: dict[str, Any] = {
        f"block{i}": Seq(*(Block(width, g, 1 if j else 2, se) for j in range(n)))
        for i, (width, n, g) in enumerate(found, 1)
    }
    return Seq(
        input=Input(3, 224, 224),
        stem=Conv(32, 3, 2, bn=BN),
        trunk_output=Seq(**trunk),
        avgpool=Gap(),
        fc=Fc(classes),
    )
