"""SqueezeNet: Iandola, Han, Moskewicz, Ashraf, Dally, Keutzer 2016.

"SqueezeNet: AlexNet-level accuracy with 50x fewer parameters and <0.5MB model size", arXiv:1602.07360, Table 1
and Figure 2.  Weights are published of 1.0 and of 1.1, which needs 2.3 times fewer multiply-adds (torchvision's; the
authors' for Caffe).  The paper prints 224 for the input; its sizes 111, 55, 27 and 13 come out with 227.  Row names
are the paper's; those inside a fire module are torchvision's.
"""

from dataclasses import dataclass
from typing import Any

from vzor.spec.errors import TableError
from vzor.spec.rows import Concat, Conv, Drop, Flatten, From, Gap, Input, Pool, Row, Seq, Shape, Sum

BYPASSES = ("none", "simple", "complex")


@dataclass(frozen=True)
class Fire(Row):
    """Figure 1: 1×1 to few maps, then 1×1 and 3×3 side by side.

    bypass  Figure 2: "simple" adds what arrives wherever the widths agree; "complex" brings it to the
            width by a 1×1 where they do not
    """

    s1: int
    e1: int
    e3: int
    bypass: str = "none"

    def expand(self, *xs: Shape) -> Seq:
        if self.bypass not in BYPASSES:
            raise TableError(f"bypass '{self.bypass}' is not known; take none, simple or complex")
        width = self.e1 + self.e3
        other: dict[str, Row] = {}
        if self.bypass != "none" and xs[0][0] == width:
            other = {"sum": From(("concat", "in0"), Sum())}
        elif self.bypass == "complex":
            other = {"bypass": From("in0", Conv(width, 1, act=None)), "sum": From(("concat", "bypass"), Sum())}
        return Seq(
            squeeze=Conv(self.s1, 1),
            expand1x1=Conv(self.e1, 1),
            expand3x3=From("squeeze", Conv(self.e3, 3)),
            concat=From(("expand1x1", "expand3x3"), Concat()),
            **other,  # type: ignore[arg-type]
        )


# Table 1, column by column.
#          s1×1 e1×1 e3×3
FIRES = {
    "fire2": (16,  64,  64),
    "fire3": (16,  64,  64),
    "fire4": (32, 128, 128),
    "fire5": (32, 128, 128),
    "fire6": (48, 192, 192),
    "fire7": (48, 192, 192),
    "fire8": (64, 256, 256),
    "fire9": (64, 256, 256),
}
# What differs between the versions: the first convolution, and the rows that a max pooling 3×3/2 follows.
#         conv1                    pooling after
VERSIONS = {
    "1.0": (Conv(96, 7, 2, p=0), ("conv1", "fire4", "fire8")),
    "1.1": (Conv(64, 3, 2, p=0), ("conv1", "fire3", "fire5")),
}


def squeezenet(version: str = "1.0", classes: int = 1000, bypass: str = "none", pad10: int = 0) -> Seq:
    """Version 1.0 (Table 1; 1,248,424 parameters) or 1.1 (1,235,496); ``bypass``: "none", "simple" or "complex".

    pad10  zeros around conv10: 1 in the authors' own weights of 1.0, for Caffe
    """
    conv1, pooled = VERSIONS[version]
    rows: dict[str, Any] = {"conv1": conv1} | {name: Fire(*fire, bypass) for name, fire in FIRES.items()}
    body: dict[str, Any] = {}
    for name, row in rows.items():
        body[name] = row
        if name in pooled:
            body[f"maxpool{name[-1]}"] = Pool("max", 3, 2, ceil=True)
    return Seq(
        input=Input(3, 224, 224),
        **body,
        drop9=Drop(),
        conv10=Conv(classes, 1, p=pad10),
        avgpool10=Gap(),
        flatten=Flatten(),
    )
