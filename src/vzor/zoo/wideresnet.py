"""Wide ResNet: Zagoruyko, Komodakis 2016, "Wide residual networks", arXiv:1605.07146.

The paper's network for ImageNet, WRN-50-2-bottleneck: ResNet-50 whose bottlenecks are twice as wide inside and give
as many maps as before.  Row names and published weights are torchvision's, which has 101 layers too, and the stride
of a block on its 3×3.
"""

from functools import partial

from vzor.spec.rows import Fc, Seq
from vzor.zoo.resnet import RESNET, network
from vzor.zoo.resnext import Aggregated


def wide_resnet(depth: int, classes: int = 1000, k: int = 2) -> Seq:
    """``depth`` of ResNet's Table 1 with bottlenecks, ``k`` times as wide inside.

    50: 68,883,240 parameters; 101: 126,886,696.
    """
    _, *counts = RESNET[depth]
    # A single group, 64·k wide in conv2_x.
    return network(partial(Aggregated, cardinality=1, d=64 * k), tuple(counts), Fc(classes))
