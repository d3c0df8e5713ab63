"""What can be predicted on: files, folders, patterns, pictures in memory, data sets.  No torch."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from glob import glob, has_magic
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from vzor.data.assemble import assemble, natural
from vzor.data.folders import hidden, is_image
from vzor.data.named import NAMES, SETS, plain
from vzor.data.pixels import open_image
from vzor.data.read import find
from vzor.data.samples import LIMIT, ArrayPixels, Data, FilePixels, Pixels
from vzor.spec.errors import UserError, did_you_mean

SET_SUFFIXES = (".zip", ".csv", ".tsv", ".npz")


@dataclass(frozen=True)
class HeldPixels:
    """A PIL image, or an encoded picture's bytes, in memory; decoded when it is needed."""

    image: Image.Image | bytes = field(repr=False)
    name: str

    def load(self, short: int | None = None) -> np.ndarray:
        """Its pixels, HWC."""
        return open_image(self.image)

    def stamp(self) -> str:
        """Its size; nothing is decoded."""
        return str(len(self.image)) if isinstance(self.image, bytes) else "x".join(map(str, self.image.size))


@dataclass(frozen=True)
class Item:
    """One picture to predict on: what to call it, where its pixels are, and its truth where that is known."""

    name: str
    pixels: Pixels
    sample: dict[str, Any] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class Shares:
    """How a data set without splits of its own is split: give what it was trained with, or its test part differs."""

    seed: int = 0
    val: float = 0.2
    test: float | None = None


AS_EVER = Shares()


def gather(
    source: Any,
    channels: int | None = None,
    *,
    classes: Sequence[str] = (),
    shares: Shares = AS_EVER,
    limit: int = LIMIT,
) -> list[Item]:
    """The pictures of a source, in natural order; none is decoded yet.

    source    an image file; a folder (searched with all its sub-folders); a pattern such as ``"in/**/*.png"``; a
              PIL image; bytes; an array, HW, HWC, NHW or NHWC; a data set (``digits``, .npz, .zip, .csv, IDX
              files, a ``Data``), of which the test split counts where it has one, else everything; or a list
              of these
    channels  of the network, which settles what an array of three axes means: the last axis is the channels'
              where it has 1, 3, 4 or this many places
    classes   of the network: a data set's labels travel along where its class list is the same
    limit     pixels of the largest picture that is opened

    Raises UserError, one sentence, where there is no picture.
    """
    items = list(_Finder(channels, list(classes), shares, limit).items(source))
    if not items:
        raise UserError(
            f"There are no pictures in {_called(source)}; give an image file, a folder of them, or an array."
        )
    return items


@dataclass(frozen=True)
class _Finder:
    channels: int | None
    classes: list[str]
    shares: Shares
    limit: int

    def items(self, source: Any) -> Iterator[Item]:
        if isinstance(source, str | os.PathLike):
            yield from self.path(os.fspath(source))
        elif isinstance(source, Image.Image | bytes):
            name = str(getattr(source, "filename", "") or "image")
            yield Item(name, HeldPixels(source, name))
        elif isinstance(source, np.ndarray):
            yield from self.array(source)
        elif isinstance(source, Data):
            yield from self.data(source)
        elif isinstance(source, dict) and "image" in source:
            yield Item(str(source.get("id") or source["image"].name), source["image"], dict(source))
        elif isinstance(source, Iterable) and not hasattr(source, "detach"):
            yield from self.several(list(source))
        else:
            hint = " Give tensor.numpy() with the channels last." if hasattr(source, "detach") else ""
            raise UserError(
                f"{type(source).__name__} cannot be predicted on: give a path, a PIL image, an array, or a"
                f" list of these.{hint}"
            )

    def several(self, sources: Sequence[Any]) -> Iterator[Item]:
        for number, source in enumerate(sources):
            for item in self.items(source):
                # Pictures without names of their own are told apart by their place in the list.
                nameless = item.name == "image" or item.name.startswith("array")
                yield Item(f"{item.name}[{number}]", item.pixels) if nameless else item

    def path(self, source: str) -> Iterator[Item]:
        path = Path(source).expanduser()
        if path.is_dir():
            yield from self.folder(path)
        elif path.is_file():
            yield from self.data(self.read(source)) if _is_set(path) else [self.file(path)]
        elif has_magic(source):
            found = sorted(glob(str(path), recursive=True), key=natural)
            if not found:
                raise UserError(
                    f"No file matches the pattern {source}; check it, and put it in quotes on a command line."
                )
            # "**" gives folders too; what is in them it gives by itself.
            files = [
                name for name in found if os.path.isfile(name) and (is_image(name) or "*" not in Path(source).name)
            ]
            for name in files or found:
                yield from self.path(name)
        elif source.lower() in NAMES or plain(source) in SETS:
            yield from self.data(self.read(source))
        else:
            around = [str(p) for p in path.parent.iterdir()] if path.parent.is_dir() else []
            raise UserError(
                f"There is no file, folder or named set '{source}'."
                f"{did_you_mean(source, [*NAMES, *around])} Give a path that exists."
            )

    def folder(self, path: Path) -> Iterator[Item]:
        try:
            idx = any(_is_idx(entry) for entry in path.iterdir())
        except PermissionError:
            raise UserError(f"There is no permission to list {path}: change its mode, or copy it.") from None
        if idx:
            yield from self.data(self.read(str(path)))
        else:
            yield from map(self.file, _walk(path))

    def file(self, path: Path) -> Item:
        return Item(str(path), FilePixels(str(path), self.limit))

    def array(self, array: np.ndarray) -> Iterator[Item]:
        likely = (1, 3, 4, self.channels)
        if array.ndim not in (2, 3, 4):
            raise UserError(
                f"An array of shape {array.shape} holds no pictures: give (height, width), (height, width,"
                " channels), or several of them along a first axis."
            )
        if array.ndim == 4 and array.shape[3] not in likely and array.shape[1] in likely:
            raise UserError(
                f"An array of shape {array.shape} seems to have its channels first: give array.transpose(0, 2, 3, 1)."
            )
        one = array.ndim == 2 or (array.ndim == 3 and array.shape[2] in likely)
        pictures = array[None] if one else array
        for i in range(len(pictures)):
            yield Item("array" if one else f"array[{i}]", ArrayPixels(pictures, i))

    def read(self, source: str) -> Data:
        """A data set without its scan: pictures that cannot be read show when their turn comes."""
        s = self.shares
        return assemble(find(source, s.seed, s.val, s.test, self.limit), s.seed, s.val, s.test, None)

    def data(self, data: Data) -> Iterator[Item]:
        same = list(data.classes) == self.classes
        for sample in data.test or data.samples:
            kept = dict(sample) if same else {"image": sample["image"], "id": sample["id"]}
            yield Item(str(sample["id"]), sample["image"], kept)


def _is_idx(path: Path) -> bool:
    return "idx" in path.name and "ubyte" in path.name


def _is_set(path: Path) -> bool:
    return path.suffix.lower() in SET_SUFFIXES or _is_idx(path)


def _walk(folder: Path) -> list[Path]:
    """All pictures below a folder, "2.png" before "10.png"; real folders once, hidden ones never."""
    found: list[Path] = []
    seen: set[str] = set()
    for here, below, names in os.walk(folder, followlinks=True):
        real = os.path.realpath(here)
        below[:] = [] if real in seen else [name for name in below if not hidden(name)]
        if real not in seen:
            seen.add(real)
            found += [Path(here, name) for name in names if is_image(name) and not hidden(name)]
    return sorted(found, key=lambda p: natural(str(p)))


def _called(source: Any) -> str:
    return os.fspath(source) if isinstance(source, str | os.PathLike) else f"the {type(source).__name__} given"
