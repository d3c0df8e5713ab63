"""SENet: timm's later form is named as its ResNet; its earlier one as Cadene's, with the authors' weights."""

from vzor.weights.keys.caffe import caffe
from vzor.weights.keys.resnet import BESIDE
from vzor.weights.keys.rules import Keys, Rule

GATES: Rule = (r"fc(\d)\.conv\.", r"fc\1.")
CADENE: tuple[Rule, ...] = (
    *BESIDE,
    GATES,
    (r"^(conv1|bn1)\.", r"layer0.\1."),
    (r"\.se\.", ".se_module."),
    (r"^fc\.", "last_linear."),
)
#: A stage counts as the paper's table does: layer1 is conv2_x, whose first block is conv2_1.
AUTHORS: tuple[Rule, ...] = (
    (r"/scale/", "/bn/scale/"),
    (r"^conv1/", "conv1/7x7_s2/"),
    (r"^fc/", "classifier/"),
    (r"^layer(\d)\.(\d+)\.", lambda match: f"conv{int(match[1]) + 1}_{int(match[2]) + 1}_"),
    (r"_conv1/", "_1x1_reduce/"),
    (r"_conv2/", "_3x3/"),
    (r"_conv3/", "_1x1_increase/"),
    (r"_se\.fc1/", "_1x1_down/"),
    (r"_se\.fc2/", "_1x1_up/"),
    (r"_downsample/", "_1x1_proj/"),
)
#: Those of the authors; timm added shallower ones.
LEGACY = (*(f"legacy_seresnet{depth}" for depth in (50, 101, 152)), "legacy_seresnext*")

KEYS = (
    Keys("timm", ("seresnet*", "seresnext*"), (*BESIDE, GATES)),
    Keys("timm", ("legacy_*",), CADENE),
    Keys("cadene", LEGACY, CADENE),
    caffe(LEGACY, "conv1", *AUTHORS),
)
