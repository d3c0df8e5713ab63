"""GoogLeNet (Inception v1): Szegedy, Liu, Jia, Sermanet, Reed, Anguelov, Erhan, Vanhoucke, Rabinovich 2014.

"Going deeper with convolutions", arXiv:1409.4842, Table 1 and Figures 2 and 3.  Row names are torchvision's.  Its
published weights (`googlenet`) have batch normalisation and no LRN, a 3×3 in the place of the 5×5, 2×2 in the last
max pooling, and adaptive pooling in the auxiliary heads; `googlenet_paper` has what the paper prints, as Caffe's
bvlc_googlenet.  torchvision's weights expect pictures normalised to 0.5 ± 0.5, and its `transform_input` does that;
here it belongs to the preparation of pictures and not to the network.
"""

from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

from vzor.spec.errors import UserError, did_you_mean
from vzor.spec.rows import LRN, Cat, Conv, Drop, Fc, Gap, Input, Loss, Norm, Pool, Row, Seq, Shape, Side

DOWN = Pool("max", 3, 2, ceil=True)


class Form(NamedTuple):
    """What differs between the paper and the published weights."""

    bn: Norm | None
    k5: int  # kernel in the column "5×5"
    norm: LRN | None  # after the first pooling and before the second, Figure 3
    maxpool4: Row
    drop: float
    pool: Row  # of the auxiliary heads


FORMS = {
    #                   bn          5×5 LRN              last max pooling            drop heads' pooling
    "torchvision": Form(Norm(1e-3), 3,  None,            Pool("max", 2, ceil=True),  0.2, Gap(4)),
    "paper":       Form(None,       5,  LRN(5, k=1),     DOWN,                       0.4, Pool("avg", 5, 3, ceil=True)),
}


@dataclass(frozen=True)
class Inception(Row):
    """Figure 2: 1×1, 3×3, 5×5 and max pooling side by side; reduced by 1×1 (b), or naive (a)."""

    n1: int
    r3: int
    n3: int
    r5: int
    n5: int
    proj: int
    k5: int = 5
    bn: Norm | None = None
    naive: bool = False  # without "3×3 reduce", "5×5 reduce" and "pool proj"

    def expand(self, *xs: Shape) -> Cat:
        c, pool = partial(Conv, bn=self.bn), Pool("max", 3, 1, 1)
        if self.naive:
            return Cat(branch1=c(self.n1, 1), branch2=c(self.n3, 3), branch3=c(self.n5, self.k5), branch4=pool)
        return Cat(
            branch1=c(self.n1, 1),
            branch2=Seq(c(self.r3, 1), c(self.n3, 3)),
            branch3=Seq(c(self.r5, 1), c(self.n5, self.k5)),
            branch4=Seq(pool, c(self.proj, 1)),
        )


def googlenet(classes: int = 1000, form: str = "torchvision", naive: bool = False, aux: bool = True) -> Seq:
    """Table 1.  6,624,904 parameters, in the paper's form 6,998,552; with the auxiliary heads 13,004,888, 13,378,280.

    form   "torchvision": as published; "paper"
    naive  the modules of Figure 2 (a), which grow with every module
    aux    two auxiliary heads in training, §5; their losses count 0.3
    """
    if form not in FORMS:
        raise UserError(f"GoogLeNet has no form '{form}'.{did_you_mean(form, FORMS)} Take torchvision or paper.")
    f = FORMS[form]
    c, i = partial(Conv, bn=f.bn), partial(Inception, k5=f.k5, bn=f.bn, naive=naive)

    def norm(name: str) -> dict[str, Any]:
        return {name: f.norm} if f.norm else {}

    def head(name: str) -> dict[str, Any]:
        rows = Seq(pool=f.pool, conv=c(128, 1), fc1=Fc(1024, "relu", drop=0.7), fc2=Fc(classes), loss=Loss(0.3))
        return {name: Side(name, rows)} if aux else {}

    return Seq(                                            # Table 1
        input=Input(3, 224, 224),                          #                                           output
        conv1=c(64, 7, 2),                                 # convolution 7×7/2                        112×112×64
        maxpool1=DOWN,                                     # max pool 3×3/2                             56×56×64
        **norm("norm1"),
        conv2=c(64, 1),                                    # convolution 3×3/1: #3×3 reduce
        conv3=c(192, 3),                                   #                    #3×3                   56×56×192
        **norm("norm2"),
        maxpool2=DOWN,                                     # max pool 3×3/2                            28×28×192
        #            #1×1 #3×3 #3×3 #5×5 #5×5 pool
        #                 red.      red.      proj
        inception3a=i( 64,  96, 128,  16,  32,  32),       # inception (3a)                            28×28×256
        inception3b=i(128, 128, 192,  32,  96,  64),       # inception (3b)                            28×28×480
        maxpool3=DOWN,                                     # max pool 3×3/2                            14×14×480
        inception4a=i(192,  96, 208,  16,  48,  64),       # inception (4a)                            14×14×512
        **head("aux1"),
        inception4b=i(160, 112, 224,  24,  64,  64),       # inception (4b)                            14×14×512
        inception4c=i(128, 128, 256,  24,  64,  64),       # inception (4c)                            14×14×512
        inception4d=i(112, 144, 288,  32,  64,  64),       # inception (4d)                            14×14×528
        **head("aux2"),
        inception4e=i(256, 160, 320,  32, 128, 128),       # inception (4e)                            14×14×832
        maxpool4=f.maxpool4,                               # max pool 3×3/2                              7×7×832
        inception5a=i(256, 160, 320,  32, 128, 128),       # inception (5a)                              7×7×832
        inception5b=i(384, 192, 384,  48, 128, 128),       # inception (5b)                             7×7×1024
        avgpool=Gap(),                                     # avg pool 7×7/1                             1×1×1024
        dropout=Drop(f.drop),                              # dropout (40%)                              1×1×1024
        fc=Fc(classes),                                    # linear, softmax                            1×1×1000
    )
