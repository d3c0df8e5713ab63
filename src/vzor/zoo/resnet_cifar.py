"""ResNet for CIFAR-10: He, Zhang, Ren, Sun 2015, "Deep residual learning for image recognition", §4.2.

arXiv:1512.03385, Table 6.  Row names are those of akamaster's published weights, which are this network but
for one thing: a shortcut that grows puts half of its zeros before the maps and half after; the paper and its
authors' code, and this table, all of them after.  So its weights fit when their maps are reordered.
"""

from typing import Any

from vzor.spec.errors import TableError
from vzor.spec.rows import Conv, Fc, Gap, Input, Seq
from vzor.zoo.resnet import BN, Basic

# §4.2: "6n + 2 stacked weighted layers", 2n of them in a stage.
#   stage            1       2      3
SIZE =           (  32,     16,     8)
FILTERS =        (  16,     32,    64)
# Table 6: layers of the networks named here, and n.
N = {20: 3, 32: 5, 44: 7, 56: 9, 110: 18, 1202: 200}


def resnet_cifar(depth: int, classes: int = 10, shortcut: str = "A") -> Seq:
    """A line of Table 6: 20, 32, 44, 56, 110 or 1202 weight layers.

    shortcut  where the width changes: "A" zeros, as in the paper and the published weights; "B" a 1×1 convolution
    """
    if depth not in N:
        raise TableError(f"there is no ResNet-{depth} in Table 6; take one of {', '.join(map(str, N))}")
    stages: dict[str, Any] = {
        f"layer{i}": Seq(*(Basic(width, 2 if i > 1 and not j else 1, shortcut) for j in range(N[depth])),
                         label=f"{size}×{size}")
        for i, (size, width) in enumerate(zip(SIZE, FILTERS, strict=True), 1)
    }
    return Seq(
        input=Input(3, 32, 32),
        conv1=Conv(16, 3, bn=BN),
        **stages,
        avgpool=Gap(),
        linear=Fc(classes),
    )
