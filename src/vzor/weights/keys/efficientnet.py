"""EfficientNet: torchvision numbers the rows of a block, timm names them and counts their normalisations."""

import re

from vzor.weights.keys.mobilenetv2 import TIMM_BLOCK
from vzor.weights.keys.rules import Keys, Rule


def _before(match: re.Match[str]) -> str:
    """torchvision's stage i is timm's i - 1."""
    return f"blocks.{int(match[1]) - 1}.{match[2]}."


#: ``….conv.`` and ``….bn.`` of a row to ``….0.`` and ``….1.``.
NUMBERED: tuple[Rule, ...] = ((r"\.conv\.", ".0."), (r"\.bn\.", ".1."))
VISION: tuple[Rule, ...] = (
    (r"se\.(fc\d)\.conv\.", r"se.\1."),
    (r"^features\.1\.(\d+)\.depthwise\.", r"features.1.\1.block.0."),
    (r"^features\.1\.(\d+)\.se\.", r"features.1.\1.block.1."),
    (r"^features\.1\.(\d+)\.project\.", r"features.1.\1.block.2."),
    (r"\.expand\.", ".block.0."),
    (r"\.depthwise\.", ".block.1."),
    (r"\.se\.", ".block.2."),
    (r"\.project\.", ".block.3."),
    *NUMBERED,
    (r"^classifier\.", "classifier.1."),
)
TIMM: tuple[Rule, ...] = (
    (r"^features\.0\.conv\.", "conv_stem."),
    (r"^features\.0\.bn\.", "bn1."),
    (r"^features\.8\.conv\.", "conv_head."),
    (r"^features\.8\.bn\.", "bn2."),
    (r"^features\.(\d)\.(\d+)\.", _before),
    *TIMM_BLOCK,
)

KEYS = (
    Keys("torchvision", ("efficientnet_b?",), VISION),
    # timm's own B5 to B7 normalise with eps 1e-5.
    Keys("timm", ("efficientnet_b[0-4]", "tf_efficientnet_b?"), TIMM),
)
