"""MobileNetV2: torchvision numbers the rows of a block; timm numbers blocks by stage.

Keras counts bottlenecks from 0, whose first is called expanded_conv.
"""

from collections.abc import Iterable

from vzor.weights.keys.keras import LAYOUTS, VARIABLES, shifted
from vzor.weights.keys.rules import Keys, Rule
from vzor.weights.keys.turns import depthwise
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

#: The rows of an inverted residual as timm names them; the blocks of its first stage have no expansion.
TIMM_BLOCK: tuple[Rule, ...] = (
    (r"^(blocks\.0\.\d+)\.depthwise\.bn\.", r"\1.bn1."),
    (r"^(blocks\.0\.\d+)\.project\.conv\.", r"\1.conv_pw."),
    (r"^(blocks\.0\.\d+)\.project\.bn\.", r"\1.bn2."),
    (r"\.expand\.conv\.", ".conv_pw."),
    (r"\.expand\.bn\.", ".bn1."),
    (r"\.depthwise\.conv\.", ".conv_dw."),
    (r"\.depthwise\.bn\.", ".bn2."),
    (r"\.se\.fc1\.conv\.", ".se.conv_reduce."),
    (r"\.se\.fc2\.conv\.", ".se.conv_expand."),
    (r"\.project\.conv\.", ".conv_pwl."),
    (r"\.project\.bn\.", ".bn3."),
)


def staged(counts: Iterable[int]) -> Rule:
    """Blocks that are numbered from 1 throughout to timm's, which stand in stages of ``counts``."""
    places = [f"{stage}.{i}" for stage, n in enumerate(counts) for i in range(n)]
    return (r"^features\.(\d+)\.", lambda match: f"blocks.{places[int(match[1]) - 1]}.")


TIMM: tuple[Rule, ...] = (
    (r"^features\.0\.conv\.", "conv_stem."),
    (r"^features\.0\.bn\.", "bn1."),
    (r"^features\.18\.conv\.", "conv_head."),
    (r"^features\.18\.bn\.", "bn2."),
    staged(n for _, _, n, _ in BODY),
    *TIMM_BLOCK,
)

WIDTHS = ("mobilenetv2_035", "mobilenetv2_050", "mobilenetv2_075", "mobilenetv2_140")

KERAS: tuple[Rule, ...] = (
    (r"^features\.0\.conv", "Conv1"),
    (r"^features\.0\.bn", "bn_Conv1"),
    (r"^features\.18\.conv", "Conv_1"),
    (r"^features\.18\.bn", "Conv_1_bn"),
    (r"^features\.(\d+)\.", shifted("block_{}_", -1)),
    (r"^block_0_", "expanded_conv_"),
    (r"_(expand|depthwise|project)\.conv", r"_\1"),
    (r"_(expand|depthwise|project)\.bn", r"_\1_BN"),
    (r"^classifier\.", "predictions."),
    *VARIABLES,
)

KEYS = (
    Keys("torchvision", ("mobilenet_v2",), TORCHVISION),
    Keys("timm", ("mobilenet_v2", *WIDTHS), TIMM, called=(("mobilenet_v2", "mobilenetv2_100"),)),
    Keys(
        "keras",
        ("mobilenet_v2_keras*",),
        KERAS,
        ((r"\.depthwise\.conv\.weight$", depthwise()), *LAYOUTS),
        counters=False,
    ),
)
