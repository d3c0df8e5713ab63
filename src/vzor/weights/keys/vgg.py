"""VGG: torchvision and timm number the modules of a chain; Caffe's names are ours.

timm keeps the fully connected rows fc6 and fc7 as convolutions, over 7×7 and 1×1.
Keras has the same network under other names; its fc1 reads the last maps with their channels last.
"""

import re
from collections.abc import Callable

from vzor.weights.keys.caffe import caffe
from vzor.weights.keys.keras import LAYOUTS, VARIABLES, shifted
from vzor.weights.keys.rules import Keys, Rule
from vzor.weights.keys.turns import AS_1X1, flattened, rows_of
from vzor.zoo.vgg import VGG

NETWORKS = {"vgg11": "A", "vgg13": "B", "vgg16": "D", "vgg19": "E"}

TORCHVISION = ((r"^fc6", "classifier.0"), (r"^fc7", "classifier.3"), (r"^fc8", "classifier.6"))

TIMM = ((r"^fc6", "pre_logits.fc1"), (r"^fc7", "pre_logits.fc2"), (r"^fc8", "head.fc"))

TURNS = ((r"^fc6\.weight$", rows_of(512, 7)), (r"^fc7\.weight$", AS_1X1))


def numbered(column: str, bn: bool) -> Callable[[re.Match[str]], str]:
    """A convolution's place among the modules: each is followed by (normalisation and) ReLU, a stage by pooling."""
    places: dict[str, int] = {}
    place = 0
    for i, stage in enumerate(VGG[column], 1):
        for j in range(1, len(stage) + 1):
            places[f"conv{i}_{j}"] = place
            place += 3 if bn else 2
        place += 1
    return lambda match: f"features.{places[match[1]] + (match[2] == 'bn')}"


def numbering(name: str, bn: bool) -> tuple[Keys, Keys]:
    features = (r"^(conv\d_\d)\.(conv|bn)", numbered(NETWORKS[name], bn))
    network = (f"{name}_bn" if bn else name,)
    return (
        Keys("torchvision", network, (features, *TORCHVISION)),
        Keys("timm", network, (features, *TIMM), TURNS),
    )


KERAS: tuple[Rule, ...] = (
    (r"^conv(\d)_(\d)\.conv", r"block\1_conv\2"),
    (r"^fc([67])\.", shifted("fc{}.", -5)),
    (r"^fc8\.", "predictions."),
    *VARIABLES,
)

KEYS = (
    *(keys for name in NETWORKS for bn in (False, True) for keys in numbering(name, bn)),
    caffe(("vgg16", "vgg19"), r"conv1_1"),
    Keys("keras", ("vgg16", "vgg19"), KERAS, ((r"^fc6\.weight$", flattened(512)), *LAYOUTS), counters=False),
)
