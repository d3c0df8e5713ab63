"""What the lectures and papers print, copied as printed.

`test_every_figure.py` computes every figure from our tables; `test_figures_agree.py` compares the copies here with
the collection they were taken from, where that is at hand.
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
    ("densenet", "blocks and sizes"): ("table", "same", "exact"),
    ("densenet", "params (not printed) 121/169/201/264"): ("", "7978856/14149480/20013928/33337704", "derived"),
    ("keras_applications", "ResNet50V2 params"): ("25613800", "25613800", "exact"),
    ("keras_applications", "ResNet101V2 params"): ("44675560", "44675560", "exact"),
    ("keras_applications", "ResNet152V2 params"): ("60380648", "60380648", "exact"),
    ("keras_applications", "ResNeXt50 params"): ("25097128", "25097128", "exact"),
    ("keras_applications", "ResNeXt101 params"): ("44315560", "44315560", "exact"),
    ("keras_applications", "DenseNet121 params"): ("8062504", "8062504", "exact"),
    ("keras_applications", "DenseNet169 params"): ("14307880", "14307880", "exact"),
    ("keras_applications", "DenseNet201 params"): ("20242984", "20242984", "exact"),
    ("keras_applications", "depth DenseNet121/169/201"): (
        "121,169,201",
        "weight layers 121,169,201 (longest path 429,597,709)",
        "exact",
    ),
    ("mobilenet", "table sizes"): ("table", "same", "exact except one"),
    ("mobilenet_comparison", "569 M mult-adds"): ("569", "568.740", "rounding"),
    ("mobilenet_comparison", "4.2 M params"): ("4.2", "4.210 (no BN) / 4.232", "rounding"),
    ("keras_applications", "Xception params"): ("22910480", "22910480", "exact"),
    ("keras_applications", "InceptionV3 params"): ("23851784", "23851784", "exact"),
    ("keras_applications", "InceptionResNetV2 params"): ("55873736", "55873736", "exact"),
    ("keras_applications", "MobileNet params"): ("4253864", "4253864", "exact"),
    ("keras_applications", "MobileNetV2 params"): ("3538984", "3538984", "exact"),
    ("keras_applications", "NASNetMobile params"): ("5326716", "5326716", "exact"),
    ("keras_applications", "NASNetLarge params"): ("88949818", "88949818", "exact"),
    ("keras_applications", "size column"): ("MB", "params*4/2^20 -0.2..+3.7", "file size"),
    ("keras_applications", "depth VGG16,VGG19,Xception,InceptionV3,InceptionResNetV2"): (
        "23,26,126,159,572",
        "same",
        "exact",
    ),
    ("keras_applications", "depth MobileNet, MobileNetV2"): (
        "88, 88",
        "longest path 91, 156; weight layers 28, 53",
        "wrong",
    ),
    ("claims", "Inception-ResNet-v2 55M, >550 layers"): (
        "55M, >550",
        "55843464; Keras depth 572 (245 weight layers)",
        "consistent",
    ),
    ("claims", "GoogLeNet 5M"): ("5M", "6998552 (5973552 without fc)", "wrong"),
    ("claims", "12x fewer than AlexNet"): ("12", "8.7", "wrong"),
    ("googlenet", "sizes, module widths"): ("table", "same", "exact"),
    ("googlenet", "ops rows 3x3 conv,3a,3b,4b,4c,4d,4e,5b,linear"): (
        "360,128,304,88,100,119,170,71,1M",
        "359.7,128.0,304.3,87.9,99.9,118.5,170.0,70.7,1.0",
        "rounding",
    ),
    ("googlenet", "ops 4a"): ("73M", "73.6M", "rounding"),
    ("googlenet", "params 7x7 / ops"): (
        "2.7K / 34M",
        "9408 / 118.0M (dense) ; 2712 / 34.0M (separable, depth multiplier 8)",
        "exact only as separable",
    ),
    ("googlenet", "params 3x3 conv, linear"): ("112K, 1000K", "112.0, 1000.0", "exact"),
    ("googlenet", "params 3a"): ("159K", "159.5", "rounding"),
    ("googlenet", "params 3b"): ("380K", "379.0 (379.6 with bias)", "rounding"),
    ("googlenet", "params 4a,4b,4d,4e,5b"): (
        "364,437,580,840,1388K",
        "366.8,438.0,590.5,847.0,1409.0 (K=1024)",
        "wrong",
    ),
    ("googlenet", "params 4c"): ("463K", "497.5", "wrong"),
    ("googlenet", "params/ops 5a"): ("1072K/54M", "1018.0/51.1M", "wrong"),
    ("googlenet", "sum of params rows"): ("6797.7K", "6990272 weights (6998552 with biases)", "-"),
    ("squeezenet", "params before pruning, all rows + total"): ("1248424", "1248424", "exact"),
    ("squeezenet", "params after pruning fire2-7, fire9, conv10"): ("table", "same", "exact"),
    ("squeezenet", "fire8 e3x3 33%"): ("33% -> 77581", "33% gives 82005; 30% gives 77581", "wrong"),
    ("squeezenet", "total after pruning"): ("421098", "421098", "exact"),
    ("squeezenet", "sizes at 224"): ("111,55,27,13", "109,54,27,13 (ceil) / 109,54,26,12 (floor)", "wrong at 224"),
    ("squeezenet", "maxpool8 13x12x512"): ("13x12", "13x13", "wrong"),
    ("squeezenet", "conv1 100% (7x7), conv10 20% (3x3)"): ("cells", "conv10 is 1x1", "wrong"),
    ("squeezenet", "50x fewer than AlexNet"): ("50x", "48.8", "rounding"),
    ("squeezenet", "<0.5MB"): ("<0.5 MB", "0.316 MB of 6-bit codes without index", "consistent"),
    ("mobilenet_comparison", "GoogLeNet 1550 / 6.8"): (
        "1550 / 6.8",
        "1582.7 / 6.99 (1498.7 with separable stem)",
        "wrong",
    ),
    ("claims", "Inception width 256..1024"): ("256-1024", "256..1024", "exact"),
    ("yolo11n", "per-row params, total, gradients"): ("2590815 / 2590799", "same", "exact"),
    ("yolo11n", "319 layers"): ("319", "319 modules incl. containers (181 leaves; 238 after fusing)", "exact"),
    ("yolo11n", "6.4 GFLOPs"): (
        "6.4",
        "6.445 (thop x2), 6.376 (torch FlopCounterMode); conv MACs x2 = 6.315",
        "rounding",
    ),
    ("example_net_400", "sizes"): ("196,49,45,22,20,18,9", "same", "exact"),
    ("example_net_400", "params (not printed)"): ("", "6012400 + last fc", "derived"),
    ("example_net_64", "params (not printed)"): (
        "",
        "1213726 (1 ch, valid) / 2109726 (1 ch, same)",
        "derived",
    ),
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

#: The same tables' other columns: kernel, stride, padding where it is printed, nonlinearity, share dropped.
LENET5_GERON_ROWS = {
    "c1": "conv 5x5 1 tanh",
    "s2": "avgpool 2x2 2 tanh",
    "c3": "conv 5x5 1 tanh",
    "s4": "avgpool 2x2 2 tanh",
    "c5": "conv 5x5 1 tanh",
    "f6": "dense tanh",
    "out": "dense RBF",
}
LENET5_SCHEME_ROWS = {
    "conv1": "conv 5x5 1 pad 2 sigmoid",
    "pool1": "avgpool 2x2 2 pad 0",
    "conv2": "conv 5x5 1 pad 0 sigmoid",
    "pool2": "avgpool 2x2 2 pad 0",
    "fc1": "dense sigmoid",
    "fc2": "dense sigmoid",
    "fc3": "dense",
}
ALEXNET_SCHEME_ROWS = {
    "conv1": "conv 11x11 4 pad 0 relu",
    "pool1": "maxpool 3x3 2 pad 0",
    "conv2": "conv 5x5 1 pad 2 relu",
    "pool2": "maxpool 3x3 2 pad 0",
    "conv3": "conv 3x3 1 pad 1 relu",
    "conv4": "conv 3x3 1 pad 1 relu",
    "conv5": "conv 3x3 1 pad 1 relu",
    "pool5": "maxpool 3x3 2 pad 0",
    "fc6": "dense relu drop 0.5",
    "fc7": "dense relu drop 0.5",
    "fc8": "dense",
}
ALEXNET_GERON_ROWS = {
    "conv1": "conv 11x11 4 SAME relu",  # cannot be: SAME gives 56
    "pool1": "maxpool 3x3 2 VALID",
    "conv2": "conv 5x5 1 SAME relu",
    "pool2": "maxpool 3x3 2 VALID",
    "conv3": "conv 3x3 1 SAME relu",
    "conv4": "conv 3x3 1 SAME relu",
    "conv5": "conv 3x3 1 SAME relu",
    "fc6": "dense relu",
    "fc7": "dense relu",
    "fc8": "dense",
}

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

#: Lecture 004, "MobileNet": type, stride, filter shape, input size, as printed; "5x" brackets two rows.
MOBILENET_TABLE_1 = [
    ("Conv", 2, "3x3x3x32", "224x224x3"),
    ("Conv dw", 1, "3x3x32", "112x112x32"),
    ("Conv", 1, "1x1x32x64", "112x112x32"),
    ("Conv dw", 2, "3x3x64", "112x112x64"),
    ("Conv", 1, "1x1x64x128", "56x56x64"),
    ("Conv dw", 1, "3x3x128", "56x56x128"),
    ("Conv", 1, "1x1x128x128", "56x56x128"),
    ("Conv dw", 2, "3x3x128", "56x56x128"),
    ("Conv", 1, "1x1x128x256", "28x28x128"),
    ("Conv dw", 1, "3x3x256", "28x28x256"),
    ("Conv", 1, "1x1x256x256", "28x28x256"),
    ("Conv dw", 2, "3x3x256", "28x28x256"),
    ("Conv", 1, "1x1x256x512", "14x14x256"),
    *[("Conv dw", 1, "3x3x512", "14x14x512"), ("Conv", 1, "1x1x512x512", "14x14x512")] * 5,
    ("Conv dw", 2, "3x3x512", "14x14x512"),
    ("Conv", 1, "1x1x512x1024", "7x7x512"),
    ("Conv dw", 2, "3x3x1024", "7x7x1024"),
    ("Conv", 1, "1x1x1024x1024", "7x7x1024"),
    ("Avg Pool", 1, "Pool 7x7", "7x7x1024"),
    ("FC", 1, "1024x1000", "1x1x1024"),
]

#: Lecture 002, "Резюме", which is Keras' own table: model -> megabytes of its file, parameters, depth.
KERAS_APPLICATIONS: dict[str, tuple[int, int, int | None]] = {
    "Xception": (88, 22_910_480, 126),
    "VGG16": (528, 138_357_544, 23),
    "VGG19": (549, 143_667_240, 26),
    "ResNet50": (98, 25_636_712, None),
    "ResNet101": (171, 44_707_176, None),
    "ResNet152": (232, 60_419_944, None),
    "ResNet50V2": (98, 25_613_800, None),
    "ResNet101V2": (171, 44_675_560, None),
    "ResNet152V2": (232, 60_380_648, None),
    "ResNeXt50": (96, 25_097_128, None),
    "ResNeXt101": (170, 44_315_560, None),
    "InceptionV3": (92, 23_851_784, 159),
    "InceptionResNetV2": (215, 55_873_736, 572),
    "MobileNet": (16, 4_253_864, 88),
    "MobileNetV2": (14, 3_538_984, 88),
    "DenseNet121": (33, 8_062_504, 121),
    "DenseNet169": (57, 14_307_880, 169),
    "DenseNet201": (80, 20_242_984, 201),
    "NASNetMobile": (23, 5_326_716, None),
    "NASNetLarge": (343, 88_949_818, None),
}
