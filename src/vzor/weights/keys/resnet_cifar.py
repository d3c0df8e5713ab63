"""ResNet for CIFAR: akamaster's names and, in its two later stages, the order of its maps.

A shortcut that doubles the maps puts half of its zeros before them and half after; ours, as the paper's, all of
them after.  That is the same network with its maps in another order, so the weights are reordered and compute the
same.
"""

from vzor.weights.keys.resnet import BESIDE
from vzor.weights.keys.rules import Keys
from vzor.weights.keys.turns import reordered


def doubled(order: tuple[int, ...]) -> tuple[int, ...]:
    """Where our maps are there after a shortcut that adds as many zeros: theirs are moved by half of these."""
    n = len(order)
    zeros = (*range(n // 2), *range(n // 2 + n, 2 * n))
    return (*(n // 2 + i for i in order), *zeros)


STAGE2 = doubled(tuple(range(16)))
STAGE3 = doubled(STAGE2)

#: What reads the sums of a stage, and what adds to them.
TURNS = (
    (r"^(layer2\.[1-9]\d*|layer3\.0)\.conv1\.conv\.weight$", reordered(1, *STAGE2)),
    (r"^layer2\.\d+\.conv2\.(conv\.weight|bn\.(weight|bias|running_mean|running_var))$", reordered(0, *STAGE2)),
    (r"^layer3\.[1-9]\d*\.conv1\.conv\.weight$|^linear\.weight$", reordered(1, *STAGE3)),
    (r"^layer3\.\d+\.conv2\.(conv\.weight|bn\.(weight|bias|running_mean|running_var))$", reordered(0, *STAGE3)),
)

#: A reader of torch's files takes ``module.`` away, which wrapping a network for several devices puts there.
UNWRAPPED = (r"^(?!module\.)", "module.")

KEYS = (Keys("akamaster", ("resnet*_cifar",), (*BESIDE, (r"^", "module.")), TURNS, old=(UNWRAPPED,)),)
