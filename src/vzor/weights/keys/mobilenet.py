"""MobileNet: in timm a row's normalisation is beside its convolution.

The one for Caffe (shicai's) has ReLU, as the paper.  A block that halves the size is the last of its stage there.
Keras counts pairs of convolutions from 1, and its classifier is a 1×1 convolution.
"""

from vzor.weights.keys.caffe import caffe
from vzor.weights.keys.keras import LAYOUTS, VARIABLES, shifted
from vzor.weights.keys.rules import Keys, Rule
from vzor.weights.keys.turns import AS_1X1, IN_OUT_1X1, depthwise

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

KERAS: tuple[Rule, ...] = (
    (r"^conv_stem\.conv", "conv1"),
    (r"^conv_stem\.bn", "conv1_bn"),
    (r"^#(\d+)\.conv_dw", shifted("conv_dw_{}", 1)),
    (r"^#(\d+)\.conv_pw", shifted("conv_pw_{}", 1)),
    (r"^(conv_.._\d+)\.conv\.", r"\1."),
    (r"^(conv_.._\d+)\.bn\.", r"\1_bn."),
    (r"^classifier\.", "conv_preds."),
    *VARIABLES,
)

KEYS = (
    Keys("timm", ("mobilenetv1_100",), TIMM),
    caffe(("mobilenet_paper",), "conv_stem", *CAFFE, turns=((r"^classifier\.weight$", AS_1X1),)),
    Keys(
        "keras",
        ("mobilenet_keras*",),
        KERAS,
        ((r"conv_dw\.conv\.weight$", depthwise()), (r"^classifier\.weight$", IN_OUT_1X1), *LAYOUTS),
        counted=r"^blocks\.\d+\.\d+",
        counters=False,
    ),
)
