"""ResNet v2: He, Zhang, Ren, Sun 2016, "Identity mappings in deep residual networks".

arXiv:1603.05027, Figure 1 (b) and Figure 4 (e): normalisation and ReLU come before every convolution, and nothing
after the sum.  For ImageNet Table 1 of ResNet holds.  Row names and published weights are timm's, whose stem
is not normalised before its pooling.  A normalisation that follows a convolution is written with it (`conv1.bn`
is timm's `norm2`).  Keras' form (`…_keras`) has biases beside the convolutions that no normalisation follows,
halves the size in a stage's last block, and pads its max pooling with zeros.  `resnet164_cifar` and
`resnet1001_cifar` are those of the authors' code, with the stride on the first 1×1.
"""

from dataclasses import dataclass
from typing import Any

from vzor.spec.rows import Act, Conv, Fc, From, Gap, Input, Norm, Pad, Pool, Row, Seq, Shape, Sum
from vzor.zoo.resnet import KERAS

BN = Norm()


@dataclass(frozen=True)
class PreAct(Row):
    """Figure 4 (e), as a bottleneck: F(x) + x, where F is thrice BN-ReLU-convolution.

    Where the block changes the width, the shortcut is a 1×1 convolution of the normalised input; where it only
    changes the size, every s-th cell.
    """

    width: int
    s: int = 1
    bias: bool = False  # of the convolutions that no normalisation follows
    bn: Norm = BN
    stride_on: int = 2

    def expand(self, *xs: Shape) -> Seq:
        out, bn = 4 * self.width, self.bn
        s1, s2 = (self.s, 1) if self.stride_on == 1 else (1, self.s)
        short: dict[str, Any] = {}
        if xs[0][0] != out:
            short["downsample"] = From("relu1", Conv(out, 1, self.s, bias=self.bias, act=None))
        elif self.s > 1:
            short["downsample"] = From("in0", Pool("avg", 1, self.s))
        return Seq(norm1=bn, relu1=Act(),
                   conv1=Conv(self.width, 1, s1, bn=bn),
                   conv2=Conv(self.width, 3, s2, bn=bn),
                   conv3=Conv(out, 1, bias=self.bias, act=None),
                   **short, sum=From(("conv3", "downsample" if short else "in0"), Sum()))


# Blocks per stage.
#     conv2_x conv3_x conv4_x conv5_x
RESNETV2 = {
    50:  (  3,      4,      6,      3),
    101: (  3,      4,     23,      3),
    152: (  3,      8,     36,      3),
}


def stage(*blocks: Row, label: str) -> Seq:
    """A stage under timm's names."""
    return Seq(blocks=Seq(*blocks), label=label)


def tail(classes: int, bn: Norm) -> dict[str, Any]:
    """A last normalisation and ReLU, which no block has after its sum (appendix); then the mean of every map."""
    return {"norm": bn, "relu": Act(), "head": Seq(pool=Gap(), fc=Fc(classes))}


def resnetv2(depth: int, classes: int = 1000) -> Seq:
    """50, 101 or 152 weight layers, as timm publishes them."""
    stages = [
        stage(*(PreAct(64 << i, 2 if i and not j else 1) for j in range(n)), label=f"conv{i + 2}_x")
        for i, n in enumerate(RESNETV2[depth])
    ]
    return Seq(
        input=Input(3, 224, 224),
        stem=Seq(conv=Conv(64, 7, 2, bias=False, act=None), pool=Pool("max", 3, 2, 1)),
        stages=Seq(*stages),
        **tail(classes, BN),
    )


def resnetv2_keras(depth: int, classes: int = 1000) -> Seq:
    """50, 101 or 152 weight layers, as Keras publishes them."""
    last = (2, 2, 2, 1)  # stride of a stage's last block
    stages = [
        stage(*(PreAct(64 << i, last[i] if j == n - 1 else 1, True, KERAS) for j in range(n)), label=f"conv{i + 2}_x")
        for i, n in enumerate(RESNETV2[depth])
    ]
    return Seq(
        input=Input(3, 224, 224),
        stem=Seq(conv=Conv(64, 7, 2, bias=True, act=None), pad=Pad(1), pool=Pool("max", 3, 2)),
        stages=Seq(*stages),
        **tail(classes, KERAS),
    )


def resnetv2_cifar(depth: int, classes: int = 10) -> Seq:
    """9n + 2 weight layers for pictures of 32×32: 164 or 1001.  Widths 64, 128 and 256, n blocks each."""
    n = (depth - 2) // 9
    stages = [
        stage(*(PreAct(16 << i, 2 if i and not j else 1, stride_on=1) for j in range(n)), label=f"{32 >> i}×{32 >> i}")
        for i in range(3)
    ]
    return Seq(
        input=Input(3, 32, 32),
        stem=Seq(conv=Conv(16, 3, bias=False, act=None)),
        stages=Seq(*stages),
        **tail(classes, BN),
    )
