"""Claims in numbers that the lectures make beside their tables: what our tables give for each of them."""

from collections.abc import Callable

import pytest

from vzor.measure import measure
from vzor.spec.rows import Conv
from vzor.spec.sheet import Sheet
from vzor.spec.trace import trace
from vzor.zoo.googlenet import Inception
from vzor.zoo.index import networks, table
from vzor.zoo.squeezenet import Fire

from .test_keras_depths import depth

Claim = tuple[str, str, str]


def sheet(name: str) -> Sheet:
    return measure(table(name))


def millions(name: str) -> str:
    return f"{sheet(name).parameters / 1e6:.0f}M"


def deepest(name: str) -> str:
    """Most rows with parameters on a way from input to output."""
    opened = trace(table(name))
    found: list[int] = []
    for node in opened.ops:
        weighted = node.leaf and node.row.params(*node.xs) > 0
        found.append(max((found[i] for i in node.reads), default=0) + weighted)
    return str(found[opened.root.outs[0].op])


def blocks(name: str, kind: type) -> list[int]:
    """Widths of the blocks of one kind."""
    return [node.out[0] for node in trace(table(name)).root.kids if isinstance(node.row, kind)]


def width() -> str:
    widths = blocks("googlenet_paper", Inception)
    return f"{min(widths)}..{max(widths)}"


def weighted(name: str) -> int:
    """Rows with weights, projections of shortcuts left out, as a ResNet's name counts them."""
    return sum(line.kind in ("Conv", "Fc") and line.name != "downsample" for line in sheet(name).lines)


def of_alexnet(name: str) -> float:
    return sheet("alexnet_2012").parameters / sheet(name).parameters


INCEPTION, RESIDUAL = "GoogleNet - Inception", "ResNet - задача"
TIMES, EXERCISE = "times fewer parameters than AlexNet", "Параметры свёрточного слоя / Мини-задачка"
PRINTED_ON_INCEPTION = '"144 million parameters" (printed on the Inception slide; it is VGG-19/E)'

#: (lecture, slide, claim): as printed, and what follows from our tables, written alike.  A slip has another value.
CLAIMS: dict[Claim, tuple[str, Callable[[], str]]] = {
    ("002", "VGG16", "input"): ("224x224x3", lambda: "x".join(map(str, reversed(sheet("vgg16").input)))),
    ("002", INCEPTION, PRINTED_ON_INCEPTION): ("144M", lambda: millions("vgg19")),
    ("002", INCEPTION, "max depth, layers with parameters"): ("22", lambda: deepest("googlenet_paper")),
    ("002", INCEPTION, TIMES): ("12", lambda: f"{of_alexnet('googlenet_paper'):.0f}"),
    ("002", INCEPTION, "inception modules"): ("9", lambda: str(len(blocks("googlenet_paper", Inception)))),
    ("002", INCEPTION, "inception module width"): ("256..1024", width),
    ("002", RESIDUAL, "layers"): ("152", lambda: str(weighted("resnet152"))),
    ("002", "ResNet+Inception", "layers"): (">550", lambda: f">{depth('inception_resnet_v2') // 50 * 50}"),
    ("002", "ResNet+Inception", "parameters"): ("55M", lambda: f"{sheet('inception_resnet_v2').parameters // 10**6}M"),
    ("002", "SqueezeNet", "Fire modules (fire2-9)"): ("8", lambda: str(len(blocks("squeezenet1_0", Fire)))),
    ("003", "AlexNet (2012)", "parameters"): ("60M", lambda: f"{sheet('alexnet_2012').parameters // 10**6}M"),
    ("003", "VGG (2014)", "parameters of the largest, VGG-19"): ("138M", lambda: millions("vgg19")),
    ("003", "Inception / GoogLeNet (2014)", "parameters"): ("5M", lambda: millions("googlenet_paper")),
    ("003", "ResNet", "layers up to"): ("152", lambda: str(max(map(weighted, ("resnet50", "resnet101", "resnet152"))))),
    ("003", EXERCISE, "conv 3x3, 64->128, bias"): ("73856", lambda: str(Conv(128, 3).params((64, 8, 8)))),
    ("004", "Squeeze Net", "title: fewer parameters than AlexNet, model size"): (
        "50x, <0.5MB",
        lambda: f"{of_alexnet('squeezenet1_0'):.0f}x, <0.5MB",
    ),
    ("004", "ResNet", "unlimited depth example"): ("1001", lambda: str(weighted("resnet1001_cifar"))),
    ("004", "VGG", "maximum trainable depth"): (
        "19",
        lambda: str(max(sheet(n).weight_layers for n in networks("vgg*"))),
    ),
}
#: Printed wrong, or rounded up by the printer: what follows instead.
SLIPS = {
    (INCEPTION, TIMES): "9",
    ("VGG (2014)", "parameters of the largest, VGG-19"): "144M",
    ("Inception / GoogLeNet (2014)", "parameters"): "7M",
    ("Squeeze Net", "title: fewer parameters than AlexNet, model size"): "49x, <0.5MB",
}
#: Measured by training, or of a way to predict: no table gives them.
RESULTS: dict[Claim, str] = {
    ("002", "VGG16", "error on ImageNet (top-5 implied)"): "~7%",
    ("002", RESIDUAL, "ImageNet top-5 error"): "3.57%",
    ("002", "ResNet+Inception", "ImageNet top-5 error"): "3.08%",
    ("003", "AlexNet (2012)", "TTA crops (5 crops x 2 flips)"): "10",
}


@pytest.mark.parametrize("claim", CLAIMS)
def test_the_claim_follows_or_is_a_slip(claim: Claim) -> None:
    as_printed, found = CLAIMS[claim]
    assert found() == SLIPS.get(claim[1:], as_printed)
    assert as_printed != SLIPS.get(claim[1:])
