"""ConvNeXt: the 1×1 convolutions of a block are fully connected rows of every place in torch's own networks."""

import re

from vzor.spec.row import Shape
from vzor.weights.keys.rules import Keys, Rule
from vzor.weights.keys.turns import viewed


def _stage(match: re.Match[str]) -> str:
    """Ours alternate: 0 the stem, then blocks at the odd numbers and what halves the size before them."""
    i = int(match[1])
    if i == 0:
        return "stem."
    return f"stages.{i // 2}." + ("blocks." if i % 2 else "downsample.")


def _matrix(shape: Shape) -> Shape:
    """(out, in) of a 1×1 convolution."""
    return shape[:2]


DENSE = (r"\.(widen|narrow)\.conv\.weight$", viewed(_matrix))

VISION: tuple[Rule, ...] = (
    (r"\.gain\.weight$", ".layer_scale"),
    (r"\.depthwise\.conv\.", ".block.0."),
    (r"^(features\.\d+\.\d+)\.norm\.", r"\1.block.2."),
    (r"\.widen\.conv\.", ".block.3."),
    (r"\.narrow\.conv\.", ".block.5."),
    (r"^features\.0\.conv\.conv\.", "features.0.0."),
    (r"^features\.0\.norm\.", "features.0.1."),
    (r"\.conv\.conv\.", ".1."),
    (r"\.norm\.", ".0."),
    (r"^classifier\.fc\.", "classifier.2."),
)
TIMM: tuple[Rule, ...] = (
    (r"\.gain\.weight$", ".gamma"),
    (r"\.depthwise\.conv\.", ".conv_dw."),
    (r"\.widen\.conv\.", ".mlp.fc1."),
    (r"\.narrow\.conv\.", ".mlp.fc2."),
    (r"^features\.(\d)\.", _stage),
    (r"^stem\.conv\.conv\.", "stem.0."),
    (r"^stem\.norm\.", "stem.1."),
    (r"\.downsample\.norm\.", ".downsample.0."),
    (r"\.downsample\.conv\.conv\.", ".downsample.1."),
    (r"^classifier\.", "head."),
)

KEYS = (
    Keys("torchvision", ("convnext_*",), VISION, (DENSE,)),
    Keys("timm", ("convnext_*",), TIMM, (DENSE, (r"\.gain\.weight$", viewed(lambda shape: shape[:1])))),
)
