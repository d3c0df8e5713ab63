"""Every network by name: strings only, sorted, so that listing them imports nothing.  No torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from importlib import import_module
from inspect import signature
from typing import Any

from vzor.spec.errors import UserError, did_you_mean
from vzor.spec.tables import Seq


@dataclass(frozen=True)
class Entry:
    """Where a network's table is, and what to know about it.

    module, function, args  ``vzor.zoo.<module>.<function>(**args)`` gives the table
    paper, year             of the table
    task                    what the network is for by default
    note                    one sentence per line: how paper and published weights differ, and which figures
                            that the lectures print cannot be reproduced
    """

    module: str
    function: str
    args: Mapping[str, Any] = field(default_factory=dict)
    paper: str = ""
    year: int = 0
    task: str = "classify"
    note: str = ""

    @property
    def notes(self) -> tuple[str, ...]:
        """The sentences of the note."""
        return tuple(self.note.splitlines())


LENET, ALEXNET, VGG, RESNET = "Proc. IEEE 86(11)", "NIPS 2012", "arXiv:1409.1556", "arXiv:1512.03385"

BIASES = "The published weights keep the convolutions' biases, which batch normalisation makes idle."
NO_WEIGHTS = "No weights are published for this form."
ON_3X3 = "The published weights have the stride of a block on its 3×3; the paper on its first 1×1 ({v1})."
OPTION_B = "The published weights project a shortcut that changes width; {a} pads it with zeros."

ZOO: dict[str, Entry] = {
    "alexnet": Entry(
        "alexnet", "alexnet", {}, "arXiv:1404.5997", 2014,
        note="One tower of 64-192-384-256-256 maps without LRN, as torchvision publishes it; the paper of "
        "2012 has 96-256-384-384-256 in two towers (alexnet_2012).\n"
        "The 60M parameters that lecture 003 prints are those of alexnet_2012.",
    ),
    "alexnet_2012": Entry(
        "alexnet", "alexnet_2012", {}, ALEXNET, 2012,
        note="Two towers are two groups in conv2, conv4 and conv5; only so are there 60M parameters "
        "(60,965,224).\n"
        "LRN has the constants of Caffe's weights, k=1 and alpha divided by 5; norm=\"paper\" gives k=2 and "
        "alpha undivided.\n"
        "The paper prints 224 for the input; its sizes come out with 227.",
    ),
    "alexnet_geron": Entry(
        "alexnet", "alexnet_geron", {}, ALEXNET, 2012,
        note="Lecture 001 prints SAME padding for C1, which gives 56×56 and not the printed 55×55; padding 2 "
        "gives that.\n"
        "It prints no pooling between C7 and F8, without which F8 alone has 177.2M weights; pool5 is added.\n"
        "Without groups it has 62,378,344 parameters and not the 60M of lecture 003.",
    ),
    "alexnet_scheme": Entry(
        "alexnet", "alexnet_scheme", {}, ALEXNET, 2012,
        note="The scheme of lecture 000; with 224 pixels and conv1 unpadded fc6 sees 5×5, so that there are "
        "50,844,008 parameters and not the 60M of lecture 003.",
    ),
    "lenet5": Entry(
        "lenet", "lenet5", {}, LENET, 1998,
        note="The table of lecture 001, with a trained output layer where it prints RBF.\n"
        "The paper's trainable sub-sampling, partly connected C3 and RBF output are in lenet5_1998.",
    ),
    "lenet5_1998": Entry(
        "lenet", "lenet5_1998", {}, LENET, 1998,
        note="The RBF codes are seeded ±1 for any number of classes; the paper draws ten digits of 7×12 by "
        "hand.",
    ),
    "lenet5_sigmoid": Entry(
        "lenet", "lenet5_sigmoid", {}, LENET, 1998,
        note="The scheme of lecture 000: 28×28 pictures, padded by 2, where the paper has 32×32.",
    ),
    "resnet101": Entry(
        "resnet", "resnet", {"depth": 101}, RESNET, 2015,
        note=ON_3X3.format(v1="resnet101_v1") + "\n"
        "The printed 7.6e9 FLOPs are multiply-adds of resnet101_v1 (7.570e9); this form has 7.801e9.",
    ),
    "resnet101_v1": Entry("resnet", "resnet", {"depth": 101, "stride_on": 1}, RESNET, 2015, note=NO_WEIGHTS),
    "resnet152": Entry(
        "resnet", "resnet", {"depth": 152}, RESNET, 2015,
        note=ON_3X3.format(v1="resnet152_v1") + "\n"
        "The printed 11.3e9 FLOPs are multiply-adds of resnet152_v1 (11.282e9); this form has 11.514e9.\n"
        "The printed top-5 error of 3.57 % is that of the paper's ensemble of 2015, not of 2014 and not of "
        "one network.",
    ),
    "resnet152_v1": Entry("resnet", "resnet", {"depth": 152, "stride_on": 1}, RESNET, 2015, note=NO_WEIGHTS),
    "resnet18": Entry(
        "resnet", "resnet", {"depth": 18}, RESNET, 2015,
        note=OPTION_B.format(a="resnet18_a") + "\n"
        "The printed 1.8e9 FLOPs are multiply-adds (1.814e9).",
    ),
    "resnet18_a": Entry("resnet", "resnet", {"depth": 18, "shortcut": "A"}, RESNET, 2015, note=NO_WEIGHTS),
    "resnet34": Entry(
        "resnet", "resnet", {"depth": 34}, RESNET, 2015,
        note=OPTION_B.format(a="resnet34_a") + "\n"
        "The printed 3.6e9 FLOPs are multiply-adds of resnet34_a (3.644e9); this form has 3.664e9.",
    ),
    "resnet34_a": Entry("resnet", "resnet", {"depth": 34, "shortcut": "A"}, RESNET, 2015, note=NO_WEIGHTS),
    "resnet50": Entry(
        "resnet", "resnet", {"depth": 50}, RESNET, 2015,
        note=ON_3X3.format(v1="resnet50_v1") + "\n"
        "The printed 3.8e9 FLOPs are multiply-adds of resnet50_v1 (3.858e9), cut off and not rounded; this "
        "form has 4.089e9.",
    ),
    "resnet50_v1": Entry(
        "resnet", "resnet", {"depth": 50, "stride_on": 1}, RESNET, 2015,
        note="The authors published weights of this form for Caffe.",
    ),
    "vgg11": Entry("vgg", "vgg", {"column": "A"}, VGG, 2014),
    "vgg11_bn": Entry("vgg", "vgg", {"column": "A", "bn": True}, VGG, 2014, note=BIASES),
    "vgg11_lrn": Entry("vgg", "vgg", {"column": "A-LRN"}, VGG, 2014, note=NO_WEIGHTS),
    "vgg13": Entry("vgg", "vgg", {"column": "B"}, VGG, 2014),
    "vgg13_bn": Entry("vgg", "vgg", {"column": "B", "bn": True}, VGG, 2014, note=BIASES),
    "vgg16": Entry(
        "vgg", "vgg", {"column": "D"}, VGG, 2014,
        note="The printed 138M parameters \"of VGG-19\" are those of this network (138,357,544).\n"
        "The 15,300M multiply-adds in MobileNet's comparison are those of the convolutions alone (15,346.6M; "
        "with the fully connected rows 15,470.3M).",
    ),
    "vgg16_bn": Entry("vgg", "vgg", {"column": "D", "bn": True}, VGG, 2014, note=BIASES),
    "vgg16_c": Entry("vgg", "vgg", {"column": "C"}, VGG, 2014, note=NO_WEIGHTS),
    "vgg16_c_bn": Entry("vgg", "vgg", {"column": "C", "bn": True}, VGG, 2014, note=NO_WEIGHTS),
    "vgg19": Entry(
        "vgg", "vgg", {"column": "E"}, VGG, 2014,
        note="The lectures print 138M parameters for it, which VGG-16 has; it has 143,667,240.\n"
        "The \"144 million\" on the Inception slide of lecture 002 are this network's.",
    ),
    "vgg19_bn": Entry("vgg", "vgg", {"column": "E", "bn": True}, VGG, 2014, note=BIASES),
}


def networks(pattern: str = "*", task: str | None = None) -> list[str]:
    """Names that match a shell pattern (``"resnet*"``), sorted; of one task, when it is given."""
    return [name for name, entry in ZOO.items() if fnmatchcase(name, pattern) and task in (None, entry.task)]


def entry(name: str) -> Entry:
    """What is known of the network of that name.  UserError for an unknown one."""
    if name not in ZOO:
        near = did_you_mean(name, ZOO)
        raise UserError(f"There is no network '{name}'.{near} `vzor list` shows all names.")
    return ZOO[name]


def table(name: str, **over: Any) -> Seq:
    """The network's table; ``classes=10`` and other options of its function replace their defaults.

    An option that is None is left at its default.  UserError for an unknown name or option, or a number of
    classes below 1.
    """
    found = entry(name)
    function = getattr(import_module(f"vzor.zoo.{found.module}"), found.function)
    given = {option: value for option, value in over.items() if value is not None}
    known = [option for option in signature(function).parameters if option not in found.args]
    for option in given:
        if option not in known:
            near = did_you_mean(option, known)
            raise UserError(f"Network {name} has no option '{option}'.{near} It has {', '.join(known)}.")
    if given.get("classes", 1) < 1:
        raise UserError(f"A network cannot have {given['classes']} classes; give 1 or more.")
    made: Seq = function(**found.args, **given)
    return made
