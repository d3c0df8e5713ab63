"""Xception: a box's rows are numbered in timm and Cadene's, ReLUs among them; the first box begins without one.

Keras counts the first two convolutions as a block, and left the shortcuts without names.
"""

import re

from vzor.weights.keys.keras import LAYOUTS, UNNAMED, VARIABLES, shifted
from vzor.weights.keys.rules import Keys, Rule
from vzor.weights.keys.turns import depthwise


def place(box: str, i: str) -> int:
    """Of a box's i-th separable convolution: ReLU, convolution, normalisation."""
    return 3 * int(i) - 2 - (box == "1")


def convolution(match: re.Match[str]) -> str:
    return f"block{match[1]}.rep.{place(match[1], match[2])}.{match[3]}."


def normalisation(match: re.Match[str]) -> str:
    return f"block{match[1]}.rep.{place(match[1], match[2]) + 1}."


TIMM: tuple[Rule, ...] = (
    (r"^block(\d+)\.sepconv(\d)\.(conv1|pointwise)\.conv\.", convolution),
    (r"^block(\d+)\.sepconv(\d)\.pointwise\.bn\.", normalisation),
    (r"\.skip\.conv\.", ".skip."),
    (r"\.skip\.bn\.", ".skipbn."),
    (r"^conv([34])\.(conv1|pointwise)\.conv\.", r"conv\1.\2."),
    (r"^conv([34])\.pointwise\.bn\.", r"bn\1."),
    (r"^conv([12])\.conv\.", r"conv\1."),
    (r"^conv([12])\.bn\.", r"bn\1."),
)

KERAS: tuple[Rule, ...] = (
    *UNNAMED,
    (r"^conv([12])\.conv\.", r"block1_conv\1."),
    (r"^conv([12])\.bn\.", r"block1_conv\1_bn."),
    (r"^block(\d+)\.", shifted("block{}_", 1)),
    (r"^conv([34])\.", shifted("block14_sepconv{}.", -2)),
    (r"\.conv1\.conv\.weight$", "/depthwise_kernel"),
    (r"\.pointwise\.conv\.weight$", "/pointwise_kernel"),
    (r"\.pointwise\.bn", "_bn"),
    (r"^fc\.", "predictions."),
    *VARIABLES,
)

KEYS = (
    Keys("timm", ("xception",), TIMM, called=(("xception", "legacy_xception"),)),
    Keys("cadene", ("xception",), TIMM),
    Keys(
        "keras",
        ("xception_keras",),
        KERAS,
        ((r"\.conv1\.conv\.weight$", depthwise()), *LAYOUTS),
        counted=r"^block\d+\.skip",
        counters=False,
    ),
)
