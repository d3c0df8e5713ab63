"""What the lectures and papers print for LeNet-5, AlexNet, VGG and ResNet, copied as printed.

`test_figures_agree.py` compares FIGURES with the collection they were copied from, where that is at hand.
"""

#: (table, figure): (printed, computed, status); status as in the collection: exact, derived, rounding,
#: truncation, wrong.  Every test of this room takes its expected value from here or from the tables below.
FIGURES: dict[tuple[str, str], tuple[str, str, str]] = {
    ("exercise", "conv 3x3 64->128 bias"): ("73856", "73856", "exact"),
    ("lenet5_scheme", "all sizes"): ("28,14,10,5", "same", "exact"),
    ("lenet5_scheme", "params (not printed)"): ("", "61706", "derived"),
    ("lenet5_geron", "sizes"): ("28,14,10,5,1", "same", "exact"),
    ("lenet5_geron", "params (not printed)"): ("", "60000", "derived"),
    ("alexnet_scheme", "all sizes"): ("54,26,26,12,12,12,12,5", "same", "exact"),
    ("alexnet_scheme", "params (not printed)"): ("", "50844008", "derived"),
    ("alexnet_geron", "C1 55x55 with 224, SAME, stride 4"): ("55", "56", "wrong"),
    ("alexnet_geron", "no pool between C7 and F8"): ("-", "6x6 needed", "wrong"),
    ("claims", "AlexNet 60M"): ("60M", "60965224", "rounding"),
    ("vgg", "A/B/C/D/E params (not printed)"): (
        "",
        "132863336/133047848/133638952/138357544/143667240",
        "derived",
    ),
    ("claims", "VGG-19 138M"): ("138M", "143667240", "wrong"),
    ("claims", '"144 million" on the Inception slide'): ("144M", "143667240 = VGG-19", "wrong"),
    ("resnet", "FLOPs 18"): ("1.8e9", "1.814e9 (1.795e9 option A)", "rounding"),
    ("resnet", "FLOPs 34"): ("3.6e9", "3.664e9 (3.644e9 option A shortcuts)", "rounding"),
    ("resnet", "FLOPs 50"): ("3.8e9", "3.858e9 v1; 4.089e9 v1.5", "truncation"),
    ("resnet", "FLOPs 101"): ("7.6e9", "7.570e9 v1; 7.801e9 v1.5", "rounding"),
    ("resnet", "FLOPs 152"): ("11.3e9", "11.282e9 v1; 11.514e9 v1.5", "rounding"),
    ("claims", 'ResNet top-5 3.57% "2014"'): ("3.57% 2014", "2015 paper, ensemble", "wrong year"),
    ("mobilenet_comparison", "VGG16 15300 / 138"): (
        "15300 / 138",
        "15346.6 conv only (15470.3 with fc) / 138.36",
        "truncation",
    ),
    ("keras_applications", "VGG16 params"): ("138357544", "138357544", "exact"),
    ("keras_applications", "VGG19 params"): ("143667240", "143667240", "exact"),
    ("keras_applications", "ResNet50 params"): ("25636712", "25636712", "exact"),
    ("keras_applications", "ResNet101 params"): ("44707176", "44707176", "exact"),
    ("keras_applications", "ResNet152 params"): ("60419944", "60419944", "exact"),
}


def printed(table: str, figure: str) -> str:
    return FIGURES[table, figure][0]


def computed(table: str, figure: str) -> str:
    return FIGURES[table, figure][1]


def numbers(text: str, by: str = ",") -> list[int]:
    """``"28,14,10"`` as numbers."""
    return [int(word) for word in text.split(by)]


# Rows as the lectures print them: (our row, maps, height, width); vectors have maps only.
Printed = list[tuple[str, tuple[int, ...]]]

LENET5_GERON: Printed = [  # lecture 001, "Архитектура LeNet-5"
    ("input", (1, 32, 32)),
    ("c1", (6, 28, 28)),
    ("s2", (6, 14, 14)),
    ("c3", (16, 10, 10)),
    ("s4", (16, 5, 5)),
    ("c5", (120, 1, 1)),
    ("f6", (84,)),
    ("out", (10,)),
]
LENET5_SCHEME: Printed = [  # lecture 000, "LeNet5"
    ("input", (1, 28, 28)),
    ("conv1", (6, 28, 28)),
    ("pool1", (6, 14, 14)),
    ("conv2", (16, 10, 10)),
    ("pool2", (16, 5, 5)),
    ("fc1", (120,)),
    ("fc2", (84,)),
    ("fc3", (10,)),
]
ALEXNET_SCHEME: Printed = [  # lecture 000, "AlexNet"; it calls pool5 the third pooling, fc6 the first dense row
    ("input", (3, 224, 224)),
    ("conv1", (96, 54, 54)),
    ("pool1", (96, 26, 26)),
    ("conv2", (256, 26, 26)),
    ("pool2", (256, 12, 12)),
    ("conv3", (384, 12, 12)),
    ("conv4", (384, 12, 12)),
    ("conv5", (256, 12, 12)),
    ("pool5", (256, 5, 5)),
    ("fc6", (4096,)),
    ("fc7", (4096,)),
    ("fc8", (1000,)),
]
ALEXNET_GERON: Printed = [  # lecture 001, "Архитектура AlexNet"; pool5 is not printed and must be there
    ("input", (3, 224, 224)),
    ("conv1", (96, 55, 55)),
    ("pool1", (96, 27, 27)),
    ("conv2", (256, 27, 27)),
    ("pool2", (256, 13, 13)),
    ("conv3", (384, 13, 13)),
    ("conv4", (384, 13, 13)),
    ("conv5", (256, 13, 13)),
    ("pool5", (256, 6, 6)),
    ("fc6", (4096,)),
    ("fc7", (4096,)),
    ("fc8", (1000,)),
]

#: Lecture 004, "VGG" (ConvNet Configuration): network -> weight layers and the five stages.
VGG_CONFIGURATION = {
    "vgg11": (11, "conv3-64", "conv3-128", *["conv3-{0}; conv3-{0}"] * 3),
    "vgg11_lrn": (11, "conv3-64; LRN", "conv3-128", *["conv3-{0}; conv3-{0}"] * 3),
    "vgg13": (13, "conv3-64; conv3-64", "conv3-128; conv3-128", *["conv3-{0}; conv3-{0}"] * 3),
    "vgg16_c": (16, "conv3-64; conv3-64", "conv3-128; conv3-128", *["conv3-{0}; conv3-{0}; conv1-{0}"] * 3),
    "vgg16": (16, "conv3-64; conv3-64", "conv3-128; conv3-128", *["conv3-{0}; conv3-{0}; conv3-{0}"] * 3),
    "vgg19": (
        19,
        "conv3-64; conv3-64",
        "conv3-128; conv3-128",
        *["conv3-{0}; conv3-{0}; conv3-{0}; conv3-{0}"] * 3,
    ),
}

#: Lecture 004, "ResNet": network -> stages conv2_x, conv3_x, conv4_x, conv5_x.
RESNET_STAGES = {
    "resnet18": [
        "[3x3, 64; 3x3, 64] x 2",
        "[3x3, 128; 3x3, 128] x 2",
        "[3x3, 256; 3x3, 256] x 2",
        "[3x3, 512; 3x3, 512] x 2",
    ],
    "resnet34": [
        "[3x3, 64; 3x3, 64] x 3",
        "[3x3, 128; 3x3, 128] x 4",
        "[3x3, 256; 3x3, 256] x 6",
        "[3x3, 512; 3x3, 512] x 3",
    ],
    "resnet50": [
        "[1x1, 64; 3x3, 64; 1x1, 256] x 3",
        "[1x1, 128; 3x3, 128; 1x1, 512] x 4",
        "[1x1, 256; 3x3, 256; 1x1, 1024] x 6",
        "[1x1, 512; 3x3, 512; 1x1, 2048] x 3",
    ],
    "resnet101": [
        "[1x1, 64; 3x3, 64; 1x1, 256] x 3",
        "[1x1, 128; 3x3, 128; 1x1, 512] x 4",
        "[1x1, 256; 3x3, 256; 1x1, 1024] x 23",
        "[1x1, 512; 3x3, 512; 1x1, 2048] x 3",
    ],
    "resnet152": [
        "[1x1, 64; 3x3, 64; 1x1, 256] x 3",
        "[1x1, 128; 3x3, 128; 1x1, 512] x 8",
        "[1x1, 256; 3x3, 256; 1x1, 1024] x 36",
        "[1x1, 512; 3x3, 512; 1x1, 2048] x 3",
    ],
}
RESNET_SIZES: Printed = [  # lecture 004: output size of every stage, the same in all five
    ("conv1", (112, 112)),
    ("maxpool", (56, 56)),
    ("layer1", (56, 56)),
    ("layer2", (28, 28)),
    ("layer3", (14, 14)),
    ("layer4", (7, 7)),
    ("avgpool", (1, 1)),
]
