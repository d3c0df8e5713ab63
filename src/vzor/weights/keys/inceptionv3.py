"""Inception v3: rows of a branch are counted from 1 in torchvision and timm, pooling not; timm has no side head.

Keras left its convolutions without names; their order is the table's.
"""

from vzor.weights.keys.keras import LAYOUTS, UNNAMED, VARIABLES
from vzor.weights.keys.rules import Keys, Rule

SIDE: Rule = (r"^AuxLogits\.aux1\.", "AuxLogits.")

BRANCHES: tuple[Rule, ...] = (
    (r"\.branch_pool\.1\.", ".branch_pool."),
    (r"\.(branch\w+)\.(\d)\.", lambda match: f".{match[1]}_{int(match[2]) + 1}."),
    (r"_(\d)\.([ab])\.", r"_\1\2."),
)

KEYS = (
    Keys("torchvision", ("inception_v3",), (SIDE, *BRANCHES), unused=r"^AuxLogits\."),
    Keys("timm", ("inception_v3",), BRANCHES, unused=r"^AuxLogits\.", lacks=r"^AuxLogits\."),
    Keys(
        "keras",
        ("inception_v3_keras",),
        (*UNNAMED, (r"^fc\.", "predictions."), *VARIABLES),
        LAYOUTS,
        counted=r"^.+(?=\.(?:conv|bn)\.)",
        counters=False,
    ),
)
