"""ResNeXt: named as ResNet, by everybody.

Keras computes a group's 3×3 as a depthwise convolution with many answers per map.
"""

from vzor.weights.keys.keras import LAYOUTS
from vzor.weights.keys.resnet import BESIDE, KERAS
from vzor.weights.keys.rules import Keys
from vzor.weights.keys.turns import GROUPED

KEYS = (
    Keys("torchvision", ("resnext50_32x4d", "resnext101_32x8d", "resnext101_64x4d"), BESIDE),
    Keys("timm", ("resnext50_32x4d", "resnext101_32x4d", "resnext101_32x8d", "resnext101_64x4d"), BESIDE),
    Keys(
        "keras",
        ("resnext*_keras",),
        KERAS,
        ((r"\.conv2\.conv\.weight$", GROUPED), *LAYOUTS),
        counters=False,
        unused=r"_2_gconv/",  # ones and zeros, by which later code of Keras adds a group's answers
    ),
)
