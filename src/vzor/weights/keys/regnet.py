"""RegNet: torchvision's blocks carry the stage's number in their names; timm's are counted from 1."""

import re

from vzor.weights.keys.rules import Keys, Rule


def _counted(match: re.Match[str]) -> str:
    return f"s{match[1]}.b{int(match[2]) + 1}."


VISION: tuple[Rule, ...] = (
    (r"\.block(\d)\.(\d+)\.", r".block\1.block\1-\2."),
    (r"\.se\.(fc\d)\.conv\.", r".f.se.\1."),
    (r"\.([abc])\.conv\.", r".f.\1.0."),
    (r"\.([abc])\.bn\.", r".f.\1.1."),
    (r"(proj|stem)\.conv\.", r"\1.0."),
    (r"(proj|stem)\.bn\.", r"\1.1."),
)
TIMM: tuple[Rule, ...] = (
    (r"^trunk_output\.block(\d)\.(\d+)\.", _counted),
    (r"\.se\.(fc\d)\.conv\.", r".se.\1."),
    (r"\.a\.", ".conv1."),
    (r"\.b\.", ".conv2."),
    (r"\.c\.", ".conv3."),
    (r"\.proj\.", ".downsample."),
    (r"^fc\.", "head.fc."),
)

#: What timm calls torchvision's: by MFLOPs in tens; three of its names have the paper's widths, and the tail "_tv".
SIZES = ("400mf", "800mf", "1_6gf", "3_2gf", "8gf", "16gf", "32gf")
CALLED = {
    "x": ("004_tv", "008", "016", "032", "080", "160", "320"),
    "y": ("004", "008_tv", "016", "032", "080_tv", "160", "320"),
}

KEYS = (
    Keys("torchvision", ("regnet_?_*",), VISION),
    Keys(
        "timm",
        ("regnet_?_*", "regnet[xy]_*"),
        TIMM,
        called=tuple(
            (f"regnet_{axis}_{size}", f"regnet{axis}_{name}")
            for axis, names in CALLED.items()
            for size, name in zip(SIZES, names, strict=True)
        ),
    ),
)
