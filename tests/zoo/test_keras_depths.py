"""The column "depth" of lecture 002: the longest path through Keras' graph, layer by layer, counted on our tables."""

import pytest

from vzor.spec.rows import Conv, Drop, Scale
from vzor.spec.trace import Node, trace
from vzor.zoo.index import table

from .figures import computed, printed

DEPTHS = "depth VGG16,VGG19,Xception,InceptionV3,InceptionResNetV2"


def layers(node: Node) -> int:
    """How many layers of Keras' a row is: convolution, normalisation and nonlinearity are one each."""
    row = node.row
    if isinstance(row, Conv):
        separable = row.dw is not None and row.bn is None  # Keras' SeparableConv2D is one layer with its 1×1
        return (not separable) + (row.bn is not None) + (row.act is not None)
    return not isinstance(row, Drop | Scale)  # Keras scales and adds in one layer


def depth(name: str) -> int:
    opened = trace(table(name))
    lengths: list[int] = []
    for node in opened.ops:
        before = [lengths[value.op] for kid in node.kids or [node] for value in (kid.outs if node.kids else kid.ins)]
        lengths.append(max(before, default=0) + (1 if node.kids else layers(node)))
    return max(lengths[value.op] for value in opened.root.outs)


@pytest.mark.parametrize(
    ("place", "name"), [(2, "xception_keras"), (3, "inception_v3_keras"), (4, "inception_resnet_v2_keras")]
)
def test_depth(place: int, name: str) -> None:
    assert depth(name) == int(printed("keras_applications", DEPTHS).split(",")[place])


def test_no_count_gives_the_printed_depth_of_mobilenets() -> None:
    """Keras also has four layers of padding in both; dropout, reshaping and softmax by themselves in the first."""
    depths = depth("mobilenet_keras") + 4 + 3, depth("mobilenet_v2_keras") + 4
    figure = "depth MobileNet, MobileNetV2"
    assert computed("keras_applications", figure) == "longest path {}, {}; weight layers 28, 53".format(*depths)
    assert printed("keras_applications", figure) == "88, 88"
