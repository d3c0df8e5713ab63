"""AlexNet: torchvision numbers the modules of a chain, ReLU, pooling and dropout among them; Caffe's names are ours."""

from vzor.weights.keys.caffe import caffe
from vzor.weights.keys.rules import Keys, Rule

TORCHVISION: tuple[Rule, ...] = (
    (r"^conv1\.conv", "features.0"),  # ReLU 1, pooling 2
    (r"^conv2\.conv", "features.3"),  # ReLU 4, pooling 5
    (r"^conv3\.conv", "features.6"),
    (r"^conv4\.conv", "features.8"),
    (r"^conv5\.conv", "features.10"),
    (r"^fc6", "classifier.1"),  # dropout 0
    (r"^fc7", "classifier.4"),
    (r"^fc8", "classifier.6"),
)

KEYS = (
    Keys("torchvision", ("alexnet",), TORCHVISION),
    caffe(("alexnet_2012",), "conv1"),
)
