"""AlexNet: Krizhevsky, Sutskever, Hinton 2012.

"ImageNet classification with deep convolutional neural networks", §3.5 and Figure 2.  Two sets of weights
are published, of two different networks: torchvision's are those of one tower (`alexnet`: Krizhevsky 2014,
arXiv:1404.5997, 64-192-384-256-256 maps, no LRN), Caffe's bvlc_alexnet those of two (`alexnet_2012`).  The
lectures print a third and a fourth form, without towers (`alexnet_scheme`, `alexnet_geron`).  Row names are
Caffe's in all of them.
"""

from vzor.spec.errors import UserError, did_you_mean
from vzor.spec.rows import LRN, Conv, Drop, Fc, Gap, Input, Pool, Seq

#: Caffe's bvlc_alexnet: k = 1, alpha divided by n.  The paper, §3.3: k = 2, alpha = 1e-4, not divided.
NORMS = {
    "caffe": LRN(n=5, alpha=1e-4, beta=0.75, k=1),
    "paper": LRN(n=5, alpha=5e-4, beta=0.75, k=2),
}
POOL = Pool("max", 3, 2)  # overlapping, §3.4


def alexnet(classes: int = 1000) -> Seq:
    """One tower, as torchvision publishes it.  61,100,840 parameters."""
    return Seq(
        input=Input(3, 224, 224),
        #          maps kernel stride pad        size
        conv1=Conv(  64,  11,    4,    2),     # 55×55
        pool1=POOL,                            # 27×27
        conv2=Conv( 192,   5),                 # 27×27
        pool2=POOL,                            # 13×13
        conv3=Conv( 384,   3),                 # 13×13
        conv4=Conv( 256,   3),                 # 13×13
        conv5=Conv( 256,   3),                 # 13×13
        pool5=POOL,                            # 6×6
        avgpool=Gap(6),                        # 6×6 from any size of input
        drop5=Drop(),
        fc6=Fc(    4096, "relu", drop=0.5),
        fc7=Fc(    4096, "relu"),
        fc8=Fc( classes),
    )


def alexnet_2012(classes: int = 1000, norm: str = "caffe") -> Seq:
    """Two towers: groups=2 where the paper's towers do not see each other.  60,965,224 parameters.

    norm  constants of local response normalisation: "caffe", which the published weights have, or "paper".
          The input is 227, with which the paper's sizes come out; it prints 224.
    """
    if norm not in NORMS:
        raise UserError(f"AlexNet has no norm '{norm}'.{did_you_mean(norm, NORMS)} Take caffe or paper.")
    return Seq(
        input=Input(3, 227, 227),
        #          maps kernel stride pad towers         size
        conv1=Conv(  96,  11,    4,    0),             # 55×55
        norm1=NORMS[norm],
        pool1=POOL,                                    # 27×27
        conv2=Conv( 256,   5,               g=2),      # 27×27
        norm2=NORMS[norm],
        pool2=POOL,                                    # 13×13
        conv3=Conv( 384,   3),                         # 13×13
        conv4=Conv( 384,   3,               g=2),      # 13×13
        conv5=Conv( 256,   3,               g=2),      # 13×13
        pool5=POOL,                                    # 6×6
        fc6=Fc(    4096, "relu", drop=0.5),
        fc7=Fc(    4096, "relu", drop=0.5),
        fc8=Fc( classes),
    )


def alexnet_scheme(classes: int = 1000) -> Seq:
    """The scheme of lecture 000: no towers, 224 input, conv1 without padding.  50,844,008 parameters."""
    return Seq(
        input=Input(3, 224, 224),
        #          maps kernel stride pad        size
        conv1=Conv(  96,  11,    4,    0),     # 54×54
        pool1=POOL,                            # 26×26
        conv2=Conv( 256,   5,    1,    2),     # 26×26
        pool2=POOL,                            # 12×12
        conv3=Conv( 384,   3,    1,    1),     # 12×12
        conv4=Conv( 384,   3,    1,    1),     # 12×12
        conv5=Conv( 256,   3,    1,    1),     # 12×12
        pool5=POOL,                            # 5×5
        fc6=Fc(    4096, "relu", drop=0.5),
        fc7=Fc(    4096, "relu", drop=0.5),
        fc8=Fc( classes),
    )


def alexnet_geron(classes: int = 1000) -> Seq:
    """The table of lecture 001: no towers, and every size as printed.  62,378,344 parameters.

    The table prints SAME padding for C1, which gives 56×56, and no pooling after C7, without which F8 alone
    has 177 million weights: here C1 is padded by 2, which gives the printed 55×55, and pool5 is there.
    """
    return Seq(
        input=Input(3, 224, 224),
        #          maps kernel stride pad          lecture 001, size
        conv1=Conv(  96,  11,    4,    2),       # C1  55×55
        pool1=POOL,                              # S2  27×27
        conv2=Conv( 256,   5,    1, "same"),     # C3  27×27
        pool2=POOL,                              # S4  13×13
        conv3=Conv( 384,   3,    1, "same"),     # C5  13×13
        conv4=Conv( 384,   3,    1, "same"),     # C6  13×13
        conv5=Conv( 256,   3,    1, "same"),     # C7  13×13
        pool5=POOL,                              # -   6×6
        fc6=Fc(    4096, "relu"),                # F8
        fc7=Fc(    4096, "relu"),                # F9
        fc8=Fc( classes),                        # Out
    )
