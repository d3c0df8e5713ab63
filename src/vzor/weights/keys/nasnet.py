"""NASNet-A: timm and Cadene name a row's normalisation beside it; Keras has names of its own for everything."""

import re

from vzor.weights.keys.keras import LAYOUTS, VARIABLES
from vzor.weights.keys.rules import Keys, Rule
from vzor.weights.keys.turns import IN_OUT, depthwise

BESIDE: tuple[Rule, ...] = (
    (r"separable_(\d)\.pointwise_conv2d\.bn\.", r"bn_sep_\1."),
    (r"conv2d\.conv\.", "conv2d."),
    (r"\.conv\.(conv|bn)\.", r".\1."),
)


def keras(n: int) -> tuple[Rule, ...]:
    """Keras' names where a stage has ``n`` normal cells: a cell's kind and number come last."""

    def cell(match: re.Match[str]) -> str:
        kind, number = match[1], int(match[2])
        if kind == "cell_stem":
            return f"reduction@stem_{number + 1}."
        if kind == "reduction_cell":
            return f"reduction@reduce_{n * (number + 1)}."
        stage, i = divmod(number, 6)
        return f"normal@{n * stage + i + (stage > 0)}."

    def separable(match: re.Match[str]) -> str:
        kind, block, i, side, j, row = match.groups()
        # The fifth pair of a reduction cell has the number of the fourth.
        pair = int(i) + (kind == "normal" or i != "4")
        name = f"{kind}_{side}{pair}_{block}"
        if row == "pointwise_conv2d.bn":
            return f"separable_conv_{j}_bn_{name}"
        return f"separable_conv_{j}_{name}/{row.partition('_')[0]}_kernel"

    return (
        (r"^conv0\.(conv|bn)", r"stem_\g<1>1"),
        (r"^(cell_stem|reduction_cell|cell)_(\d+)\.", cell),
        (r"^(\w+)@(\w+)\.conv_1x1\.conv\.(conv|bn)", r"\1_\3_1_\2"),
        (r"^\w+@(\w+)\.path_(\d)\.conv\.conv", r"adjust_conv_\2_\1"),
        (r"^\w+@(\w+)\.conv_prev_1x1\.conv\.conv", r"adjust_conv_projection_\1"),
        (r"^\w+@(\w+)\.(conv_prev_1x1\.conv\.bn|final_path_bn)", r"adjust_bn_\1"),
        (
            r"^(\w+)@(\w+)\.comb_iter_(\d)_(left|right)\.separable_(\d)\."
            r"(depthwise_conv2d|pointwise_conv2d|pointwise_conv2d\.bn)(?:\.conv\.weight|(?=\.\w+$))",
            separable,
        ),
        (r"^last_linear\.", "predictions."),
        *VARIABLES,
    )


TURNS = ((r"depthwise_conv2d", depthwise()), (r"^last_linear\.weight$", IN_OUT), *LAYOUTS)
KEYS = (
    Keys("timm", ("nasnetalarge",), BESIDE),
    Keys("cadene", ("nasnetamobile",), BESIDE),
    Keys("keras", ("nasnet_large_keras",), keras(6), TURNS, counters=False),
    Keys("keras", ("nasnet_mobile_keras",), keras(4), TURNS, counters=False),
)
