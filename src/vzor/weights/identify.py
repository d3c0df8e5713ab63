"""Which of our networks a file of weights fits, and whose names its tensors have.

First by the number of numbers, which needs no network built; what is left is built without memory, and every name and
shape is compared.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache

from vzor.measure.held import Held, held
from vzor.spec.errors import UserError
from vzor.spec.row import Shape
from vzor.spec.trace import trace
from vzor.weights.catalogue import Published, catalogue, published
from vzor.weights.formats import WeightsFile, darknet
from vzor.weights.keys.rules import COUNTER, Keys
from vzor.weights.keys.turns import WITH_BACKGROUND
from vzor.weights.load import candidates, numbers
from vzor.zoo.index import ZOO, table

#: Why a network stands where it does among those that fit, from the first to the last.
SAYS, IS_PUBLISHED, UNDER_THESE, ALIKE, BY_COUNT = (
    "the file says so",
    "a file of this name and hash is published for it",
    "its weights are published under these names",
    "it has tensors of the same names and shapes",
    "it has as many numbers, and the file has no names",
)
REASONS = (SAYS, IS_PUBLISHED, UNDER_THESE, ALIKE, BY_COUNT)


@dataclass(frozen=True)
class Fit:
    """A network of ours that a file fits.

    network     our name of it
    publishers  whose names the tensors have (`vzor.weights.keys`); ``vzor``: ours; empty: they have none
    classes     outputs that the file is for; 0 where they are no vector
    why         why it stands where it does among several, one of REASONS
    """

    network: str
    publishers: tuple[str, ...]
    classes: int
    why: str


def identify(file: WeightsFile, said: Sequence[str] = (), known: Sequence[Published] = ()) -> list[Fit]:
    """Every network of ours that the file fits whole, the likeliest first; [] where none does.

    said   names of networks that the file's own words give
    known  the sets of the catalogue that it is (see `known_as`)
    """
    said = [*said, *(value for label, value in file.facts if label == "network")]
    fits: list[Fit] = []
    for network in ZOO:
        keeps = held(table(network))
        fits += _named(file, network, keeps) if file.publisher != "darknet" else _counted(file, network, keeps)
    of_sets = [one.network for one in known]
    fits = [replace(fit, why=_why(fit, said, of_sets)) for fit in fits]
    return sorted(fits, key=lambda fit: REASONS.index(fit.why))


def known_as(file: WeightsFile) -> list[Published]:
    """The sets of the catalogue that a file is, by its name and its hash; [] for one that has neither."""
    from vzor.weights.download import agrees

    digests: dict[tuple[str, str], bool] = {}
    found = []
    for one in catalogue():
        if one.file == file.path.name and one.hash:
            if one.digest not in digests:
                digests[one.digest] = agrees(file.path, one.digest)
            found += [one] if digests[one.digest] else []
    return found


def _why(fit: Fit, said: Sequence[str], of_sets: Sequence[str]) -> str:
    if fit.network in said:
        return SAYS
    if fit.network in of_sets:
        return IS_PUBLISHED
    if {one.publisher for one in published(fit.network)} & set(fit.publishers):
        return UNDER_THESE
    return fit.why


def _counted(file: WeightsFile, network: str, held: Held) -> list[Fit]:
    """A file without names: by the numbers that Darknet would keep of the network."""
    if file.count != held.main:
        return []
    try:
        darknet.named(file, trace(table(network)))
    except UserError:
        return []
    return [Fit(network, (), held.classes, BY_COUNT)]


def _named(file: WeightsFile, network: str, held: Held) -> Iterator[Fit]:
    """A network under the names of everyone whose the file's may be."""
    found: dict[int, list[str]] = {}
    for keys in _forms(file, network):
        background = any(turn is WITH_BACKGROUND for _, turn in keys.turns)  # an output more than classes
        for outputs in _outputs(_numbers(file, keys), held):
            classes = max(outputs - background, 0)
            if agrees(keys, _shapes(network, classes), file):
                found.setdefault(classes, []).append(keys.publisher)
    for classes, names in found.items():
        yield Fit(network, tuple(names), classes, ALIKE)


def _forms(file: WeightsFile, network: str) -> list[Keys]:
    """Whose names the file's may be; [] where it is a publisher's who does not have the network."""
    try:
        return candidates(file, network)
    except UserError:
        return []


def _numbers(file: WeightsFile, keys: Keys) -> set[int]:
    """How many numbers the file holds of a network: all, or without what the publisher's have besides."""
    every = numbers(file)
    found = {every}
    if keys.unused:
        found.add(every - sum(held.count for name, held in file.stored.items() if re.search(keys.unused, name)))
    if keys.folded and keys.folded[1] in file.stored:
        found.add(every - file.stored[keys.folded[1]].count)
    return found


def _outputs(counts: set[int], held: Held) -> set[int]:
    """Outputs (0: no vector) with which a network keeps as many numbers, with and without what is beside it."""
    found = set()
    for count in counts:
        for whole, each in ((held.main, held.each), (held.main + held.side, held.each + held.each_side)):
            more, odd = divmod(count - whole, each)
            if not odd and (not more or (held.classes and held.classes + more > 0)):
                found.add(held.classes + more)
    return found


@cache
def _shapes(network: str, classes: int) -> Mapping[str, Shape]:
    """Names and shapes of a network's tensors."""
    import torch

    from vzor.nn.build import build

    with torch.device("meta"):
        state = build(table(network, classes=classes or None), init=None).state_dict()
    return {name: tuple(value.shape) for name, value in state.items()}


def agrees(keys: Keys, shapes: Mapping[str, Shape], file: WeightsFile) -> bool:
    """Whether every tensor of a network is in the file with its name and shape, and nothing besides."""
    if any(keys.odd(shapes, file.stored)):
        return False
    held = keys.of_today(file.stored)
    return all(
        file.stored[held[theirs]].shape == keys.turn(ours).shape(shapes[ours])
        for ours, theirs in keys.names(shapes).items()
        if theirs in held and not ours.endswith(COUNTER)
    )
