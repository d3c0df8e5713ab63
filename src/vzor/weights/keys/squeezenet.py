"""SqueezeNet: torchvision numbers the modules of a chain.

Caffe's 1.0 pads its last 1×1 by 1, which puts a border of biases around the map that is averaged.
"""

import re
from collections.abc import Callable

from vzor.weights.keys.caffe import caffe
from vzor.weights.keys.rules import Keys, Rule
from vzor.zoo.squeezenet import FIRES, VERSIONS


def numbered(version: str) -> Callable[[re.Match[str]], str]:
    """A fire module's place: conv1 and its ReLU are the first two, and some rows are followed by pooling."""
    places: dict[str, int] = {}
    place = 0
    for name in ("conv1", *FIRES):
        places[name] = place
        place += 1 + (name == "conv1") + (name in VERSIONS[version][1])
    return lambda match: f"features.{places[match[1]]}"


def torchvision(version: str) -> tuple[Rule, ...]:
    return (
        (r"^(conv1)\.conv", numbered(version)),
        (r"^conv10\.conv", "classifier.1"),  # dropout 0
        (r"^(fire\d)", numbered(version)),
        (r"(squeeze|expand1x1|expand3x3|bypass)\.conv", r"\1"),
    )


KEYS = (
    Keys("torchvision", ("squeezenet1_0",), torchvision("1.0")),
    Keys("torchvision", ("squeezenet1_1",), torchvision("1.1")),
    caffe(
        ("squeezenet1_0_caffe", "squeezenet1_1"),
        "conv1",
        (r"^(fire\d)\.squeeze/", r"\1/squeeze1x1/"),
        (r"^(fire\d)\.", r"\1/"),
    ),
)
