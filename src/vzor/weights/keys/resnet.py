"""ResNet: a row's normalisation is beside its convolution, but for Caffe's, which are the authors' own weights.

Cadene's carries over the authors' ResNet-101, which sees blue, green and red.
"""

import re
from dataclasses import replace

from vzor.weights.keys.caffe import caffe
from vzor.weights.keys.keras import LAYOUTS, VARIABLES, shifted
from vzor.weights.keys.rules import Keys, Rule
from vzor.weights.keys.turns import BGR

#: ``conv1.conv`` and ``conv1.bn`` to ``conv1`` and ``bn1``; a shortcut's two are numbered.
BESIDE: tuple[Rule, ...] = (
    (r"downsample\.conv\.", "downsample.0."),
    (r"downsample\.bn\.", "downsample.1."),
    (r"conv(\d)\.bn\.", r"bn\1."),
    (r"conv(\d)\.conv\.", r"conv\1."),
)
FORMS = ("resnet18", "resnet34", "resnet50", "resnet101", "resnet152")


def lettered(match: re.Match[str]) -> str:
    """Blocks of a stage are a, b, c, …."""
    return f"{int(match[1]) + 1}{'abcdefgh'[int(match[2])]}_"


def counted(match: re.Match[str]) -> str:
    """The long stages of the deeper networks are a, b1, b2, …."""
    return f"{int(match[1]) + 1}{'b' + match[2] if match[2] != '0' else 'a'}_"


#: ``layer1.0.conv2`` to ``res2a_branch2b``, and its normalisation to ``bn2a_branch2b`` and ``scale2a_branch2b``.
AUTHORS: tuple[Rule, ...] = (
    (r"^layer([1234])\.(\d)\.", lettered),
    (r"^(.*)_conv1/", r"\1_branch2a/"),
    (r"^(.*)_conv2/", r"\1_branch2b/"),
    (r"^(.*)_conv3/", r"\1_branch2c/"),
    (r"^(.*)_downsample/", r"\1_branch1/"),
    (r"^conv1/(bn|scale)/", r"\1_conv1/"),
    (r"^(\d.*)/(bn|scale)/", r"\2\1/"),
    (r"^(\d.*)/", r"res\1/"),
    (r"^fc/", "fc1000/"),
)
#: ``layer1.0.conv2.bn`` to ``conv2_block1_2_bn``; a shortcut's number is 0.
KERAS: tuple[Rule, ...] = (
    (r"^conv1\.(conv|bn)", r"conv1_\1"),
    (r"^layer(\d)\.(\d+)\.", shifted("conv{}_block{}_", 1, 1)),
    (r"_conv(\d)\.(conv|bn)", r"_\1_\2"),
    (r"_downsample\.(conv|bn)", r"_0_\1"),
    (r"^fc\.", "predictions."),
    *VARIABLES,
)

KEYS = (
    Keys("torchvision", FORMS, BESIDE),
    Keys("timm", FORMS, BESIDE),
    Keys("keras", ("resnet*_keras",), KERAS, LAYOUTS, counters=False),
    # Of the authors' three only that of 50 layers has a bias in conv1, which its normalisation makes idle.
    replace(caffe(("resnet50_v1",), "conv1", *AUTHORS), folded=("conv1.bn.running_mean", "conv1/1")),
    caffe(("resnet101_v1", "resnet152_v1"), "conv1", (r"^layer([23])\.(\d+)\.", counted), *AUTHORS),
    Keys("cadene", ("resnet101_v1",), (*BESIDE, (r"^fc\.", "last_linear.")), ((r"^conv1\.conv\.weight$", BGR),)),
)
