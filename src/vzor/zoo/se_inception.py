"""SE-Inception: Hu, Shen, Albanie, Sun, Wu 2017, "Squeeze-and-excitation networks".

arXiv:1709.01507, Figures 2 and 3 and Table 2: a gate behind every module of Inception-BN, and in every block of
Inception-ResNet v2 in front of the sum.
"""

from dataclasses import dataclass

from vzor.spec.edit import rewrite
from vzor.spec.row import Row
from vzor.spec.rows import Seq, Shape
from vzor.zoo.inception_bn import Inception, inception_bn
from vzor.zoo.inception_resnet import Block, inception_resnet
from vzor.zoo.senet import Excite


def se_bninception(classes: int = 1000) -> Seq:
    """Figure 2.  11,931,622 parameters; the weights that the authors published for Caffe."""
    rows: dict[str, Row] = {}
    for name, row in inception_bn(classes, "senet").rows.items():
        rows[name] = row
        if isinstance(row, Inception):
            rows[f"{name}_se"] = Excite()
    return Seq(**rows)  # type: ignore[arg-type]


@dataclass(frozen=True)
class SEBlock(Row):
    """Figure 3: a block of Inception-ResNet whose 1×1 is gated before it is scaled and added."""

    block: Block

    def expand(self, *xs: Shape) -> Seq:
        rows: dict[str, Row] = {}
        for name, row in self.block.expand(*xs).rows.items():
            rows[name] = row
            if name == "conv2d":
                rows["se"] = Excite()
        return Seq(**rows)  # type: ignore[arg-type]


def se_inception_resnet_v2(classes: int = 1000) -> Seq:
    """Inception-ResNet v2 as its weights are published, gated."""
    made = rewrite(inception_resnet(classes=classes), lambda row: SEBlock(row) if isinstance(row, Block) else row)
    assert isinstance(made, Seq)
    return made
