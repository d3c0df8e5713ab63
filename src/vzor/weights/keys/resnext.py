"""ResNeXt: named as ResNet in torchvision and timm; Cadene's are the authors' from Torch, where all is numbered.

Keras computes a group's 3×3 as a depthwise convolution with many answers per map.
"""

from vzor.weights.keys.keras import LAYOUTS
from vzor.weights.keys.resnet import BESIDE, KERAS
from vzor.weights.keys.rules import Keys, Rule
from vzor.weights.keys.turns import GROUPED

#: A block is two lists side by side, branch 0 and shortcut 1; ReLUs count, and the branch's first five rows are a list.
CADENE: tuple[Rule, ...] = (
    (r"^conv1\.conv\.", "features.0."),
    (r"^conv1\.bn\.", "features.1."),  # ReLU 2, pooling 3
    (r"^layer(\d)\.(\d+)\.", lambda match: f"features.{int(match[1]) + 3}.{match[2]}.0."),
    (r"\.conv1\.conv\.", ".0.0.0."),
    (r"\.conv1\.bn\.", ".0.0.1."),
    (r"\.conv2\.conv\.", ".0.0.3."),
    (r"\.conv2\.bn\.", ".0.0.4."),
    (r"\.conv3\.conv\.", ".0.1."),
    (r"\.conv3\.bn\.", ".0.2."),
    (r"\.downsample\.conv\.", ".1.0."),
    (r"\.downsample\.bn\.", ".1.1."),
    (r"^fc\.", "last_linear."),
)

KEYS = (
    Keys("torchvision", ("resnext50_32x4d", "resnext101_32x8d", "resnext101_64x4d"), BESIDE),
    Keys("timm", ("resnext50_32x4d", "resnext101_32x4d", "resnext101_32x8d", "resnext101_64x4d"), BESIDE),
    Keys("cadene", ("resnext101_32x4d", "resnext101_64x4d"), CADENE),
    Keys(
        "keras",
        ("resnext*_keras",),
        KERAS,
        ((r"\.conv2\.conv\.weight$", GROUPED), *LAYOUTS),
        counters=False,
        unused=r"_2_gconv/",  # ones and zeros, by which later code of Keras adds a group's answers
    ),
)
