"""What all of Keras' networks have in common: names of variables, and their layouts.

A variable of Keras' is named ``<layer>/<variable>``: ``conv1_conv/kernel``, ``conv1_bn/moving_variance``,
``predictions/bias``.  Layers that its authors left without a name it numbers by kind, in the order in which they are
made: ``conv2d``, ``conv2d_1``, ….  The rules give the numbers of a fresh session.  A file has those of the session
that wrote it, so a reader sorts the layers of a kind by number and counts them anew.  Files differ in the names of
variables too; a depthwise layer's ``depthwise_kernel`` is called ``kernel`` here, as since Keras 3.
"""

import re
from collections.abc import Callable

from vzor.weights.keys.rules import Rule
from vzor.weights.keys.turns import HWIO, IN_OUT, Turn

#: A layer's tensors, torch's names to Keras'; to be applied when a family's rules have named the layer.
VARIABLES: tuple[Rule, ...] = (
    (r"\.running_mean$", "/moving_mean"),
    (r"\.running_var$", "/moving_variance"),
    (r"^(.*(?:bn|BN|batch_norm).*)\.weight$", r"\1/gamma"),
    (r"^(.*(?:bn|BN|batch_norm).*)\.bias$", r"\1/beta"),
    (r"\.weight$", "/kernel"),
    (r"\.bias$", "/bias"),
)
#: Layers without names, which `Keys.counted` has made ``#0``, ``#1``, …: the first of a kind has no number.
UNNAMED: tuple[Rule, ...] = (
    (r"^#(\d+)\.conv", r"conv2d_\1"),
    (r"^#(\d+)\.bn", r"batch_normalization_\1"),
    (r"^(conv2d|batch_normalization)_0\.", r"\1."),
)
#: Layouts; those of depthwise kernels go before these.
LAYOUTS: tuple[tuple[str, Turn], ...] = (
    (r"\.conv\.weight$", HWIO),
    (r"(^|\.)(fc\d?|classifier|classif)\.weight$", IN_OUT),
)


def shifted(template: str, *by: int) -> Callable[[re.Match[str]], str]:
    """``template`` with the numbers that matched, each plus its share of ``by``: Keras mostly counts from 1."""

    def replacement(match: re.Match[str]) -> str:
        return template.format(*(int(n) + more for n, more in zip(match.groups(), by, strict=True)))

    return replacement
