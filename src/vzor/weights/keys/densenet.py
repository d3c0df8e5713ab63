"""DenseNet: there the first convolution's normalisation is a row of its own.

torchvision's files are older than its names: ``norm.1`` in them is ``norm1`` today.
"""

from vzor.weights.keys.rules import Keys, Rule

TORCHVISION: tuple[Rule, ...] = (
    (r"conv0\.bn\.", "norm0."),
    (r"(conv\d?)\.conv\.", r"\1."),
)
OLD: tuple[Rule, ...] = ((r"(denselayer\d+\.(?:norm|conv))\.(\d)\.", r"\1\2."),)
FORMS = ("densenet121", "densenet161", "densenet169", "densenet201")

KEYS = (
    Keys("torchvision", FORMS, TORCHVISION, old=OLD),
    Keys("timm", FORMS, TORCHVISION, old=OLD),
)
