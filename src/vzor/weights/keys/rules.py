"""From our names of tensors to a publisher's, and back: ordered rules, and every tensor on both sides accounted for.

A family's rules rename every name of ours, in order.  The way back is the same list read the other way, which is
only possible where no two of ours become one: that is checked whenever rules are applied, and so is every shape.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TypeVar

import torch
from torch import Tensor

from vzor.spec.errors import UserError
from vzor.spec.row import Shape, text
from vzor.weights.formats.file import Tensors
from vzor.weights.keys.turns import SAME, Turn

#: A regular expression and what replaces it: a template (``r"\1.bn"``) or a function of the match.
Rule = tuple[str, str | Callable[[re.Match[str]], str]]
T = TypeVar("T")
#: Steps that a batch normalisation has seen; files from before torch 0.4.1, and those of others, do not have it.
COUNTER = "num_batches_tracked"
SHOWN = 3


@dataclass(frozen=True)
class Keys:
    """How one publisher names and lays out the tensors of a family of networks.

    publisher  torchvision, timm, keras, …
    networks   our names, as shell patterns, of the networks that it publishes in this form
    rules      each in turn renames every tensor of ours
    turns      (regular expression of our name, change of layout), the first that matches; none: laid out as ours
    counted    regular expression of our rows that it numbers in the order of the table: what matches becomes #0,
               #1, … of the distinct matches before the rules are applied
    counters   whether its networks count the steps of batch normalisation, as torch's do
    unused     regular expression of its tensors that our network does not need either
    lacks      regular expression of our tensors that it does not publish: they stay as they are
    folded     (our running mean, its bias): a bias before a normalisation, which ours has not; the mean takes it
    old        rules from the names in its older files to those of today
    called     (our name of a network, its own), where these differ
    """

    publisher: str
    networks: tuple[str, ...]
    rules: tuple[Rule, ...] = ()
    turns: tuple[tuple[str, Turn], ...] = ()
    counted: str | None = None
    counters: bool = True
    unused: str | None = None
    lacks: str | None = None
    folded: tuple[str, str] | None = None
    old: tuple[Rule, ...] = ()
    called: tuple[tuple[str, str], ...] = ()

    def covers(self, network: str) -> bool:
        """Whether a network of ours is published in this form."""
        return any(fnmatchcase(network, pattern) for pattern in self.networks)

    def renamed(self, name: str) -> str:
        """The publisher's name of our tensor ``name``, in which rows that it numbers are numbers already."""
        return _renamed(name, self.rules)

    def numbered(self, ours: Iterable[str]) -> dict[str, str]:
        """{ours: ours with what ``counted`` matches as its number}; ``ours`` in the order of the table."""
        numbers: dict[str, int] = {}

        def number(match: re.Match[str]) -> str:
            return f"#{numbers.setdefault(match[0], len(numbers))}"

        return {name: re.sub(self.counted, number, name) if self.counted else name for name in ours}

    def has(self, name: str) -> bool:
        """Whether it publishes our tensor ``name``."""
        if self.lacks and re.search(self.lacks, name):
            return False
        return self.counters or not name.endswith(COUNTER)

    def names(self, ours: Iterable[str]) -> dict[str, str]:
        """{ours: theirs}, one to one.  AssertionError where two of ours would become one: rules that are wrong.

        ours  every name of the network, in the order of its table
        """
        found = {name: self.renamed(number) for name, number in self.numbered(ours).items() if self.has(name)}
        assert len(set(found.values())) == len(found), f"rules of {self.publisher} are not one to one: {_twice(found)}"
        return found

    def turn(self, name: str) -> Turn:
        """How our tensor ``name`` is laid out there."""
        return next((turn for pattern, turn in self.turns if re.search(pattern, name)), SAME)

    def of_today(self, theirs: Iterable[str]) -> dict[str, str]:
        """{today's name: the name in the file}.  UserError where two names in a file are one tensor's."""
        names = list(theirs)
        found = {_renamed(name, self.old): name for name in names}
        if len(found) < len(names):
            raise UserError(f"The file has one tensor of {self.publisher}'s under an old and a new name; remove one.")
        return found

    def odd(self, ours: Iterable[str], theirs: Iterable[str], left: Iterable[str] = ()) -> tuple[list[str], list[str]]:
        """Their names that a file with the names ``theirs`` lacks, and those in it that our network has no use for.

        left  names of ours that it may lack
        """
        names, held, may_lack = self.names(ours), self.of_today(theirs), set(left)
        missing = [name for mine, name in names.items() if name not in held and not _may_lack(mine, may_lack)]
        known = set(names.values())
        if self.folded:
            known.add(self.folded[1])
            missing += [] if self.folded[1] in held else [self.folded[1]]
        extra = [name for name in held if name not in known and not (self.unused and re.search(self.unused, name))]
        return missing, extra

    def name_of(self, network: str) -> str:
        """What the publisher calls our network."""
        return dict(self.called).get(network, network)


def to_theirs(keys: Keys, state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Our tensors under the publisher's names, in its layout."""
    found = {theirs: keys.turn(ours).there(state[ours]) for ours, theirs in keys.names(state).items()}
    if keys.folded and keys.folded[0] in state:
        mean, bias = keys.folded
        found[bias] = torch.zeros_like(state[mean])
    return found


def to_ours(
    keys: Keys, ours: Mapping[str, Shape], theirs: Mapping[str, Tensor], left: Iterable[str] = ()
) -> dict[str, Tensor]:
    """The publisher's tensors under our names, in our layout.

    ours   the names and shapes of the network that is to get them
    left   names of ours that are to stay as they are; theirs may be missing or of another shape

    Counters of batch normalisation that the file leaves out, and what it does not publish, are left out.  Raises
    UserError, naming tensors, where one has no partner or another shape.
    """
    left = set(left)
    missing, extra = keys.odd(ours, theirs, left)
    if missing or extra:
        raise UserError(
            f"These are not the weights of this network as {keys.publisher} names them: {_said(missing, extra)}; take "
            "weights of it."
        )
    held = keys.of_today(theirs)
    found: dict[str, Tensor] = {}
    for mine, name in keys.names(ours).items():
        if mine in left or name not in held:
            continue
        turn, shape = keys.turn(mine), tuple(ours[mine])
        there = theirs.shape(held[name]) if isinstance(theirs, Tensors) else tuple(theirs[held[name]].shape)
        if there != turn.shape(shape):
            has, wants = text(there) or "one number", text(turn.shape(shape)) or "one number"
            raise UserError(f"Tensor {name} has the shape {has} where this network needs {wants}; take weights of it.")
        rows = theirs.large(held[name]) if isinstance(theirs, Tensors) else None
        if rows is not None and turn.in_parts is not None:
            found[mine] = turn.in_parts(rows, shape)
        else:
            found[mine] = turn.back(theirs[held[name]], shape)  # read one by one
    if keys.folded and keys.folded[0] in found:
        mean, bias = keys.folded
        found[mean] = found[mean] - theirs[held[bias]]
    return found


def _renamed(name: str, rules: Iterable[Rule]) -> str:
    for pattern, replacement in rules:
        name = re.sub(pattern, replacement, name)
    return name


def _may_lack(name: str, left: set[str]) -> bool:
    return name.endswith(COUNTER) or name in left


def _said(missing: list[str], extra: list[str]) -> str:
    parts = []
    for one, many, names in (("is missing", "are missing", missing), ("has no place", "have no place", extra)):
        if names:
            more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
            parts.append(f"{', '.join(sorted(names)[:SHOWN])}{more} {one if len(names) == 1 else many}")
    return "; ".join(parts)


def _twice(names: Mapping[str, str]) -> list[str]:
    return sorted({name for name in names.values() if list(names.values()).count(name) > 1})[:SHOWN]
