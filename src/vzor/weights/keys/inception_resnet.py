"""Inception-ResNet: the branches of a block are not kept together in timm and Cadene's.

Cadene's classifier has 1,001 classes, the first of which is the background.
"""

from vzor.weights.keys.rules import Keys, Rule

TIMM: tuple[Rule, ...] = (
    (r"\.mixed\.", "."),
    (r"\.conv2d\.conv\.", ".conv2d."),
)

KEYS = (
    Keys("timm", ("inception_resnet_v2",), TIMM),
    Keys("cadene", ("inception_resnet_v2",), (*TIMM, (r"^classif\.", "last_linear."))),
)
