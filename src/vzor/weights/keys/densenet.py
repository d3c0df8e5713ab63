"""DenseNet: there the first convolution's normalisation is a row of its own.

torchvision's files are older than its names: ``norm.1`` in them is ``norm1`` today.
In Keras a stage's number is one more than its block's, as the first convolution is the first stage.

Files that are older than Keras 3 write ``conv1/conv`` and ``conv1/bn`` for ``conv1_conv`` and ``conv1_bn``.
"""

from vzor.weights.keys.keras import LAYOUTS, VARIABLES, shifted
from vzor.weights.keys.rules import Keys, Rule

TORCHVISION: tuple[Rule, ...] = (
    (r"conv0\.bn\.", "norm0."),
    (r"(conv\d?)\.conv\.", r"\1."),
)

OLD: tuple[Rule, ...] = ((r"(denselayer\d+\.(?:norm|conv))\.(\d)\.", r"\1\2."),)

FORMS = ("densenet121", "densenet161", "densenet169", "densenet201")

#: A layer's normalisations are 0 and 1, its convolutions 1 and 2.
KERAS: tuple[Rule, ...] = (
    (r"^features\.", ""),
    (r"^conv0\.(conv|bn)", r"conv1_\1"),
    (r"^denseblock(\d)\.denselayer(\d+)\.", shifted("conv{}_block{}_", 1, 0)),
    (r"_norm(\d)", shifted("_{}_bn", -1)),
    (r"_conv(\d)\.conv", r"_\1_conv"),
    (r"^transition(\d)\.norm", shifted("pool{}_bn", 1)),
    (r"^transition(\d)\.conv\.conv", shifted("pool{}_conv", 1)),
    (r"^norm5", "bn"),
    (r"^classifier\.", "predictions."),
    *VARIABLES,
)

KEYS = (
    Keys("torchvision", FORMS, TORCHVISION, old=OLD),
    Keys("timm", FORMS, TORCHVISION, old=OLD),
    Keys("keras", ("densenet*_keras",), KERAS, LAYOUTS, counters=False, old=((r"^conv1/(conv|bn)/", r"conv1_\1/"),)),
)
