"""Every network by name: strings only, sorted, so that listing them imports nothing.  No torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from importlib import import_module
from inspect import signature
from typing import Any

from vzor.spec.errors import UserError, did_you_mean
from vzor.spec.tables import Seq


@dataclass(frozen=True)
class Entry:
    """Where a network's table is, and what to know about it.

    module, function, args  ``vzor.zoo.<module>.<function>(**args)`` gives the table
    paper, year             of the table
    task                    what the network is for by default
    """

    module: str
    function: str
    args: Mapping[str, Any] = field(default_factory=dict)
    paper: str = ""
    year: int = 0
    task: str = "classify"


LENET, ALEXNET, VGG, RESNET = "Proc. IEEE 86(11)", "NIPS 2012", "arXiv:1409.1556", "arXiv:1512.03385"
DENSENET, RESNEXT, SENET, RESNETV2 = "arXiv:1608.06993", "arXiv:1611.05431", "arXiv:1709.01507", "arXiv:1603.05027"
MOBILENET, MOBILENETV2, XCEPTION = "arXiv:1704.04861", "arXiv:1801.04381", "arXiv:1610.02357"
INCEPTIONBN, INCEPTIONV3, INCEPTIONV4 = "arXiv:1502.03167", "arXiv:1512.00567", "arXiv:1602.07261"
GOOGLENET, SQUEEZENET, NIN = "arXiv:1409.4842", "arXiv:1602.07360", "arXiv:1312.4400"
DARKNET, WIDERESNET, YOLO11 = "arXiv:1612.08242", "arXiv:1605.07146", "Lecture 001"
EFFICIENTNET, MOBILENETV3 = "arXiv:1905.11946", "arXiv:1905.02244"
REGNET, CONVNEXT = "arXiv:2003.13678", "arXiv:2201.03545"
NASNET = "arXiv:1707.07012"

ZOO: dict[str, Entry] = {
    "alexnet": Entry("alexnet", "alexnet", {}, "arXiv:1404.5997", 2014),
    "alexnet_2012": Entry("alexnet", "alexnet_2012", {}, ALEXNET, 2012),
    "alexnet_geron": Entry("alexnet", "alexnet_geron", {}, ALEXNET, 2012),
    "alexnet_scheme": Entry("alexnet", "alexnet_scheme", {}, ALEXNET, 2012),
    "bninception": Entry("inception_bn", "inception_bn", {"form": "caffe"}, INCEPTIONBN, 2015),
    "bninception_paper": Entry("inception_bn", "inception_bn", {"form": "paper"}, INCEPTIONBN, 2015),
    "convnext_base": Entry("convnext", "convnext", {"size": "base"}, CONVNEXT, 2022),
    "convnext_large": Entry("convnext", "convnext", {"size": "large"}, CONVNEXT, 2022),
    "convnext_small": Entry("convnext", "convnext", {"size": "small"}, CONVNEXT, 2022),
    "convnext_tiny": Entry("convnext", "convnext", {"size": "tiny"}, CONVNEXT, 2022),
    "darknet19": Entry("darknet", "darknet19", {}, DARKNET, 2016),
    "densenet100_k12_cifar": Entry("densenet", "densenet_cifar", {"form": "100_k12"}, DENSENET, 2016),
    "densenet100_k24_cifar": Entry("densenet", "densenet_cifar", {"form": "100_k24"}, DENSENET, 2016),
    "densenet121": Entry("densenet", "densenet", {"depth": 121}, DENSENET, 2016),
    "densenet121_keras": Entry("densenet", "densenet_keras", {"depth": 121}, DENSENET, 2016),
    "densenet161": Entry("densenet", "densenet", {"depth": 161}, DENSENET, 2016),
    "densenet169": Entry("densenet", "densenet", {"depth": 169}, DENSENET, 2016),
    "densenet169_keras": Entry("densenet", "densenet_keras", {"depth": 169}, DENSENET, 2016),
    "densenet201": Entry("densenet", "densenet", {"depth": 201}, DENSENET, 2016),
    "densenet201_keras": Entry("densenet", "densenet_keras", {"depth": 201}, DENSENET, 2016),
    "densenet264": Entry("densenet", "densenet", {"depth": 264}, DENSENET, 2016),
    "densenet40_k12_cifar": Entry("densenet", "densenet_cifar", {"form": "40_k12"}, DENSENET, 2016),
    "densenet_bc100_k12_cifar": Entry("densenet", "densenet_cifar", {"form": "bc100_k12"}, DENSENET, 2016),
    "densenet_bc190_k40_cifar": Entry("densenet", "densenet_cifar", {"form": "bc190_k40"}, DENSENET, 2016),
    "densenet_bc250_k24_cifar": Entry("densenet", "densenet_cifar", {"form": "bc250_k24"}, DENSENET, 2016),
    "efficientnet_b0": Entry("efficientnet", "efficientnet", {"size": "b0"}, EFFICIENTNET, 2019),
    "efficientnet_b1": Entry("efficientnet", "efficientnet", {"size": "b1"}, EFFICIENTNET, 2019),
    "efficientnet_b2": Entry("efficientnet", "efficientnet", {"size": "b2"}, EFFICIENTNET, 2019),
    "efficientnet_b3": Entry("efficientnet", "efficientnet", {"size": "b3"}, EFFICIENTNET, 2019),
    "efficientnet_b4": Entry("efficientnet", "efficientnet", {"size": "b4"}, EFFICIENTNET, 2019),
    "efficientnet_b5": Entry("efficientnet", "efficientnet", {"size": "b5"}, EFFICIENTNET, 2019),
    "efficientnet_b6": Entry("efficientnet", "efficientnet", {"size": "b6"}, EFFICIENTNET, 2019),
    "efficientnet_b7": Entry("efficientnet", "efficientnet", {"size": "b7"}, EFFICIENTNET, 2019),
    "googlenet": Entry("googlenet", "googlenet", {"form": "torchvision"}, GOOGLENET, 2014),
    "googlenet_naive": Entry("googlenet", "googlenet", {"form": "paper", "naive": True}, GOOGLENET, 2014),
    "googlenet_paper": Entry("googlenet", "googlenet", {"form": "paper"}, GOOGLENET, 2014),
    "inception_resnet_v1": Entry("inception_resnet", "inception_resnet", {"version": "v1"}, INCEPTIONV4, 2016),
    "inception_resnet_v2": Entry("inception_resnet", "inception_resnet", {}, INCEPTIONV4, 2016),
    "inception_resnet_v2_keras": Entry("inception_resnet", "inception_resnet_keras", {}, INCEPTIONV4, 2016),
    "inception_resnet_v2_paper": Entry("inception_resnet", "inception_resnet", {"version": "v2"}, INCEPTIONV4, 2016),
    "inception_v3": Entry("inceptionv3", "inception_v3", {}, INCEPTIONV3, 2015),
    "inception_v3_keras": Entry("inceptionv3", "inception_v3", {"form": "keras", "aux": False}, INCEPTIONV3, 2015),
    "inception_v4": Entry("inceptionv4", "inception_v4", {}, INCEPTIONV4, 2016),
    "legacy_seresnet101": Entry("senet", "senet", {"base": "resnet101", "legacy": True}, SENET, 2017),
    "legacy_seresnet152": Entry("senet", "senet", {"base": "resnet152", "legacy": True}, SENET, 2017),
    "legacy_seresnet18": Entry("senet", "senet", {"base": "resnet18", "legacy": True}, SENET, 2017),
    "legacy_seresnet34": Entry("senet", "senet", {"base": "resnet34", "legacy": True}, SENET, 2017),
    "legacy_seresnet50": Entry("senet", "senet", {"base": "resnet50", "legacy": True}, SENET, 2017),
    "legacy_seresnext101_32x4d": Entry("senet", "senet", {"base": "resnext101_32x4d", "legacy": True}, SENET, 2017),
    "legacy_seresnext50_32x4d": Entry("senet", "senet", {"base": "resnext50_32x4d", "legacy": True}, SENET, 2017),
    "lenet5": Entry("lenet", "lenet5", {}, LENET, 1998),
    "lenet5_1998": Entry("lenet", "lenet5_1998", {}, LENET, 1998),
    "lenet5_sigmoid": Entry("lenet", "lenet5_sigmoid", {}, LENET, 1998),
    "mobilenet_keras": Entry("mobilenet", "mobilenet", {"form": "keras"}, MOBILENET, 2017),
    "mobilenet_keras_025": Entry("mobilenet", "mobilenet", {"alpha": 0.25, "form": "keras"}, MOBILENET, 2017),
    "mobilenet_keras_050": Entry("mobilenet", "mobilenet", {"alpha": 0.5, "form": "keras"}, MOBILENET, 2017),
    "mobilenet_keras_075": Entry("mobilenet", "mobilenet", {"alpha": 0.75, "form": "keras"}, MOBILENET, 2017),
    "mobilenet_paper": Entry("mobilenet", "mobilenet", {"act": "relu"}, MOBILENET, 2017),
    "mobilenet_v2": Entry("mobilenetv2", "mobilenet_v2", {}, MOBILENETV2, 2018),
    "mobilenet_v2_keras": Entry("mobilenetv2", "mobilenet_v2", {"form": "keras"}, MOBILENETV2, 2018),
    "mobilenet_v2_keras_035": Entry("mobilenetv2", "mobilenet_v2", {"alpha": 0.35, "form": "keras"}, MOBILENETV2, 2018),
    "mobilenet_v2_keras_050": Entry("mobilenetv2", "mobilenet_v2", {"alpha": 0.5, "form": "keras"}, MOBILENETV2, 2018),
    "mobilenet_v2_keras_075": Entry("mobilenetv2", "mobilenet_v2", {"alpha": 0.75, "form": "keras"}, MOBILENETV2, 2018),
    "mobilenet_v2_keras_130": Entry("mobilenetv2", "mobilenet_v2", {"alpha": 1.3, "form": "keras"}, MOBILENETV2, 2018),
    "mobilenet_v2_keras_140": Entry("mobilenetv2", "mobilenet_v2", {"alpha": 1.4, "form": "keras"}, MOBILENETV2, 2018),
    "mobilenet_v3_large": Entry("mobilenetv3", "mobilenet_v3", {"size": "large"}, MOBILENETV3, 2019),
    "mobilenet_v3_small": Entry("mobilenetv3", "mobilenet_v3", {"size": "small"}, MOBILENETV3, 2019),
    "mobilenetv1_025": Entry("mobilenet", "mobilenet", {"alpha": 0.25}, MOBILENET, 2017),
    "mobilenetv1_050": Entry("mobilenet", "mobilenet", {"alpha": 0.5}, MOBILENET, 2017),
    "mobilenetv1_075": Entry("mobilenet", "mobilenet", {"alpha": 0.75}, MOBILENET, 2017),
    "mobilenetv1_100": Entry("mobilenet", "mobilenet", {"alpha": 1.0}, MOBILENET, 2017),
    "mobilenetv2_035": Entry("mobilenetv2", "mobilenet_v2", {"alpha": 0.35}, MOBILENETV2, 2018),
    "mobilenetv2_050": Entry("mobilenetv2", "mobilenet_v2", {"alpha": 0.5}, MOBILENETV2, 2018),
    "mobilenetv2_075": Entry("mobilenetv2", "mobilenet_v2", {"alpha": 0.75}, MOBILENETV2, 2018),
    "mobilenetv2_140": Entry("mobilenetv2", "mobilenet_v2", {"alpha": 1.4}, MOBILENETV2, 2018),
    "mobilenetv3_large_100": Entry("mobilenetv3", "mobilenet_v3", {"size": "large", "form": "timm"}, MOBILENETV3, 2019),
    "mobilenetv3_small_100": Entry("mobilenetv3", "mobilenet_v3", {"size": "small", "form": "timm"}, MOBILENETV3, 2019),
    "nasnet_large_keras": Entry("nasnet", "nasnet", {"network": "large", "form": "keras"}, NASNET, 2017),
    "nasnet_mobile_keras": Entry("nasnet", "nasnet", {"network": "mobile", "form": "keras"}, NASNET, 2017),
    "nasnetalarge": Entry("nasnet", "nasnet", {"network": "large", "form": "timm"}, NASNET, 2017),
    "nasnetamobile": Entry("nasnet", "nasnet", {"network": "mobile", "form": "slim"}, NASNET, 2017),
    "nin": Entry("nin", "nin", {}, NIN, 2013),
    "nin_cifar": Entry("nin", "nin_cifar", {}, NIN, 2013),
    "regnet_x_16gf": Entry("regnet", "regnet", {"size": "16GF"}, REGNET, 2020),
    "regnet_x_1_6gf": Entry("regnet", "regnet", {"size": "1.6GF"}, REGNET, 2020),
    "regnet_x_32gf": Entry("regnet", "regnet", {"size": "32GF"}, REGNET, 2020),
    "regnet_x_3_2gf": Entry("regnet", "regnet", {"size": "3.2GF"}, REGNET, 2020),
    "regnet_x_400mf": Entry("regnet", "regnet", {"size": "400MF"}, REGNET, 2020),
    "regnet_x_800mf": Entry("regnet", "regnet", {"size": "800MF"}, REGNET, 2020),
    "regnet_x_8gf": Entry("regnet", "regnet", {"size": "8.0GF"}, REGNET, 2020),
    "regnet_y_16gf": Entry("regnet", "regnet", {"size": "16GF", "se": True}, REGNET, 2020),
    "regnet_y_1_6gf": Entry("regnet", "regnet", {"size": "1.6GF", "se": True}, REGNET, 2020),
    "regnet_y_32gf": Entry("regnet", "regnet", {"size": "32GF", "se": True}, REGNET, 2020),
    "regnet_y_3_2gf": Entry("regnet", "regnet", {"size": "3.2GF", "se": True}, REGNET, 2020),
    "regnet_y_400mf": Entry("regnet", "regnet", {"size": "400MF", "se": True}, REGNET, 2020),
    "regnet_y_800mf": Entry("regnet", "regnet", {"size": "800MF", "se": True}, REGNET, 2020),
    "regnet_y_8gf": Entry("regnet", "regnet", {"size": "8.0GF", "se": True}, REGNET, 2020),
    "regnetx_002": Entry("regnet", "regnet", {"size": "200MF", "form": "paper"}, REGNET, 2020),
    "regnetx_004": Entry("regnet", "regnet", {"size": "400MF", "form": "paper"}, REGNET, 2020),
    "regnetx_006": Entry("regnet", "regnet", {"size": "600MF", "form": "paper"}, REGNET, 2020),
    "regnetx_040": Entry("regnet", "regnet", {"size": "4.0GF", "form": "paper"}, REGNET, 2020),
    "regnetx_064": Entry("regnet", "regnet", {"size": "6.4GF", "form": "paper"}, REGNET, 2020),
    "regnetx_120": Entry("regnet", "regnet", {"size": "12GF", "form": "paper"}, REGNET, 2020),
    "regnety_002": Entry("regnet", "regnet", {"size": "200MF", "se": True, "form": "paper"}, REGNET, 2020),
    "regnety_006": Entry("regnet", "regnet", {"size": "600MF", "se": True, "form": "paper"}, REGNET, 2020),
    "regnety_008": Entry("regnet", "regnet", {"size": "800MF", "se": True, "form": "paper"}, REGNET, 2020),
    "regnety_040": Entry("regnet", "regnet", {"size": "4.0GF", "se": True, "form": "paper"}, REGNET, 2020),
    "regnety_064": Entry("regnet", "regnet", {"size": "6.4GF", "se": True, "form": "paper"}, REGNET, 2020),
    "regnety_080": Entry("regnet", "regnet", {"size": "8.0GF", "se": True, "form": "paper"}, REGNET, 2020),
    "regnety_120": Entry("regnet", "regnet", {"size": "12GF", "se": True, "form": "paper"}, REGNET, 2020),
    "resnet1001_cifar": Entry("resnetv2", "resnetv2_cifar", {"depth": 1001}, RESNETV2, 2016),
    "resnet101": Entry("resnet", "resnet", {"depth": 101}, RESNET, 2015),
    "resnet101_keras": Entry("resnet", "resnet_keras", {"depth": 101}, RESNET, 2015),
    "resnet101_v1": Entry("resnet", "resnet", {"depth": 101, "stride_on": 1, "edge": True}, RESNET, 2015),
    "resnet101v2_keras": Entry("resnetv2", "resnetv2_keras", {"depth": 101}, RESNETV2, 2016),
    "resnet110_cifar": Entry("resnet_cifar", "resnet_cifar", {"depth": 110}, RESNET, 2015),
    "resnet1202_cifar": Entry("resnet_cifar", "resnet_cifar", {"depth": 1202}, RESNET, 2015),
    "resnet152": Entry("resnet", "resnet", {"depth": 152}, RESNET, 2015),
    "resnet152_keras": Entry("resnet", "resnet_keras", {"depth": 152}, RESNET, 2015),
    "resnet152_v1": Entry("resnet", "resnet", {"depth": 152, "stride_on": 1, "edge": True}, RESNET, 2015),
    "resnet152v2_keras": Entry("resnetv2", "resnetv2_keras", {"depth": 152}, RESNETV2, 2016),
    "resnet164_cifar": Entry("resnetv2", "resnetv2_cifar", {"depth": 164}, RESNETV2, 2016),
    "resnet18": Entry("resnet", "resnet", {"depth": 18}, RESNET, 2015),
    "resnet18_a": Entry("resnet", "resnet", {"depth": 18, "shortcut": "A"}, RESNET, 2015),
    "resnet20_cifar": Entry("resnet_cifar", "resnet_cifar", {"depth": 20}, RESNET, 2015),
    "resnet32_cifar": Entry("resnet_cifar", "resnet_cifar", {"depth": 32}, RESNET, 2015),
    "resnet34": Entry("resnet", "resnet", {"depth": 34}, RESNET, 2015),
    "resnet34_a": Entry("resnet", "resnet", {"depth": 34, "shortcut": "A"}, RESNET, 2015),
    "resnet44_cifar": Entry("resnet_cifar", "resnet_cifar", {"depth": 44}, RESNET, 2015),
    "resnet50": Entry("resnet", "resnet", {"depth": 50}, RESNET, 2015),
    "resnet50_keras": Entry("resnet", "resnet_keras", {"depth": 50}, RESNET, 2015),
    "resnet50_v1": Entry("resnet", "resnet", {"depth": 50, "stride_on": 1, "edge": True}, RESNET, 2015),
    "resnet50v2_keras": Entry("resnetv2", "resnetv2_keras", {"depth": 50}, RESNETV2, 2016),
    "resnet56_cifar": Entry("resnet_cifar", "resnet_cifar", {"depth": 56}, RESNET, 2015),
    "resnetv2_101": Entry("resnetv2", "resnetv2", {"depth": 101}, RESNETV2, 2016),
    "resnetv2_152": Entry("resnetv2", "resnetv2", {"depth": 152}, RESNETV2, 2016),
    "resnetv2_50": Entry("resnetv2", "resnetv2", {"depth": 50}, RESNETV2, 2016),
    "resnext101_32x4d": Entry("resnext", "resnext", {"form": "101_32x4d"}, RESNEXT, 2016),
    "resnext101_32x8d": Entry("resnext", "resnext", {"form": "101_32x8d"}, RESNEXT, 2016),
    "resnext101_64x4d": Entry("resnext", "resnext", {"form": "101_64x4d"}, RESNEXT, 2016),
    "resnext101_keras": Entry("resnext", "resnext_keras", {"form": "101_32x4d"}, RESNEXT, 2016),
    "resnext50_32x4d": Entry("resnext", "resnext", {"form": "50_32x4d"}, RESNEXT, 2016),
    "resnext50_keras": Entry("resnext", "resnext_keras", {"form": "50_32x4d"}, RESNEXT, 2016),
    "se_bninception": Entry("se_inception", "se_bninception", {}, SENET, 2017),
    "se_inception_resnet_v2": Entry("se_inception", "se_inception_resnet_v2", {}, SENET, 2017),
    "seresnet101": Entry("senet", "senet", {"base": "resnet101"}, SENET, 2017),
    "seresnet152": Entry("senet", "senet", {"base": "resnet152"}, SENET, 2017),
    "seresnet18": Entry("senet", "senet", {"base": "resnet18"}, SENET, 2017),
    "seresnet34": Entry("senet", "senet", {"base": "resnet34"}, SENET, 2017),
    "seresnet50": Entry("senet", "senet", {"base": "resnet50"}, SENET, 2017),
    "seresnext101_32x4d": Entry("senet", "senet", {"base": "resnext101_32x4d"}, SENET, 2017),
    "seresnext50_32x4d": Entry("senet", "senet", {"base": "resnext50_32x4d"}, SENET, 2017),
    "squeezenet1_0": Entry("squeezenet", "squeezenet", {"version": "1.0", "bypass": "none"}, SQUEEZENET, 2016),
    "squeezenet1_0_caffe": Entry("squeezenet", "squeezenet", {"version": "1.0", "pad10": 1}, SQUEEZENET, 2016),
    "squeezenet1_0_complex": Entry(
        "squeezenet", "squeezenet", {"version": "1.0", "bypass": "complex"}, SQUEEZENET, 2016
    ),
    "squeezenet1_0_simple": Entry("squeezenet", "squeezenet", {"version": "1.0", "bypass": "simple"}, SQUEEZENET, 2016),
    "squeezenet1_1": Entry("squeezenet", "squeezenet", {"version": "1.1", "bypass": "none"}, SQUEEZENET, 2016),
    "squeezenet1_1_complex": Entry(
        "squeezenet", "squeezenet", {"version": "1.1", "bypass": "complex"}, SQUEEZENET, 2016
    ),
    "squeezenet1_1_simple": Entry("squeezenet", "squeezenet", {"version": "1.1", "bypass": "simple"}, SQUEEZENET, 2016),
    "tf_efficientnet_b0": Entry("efficientnet", "efficientnet", {"size": "b0", "form": "tf"}, EFFICIENTNET, 2019),
    "tf_efficientnet_b1": Entry("efficientnet", "efficientnet", {"size": "b1", "form": "tf"}, EFFICIENTNET, 2019),
    "tf_efficientnet_b2": Entry("efficientnet", "efficientnet", {"size": "b2", "form": "tf"}, EFFICIENTNET, 2019),
    "tf_efficientnet_b3": Entry("efficientnet", "efficientnet", {"size": "b3", "form": "tf"}, EFFICIENTNET, 2019),
    "tf_efficientnet_b4": Entry("efficientnet", "efficientnet", {"size": "b4", "form": "tf"}, EFFICIENTNET, 2019),
    "tf_efficientnet_b5": Entry("efficientnet", "efficientnet", {"size": "b5", "form": "tf"}, EFFICIENTNET, 2019),
    "tf_efficientnet_b6": Entry("efficientnet", "efficientnet", {"size": "b6", "form": "tf"}, EFFICIENTNET, 2019),
    "tf_efficientnet_b7": Entry("efficientnet", "efficientnet", {"size": "b7", "form": "tf"}, EFFICIENTNET, 2019),
    "tf_mobilenetv3_large_100": Entry(
        "mobilenetv3", "mobilenet_v3", {"size": "large", "form": "tf"}, MOBILENETV3, 2019
    ),
    "tf_mobilenetv3_small_100": Entry(
        "mobilenetv3", "mobilenet_v3", {"size": "small", "form": "tf"}, MOBILENETV3, 2019
    ),
    "vgg11": Entry("vgg", "vgg", {"column": "A"}, VGG, 2014),
    "vgg11_bn": Entry("vgg", "vgg", {"column": "A", "bn": True}, VGG, 2014),
    "vgg11_lrn": Entry("vgg", "vgg", {"column": "A-LRN"}, VGG, 2014),
    "vgg13": Entry("vgg", "vgg", {"column": "B"}, VGG, 2014),
    "vgg13_bn": Entry("vgg", "vgg", {"column": "B", "bn": True}, VGG, 2014),
    "vgg16": Entry("vgg", "vgg", {"column": "D"}, VGG, 2014),
    "vgg16_bn": Entry("vgg", "vgg", {"column": "D", "bn": True}, VGG, 2014),
    "vgg16_c": Entry("vgg", "vgg", {"column": "C"}, VGG, 2014),
    "vgg16_c_bn": Entry("vgg", "vgg", {"column": "C", "bn": True}, VGG, 2014),
    "vgg19": Entry("vgg", "vgg", {"column": "E"}, VGG, 2014),
    "vgg19_bn": Entry("vgg", "vgg", {"column": "E", "bn": True}, VGG, 2014),
    "wide_resnet101_2": Entry("wideresnet", "wide_resnet", {"depth": 101}, WIDERESNET, 2016),
    "wide_resnet50_2": Entry("wideresnet", "wide_resnet", {"depth": 50}, WIDERESNET, 2016),
    "xception": Entry("xception", "xception", {}, XCEPTION, 2016),
    "xception_keras": Entry("xception", "xception", {"form": "keras"}, XCEPTION, 2016),
    "yolo11l": Entry("yolo11", "yolo11", {"size": "l"}, YOLO11, 2024, "detect"),
    "yolo11m": Entry("yolo11", "yolo11", {"size": "m"}, YOLO11, 2024, "detect"),
    "yolo11n": Entry("yolo11", "yolo11", {"size": "n"}, YOLO11, 2024, "detect"),
    "yolo11s": Entry("yolo11", "yolo11", {"size": "s"}, YOLO11, 2024, "detect"),
    "yolo11x": Entry("yolo11", "yolo11", {"size": "x"}, YOLO11, 2024, "detect"),
}


def networks(pattern: str = "*", task: str | None = None) -> list[str]:
    """Names that match a shell pattern (``"resnet*"``), sorted; of one task, when it is given."""
    return [name for name, entry in ZOO.items() if fnmatchcase(name, pattern) and task in (None, entry.task)]


def entry(name: str) -> Entry:
    """What is known of the network of that name.  UserError for an unknown one."""
    if name not in ZOO:
        near = did_you_mean(name, ZOO)
        raise UserError(f"There is no network '{name}'.{near} `vzor list` shows all names.")
    return ZOO[name]


def table(name: str, **over: Any) -> Seq:
    """The network's table; ``classes=10`` and other options of its function replace their defaults.

    An option that is None is left at its default.  UserError for an unknown name or option, or a number of
    classes below 1.
    """
    found = entry(name)
    function = getattr(import_module(f"vzor.zoo.{found.module}"), found.function)
    given = {option: value for option, value in over.items() if value is not None}
    for option in given:
        known = [known for known in signature(function).parameters if known not in found.args]
        if option not in known:
            near = did_you_mean(option, known)
            raise UserError(f"Network {name} has no option '{option}'.{near} It has {', '.join(known)}.")
    if given.get("classes", 1) < 1:
        raise UserError(f"A network cannot have {given['classes']} classes; give 1 or more.")
    made: Seq = function(**found.args, **given)
    return made
