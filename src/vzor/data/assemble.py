"""From what a reader found to a `Data`: class numbers, splits, and warnings about both."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import numpy as np

from vzor.data.rng import stratified
from vzor.data.samples import SPLITS, Data, Pixels, Problem, Sample
from vzor.spec.errors import UserError, did_you_mean

NAMED = 5  # how many names a message lists before "and n more"


@dataclass(frozen=True)
class Entry:
    """One picture as a reader found it. split "" stands for a source without splits."""

    split: str
    label: str
    id: str
    image: Pixels


@dataclass
class Found:
    """What a reader found. `classes`: every class name known, also of empty classes; in the source's own
    order where `ordered`, else they are sorted as people count ("2" before "10")."""

    root: str
    kind: str
    entries: list[Entry] = field(default_factory=list)
    classes: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    ordered: bool = False


def natural(name: str) -> list[tuple[int, int, str]]:
    """Sort key under which "2" comes before "10" and "img9" before "img10"."""
    parts = re.split(r"([0-9]+)", name.casefold())
    return [(0, int(p), "") if p.isdigit() and p.isascii() else (1, 0, p) for p in parts if p]


def listed(names: list[str]) -> str:
    """'a', 'b' and 3 more."""
    shown = ", ".join(f"'{n}'" for n in names[:NAMED])
    return f"{shown} and {len(names) - NAMED} more" if len(names) > NAMED else shown


def assemble(found: Found, seed: int, val: float, test: float | None, classes: list[str] | None) -> Data:
    """Number the classes, draw the splits that the source lacks, warn of what looks wrong.

    The class list is the union over all splits: a class that only val or test has stays visible (in the
    confusion matrix, too) instead of vanishing quietly; a warning names it. With `classes` given, that is
    the list and the order, and pictures of other classes are left out with a warning.
    """
    for name, share in (("val", val), ("test", test or 0.0)):
        if not 0 <= share < 1:
            raise UserError(f"{name}={share} is no share of the pictures: give a number from 0 to below 1.")
    if val + (test or 0) >= 1:
        raise UserError(f"val={val} and test={test} leave nothing to train on: make their sum smaller than 1.")
    if not found.entries and not found.problems:
        raise UserError(f"{found.root} holds no pictures: put them into one folder per class.")
    names = known_classes(found)
    warnings = list(found.warnings)
    if classes is not None:
        names = chosen(list(classes), names, found, warnings)
    parts = divide(found.entries, names, seed, val, test)
    given = tuple(s for s in SPLITS if any(e.split == s for e in found.entries))
    data = Data(
        found.root,
        found.kind,
        names,
        parts["train"],
        parts["val"],
        parts["test"],
        problems=list(found.problems),
        warnings=warnings,
        given=given,
    )
    warn_of_classes(data)
    return data


def known_classes(found: Found) -> list[str]:
    """Every class name once, in order."""
    names = list(dict.fromkeys([*found.classes, *(e.label for e in found.entries)]))
    return names if found.ordered else sorted(names, key=lambda n: (natural(n), n))


def chosen(wanted: list[str], names: list[str], found: Found, warnings: list[str]) -> list[str]:
    """The caller's class list, checked against the data's."""
    if len(set(wanted)) != len(wanted):
        raise UserError("classes names one class twice: give every class once.")
    missing = [w for w in wanted if w not in names]
    if len(missing) == len(wanted):
        raise UserError(
            f"{found.root} has none of the classes {listed(wanted)}."
            f"{did_you_mean(wanted[0], names) if wanted else ''} Its classes are {listed(names)}."
        )
    for name in missing:
        warnings.append(
            f"Class '{name}' has no pictures in {found.root}."
            f"{did_you_mean(name, [n for n in names if n not in wanted])}"
        )
    left = [n for n in names if n not in wanted]
    if left:
        count = sum(e.label in set(left) for e in found.entries)
        warnings.append(f"{count} pictures of {listed(left)} are left out: not among the classes asked for.")
    return wanted


def divide(
    entries: list[Entry], names: list[str], seed: int, val: float, test: float | None
) -> dict[str, list[Sample]]:
    """{split: samples}. Splits of the source's own stay; missing ones are drawn from train, class by class.

    Drawn before unreadable pictures are known, so that one bad file does not move the others about.
    """
    number = {name: i for i, name in enumerate(names)}
    parts: dict[str, list[Sample]] = {s: [] for s in SPLITS}
    for e in entries:
        if e.label in number:
            parts[e.split or "train"].append({"image": e.image, "label": number[e.label], "id": e.id})
    fractions = {}
    if not parts["val"] and val > 0:
        fractions["val"] = val
    if not parts["test"] and test:
        fractions["test"] = test
    if fractions and parts["train"]:
        pool = parts["train"]
        where = stratified(np.array([s["label"] for s in pool]), fractions, seed)
        parts |= {name: [pool[i] for i in places] for name, places in where.items()}
    return parts


def warn_of_classes(data: Data) -> None:
    """One class, empty classes, classes that differ between splits."""
    histogram = data.histogram()
    total = {c: sum(histogram[s][c] for s in SPLITS) for c in data.classes}
    present = [c for c in data.classes if total[c]]
    empty = [c for c in data.classes if not total[c]]
    said = " ".join(data.warnings)
    empty = [c for c in empty if f"Class '{c}' has no pictures" not in said]
    if empty:
        data.warnings.append(
            f"No pictures for {plural(len(empty), 'class', 'classes')} {listed(empty)}: "
            "add some, or remove the empty folder."
        )
    if len(present) == 1:
        data.warnings.append(
            f"There is only one class with pictures ('{present[0]}'): nothing can be told apart "
            "until another class is added."
        )
    for split in data.given:
        if split == "train" or "train" not in data.given:
            continue
        only = [c for c in present if histogram[split][c] and not histogram["train"][c]]
        lacks = [c for c in present if not histogram[split][c] and histogram["train"][c]]
        if only:
            data.warnings.append(
                f"{plural(len(only), 'Class', 'Classes')} {listed(only)} of {split} "
                "cannot be learned, for train has no such pictures: add some to train."
            )
        if lacks:
            data.warnings.append(
                f"{plural(len(lacks), 'Class', 'Classes')} {listed(lacks)} of train cannot be "
                f"checked, for {split} has no such pictures: add some to {split}."
            )


def plural(n: int, one: str, more: str) -> str:
    """`one` for 1, else `more`."""
    return one if n == 1 else more
