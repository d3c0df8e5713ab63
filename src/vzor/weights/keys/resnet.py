"""ResNet: a row's normalisation is beside its convolution in torch's own networks."""

from vzor.weights.keys.rules import Keys, Rule

#: ``conv1.conv`` and ``conv1.bn`` to ``conv1`` and ``bn1``; a shortcut's two are numbered.
BESIDE: tuple[Rule, ...] = (
    (r"downsample\.conv\.", "downsample.0."),
    (r"downsample\.bn\.", "downsample.1."),
    (r"conv(\d)\.bn\.", r"bn\1."),
    (r"conv(\d)\.conv\.", r"conv\1."),
)
FORMS = ("resnet18", "resnet34", "resnet50", "resnet101", "resnet152", "resnet*_v1")

KEYS = (
    Keys("torchvision", FORMS, BESIDE),
    Keys("timm", FORMS, BESIDE),
)
