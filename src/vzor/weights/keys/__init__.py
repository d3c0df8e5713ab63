"""Names of published tensors: one file per family (named as in the zoo), rules for every publisher in it."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec

from vzor.spec.errors import UserError
from vzor.weights.keys.rules import Keys, to_ours, to_theirs
from vzor.zoo.index import entry

__all__ = ["Keys", "find", "publishers", "to_ours", "to_theirs"]


def publishers(network: str) -> dict[str, Keys]:
    """The publishers that have a network's weights, with their names; empty where nobody has them."""
    family = f"{__name__}.{entry(network).module}"
    if find_spec(family) is None:
        return {}
    found: dict[str, Keys] = {}
    for keys in import_module(family).KEYS:
        if keys.covers(network):
            found.setdefault(keys.publisher, keys)
    return found


def find(network: str, publisher: str) -> Keys:
    """How ``publisher`` names the tensors of ``network``.  UserError where it does not have them."""
    known = publishers(network)
    if publisher not in known:
        has = f"those of {', '.join(known)} are" if known else "nobody's are"
        raise UserError(f"The names of {publisher} are not known for {network}; {has}.")
    return known[publisher]
