"""ResNet v2: in timm a convolution's normalisation is the next row, and the classifier a 1×1 convolution.

What Keras calls a block's preact is our norm1; a shortcut's number is 0.
"""

from vzor.weights.keys.keras import LAYOUTS, VARIABLES, shifted
from vzor.weights.keys.rules import Keys, Rule
from vzor.weights.keys.turns import AS_1X1

TIMM: tuple[Rule, ...] = (
    (r"conv1\.bn\.", "norm2."),
    (r"conv2\.bn\.", "norm3."),
    (r"(conv\d)\.conv\.", r"\1."),
    (r"stem\.conv\.conv\.", "stem.conv."),
)

KERAS: tuple[Rule, ...] = (
    (r"^stem\.conv\.conv\.", "conv1_conv."),
    (r"^stages\.(\d)\.blocks\.(\d+)\.", shifted("conv{}_block{}_", 2, 1)),
    (r"_norm1\.", "_preact_bn."),
    (r"_conv(\d)\.(conv|bn)", r"_\1_\2"),
    (r"_downsample\.conv", "_0_conv"),
    (r"^norm\.", "post_bn."),
    (r"^head\.fc\.", "predictions."),
    *VARIABLES,
)

KEYS = (
    Keys("timm", ("resnetv2_*",), TIMM, ((r"^head\.fc\.weight$", AS_1X1),)),
    Keys("keras", ("resnet*v2_keras",), KERAS, LAYOUTS, counters=False),
)
