"""ResNet v2: in timm a convolution's normalisation is the next row, and the classifier a 1×1 convolution."""

from vzor.weights.keys.rules import Keys, Rule
from vzor.weights.keys.turns import AS_1X1

TIMM: tuple[Rule, ...] = (
    (r"conv1\.bn\.", "norm2."),
    (r"conv2\.bn\.", "norm3."),
    (r"(conv\d)\.conv\.", r"\1."),
    (r"stem\.conv\.conv\.", "stem.conv."),
)

KEYS = (Keys("timm", ("resnetv2_*",), TIMM, ((r"^head\.fc\.weight$", AS_1X1),)),)
