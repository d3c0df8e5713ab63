"""GoogLeNet: torchvision's names are ours but for the sides; Caffe's are those of the paper's Table 1."""

from vzor.weights.keys.caffe import caffe
from vzor.weights.keys.rules import Keys, Rule

TORCHVISION: tuple[Rule, ...] = ((r"^(aux\d)\.\1\.", r"\1."),)
CAFFE: tuple[Rule, ...] = (
    (r"^conv1/", "conv1/7x7_s2/"),
    (r"^conv2/", "conv2/3x3_reduce/"),
    (r"^conv3/", "conv2/3x3/"),
    (r"^inception(\d\w)\.", r"inception_\1/"),
    (r"/branch1/", "/1x1/"),
    (r"/branch2\.0/", "/3x3_reduce/"),
    (r"/branch2\.1/", "/3x3/"),
    (r"/branch3\.0/", "/5x5_reduce/"),
    (r"/branch3\.1/", "/5x5/"),
    (r"/branch4\.1/", "/pool_proj/"),
    (r"^aux(\d)\.aux\d\.", r"loss\1/"),
    (r"^(loss\d)/fc1/", r"\1/fc/"),
    (r"^(loss\d)/fc2/", r"\1/classifier/"),
    (r"^fc/", "loss3/classifier/"),
)

KEYS = (
    Keys("torchvision", ("googlenet",), TORCHVISION, unused=r"^aux\d\."),
    caffe(("googlenet_paper",), "conv1", *CAFFE, unused=r"^loss[12]/"),
)
