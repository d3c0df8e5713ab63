"""Inception v4: branches that fork at their end are flat in timm and Cadene's.

Cadene's classifier has 1,001 classes, the first of which is the background.
"""

from vzor.weights.keys.rules import Keys, Rule
from vzor.weights.keys.turns import WITH_BACKGROUND

TIMM: tuple[Rule, ...] = (
    (r"\.(branch[12])\.(\d)\.([ab])\.", r".\1_\2\3."),
    (r"(features\.(?:19|20|21)\.branch[12])\.(\d)\.", r"\1_\2."),
)

KEYS = (
    Keys("timm", ("inception_v4",), TIMM),
    Keys("cadene", ("inception_v4",), TIMM, ((r"^last_linear\.", WITH_BACKGROUND),)),
)
