"""Darknet-19: Redmon, Farhadi 2016, "YOLO9000: better, faster, stronger", arXiv:1612.08242, Table 6.

The classifier on which YOLOv2 stands: 3×3 convolutions that double the maps after every pooling, 1×1 between them
that halve them, and the mean of the last maps as class scores.  Every convolution but the last has batch
normalisation and leaky ReLU with slope 0.1 (the authors' configuration; Table 6 does not print them).  The
published weights are Darknet's own; it normalises with eps 1e-5 under the root where it trains, on the GPU, and with
1e-6 beside the root on the CPU.
"""

from typing import Any

from vzor.spec.rows import Act, Conv, Flatten, Gap, Input, Norm, Pool, Seq

LEAKY = Act("leaky", 0.1)
# Table 6: widths of the convolutions of a stage, 3×3 and 1×1 by turns; max pooling 2×2/2 between stages.
#     3×3  1×1   3×3  1×1   3×3
STAGES = (                           # output
    (  32,),                         # 224×224
    (  64,),                         # 112×112
    ( 128,  64,  128),               # 56×56
    ( 256, 128,  256),               # 28×28
    ( 512, 256,  512, 256,  512),    # 14×14
    (1024, 512, 1024, 512, 1024),    # 7×7
)


def darknet19(classes: int = 1000) -> Seq:
    """Table 6: 19 convolutions and 5 max poolings."""
    rows: dict[str, Any] = {}
    number = 0
    for i, stage in enumerate(STAGES):
        if i:
            rows[f"pool{i}"] = Pool("max", 2)
        for j, width in enumerate(stage):
            number += 1
            rows[f"conv{number}"] = Conv(width, 1 if j % 2 else 3, bn=Norm(), act=LEAKY)
    return Seq(
        input=Input(3, 224, 224),
        **rows,
        conv19=Conv(classes, 1, act=None),
        avgpool=Gap(),
        flatten=Flatten(),
    )
