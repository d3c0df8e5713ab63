"""ResNeXt: named as ResNet, by everybody."""

from vzor.weights.keys.resnet import BESIDE
from vzor.weights.keys.rules import Keys

KEYS = (
    Keys("torchvision", ("resnext50_32x4d", "resnext101_32x8d", "resnext101_64x4d"), BESIDE),
    Keys("timm", ("resnext50_32x4d", "resnext101_32x4d", "resnext101_32x8d", "resnext101_64x4d"), BESIDE),
)
