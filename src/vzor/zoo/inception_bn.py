"""Inception-BN (BN-Inception, Inception v2): Ioffe, Szegedy 2015.

"Batch normalization: accelerating deep network training by reducing internal covariate shift", arXiv:1502.03167,
Figure 5.  Row names follow the published weights (Caffe's, carried over by Cadene).  They have a plain 7×7 where the
paper has a separable one with depth multiplier 8 (`bninception_paper`), and biases, which the paper leaves out
(§3.2), since normalisation takes them away again.
"""

from dataclasses import dataclass
from functools import partial
from typing import Any

from vzor.spec.errors import UserError, did_you_mean
from vzor.spec.rows import Cat, Conv, Fc, Gap, Input, Norm, Pool, Row, Seq, Shape

BN = Norm()
DOWN = Pool("max", 3, 2, ceil=True)


SEPARABLE = Seq(depthwise=Conv(dw=8, k=7, s=2, bias=False, act=None), pointwise=Conv(64, 1, bn=BN))
#: The first convolution where it is not a plain one, and whether convolutions have biases.
FORMS: dict[str, tuple[Row | None, bool]] = {
    "caffe": (None,      True),
    "paper": (SEPARABLE, False),
    "senet": (None,      False),  # Hu et al.'s
}


@dataclass(frozen=True)
class Inception(Row):
    """A module: 1×1, 3×3, two 3×3 in the place of a 5×5, and pooling, side by side.

    Without a 1×1 it has stride 2, and what it pools passes through unprojected.  The published networks pool over the
    edge; at odd sizes, which they refuse, SAME gives as many cells as the convolutions do, and at even ones the same.
    """

    n1: int
    r3: int
    n3: int
    rd: int
    nd: int
    op: Any
    proj: int
    bias: bool = False

    def expand(self, *xs: Shape) -> Cat:
        c = partial(Conv, bias=self.bias, bn=BN)
        if not self.n1:
            return Cat(
                branch2=Seq(c(self.r3, 1), c(self.n3, 3, 2)),
                branch3=Seq(c(self.rd, 1), c(self.nd, 3), c(self.nd, 3, 2)),
                branch4=Pool(self.op, 3, 2, "same"),
            )
        return Cat(
            branch1=c(self.n1, 1),
            branch2=Seq(c(self.r3, 1), c(self.n3, 3)),
            branch3=Seq(c(self.rd, 1), c(self.nd, 3), c(self.nd, 3)),
            branch4=Seq(Pool(self.op, 3, 1, 1), c(self.proj, 1)),
        )


# Figure 5.  It prints 576 maps for 4c and 4d and 1024 for 4e where its widths give 608 and 1056, and 14×14 for 4e.
MODULES = {
    #     #1×1 #3×3 #3×3 double double pool    proj        output
    #          red.      3×3 r. #3×3
    "3a": ( 64,  64,  64,  64,   96,   "avg",   32),  # 28×28×256
    "3b": ( 64,  64,  96,  64,   96,   "avg",   64),  # 28×28×320
    "3c": (  0, 128, 160,  64,   96,   "max",    0),  # 14×14×576   stride 2, max + pass through
    "4a": (224,  64,  96,  96,  128,   "avg",  128),  # 14×14×576
    "4b": (192,  96, 128,  96,  128,   "avg",  128),  # 14×14×576
    "4c": (160, 128, 160, 128,  160,   "avg",  128),  # 14×14×608   (576)
    "4d": ( 96, 128, 192, 160,  192,   "avg",  128),  # 14×14×608   (576)
    "4e": (  0, 128, 192, 192,  256,   "max",    0),  #  7×7×1056   (14×14×1024)   stride 2, max + pass through
    "5a": (352, 192, 320, 160,  224,   "avg",  128),  #  7×7×1024
    "5b": (352, 192, 320, 192,  224,   "max",  128),  #  7×7×1024
}


def inception_bn(classes: int = 1000, form: str = "caffe") -> Seq:
    """Figure 5.  11,295,240 parameters as published.

    form  "caffe": as published; "paper"; "senet": as the weights with squeeze and excitation have it
    """
    if form not in FORMS:
        raise UserError(f"Inception-BN has no form '{form}'.{did_you_mean(form, FORMS)} Take {', '.join(FORMS)}.")
    first, bias = FORMS[form]
    c = partial(Conv, bias=bias, bn=BN)
    modules: dict[str, Any] = {f"inception_{name}": Inception(*MODULES[name], bias) for name in MODULES}
    return Seq(
        input=Input(3, 224, 224),          # type           patch/stride   output
        conv1_7x7_s2=first or c(64, 7, 2), # convolution*   7×7/2          112×112×64
        pool1_3x3_s2=DOWN,                 # max pool       3×3/2            56×56×64
        conv2_3x3_reduce=c(64, 1),         # convolution    3×3/1: #3×3 reduce
        conv2_3x3=c(192, 3),               #                       #3×3     56×56×192
        pool2_3x3_s2=DOWN,                 # max pool       3×3/2           28×28×192
        **modules,
        global_pool=Gap(),                 # avg pool       7×7/1            1×1×1024
        last_linear=Fc(classes),
    )
