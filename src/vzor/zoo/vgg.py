"""VGG: Simonyan and Zisserman 2014, "Very deep convolutional networks for large-scale image recognition".

arXiv:1409.1556, Table 1.  The published weights are of columns A, B, D and E, and of the same with batch
normalisation (torchvision, which keeps the convolutions' biases beside it); torchvision also pools to 7×7
before fc6, which changes nothing at 224×224 and lets other sizes in.  Row names are Caffe's.
"""

from typing import Any

from vzor.spec.rows import LRN, Conv, Fc, Gap, Input, Norm, Pool, Seq

# Table 1.  A digit is the kernel of one convolution; a stage ends in max pooling 2×2, stride 2.
WIDTHS =     (  64,  128,    256,    512,    512)
VGG = {
    "A":     ( "3",  "3",   "33",   "33",   "33"),   # 11 weight layers
    "A-LRN": ("3N",  "3",   "33",   "33",   "33"),   # 11; N: local response normalisation
    "B":     ("33", "33",   "33",   "33",   "33"),   # 13
    "C":     ("33", "33",  "331",  "331",  "331"),   # 16
    "D":     ("33", "33",  "333",  "333",  "333"),   # 16
    "E":     ("33", "33", "3333", "3333", "3333"),   # 19
}
#: §2.1: the parameters "are those of (Krizhevsky et al., 2012)", where alpha is not divided by n.
NORM = LRN(n=5, alpha=5e-4, beta=0.75, k=2)


def vgg(column: str, classes: int = 1000, bn: bool = False) -> Seq:
    """A column of Table 1: A, A-LRN, B, C, D or E; ``bn``: batch normalisation after every convolution."""
    rows: dict[str, Any] = {}
    for i, (width, stage) in enumerate(zip(WIDTHS, VGG[column], strict=True), 1):
        for j, kernel in enumerate(stage, 1):
            if kernel == "N":
                rows[f"norm{i}"] = NORM
            else:
                rows[f"conv{i}_{j}"] = Conv(width, int(kernel), bias=True, bn=Norm() if bn else None)
        rows[f"pool{i}"] = Pool("max", 2)
    return Seq(
        input=Input(3, 224, 224),
        **rows,
        avgpool=Gap(7),
        fc6=Fc(4096, "relu", drop=0.5),
        fc7=Fc(4096, "relu", drop=0.5),
        fc8=Fc(classes),
    )
