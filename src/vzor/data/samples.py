"""Samples, where their pixels are, and the data set they make up. Everything here can be pickled."""

from __future__ import annotations

import hashlib
import os
import struct
import zlib
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from vzor.data.decode import LIMIT, Unreadable, from_array
from vzor.data.pixels import open_image
from vzor.spec.errors import UserError

Sample = dict[str, Any]  # {"image": Pixels, "label": int, "id": str}
SPLITS = ("train", "val", "test")


class Pixels(Protocol):
    """Where a picture can be had when it is needed."""

    @property
    def name(self) -> str:
        """What messages call it."""

    def load(self, short: int | None = None) -> np.ndarray:
        """HWC uint8 or uint16. `short`: see `decode.decode`. Raises Unreadable."""

    def stamp(self) -> str:
        """A few characters that change when the content does, without decoding it."""


@dataclass(frozen=True)
class FilePixels:
    """A picture in a file of its own."""

    path: str
    limit: int = LIMIT

    @property
    def name(self) -> str:
        """The path."""
        return self.path

    def load(self, short: int | None = None) -> np.ndarray:
        """Decode the file."""
        return open_image(self.path, limit=self.limit, short=short)

    def stamp(self) -> str:
        """Its size in bytes (not its time: copying data elsewhere must not end a run)."""
        try:
            return str(os.stat(self.path).st_size)
        except OSError:
            return "missing"


@dataclass(frozen=True)
class ZipPixels:
    """A picture in a zip archive, read in place. The member's name is only a name: nothing is unpacked."""

    archive: str
    member: str
    offset: int  # of the member's local header
    packed: int  # bytes in the archive
    size: int  # bytes once inflated
    method: int  # 0 stored, 8 deflated
    crc: int
    limit: int = LIMIT

    @property
    def name(self) -> str:
        """archive.zip:member."""
        return f"{self.archive}:{self.member}"

    def load(self, short: int | None = None) -> np.ndarray:
        """Read the member's bytes and decode them."""
        try:
            return open_image(self.read(), limit=self.limit, short=short)
        except Unreadable as error:
            raise Unreadable(error.reason, self.name) from None

    def read(self) -> bytes:
        """The member's bytes. No open archive is kept: that would not survive fork, threads or pickling."""
        if self.size > 32 * self.limit + (1 << 20):
            raise Unreadable(f"it claims {self.size:,} bytes, more than a picture within the limit can have")
        try:
            with open(self.archive, "rb") as file:
                file.seek(self.offset)
                header = file.read(30)
                names = struct.unpack_from("<HH", header, 26)
                file.seek(sum(names), os.SEEK_CUR)
                raw = file.read(self.packed)
            if self.method == 8:
                raw = zlib.decompressobj(-15).decompress(raw, self.size + 1)
        except PermissionError:
            raise Unreadable("no permission to read the archive") from None
        except (OSError, struct.error, zlib.error) as error:
            raise Unreadable(f"the archive is damaged ({error})") from None
        if len(raw) != self.size or zlib.crc32(raw) != self.crc:
            raise Unreadable("the archive is damaged (checksum differs)")
        return raw

    def stamp(self) -> str:
        """The archive's own checksum of the member."""
        return f"{self.crc:08x}"


@dataclass(frozen=True)
class ArrayPixels:
    """A picture in an array of many, (N, H, W) or (N, H, W, C), held in memory."""

    array: np.ndarray
    index: int
    source: str = "array"

    @property
    def name(self) -> str:
        """source[index]."""
        return f"{self.source}[{self.index}]"

    def load(self, short: int | None = None) -> np.ndarray:
        """A view of its part of the array."""
        return from_array(self.array[self.index])

    def stamp(self) -> str:
        """A checksum of its values."""
        return f"{zlib.crc32(self.array[self.index].tobytes()):08x}"


@dataclass(frozen=True)
class Problem:
    """One picture (or csv row) that is left out, and why."""

    name: str
    reason: str
    split: str = ""

    def __str__(self) -> str:
        """name: reason."""
        return f"{self.name}: {self.reason}"


@dataclass
class Data:
    """What was found: samples of each split, the classes, and what the pictures are like.

    sizes: ((height, width) smallest, median, largest), each side by itself. mean, std: per channel over the
    training pictures, each counting the same, in units of full scale. given: the splits that were the
    source's own (the others were drawn from train by `seed`). info: {sample id: (height, width, channels)}.
    """

    root: str
    kind: str
    classes: list[str]
    train: list[Sample] = field(default_factory=list)
    val: list[Sample] = field(default_factory=list)
    test: list[Sample] = field(default_factory=list)
    channels: int = 3
    bits: int = 8
    sizes: tuple[tuple[int, int], ...] = ((0, 0), (0, 0), (0, 0))
    problems: list[Problem] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    given: tuple[str, ...] = ()
    mean: tuple[float, ...] = ()
    std: tuple[float, ...] = ()
    info: dict[str, tuple[int, int, int]] = field(default_factory=dict, repr=False)

    @property
    def splits(self) -> dict[str, list[Sample]]:
        """{"train": …, "val": …, "test": …}."""
        return {name: getattr(self, name) for name in SPLITS}

    @property
    def samples(self) -> list[Sample]:
        """All samples of all splits."""
        return [*self.train, *self.val, *self.test]

    @property
    def one_size(self) -> bool:
        """Whether every picture has the same height and width."""
        return self.sizes[0] == self.sizes[2] != (0, 0)

    def histogram(self) -> dict[str, dict[str, int]]:
        """{split: {class name: how many}}, classes in order, zeros too."""
        counts = {name: Counter(s["label"] for s in part) for name, part in self.splits.items()}
        return {name: {c: counts[name][i] for i, c in enumerate(self.classes)} for name in SPLITS}

    def fingerprint(self) -> str:
        """16 hex digits that change when samples, labels, splits, classes or contents change."""
        digest = hashlib.sha256(repr((self.kind, self.classes, self.channels, self.bits)).encode())
        for name, part in self.splits.items():
            digest.update(name.encode())
            for s in part:
                digest.update(f"{s['id']}\0{s['label']}\0{s['image'].stamp()}\n".encode())
        return digest.hexdigest()[:16]

    def require_trainable(self) -> None:
        """Raise UserError, one sentence with the remedy, where no classifier can be trained on this."""
        if not self.train:
            why = f": {self.problems[0]}" if self.problems else ""
            raise UserError(
                f"{self.root} has no readable training picture{why}. "
                "Put pictures into train/<class>/ or into one folder per class."
            )
        found = {s["label"] for s in self.train}
        if len(found) < 2:
            only = self.classes[found.pop()]
            raise UserError(
                f"{self.root} has training pictures of one class only ('{only}'): there is nothing "
                "to tell apart. Add pictures of at least one more class, in a folder of its own."
            )
        if not self.val:
            raise UserError(
                f"{self.root} has no pictures to validate on. "
                "Add some to val/<class>/, or ask for a share of train with val=0.2."
            )
