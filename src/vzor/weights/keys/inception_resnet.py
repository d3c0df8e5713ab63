"""Inception-ResNet: the branches of a block are not kept together in timm and Cadene's.

Cadene's classifier has 1,001 classes, the first of which is the background.
Keras left most convolutions without names, in the table's order; a block's last has one.
"""

from vzor.weights.keys.keras import LAYOUTS, UNNAMED, VARIABLES, shifted
from vzor.weights.keys.rules import Keys, Rule
from vzor.weights.keys.turns import WITH_BACKGROUND

TIMM: tuple[Rule, ...] = (
    (r"\.mixed\.", "."),
    (r"\.conv2d\.conv\.", ".conv2d."),
)

KERAS: tuple[Rule, ...] = (
    *UNNAMED,
    (r"^repeat\.(\d+)\.conv2d\.conv", shifted("block35_{}_conv", 1)),
    (r"^repeat_1\.(\d+)\.conv2d\.conv", shifted("block17_{}_conv", 1)),
    (r"^repeat_2\.(\d+)\.conv2d\.conv", shifted("block8_{}_conv", 1)),
    (r"^block8\.conv2d\.conv", "block8_10_conv"),
    (r"^conv2d_7b\.conv", "conv_7b"),
    (r"^conv2d_7b\.bn", "conv_7b_bn"),
    (r"^classif\.", "predictions."),
    *VARIABLES,
)

KEYS = (
    Keys("timm", ("inception_resnet_v2",), TIMM),
    Keys(
        "cadene",
        ("inception_resnet_v2",),
        (*TIMM, (r"^classif\.", "last_linear.")),
        ((r"^classif\.", WITH_BACKGROUND),),
    ),
    Keys(
        "keras",
        ("inception_resnet_v2_keras",),
        KERAS,
        LAYOUTS,
        counted=r"^(?!conv2d_7b)(?!.*\.conv2d\.).+(?=\.(?:conv|bn)\.)",
        counters=False,
    ),
)
