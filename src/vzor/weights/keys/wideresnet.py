"""Wide ResNet: named as ResNet, by everybody."""

from vzor.weights.keys.resnet import BESIDE
from vzor.weights.keys.rules import Keys

KEYS = tuple(Keys(publisher, ("wide_resnet50_2", "wide_resnet101_2"), BESIDE) for publisher in ("torchvision", "timm"))
