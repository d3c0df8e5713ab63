"""`vzor data`: what was found in a data set."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vzor.cli.command import Json, Seed, Source
from vzor.cli.screen import columns, emit, progress, remark, say, writing
from vzor.spec.errors import UserError

if TYPE_CHECKING:
    from vzor.data.samples import Data, Sample

#: Pictures on a contact sheet.
SHEET = 48
PICTURES = (".png", ".jpg", ".webp")


def run(
    data: Source,
    sheet: Annotated[
        Path | None, typer.Option(metavar="FILE", help=f"Write {SHEET} pictures, classes in turn, as one: sheet.png.")
    ] = None,
    val: Annotated[float, typer.Option(metavar="SHARE", help="Drawn for validation where the data have none.")] = 0.2,
    test: Annotated[float | None, typer.Option(metavar="SHARE", help="Drawn for the test, likewise.")] = None,
    classes: Annotated[str | None, typer.Option(metavar="A,B,…", help="Keep to these classes, in this order.")] = None,
    seed: Seed = 0,
    json: Json = False,
) -> None:
    """Show what was found in a data set: bad files with reasons, classes, splits, sizes, warnings.

    Every picture is opened once. Nothing is written into the folder.
    """
    from vzor.data.read import read

    if sheet is not None and sheet.suffix.lower() not in PICTURES:
        raise UserError(f"{sheet} is no name of a picture; end it in {' or '.join(PICTURES)}.")
    with progress("reading") as watch:
        found = read(data, seed=seed, val=val, test=test, classes=names(classes), progress=watch)
    if json:
        emit(facts(found))
    else:
        report(found)
    if sheet is not None:
        write_sheet(found, sheet, seed)


def names(words: str | None) -> list[str] | None:
    """``["cat", "dog"]`` for "cat,dog"."""
    return None if words is None else [word.strip() for word in words.split(",") if word.strip()]


def facts(data: Data) -> dict[str, Any]:
    """All of it, for machines."""
    return {
        "root": data.root,
        "kind": data.kind,
        "classes": data.classes,
        "pictures": {split: len(samples) for split, samples in data.splits.items()},
        "given": list(data.given),
        "histogram": data.histogram(),
        "sizes": dict(zip(("smallest", "median", "largest"), data.sizes, strict=True)),
        "channels": data.channels,
        "bits": data.bits,
        "mean": list(data.mean),
        "std": list(data.std),
        "problems": [{"name": p.name, "reason": p.reason, "split": p.split} for p in data.problems],
        "warnings": data.warnings,
        "fingerprint": data.fingerprint(),
    }


def report(data: Data) -> None:
    """The same for people: what, how much, which classes, what is wrong."""
    splits = {split: samples for split, samples in data.splits.items() if samples}
    low, middle, high = ("×".join(map(str, size)) for size in data.sizes)
    sizes = low if low == high else f"{low} to {high}, median {middle}"
    colour = {1: "grey", 3: "colour"}.get(data.channels, f"{data.channels} channels")
    say(f"{data.root}: {data.kind}, {len(data.classes)} classes")
    for split, samples in splits.items():
        say(f"  {split:<6} {len(samples):>7,} pictures{'' if split in data.given else ', drawn by the seed'}")
    say(f"  pictures are {colour}, {data.bits} bits, {sizes} (height×width)")
    say()
    counts = data.histogram()
    most = max((n for split in splits for n in counts[split].values()), default=1) or 1
    rows = [
        [name, *(f"{counts[split][name]:,}" for split in splits), bar(counts["train"][name], most)]
        for name in data.classes
    ]
    columns(["class", *splits, ""], rows, "l" + "r" * len(splits))
    if data.problems:
        say()
        say(f"Left out, {len(data.problems)}:")
        for problem in data.problems:
            say(f"  {problem}")
    if data.warnings:
        say()
        for warning in data.warnings:
            say(f"warning: {warning}")


def bar(count: int, most: int) -> str:
    """A bar of up to 24 cells; any count above 0 is seen."""
    return "█" * max(round(24 * count / most), count > 0)


def write_sheet(data: Data, path: Path, seed: int) -> None:
    """Pictures of all classes in turn, drawn by the seed."""
    from vzor.data.draw import contact_sheet

    chosen = in_turn(data, seed)
    images = [sample["image"].load() for sample in chosen]
    captions = [data.classes[sample["label"]] for sample in chosen]
    with writing(path):
        contact_sheet(images, captions, title=f"{data.root}: {len(data.samples):,} pictures").save(path)
    remark(f"Written: {path}")


def in_turn(data: Data, seed: int) -> list[Sample]:
    """Up to SHEET samples: one of each class, then a second of each, and so on."""
    import numpy as np

    samples = data.train or data.samples
    ranks: dict[int, int] = {}
    ranked = []
    for place in np.random.default_rng(seed).permutation(len(samples)):
        label = samples[place]["label"]
        ranks[label] = ranks.get(label, 0) + 1
        ranked.append((ranks[label], label, int(place)))
    return [samples[place] for *_, place in sorted(ranked)[:SHEET]]
