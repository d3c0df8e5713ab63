"""What to know about a network: how paper and published weights differ, and which printed figures do not follow.

One sentence per line.  No torch.
"""

from vzor.zoo import sentences as shared

NOTES: dict[str, str] = {
    "alexnet": (
        "One tower of 64-192-384-256-256 maps without LRN, as torchvision publishes it; the paper of "
        "2012 has 96-256-384-384-256 in two towers (alexnet_2012).\n"
        "The 60M parameters that lecture 003 prints are those of alexnet_2012."
    ),
    "alexnet_2012": (
        "Two towers are two groups in conv2, conv4 and conv5; only so are there 60M parameters "
        "(60,965,224).\n"
        "LRN has the constants of Caffe's weights, k=1 and alpha divided by 5; norm=\"paper\" gives k=2 and "
        "alpha undivided.\n"
        "The paper prints 224 for the input; its sizes come out with 227."
    ),
    "alexnet_geron": (
        "Lecture 001 prints SAME padding for C1, which gives 56×56 and not the printed 55×55; padding 2 "
        "gives that.\n"
        "It prints no pooling between C7 and F8, without which F8 alone has 177.2M weights; pool5 is added.\n"
        "Without groups it has 62,378,344 parameters and not the 60M of lecture 003."
    ),
    "alexnet_scheme": (
        "The scheme of lecture 000; with 224 pixels and conv1 unpadded fc6 sees 5×5, so that there are "
        "50,844,008 parameters and not the 60M of lecture 003."
    ),
    "bninception": (
        "The published weights have a plain 7×7 and biases; the paper a separable 7×7 and none (bninception_paper).\n"
        "Figure 5 prints 576 maps for 4c and 4d and 14×14×1024 for 4e; its own widths give 608 and 7×7×1056.\n"
        "They expect pictures in blue, green, red, from 0 to 255 less the means 104, 117 and 128."
    ),
    "bninception_paper": (
        shared.NO_WEIGHTS + "\n"
        "Figure 5 prints 576 maps for 4c and 4d and 14×14×1024 for 4e; its own widths give 608 and 7×7×1056.\n"
        "The authors' later TF-slim has 96 instead of 128 maps behind the pooling of 4c and 4d, so that 576 come out."
    ),
    "darknet19": (
        "The published weights are in Darknet's own format.\n"
        "Table 6 does not print batch normalisation and leaky ReLU, which the authors' configuration has."
    ),
    "densenet100_k12_cifar": shared.NO_WEIGHTS,
    "densenet100_k24_cifar": shared.NO_WEIGHTS,
    "densenet121": shared.GROWTH,
    "densenet121_keras": (
        shared.KERAS_EPS.format(other="densenet121") + "\n" + shared.KERAS_DEPTH + "\n" + shared.file_size(33, 30.8)
    ),
    "densenet161": (
        "Of the authors' code and torchvision, with k = 48; the paper's Table 1, as last printed, leaves it out."
    ),
    "densenet169": shared.GROWTH,
    "densenet169_keras": (
        shared.KERAS_EPS.format(other="densenet169") + "\n" + shared.KERAS_DEPTH + "\n" + shared.file_size(57, 54.6)
    ),
    "densenet201": shared.GROWTH,
    "densenet201_keras": (
        shared.KERAS_EPS.format(other="densenet201") + "\n" + shared.KERAS_DEPTH + "\n" + shared.file_size(80, 77.2)
    ),
    "densenet264": (
        shared.GROWTH + "\nOnly the authors published weights of it, for Torch 7.\n"
        "Counted as the others are, it has 265 layers with weights."
    ),
    "densenet40_k12_cifar": shared.NO_WEIGHTS,
    "densenet_bc100_k12_cifar": shared.NO_WEIGHTS,
    "densenet_bc190_k40_cifar": shared.NO_WEIGHTS,
    "densenet_bc250_k24_cifar": shared.NO_WEIGHTS,
    "efficientnet_b2": (
        "Table 2 prints 9.2M parameters; it has 9,109,994.\n"
        "The paper's pictures are of 260 pixels, torchvision's of 288."
    ),
    "efficientnet_b4": "Table 2 prints 4.2B FLOPs, which are multiply-adds; it has 4.394e9.",
    "efficientnet_b5": (
        "From B5 on torchvision normalises with eps 1e-3, up to B4 with 1e-5.\n"
        "Table 2 prints 9.9B FLOPs, which are multiply-adds; it has 10.266e9."
    ),
    "efficientnet_b6": "From B5 on torchvision normalises with eps 1e-3, up to B4 with 1e-5.",
    "efficientnet_b7": "From B5 on torchvision normalises with eps 1e-3, up to B4 with 1e-5.",
    "googlenet": (
        "The published weights have batch normalisation, no LRN, a 3×3 in the place of the 5×5 and 2×2 in the "
        "last max pooling; the paper's form is googlenet_paper.\n"
        "They expect pictures normalised to 0.5 ± 0.5, which here belongs to the preparation of pictures.\n"
        + shared.GOOGLENET_SLIPS.format(it="this form has 6,624,904 and the paper's 6,998,552, 8.7 times fewer")
    ),
    "googlenet_naive": (
        "Figure 2 (a): modules without their 1×1 in front of 3×3 and 5×5 and behind the pooling, so that every module "
        "is wider than the one before it.\n"
        "It has 97,526,008 parameters and 12.568e9 multiply-adds; with the reductions of Figure 2 (b) there are "
        "6,998,552 and 1.583e9 (googlenet_paper).\n" + shared.NO_WEIGHTS
    ),
    "googlenet_paper": shared.GOOGLENET_SLIPS.format(it="it has 6,998,552 parameters, 8.7 times fewer"),
    "inception_resnet_v1": "No ImageNet weights are published for this form.",
    "inception_resnet_v2": (
        "The published network is not the paper's (inception_resnet_v2_paper): another stem, one Inception "
        "block more, twice as many blocks, narrower maps and a 1×1 to 1536 at the end.\n"
        "The printed 55M parameters are its own (55,843,464); the printed depth of more than 550 is 572 layers of "
        "Keras' graph, normalisations and nonlinearities counted, and 245 with weights.\n"
        "Keras has the same network without the 30272 gammas (inception_resnet_v2_keras)."
    ),
    "inception_resnet_v2_keras": (
        "The form of Keras' weights: those of inception_resnet_v2 without gamma.\n"
        "The lectures' depth of 572 is the longest path through Keras' graph.\n" + shared.file_size(215, 213.1)
    ),
    "inception_resnet_v2_paper": (
        shared.NO_WEIGHTS + "\n"
        "The paper prints 1154 maps where 1152 arrive (Figure 17) and 2048 where 2144 arrive (Figure 19)."
    ),
    "inception_v3": (
        "The published weights differ from Table 1: a 1×1 and an unpadded 3×3 between two max-poolings where "
        "it prints three 3×3, so that 192 maps and not 288 arrive at the first block.\n"
        "The side head needs inputs of about 299 pixels; without it (aux=False in vzor.table) 75 are enough.\n"
        "The paper trains it with label smoothing of 0.1 (§7; `vzor train --label-smoothing 0.1`); the authors' code "
        "lets the side head count 0.4.\n"
        "The weights of torchvision expect pictures normalised to 0.5 ± 0.5."
    ),
    "inception_v3_keras": (
        "The form of Keras' weights: average pooling does not count the padding, and batch normalisation has no "
        "gamma; they have no side head.\n"
        "The lectures' depth of 159 is the longest path through Keras' graph.\n" + shared.file_size(92, 91.0)
    ),
    "legacy_seresnet101": shared.AUTHORS,
    "legacy_seresnet152": shared.AUTHORS,
    "legacy_seresnet18": shared.BASIC,
    "legacy_seresnet34": shared.BASIC,
    "legacy_seresnet50": shared.AUTHORS + "\nThe lectures' slide cites arXiv:1611.05431, which is ResNeXt.",
    "legacy_seresnext101_32x4d": shared.AUTHORS_X,
    "legacy_seresnext50_32x4d": shared.AUTHORS_X,
    "lenet5": (
        "The table of lecture 001, with a trained output layer where it prints RBF.\n"
        "The paper's trainable sub-sampling, partly connected C3 and RBF output are in lenet5_1998."
    ),
    "lenet5_1998": (
        "The RBF codes are seeded ±1 for any number of classes; the paper draws ten digits of 7×12 by "
        "hand."
    ),
    "lenet5_sigmoid": "The scheme of lecture 000: 28×28 pictures, padded by 2, where the paper has 32×32.",
    "mobilenet_keras": (
        shared.LIKE_KERAS.format(other="mobilenetv1_100") + "\n"
        "The lectures print a depth of 88, which no count gives: Keras' graph has 91 layers, and 28 rows have "
        "weights."
    ),
    "mobilenet_keras_025": shared.LIKE_KERAS.format(other="mobilenetv1_025"),
    "mobilenet_keras_050": shared.LIKE_KERAS.format(other="mobilenetv1_050"),
    "mobilenet_keras_075": shared.LIKE_KERAS.format(other="mobilenetv1_075"),
    "mobilenet_paper": shared.NO_WEIGHTS + "\nThe paper writes ReLU; all published weights have ReLU6.",
    "mobilenet_v2_keras": (
        shared.LIKE_KERAS.format(other="mobilenet_v2") + "\n"
        "The lectures print a depth of 88, which no count gives: Keras' graph has 156 layers, and 53 rows have "
        "weights."
    ),
    "mobilenet_v2_keras_035": shared.LIKE_KERAS.format(other="mobilenetv2_035"),
    "mobilenet_v2_keras_050": shared.LIKE_KERAS.format(other="mobilenetv2_050"),
    "mobilenet_v2_keras_075": shared.LIKE_KERAS.format(other="mobilenetv2_075"),
    "mobilenet_v2_keras_130": "The form of Keras' weights: padded as TensorFlow pads, eps 1e-3.",
    "mobilenet_v2_keras_140": shared.LIKE_KERAS.format(other="mobilenetv2_140"),
    "mobilenet_v3_small": (
        "Table 2 prints squeeze and excitation for the last 1×1 convolution too; the published weights have none there."
    ),
    "mobilenetv1_025": shared.NO_WEIGHTS,
    "mobilenetv1_050": shared.NO_WEIGHTS,
    "mobilenetv1_075": shared.NO_WEIGHTS,
    "mobilenetv1_100": (
        "The published weights have ReLU6; the paper writes ReLU (mobilenet_paper).\n"
        "Table 1 prints stride 2 for the last depthwise convolution, whose size it prints as unchanged; only with "
        "stride 1 are there the printed 569M multiply-adds (568.7M; with 2, 533.8M).\n"
        "The printed 4.2M parameters are 4.210M without batch normalisation or 4.232M with it.\n"
        "GoogLeNet's 1550M and 6.8M beside it cannot be reproduced: 6.8M is the sum of misprinted rows."
    ),
    "mobilenetv2_035": shared.NO_WEIGHTS,
    "mobilenetv2_075": shared.NO_WEIGHTS,
    "mobilenetv3_large_100": shared.EPS.format(other="mobilenet_v3_large"),
    "mobilenetv3_small_100": shared.EPS.format(other="mobilenet_v3_small"),
    "nasnet_large_keras": (
        shared.KERAS_ZEROS.format(other="nasnetalarge") + "\n" + shared.file_size(343, 339.3)
    ),
    "nasnet_mobile_keras": (
        shared.KERAS_ZEROS.format(other="nasnetamobile") + "\n" + shared.file_size(23, 20.3)
    ),
    "nasnetalarge": (
        "As timm computes it: an average with stride 2 counts the zeros around the map, which the authors' does not.\n"
        "In training a share of every operation's outputs is left out, growing to 0.3 in the last cell; the paper's "
        "also grows with time."
    ),
    "nasnetamobile": (
        "The numbers 4, 5, 10 and 11 of cells are left out, as in the published weights."
    ),
    "nin": "The widths are those of the authors' model for Caffe, which is published with weights.",
    "nin_cifar": "The widths are those of the authors' model for Caffe, which is published with weights.",
    "regnet_x_400mf": shared.WIDER.format(paper="regnetx_004"),
    "regnet_y_800mf": shared.WIDER.format(paper="regnety_008"),
    "regnet_y_8gf": shared.WIDER.format(paper="regnety_080"),
    "regnetx_004": shared.AS_PRINTED.format(wider="regnet_x_400mf"),
    "regnety_008": shared.AS_PRINTED.format(wider="regnet_y_800mf"),
    "regnety_080": shared.AS_PRINTED.format(wider="regnet_y_8gf"),
    "resnet1001_cifar": (
        shared.NO_WEIGHTS + "\nThe paper's 10.2M parameters leave normalisation out; with it there are 10,327,706."
    ),
    "resnet101": (
        shared.ON_3X3.format(v1="resnet101_v1") + "\n"
        "The printed 7.6e9 FLOPs are multiply-adds of resnet101_v1 (7.570e9); this form has 7.801e9."
    ),
    "resnet101_keras": shared.KERAS_BIASES,
    "resnet101_v1": shared.AUTHORS_CAFFE,
    "resnet101v2_keras": shared.KERAS_V2 + "\n" + shared.file_size(171, 170.4),
    "resnet110_cifar": shared.HALF_ZEROS,
    "resnet1202_cifar": shared.HALF_ZEROS,
    "resnet152": (
        shared.ON_3X3.format(v1="resnet152_v1") + "\n"
        "The printed 11.3e9 FLOPs are multiply-adds of resnet152_v1 (11.282e9); this form has 11.514e9.\n"
        "The printed top-5 error of 3.57 % is that of the paper's ensemble of 2015, not of 2014 and not of "
        "one network."
    ),
    "resnet152_keras": shared.KERAS_BIASES + "\n" + shared.file_size(232, 230.5),
    "resnet152_v1": shared.AUTHORS_CAFFE,
    "resnet152v2_keras": shared.KERAS_V2 + "\n" + shared.file_size(232, 230.3),
    "resnet164_cifar": shared.NO_WEIGHTS,
    "resnet18": (
        shared.OPTION_B.format(a="resnet18_a") + "\n"
        "The printed 1.8e9 FLOPs are multiply-adds (1.814e9)."
    ),
    "resnet18_a": shared.NO_WEIGHTS,
    "resnet20_cifar": shared.HALF_ZEROS,
    "resnet32_cifar": shared.HALF_ZEROS,
    "resnet34": (
        shared.OPTION_B.format(a="resnet34_a") + "\n"
        "The printed 3.6e9 FLOPs are multiply-adds of resnet34_a (3.644e9); this form has 3.664e9."
    ),
    "resnet34_a": shared.NO_WEIGHTS,
    "resnet44_cifar": shared.HALF_ZEROS,
    "resnet50": (
        shared.ON_3X3.format(v1="resnet50_v1") + "\n"
        "The printed 3.8e9 FLOPs are multiply-adds of resnet50_v1 (3.858e9), cut off and not rounded; this "
        "form has 4.089e9."
    ),
    "resnet50_keras": shared.KERAS_BIASES,
    "resnet50_v1": shared.AUTHORS_CAFFE,
    "resnet50v2_keras": shared.KERAS_V2,
    "resnet56_cifar": shared.HALF_ZEROS,
    "resnetv2_101": shared.PRE_STEM.format(keras="resnet101v2_keras"),
    "resnetv2_152": shared.PRE_STEM.format(keras="resnet152v2_keras"),
    "resnetv2_50": shared.PRE_STEM.format(keras="resnet50v2_keras"),
    "resnext101_32x8d": "Of torchvision; the paper has 32×4d and 64×4d.",
    "resnext101_keras": (
        shared.KERAS_GROUPS.format(other="resnext101_32x4d", more="243741608") + "\n" + shared.file_size(170, 169.1)
    ),
    "resnext50_keras": shared.KERAS_GROUPS.format(other="resnext50_32x4d", more="153220008"),
    "se_bninception": (
        "The authors' weights, for Caffe; other than bninception they have no biases before a normalisation.\n"
        "The printed 2.04 GFLOPs are 2.033e9 multiply-adds."
    ),
    "se_inception_resnet_v2": (
        shared.NO_WEIGHTS + "\n"
        "The paper does not say where the gates are; here they are in every block, in front of the sum.\n"
        "The printed 11.76 GFLOPs do not follow: it has 13.164e9 multiply-adds.\n"
        "The printed difference to the network "
        "without gates, 0.01, is right."
    ),
    "seresnet101": shared.LEGACY.format(legacy="legacy_seresnet101"),
    "seresnet152": shared.LEGACY.format(legacy="legacy_seresnet152"),
    "seresnet18": shared.GATES_OF_8.format(legacy="legacy_seresnet18"),
    "seresnet34": shared.GATES_OF_8.format(legacy="legacy_seresnet34"),
    "seresnet50": (
        shared.LEGACY.format(legacy="legacy_seresnet50") + "\n"
        "The lectures' slide cites arXiv:1611.05431, which is ResNeXt."
    ),
    "seresnext101_32x4d": "The authors' own weights (legacy_seresnext101_32x4d) have max pooling without padding.",
    "seresnext50_32x4d": "The authors' own weights (legacy_seresnext50_32x4d) have max pooling without padding.",
    "squeezenet1_0": (
        "Table 1 prints 224 for the input; its sizes 111, 55, 27 and 13 come out with 227.\n"
        "It prints 13×12 for maxpool8, which is 13×13, and 7×7 and 3×3 beside the percentages of conv1 and conv10.\n"
        "What it calls sparsity is the share kept, and for the 3×3 of fire8 it must be 30 %, not the printed 33 %.\n"
        "The printed 50 times fewer parameters than AlexNet are 48.8 times.\n"
        "The printed size below 0.5 MB is that of pruned weights: 421098 of 6 bits are 0.316 MB."
    ),
    "squeezenet1_0_caffe": (
        "The authors' own weights, those after Deep Compression too, pad the 1×1 of conv10, so that a border of its "
        "biases is averaged with the rest; squeezenet1_0 does not."
    ),
    "squeezenet1_0_complex": (
        shared.NO_WEIGHTS + "\n"
        "The paper's Table 3 prints 4.8 MB for the form without bypasses, of 2^20 bytes, and 7.7 MB for this one, to "
        "which Figure 2 gives 6.1 MB."
    ),
    "squeezenet1_0_simple": "The authors published weights of this form for Caffe.",
    "squeezenet1_1": "The authors' later version; the paper does not have it.",
    "squeezenet1_1_complex": shared.NO_WEIGHTS,
    "squeezenet1_1_simple": shared.NO_WEIGHTS,
    "tf_efficientnet_b0": shared.TF_PADS.format(other="efficientnet_b0"),
    "tf_efficientnet_b1": shared.TF_PADS.format(other="efficientnet_b1"),
    "tf_efficientnet_b2": shared.TF_PADS.format(other="efficientnet_b2"),
    "tf_efficientnet_b3": shared.TF_PADS.format(other="efficientnet_b3"),
    "tf_efficientnet_b4": shared.TF_PADS.format(other="efficientnet_b4"),
    "tf_efficientnet_b5": shared.TF_PADS.format(other="efficientnet_b5"),
    "tf_efficientnet_b6": shared.TF_PADS.format(other="efficientnet_b6"),
    "tf_efficientnet_b7": shared.TF_PADS.format(other="efficientnet_b7"),
    "tf_mobilenetv3_large_100": shared.TF_PADS.format(other="mobilenet_v3_large"),
    "tf_mobilenetv3_small_100": shared.TF_PADS.format(other="mobilenet_v3_small"),
    "vgg11_bn": shared.BIASES,
    "vgg11_lrn": shared.NO_WEIGHTS,
    "vgg13_bn": shared.BIASES,
    "vgg16": (
        "The printed 138M parameters \"of VGG-19\" are those of this network (138,357,544).\n"
        "The 15,300M multiply-adds in MobileNet's comparison are those of the convolutions alone (15,346.6M; "
        "with the fully connected rows 15,470.3M).\n" + shared.SAME_IN_KERAS
    ),
    "vgg16_bn": shared.BIASES,
    "vgg16_c": shared.NO_WEIGHTS,
    "vgg16_c_bn": shared.NO_WEIGHTS,
    "vgg19": (
        "The lectures print 138M parameters for it, which VGG-16 has; it has 143,667,240.\n"
        "The \"144 million\" on the Inception slide of lecture 002 are this network's.\n"
        + shared.SAME_IN_KERAS + "\n" + shared.file_size(549, 548.0)
    ),
    "vgg19_bn": shared.BIASES,
    "wide_resnet101_2": "Of torchvision; the paper has wide_resnet50_2 (its WRN-50-2) only.",
    "xception": (
        "The weights of timm were carried over from Keras' (xception_keras), but pool with padding on every side "
        "and normalise with eps 1e-5.\n"
        "The networks xception41, xception65 and xception71 of timm are other ones."
    ),
    "xception_keras": (
        "The form of Keras' weights: max pooling padded as TensorFlow pads, eps 1e-3.\n" + shared.file_size(88, 87.4)
    ),
    "yolo11l": shared.YOLO_SIZE,
    "yolo11m": shared.YOLO_SIZE,
    "yolo11n": (
        "The lecture prints it for 5 classes: 2.59M parameters, of which 16 are never trained.\n"
        "The printed 6.4 GFLOPs are two operations per multiply-add of convolutions and attention (6.38e9 for 5 "
        "classes); convolutions alone would print 6.3.\n"
        "The printed 319 layers count the containers too; without them it has 181 modules.\n"
        "No weights are published under a permissive licence."
    ),
    "yolo11s": shared.YOLO_SIZE,
    "yolo11x": shared.YOLO_SIZE,
}


def notes(name: str) -> tuple[str, ...]:
    """The sentences on the network of that name; none where there is nothing to say."""
    return tuple(NOTES.get(name, "").splitlines())
