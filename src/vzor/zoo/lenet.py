"""LeNet-5: LeCun, Bottou, Bengio, Haffner 1998, "Gradient-based learning applied to document recognition".

Figure 2 of the paper, in three forms.  `lenet5` and `lenet5_sigmoid` are the simplified forms that
lectures 001 and 000 print: plain average pooling, a C3 that reads all six maps, a trained output layer.
`lenet5_1998` is the paper's own.  There are no published weights.
"""

from vzor.spec.rows import RBF, Act, Conv, Fc, Gain, Input, Pool, Seq

# Table I: which maps of S2 (rows) each map of C3 (columns) reads.
TABLE_I = (
    #0 1 2 3 4 5 6 7 8 9 . . . . . 15
    "X . . . X X X . . X X X X . X X",
    "X X . . . X X X . . X X X X . X",
    "X X X . . . X X X . . X . X X X",
    ". X X X . . X X X X . . X . X X",
    ". . X X X . . X X X X . X X . X",
    ". . . X X X . . X X X X . X X X",
)
C3_READS = tuple(tuple(i for i, mark in enumerate(column) if mark == "X")
                 for column in zip(*(row.split() for row in TABLE_I), strict=True))


def lenet5(classes: int = 10) -> Seq:
    """The table of lecture 001: tanh, and a trained output layer where it prints RBF.  61,706 parameters."""
    return Seq(                                             # type             maps   size   kernel stride act
        input=Input(1, 32, 32),                             # input             1    32×32
        c1=Conv(6, 5, p=0, act="tanh"),                     # convolution       6    28×28    5×5     1   tanh
        s2=Seq(pool=Pool("avg", 2), act=Act("tanh")),       # average pooling   6    14×14    2×2     2   tanh
        c3=Conv(16, 5, p=0, act="tanh"),                    # convolution      16    10×10    5×5     1   tanh
        s4=Seq(pool=Pool("avg", 2), act=Act("tanh")),       # average pooling  16     5×5     2×2     2   tanh
        c5=Conv(120, 5, p=0, act="tanh"),                   # convolution     120     1×1     5×5     1   tanh
        f6=Fc(84, "tanh"),                                  # fully connected         84                  tanh
        out=Fc(classes),                                    # fully connected         10
    )


def lenet5_1998(classes: int = 10, seed: int = 0) -> Seq:
    """The paper's network, §II.B.  60,000 parameters; the codes of the output layer are fixed.

    Sub-sampling there adds four cells, then multiplies by a trained coefficient and adds a trained bias: here
    the average times a trained gain four times as large, which is the same.  The paper draws its ten
    codes as 7×12 pictures of the digits; here they are seeded ±1, for any number of classes.
    """
    subsample = Seq(pool=Pool("avg", 2), gain=Gain(bias=True), act=Act("stanh"))
    return Seq(                                             # §II.B            maps   size   trainable
        input=Input(1, 32, 32),                             #                   1    32×32
        c1=Conv(6, 5, p=0, act="stanh"),                    # convolution       6    28×28       156
        s2=subsample,                                       # sub-sampling      6    14×14        12
        c3=Conv(16, 5, p=0, act="stanh", connect=C3_READS), # convolution      16    10×10     1,516
        s4=subsample,                                       # sub-sampling     16     5×5         32
        c5=Conv(120, 5, p=0, act="stanh"),                  # convolution     120     1×1     48,120
        f6=Fc(84, "stanh"),                                 # fully connected         84      10,164
        out=RBF(classes, seed),                             # RBF                     10           0
    )


def lenet5_sigmoid(classes: int = 10) -> Seq:
    """The scheme of lecture 000: sigmoid, 28×28 pictures padded by 2.  61,706 parameters."""
    return Seq(                                             # scheme                              output
        input=Input(1, 28, 28),                             # image                               1×28×28
        conv1=Conv(6, 5, p=2, act="sigmoid"),               # convolution 5×5, padding 2, sigmoid 6×28×28
        pool1=Pool("avg", 2),                               # average 2×2, stride 2               6×14×14
        conv2=Conv(16, 5, p=0, act="sigmoid"),              # convolution 5×5, sigmoid            16×10×10
        pool2=Pool("avg", 2),                               # average 2×2, stride 2               16×5×5
        fc1=Fc(120, "sigmoid"),                             # dense 120, sigmoid                  120
        fc2=Fc(84, "sigmoid"),                              # dense 84, sigmoid                   84
        fc3=Fc(classes),                                    # dense 10                            10
    )
