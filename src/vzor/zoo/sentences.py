"""Sentences that the notes on several networks share.  No torch."""

BIASES = "The published weights keep the convolutions' biases, which batch normalisation makes idle."
NO_WEIGHTS = "No weights are published for this form."
ON_3X3 = "The published weights have the stride of a block on its 3×3; the paper on its first 1×1 ({v1})."
OPTION_B = "The published weights project a shortcut that changes width; {a} pads it with zeros."
GROWTH = "The lectures' table leaves out the growth rate, k = 32, and the compression, 0.5."
KERAS_DEPTH = "Keras' table prints its weight layers as depth; for VGG it counts the longest path of its graph instead."
LEGACY = (
    "This is the form of timm's later weights; the authors' own ({legacy}) have a block's stride on its first 1×1 and "
    "max pooling without padding."
)
AUTHORS = "The authors' form: a block's stride on its first 1×1, and max pooling that hangs over the edge, not padded."
AUTHORS_CAFFE = AUTHORS + "\nThey published its weights, for Caffe."
BASIC = (
    "The paper has no SE-ResNet of this depth; the weights are timm's own, with ReLU also in front of the gates and "
    "max pooling that hangs over the edge."
)
GATES_OF_8 = (
    "The paper has no SE-ResNet of this depth; timm's form has 8 maps at the least in a gate, and no weights are "
    "published for it, but for {legacy}, which has 64 / 16 = 4."
)
AUTHORS_X = "The authors' form: max pooling hangs over the edge and is not padded."
PRE_STEM = (
    "As timm publishes it, conv1 goes to its pooling without normalisation; Keras ({keras}) halves sizes in a stage's "
    "last block and has biases."
)
KERAS_V2 = (
    "Keras' form: biases where no normalisation follows, strides in a stage's last block, zeros around the max "
    "pooling, eps 1.001e-5."
)
SAME_IN_KERAS = "Keras' weights are of this same network, under names of their own."
KERAS_BIASES = (
    "Keras' form: a block's stride on its first 1×1, biases before every normalisation (which makes them idle), "
    "eps 1.001e-5."
)
KERAS_EPS = "The form of Keras' weights: {other} with eps 1.001e-5."
KERAS_GROUPS = (
    KERAS_EPS + "\n"
    "Keras computes a group as a depthwise convolution whose answers are added; its last code that has the network "
    "adds by fixed 1×1 convolutions and so counts {more} numbers."
)
HALF_ZEROS = (
    "Zeros of a growing shortcut follow its maps, as in the paper; akamaster's published weights, which want half "
    "before them, are reordered."
)
TF_PADS = "The form of the authors' weights: padded as TensorFlow pads, eps 1e-3; other weights have that of {other}."
EPS = "The form of timm's own weights: eps 1e-5, where torchvision's ({other}) have 1e-3."
WIDER = (
    "Widths are rounded to a multiple of the groups' half upwards, and never by more than a tenth downwards; the paper "
    "({paper}) takes the nearest."
)
AS_PRINTED = "The paper's form; torchvision's ({wider}) is wider."
LIKE_KERAS = "The form of Keras' weights: padded as TensorFlow pads, eps 1e-3; other weights have that of {other}."
GOOGLENET_SLIPS = (
    "The lectures' \"5M\" parameters and \"12 times fewer than AlexNet\" do not follow: {it}.\n"
    "The \"144 million parameters\" on lecture 002's Inception slide are those of VGG-19.\n"
    "The slide's table cites arXiv:1409.1556, which is VGG.\n"
    "It prints 364K, 437K, 580K, 840K and 1388K parameters for modules 4a, 4b, 4d, 4e and 5b, whose widths give "
    "366.8K, 438.0K, 590.5K, 847.0K and 1409.0K (of 1,024, without biases).\n"
    "It prints 463K for 4c, whose widths give 497.5K, and 1072K and 54M operations for 5a, whose widths give 1018.0K "
    "and 51.1M.\n"
    "The 6.8M parameters in MobileNet's comparison are the sum of its rows, misprints too (6797.7K); the 1550M "
    "multiply-adds beside them are 1582.7M.\n"
    "Its 2.7K and 34M for the first convolution are not those of the printed 7×7 (9.2K, 118.0M), but of a separable "
    "one with depth multiplier 8."
)
YOLO_SIZE = (
    "The lecture prints yolo11n alone; widths and depths of this size are those that give its published number of "
    "parameters.\n"
    "No weights are published under a permissive licence."
)
KERAS_ZEROS = (
    "The form of Keras' weights: where a map is pooled with stride 2, zeros around it are numbers like others, "
    "counted in an average and possibly the maximum; other weights have the form of {other}."
)
FILE_SIZE = "Keras' table prints {printed} MB, the size of its file; the weights are {weights} MB, of 2^20 bytes."


def file_size(printed: int, weights: float) -> str:
    """What to know of the column "Size" of Keras' table."""
    return FILE_SIZE.format(printed=printed, weights=weights)
