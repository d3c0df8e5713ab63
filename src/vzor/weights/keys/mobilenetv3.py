"""MobileNetV3: torchvision numbers the rows that a block has; timm puts blocks of one size into stages."""

from vzor.weights.keys.efficientnet import NUMBERED
from vzor.weights.keys.mobilenetv2 import TIMM_BLOCK, staged
from vzor.weights.keys.rules import Keys, Rule
from vzor.weights.keys.turns import AS_1X1

#: Blocks per stage of timm's, the last convolution included.
LARGE, SMALL = (1, 2, 3, 4, 2, 3, 1), (1, 2, 3, 2, 3, 1)


def vision(*rules: Rule) -> tuple[Rule, ...]:
    """torchvision's names; ``rules`` for the blocks that lack an expansion or an excitation."""
    return (
        (r"se\.(fc\d)\.conv\.", r"se.\1."),
        *rules,
        (r"\.expand\.", ".block.0."),
        (r"\.depthwise\.", ".block.1."),
        (r"\.se\.", ".block.2."),
        (r"\.project\.", ".block.3."),
        *NUMBERED,
        (r"^classifier\.1\.", "classifier.3."),
    )


def timm(counts: tuple[int, ...]) -> tuple[Rule, ...]:
    """timm's names, with ``counts`` blocks in its stages."""
    return (
        (r"^features\.0\.conv\.", "conv_stem."),
        (r"^features\.0\.bn\.", "bn1."),
        staged(counts),
        (r"^(blocks\.\d+\.\d+\.)bn\.", r"\1bn1."),  # the last convolution
        *TIMM_BLOCK,
        (r"^classifier\.0\.", "conv_head."),
        (r"^classifier\.1\.", "classifier."),
    )


#: timm keeps the hidden row of the classifier as a convolution.
HIDDEN = ((r"^classifier\.0\.weight", AS_1X1),)
#: Table 1's first block has neither, its second, third and seventh to tenth have no excitation.
VISION_LARGE = vision(
    (r"^features\.1\.depthwise\.", "features.1.block.0."),
    (r"^features\.1\.project\.", "features.1.block.1."),
    (r"^features\.(2|3|7|8|9|10)\.project\.", r"features.\1.block.2."),
)
#: Table 2's first block has no expansion, its second and third have no excitation.
VISION_SMALL = vision(
    (r"^features\.1\.depthwise\.", "features.1.block.0."),
    (r"^features\.1\.se\.", "features.1.block.1."),
    (r"^features\.1\.project\.", "features.1.block.2."),
    (r"^features\.(2|3)\.project\.", r"features.\1.block.2."),
)

KEYS = (
    Keys("torchvision", ("mobilenet_v3_large",), VISION_LARGE),
    Keys("torchvision", ("mobilenet_v3_small",), VISION_SMALL),
    Keys("timm", ("mobilenetv3_large_100", "tf_mobilenetv3_large_100"), timm(LARGE), HIDDEN),
    Keys("timm", ("mobilenetv3_small_100", "tf_mobilenetv3_small_100"), timm(SMALL), HIDDEN),
)
