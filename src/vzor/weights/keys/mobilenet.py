"""MobileNet: in timm a row's normalisation is beside its convolution.

The one for Caffe (shicai's) has ReLU, as the paper.  A block that halves the size is the last of its stage there.
"""

from vzor.weights.keys.caffe import caffe
from vzor.weights.keys.rules import Keys, Rule
from vzor.weights.keys.turns import AS_1X1

TIMM: tuple[Rule, ...] = (
    (r"^conv_stem\.conv\.", "conv_stem."),
    (r"^conv_stem\.bn\.", "bn1."),
    (r"conv_dw\.conv\.", "conv_dw."),
    (r"conv_dw\.bn\.", "bn1."),
    (r"conv_pw\.conv\.", "conv_pw."),
    (r"conv_pw\.bn\.", "bn2."),
)
CAFFE: tuple[Rule, ...] = (
    (r"^conv_stem/", "conv1/"),
    (r"^classifier/", "fc7/"),
    (r"^blocks\.0\.0\.", "conv2_1/"),
    (r"^blocks\.4\.1\.", "conv6/"),
    (r"^blocks\.(\d)\.0\.", lambda match: f"conv{int(match[1]) + 1}_{6 if match[1] == '4' else 2}/"),
    (r"^blocks\.(\d)\.(\d)\.", lambda match: f"conv{int(match[1]) + 2}_{match[2]}/"),
    (r"/conv_dw/", "/dw/"),
    (r"/conv_pw/", "/sep/"),
)

KEYS = (
    Keys("timm", ("mobilenetv1_100",), TIMM),
    caffe(("mobilenet_paper",), "conv_stem", *CAFFE, turns=((r"^classifier\.weight$", AS_1X1),)),
)
