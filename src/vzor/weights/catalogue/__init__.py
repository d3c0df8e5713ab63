"""Published weights: where they lie, whose they are, how pictures are prepared for them.  Data, not code; no torch.

One CSV per publisher beside this file.  A set is called ``publisher/name``: ``torchvision/IMAGENET1K_V1``.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from vzor.spec.errors import UserError, did_you_mean
from vzor.spec.preprocess import Preprocess

PUBLISHERS = ("torchvision", "timm", "keras", "cadene", "caffe", "akamaster")
#: Classes that a set is for, and the file of their names beside this one.
CLASSES = {"imagenet": "imagenet.txt", "cifar10": "cifar10.txt"}


@dataclass(frozen=True)
class Published:
    """A published set of weights of one of our networks.

    network    our name of it
    publisher  whose names its tensors have (`vzor.weights.keys`)
    name       the publisher's name of the set
    file       what it is called in the folder of fetched files
    url        where it is; empty where only a folder or a page can be named, which is then in `page`
    hash       ``sha256:`` or ``md5:`` or ``sha1:`` and as many digits as the publisher gives; empty where none
    megabytes  its size, of 10^6 bytes; 0 where the publisher does not say
    licence    of the weights as the publisher states it
    top1, top5 per cent on ImageNet's validation pictures as the publisher states it; 0 where it does not
    classes    what its outputs mean, a key of CLASSES
    preprocess how a picture becomes its input
    note       what else to know
    """

    network: str
    publisher: str
    name: str
    url: str
    file: str
    hash: str
    megabytes: float
    licence: str
    top1: float
    top5: float
    classes: str
    preprocess: Preprocess
    note: str = ""

    @property
    def id(self) -> str:
        """``publisher/name``, by which it is asked for."""
        return f"{self.publisher}/{self.name}"

    @property
    def digest(self) -> tuple[str, str]:
        """(kind, hexadecimal digits) of the publisher's hash; empty where there is none."""
        kind, _, digits = self.hash.partition(":")
        return kind, digits


@cache
def catalogue() -> tuple[Published, ...]:
    """Every set, in the order of PUBLISHERS and their files."""
    return tuple(one for publisher in PUBLISHERS for one in _read(publisher))


def published(network: str) -> list[Published]:
    """The sets of one network, the most accurate first."""
    return sorted((one for one in catalogue() if one.network == network), key=lambda one: -one.top1)


def pick(network: str, wanted: str | None = None) -> Published:
    """The set that ``wanted`` means: ``"imagenet"``, the most accurate, or ``publisher/name``; None: the best of all.

    Raises UserError, naming what there is.
    """
    known = published(network)
    if not known:
        raise UserError(f"No published weights of {network} are known; train it, or give the path of a file.")
    if wanted is None:
        return known[0]
    for one in known:
        if wanted == one.id:
            return one
    named = [one for one in known if wanted in (one.name, one.publisher)] or [
        one for one in known if wanted == one.classes
    ]
    if not named:
        guess = did_you_mean(wanted, [*(one.id for one in known), *(one.name for one in known), *CLASSES])
        classes = ", ".join(dict.fromkeys(one.classes for one in known))
        raise UserError(
            f"There are no weights '{wanted}' of {network}.{guess} Take {classes} for the most accurate, one of those "
            f"that `vzor weights {network}` lists, or the path of a file."
        )
    return named[0]


@cache
def class_names(of: str) -> tuple[str, ...]:
    """The names of the classes of a set's outputs, in order."""
    text = files(__package__).joinpath(CLASSES[of]).read_text("utf-8")
    return tuple(line for line in text.splitlines() if line and not line.startswith("#"))


def _read(publisher: str) -> Iterator[Published]:
    text = files(__package__).joinpath(f"{publisher}.csv").read_text("utf-8")
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    for row in csv.DictReader(lines):
        yield Published(
            network=row["network"],
            publisher=publisher,
            name=row["name"],
            url=row["url"],
            file=_file(row["url"]),
            hash=row["hash"],
            megabytes=float(row["mb"] or 0),
            licence=row["licence"],
            top1=float(row["top1"] or 0),
            top5=float(row["top5"] or 0),
            classes=row["classes"],
            preprocess=_preprocess(row),
            note=row["note"],
        )


def _file(url: str) -> str:
    """The file's own name; of hub folders, whose files are all called alike, the folder's."""
    *_, folder, _, _, name = ["", "", "", *url.split("/")]
    return f"{folder}.safetensors" if name == "model.safetensors" else name


def _preprocess(row: dict[str, str]) -> Preprocess:
    size = int(row["size"])
    return Preprocess(
        size=(size, size),
        fit="stretch" if row["resize"] == "stretch" else "crop",
        crop_pct=1.0 if row["resize"] == "stretch" else size / int(row["resize"]),
        interpolation=row["interpolation"],
        mean=tuple(map(float, row["mean"].split())),
        std=tuple(map(float, row["std"].split())),
        order=row["order"],
    )
