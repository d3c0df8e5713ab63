"""How each paper begins its weights: by file of this folder, or by a network's name where forms differ.

A line is a pattern of rows' paths, how their weights are drawn, and their biases (0 where none is written); the
first that matches holds.  Normalisations begin at 1 and 0 everywhere.  Most papers say little; then the
authors' own code speaks, and the comment says so.  Nothing was fitted.
"""

from typing import Literal

from vzor.spec.init import Draw, Init, Start, glorot, he, he_truncated, normal, truncated, uniform, xavier
from vzor.zoo.index import entry

REST = r".*"

# He et al. 2015, arXiv:1512.03385, §3.4: "as in" He et al. 2015b.  By what leaves, through all groups, and the
# classifier as Torch7 has it, its bias 0: fb.resnet.torch (BSD), which arXiv:1603.05027, 1608.06993 (§3),
# 1605.07146, 1611.05431 and 1709.01507 (§5) go on from.
RESNET: Init = (
    Start(r"(head\.)?fc|linear|classifier", uniform("in")),
    Start(REST,                             he("out")),
)

# No word in the papers; the authors' TF-slim code (Apache-2.0): one deviation for all, depthwise ones too.
MOBILENET: Init = (Start(REST, truncated(0.09)),)

# No word in the papers; TF-slim: variance scaling for convolutions, its default for the classifier.
INCEPTIONV4: Init = (
    Start(r"last_linear|classif", glorot()),
    Start(REST,                   he_truncated("in")),
)

# "he": nothing is published under terms that we read (../nn/init.py has that rule).
INITS: dict[str, Init | Literal["he"]] = {
    # Krizhevsky, Sutskever, Hinton 2012, §5: deviation 0.01, and ones where the first steps of ReLU need them.  The
    # later forms (arXiv:1404.5997 among them) say nothing and are begun alike.
    "alexnet": (
        Start(r"conv[245]|fc[67]", normal(0.01), 1.0),
        Start(REST,                normal(0.01)),
    ),
    # Liu et al. 2022, arXiv:2201.03545.  Table 5 prints 0.2 and means 0.02, which is what the authors' code draws,
    # cut at ±2, a hundred deviations away.
    "convnext": (Start(REST, normal(0.02)),),
    # Redmon and Farhadi 2016, arXiv:1612.08242: no word.  darknet's code: He et al. by what arrives.
    "darknet": (Start(REST, he("in")),),
    "densenet": RESNET,
    # Tan and Le 2019, arXiv:1905.11946: no word.  The authors' code (Apache-2.0): by what leaves, a depthwise
    # filter by itself; the classifier by its classes.
    "efficientnet": (
        Start(r"classifier|fc|head", uniform("out")),
        Start(REST,                  he("group")),
    ),
    # Szegedy et al. 2014, arXiv:1409.4842: no word.  The published weights come from TF-slim.
    "googlenet": (
        Start(r"fc|aux\d\.aux\d\.fc\d", he_truncated("in")),
        Start(REST,                     truncated(0.01)),
    ),
    # BVLC's replication for Caffe, made with the authors' help; they had a Gaussian, of which nothing is printed.
    **dict.fromkeys(("googlenet_paper", "googlenet_naive"), (
        Start(r"fc|aux\d\.aux\d\.fc2", xavier()),
        Start(REST,                    xavier(), 0.2),
    )),
    # Ioffe and Szegedy 2015, arXiv:1502.03167: no word.  TF-slim, which has the paper's separable first convolution.
    "inception_bn": (
        Start(r"conv1_7x7_s2.*",                   truncated(1.0)),
        Start(r"conv2_3x3_reduce|.*branch4\.1",    truncated(0.1)),
        Start(r".*branch[23]\.0",                  truncated(0.09)),
        Start(REST,                                he_truncated("in")),
    ),
    "inception_resnet": INCEPTIONV4,
    # Szegedy et al. 2015, arXiv:1512.00567: no word.  The authors' first code for TensorFlow (Apache-2.0).
    "inceptionv3": (
        Start(r"AuxLogits\..*conv1|fc", truncated(0.01)),
        Start(r"AuxLogits\..*fc",       truncated(0.001)),
        Start(REST,                     truncated(0.1)),
    ),
    "inceptionv4": INCEPTIONV4,
    # LeCun et al. 1998, appendix A: uniform, from -2.4 / F to 2.4 / F, F the inputs of a unit.  Of biases no word.
    "lenet": (Start(REST, Draw("uniform", 2.4, "in", power=1.0)),),
    "mobilenet": MOBILENET,
    "mobilenetv2": MOBILENET,
    "mobilenetv3": MOBILENET,
    # Zoph et al. 2017, arXiv:1707.07012: no word.  TF-slim: variance scaling by what leaves.
    "nasnet": (Start(REST, he_truncated("group")),),
    # Lin, Chen, Yan 2013, arXiv:1312.4400, §4.1: set by hand.  The authors' models for Caffe.
    "nin": (
        Start(r"mlpconv[13]\.conv|mlpconv4\.cccp2", normal(0.01)),
        Start(REST,                                 normal(0.05)),
    ),
    "nin_cifar": (Start(REST, normal(0.05)),),
    # Radosavovic et al. 2020, arXiv:2003.13678: no word.  The authors' pycls (MIT).
    "regnet": (
        Start(r"(head\.)?fc", normal(0.01)),
        Start(REST,           he("out")),
    ),
    "resnet": RESNET,
    "resnet_cifar": RESNET,
    "resnetv2": RESNET,
    "resnext": RESNET,
    # As in He et al., says arXiv:1709.01507, §5, of all its networks.
    "se_inception": (
        Start(r"last_linear|classif", uniform("in")),
        Start(REST,                   he("out")),
    ),
    "senet": RESNET,
    # Iandola et al. 2016, arXiv:1602.07360: in the authors' files for Caffe (BSD).
    "squeezenet": (
        Start(r"conv10", normal(0.01)),
        Start(REST,      xavier()),
    ),
    # Simonyan and Zisserman 2014, arXiv:1409.1556, §3.1: variance 0.01 for A.  The deeper ones did not learn from that
    # and were begun from A's weights; Glorot and Bengio's rule, it says there, does without.
    **dict.fromkeys(("vgg11", "vgg11_bn", "vgg11_lrn"), (Start(REST, normal(0.1)),)),
    "vgg": (Start(REST, glorot()),),
    "wideresnet": RESNET,  # Zagoruyko and Komodakis 2016, arXiv:1605.07146: code that goes on from fb.resnet.torch
    # Chollet 2016, arXiv:1610.02357: no word.  The author's Keras has this for every layer.
    "xception": (Start(REST, glorot()),),
    "yolo11": "he",
}


def paper_init(name: str) -> Init | Literal["he"]:
    """How the paper of the network of that name begins its weights.  UserError for an unknown name."""
    found = entry(name)
    return INITS[name] if name in INITS else INITS[found.module]
