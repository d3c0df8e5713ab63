"""MobileNetV2: torchvision numbers the rows of a block; timm numbers blocks by stage."""

import re

from vzor.weights.keys.rules import Keys, Rule
from vzor.zoo.mobilenetv2 import BODY

TORCHVISION: tuple[Rule, ...] = (
    (r"^features\.(0|18)\.conv\.", r"features.\1.0."),
    (r"^features\.(0|18)\.bn\.", r"features.\1.1."),
    (r"^features\.1\.depthwise\.", "features.1.conv.0."),  # the first block has no expansion
    (r"^features\.1\.project\.conv\.", "features.1.conv.1."),
    (r"^features\.1\.project\.bn\.", "features.1.conv.2."),
    (r"\.expand\.", ".conv.0."),
    (r"\.depthwise\.", ".conv.1."),
    (r"\.project\.conv\.", ".conv.2."),
    (r"\.project\.bn\.", ".conv.3."),
    (r"\.conv\.([01])\.conv\.", r".conv.\1.0."),
    (r"\.conv\.([01])\.bn\.", r".conv.\1.1."),
    (r"^classifier\.", "classifier.1."),
)

PLACES = [f"{stage}.{i}" for stage, (_, _, n, _) in enumerate(BODY) for i in range(n)]


def place(match: re.Match[str]) -> str:
    return f"blocks.{PLACES[int(match[1]) - 1]}."


TIMM: tuple[Rule, ...] = (
    (r"^features\.0\.conv\.", "conv_stem."),
    (r"^features\.0\.bn\.", "bn1."),
    (r"^features\.18\.conv\.", "conv_head."),
    (r"^features\.18\.bn\.", "bn2."),
    (r"^features\.(\d+)\.", place),
    (r"^(blocks\.0\.0)\.depthwise\.bn\.", r"\1.bn1."),  # the first block has no expansion
    (r"^(blocks\.0\.0)\.project\.conv\.", r"\1.conv_pw."),
    (r"^(blocks\.0\.0)\.project\.bn\.", r"\1.bn2."),
    (r"\.expand\.conv\.", ".conv_pw."),
    (r"\.expand\.bn\.", ".bn1."),
    (r"\.depthwise\.conv\.", ".conv_dw."),
    (r"\.depthwise\.bn\.", ".bn2."),
    (r"\.project\.conv\.", ".conv_pwl."),
    (r"\.project\.bn\.", ".bn3."),
)
WIDTHS = ("mobilenetv2_035", "mobilenetv2_050", "mobilenetv2_075", "mobilenetv2_140")

KEYS = (
    Keys("torchvision", ("mobilenet_v2",), TORCHVISION),
    Keys("timm", ("mobilenet_v2", *WIDTHS), TIMM),
)
