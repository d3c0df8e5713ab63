"""Pictures that come as one array: IDX files (MNIST and kin), .npz, the embedded digits."""

from __future__ import annotations

import gzip
import re
import struct
import zipfile
import zlib
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from vzor.data.assemble import Entry, Found
from vzor.data.decode import Unreadable, npy_header
from vzor.data.rng import stratified
from vzor.data.samples import ArrayPixels
from vzor.spec.errors import UserError

FASHION = [
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
]
IDX_TYPES = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
IDX_NAME = re.compile(r"(?P<what>images|labels)[-.]idx(?P<rank>[134])[-.]u?byte(\.gz)?$", re.IGNORECASE)
DEFLATE = 1032  # the most that gzip can shrink anything by
WRITERS = 360  # the last images of the digits, by writers of their own


def entries_of(split: str, images: np.ndarray, labels: list[str], source: str) -> list[Entry]:
    """One entry per picture of an array."""
    return [Entry(split, label, f"{source}[{i}]", ArrayPixels(images, i, source)) for i, label in enumerate(labels)]


# --- IDX ------------------------------------------------------------------------------------------


def read_idx(path: Path) -> np.ndarray:
    """An IDX file, gzipped or not. Its header must agree with its size before anything is allocated."""

    def bad(why: str) -> UserError:
        return UserError(f"{path} is not a sound IDX file ({why}): download or copy it again.")

    try:
        packed = path.stat().st_size
        with open(path, "rb") as raw:
            zipped = raw.read(2) == b"\x1f\x8b"
            raw.seek(0)
            stream: Any = gzip.GzipFile(fileobj=raw) if zipped else raw
            return idx_array(stream, packed * (DEFLATE if zipped else 1), bad)
    except (EOFError, zlib.error, gzip.BadGzipFile):
        raise bad("its gzip stream is damaged or cut short") from None
    except PermissionError:
        raise UserError(f"There is no permission to read {path}: change its mode, or copy it.") from None


def idx_array(stream: BinaryIO, most: int, bad: Any) -> np.ndarray:
    """The array of an opened IDX stream that can hold at most `most` bytes."""
    head = stream.read(4)
    if len(head) < 4 or head[:2] != b"\0\0" or head[2] not in IDX_TYPES or not 1 <= head[3] <= 4:
        raise bad("its first four bytes are not IDX's mark")
    dtype, rank = np.dtype(IDX_TYPES[head[2]]), head[3]
    dims = stream.read(4 * rank)
    if len(dims) < 4 * rank:
        raise bad("its header is cut short")
    shape = struct.unpack(f">{rank}I", dims)
    size = dtype.itemsize
    for n in shape:
        size *= n
    if size + 4 + 4 * rank > most:
        raise bad(f"its header claims {size:,} bytes, more than the file can hold")
    body = stream.read(size)
    if len(body) != size or stream.read(1):
        there = "fewer" if len(body) < size else "more"
        raise bad(f"its header claims {size:,} bytes of data, and there are {there}")
    return np.frombuffer(body, dtype).reshape(shape).astype(dtype.newbyteorder("="), copy=False)


def idx_files(folder: Path) -> list[Path]:
    """The image files of the usual names in a folder (train-images-idx3-ubyte[.gz] and kin)."""
    found = [p for p in sorted(folder.iterdir()) if (m := IDX_NAME.search(p.name)) and m["what"].lower() == "images"]
    # Both the gzipped and the plain file may be there: one is enough.
    return [p for p in found if p.suffix != ".gz" or p.with_suffix("") not in found]


def labels_beside(images: Path) -> Path:
    """The labels file that belongs to an images file."""
    stem = re.sub("images", "labels", re.sub(r"idx[34]", "idx1", images.name))
    plain = stem.removesuffix(".gz")
    for name in (stem, plain, plain + ".gz"):
        if (images.parent / name).is_file():
            return images.parent / name
    raise UserError(f"{images} has no labels beside it: put {stem} into the same folder.")


def read_idx_set(path: Path) -> Found:
    """The four files of a folder, or one images file with its labels. t10k (or test) is kept as test."""
    files = idx_files(path) if path.is_dir() else [path]
    found = Found(str(path), "idx")
    numbers: set[int] = set()
    parts = []
    for file in files:
        images, labels = read_idx(file), read_idx(labels_beside(file))
        if images.ndim < 3 or images.dtype != np.uint8:
            raise UserError(
                f"{file} holds {images.dtype} of shape {images.shape}, not 8-bit pictures: "
                "give a file of unsigned bytes, (n, height, width)."
            )
        if len(images) != len(labels) or labels.ndim != 1:
            raise UserError(
                f"{file} has {len(images)} pictures and its labels file {len(labels)} labels: "
                "the two do not belong together; give a matching pair."
            )
        if file.name.startswith("emnist"):  # EMNIST stores its pictures column by column
            images = np.ascontiguousarray(images.swapaxes(1, 2))
        split = "test" if re.search("t10k|test", file.name) else "val" if "val" in file.name else "train"
        parts.append((split if path.is_dir() else "", images, labels, file.name.removesuffix(".gz")))
        numbers |= set(labels.tolist())
    fashion = any("fashion" in p.lower() for p in (path.name, path.parent.name, path.parent.parent.name))
    names = FASHION if fashion and numbers <= set(range(10)) else [str(n) for n in range(10)]
    if not numbers <= set(range(10)):
        names = [str(n) for n in range(max(numbers) + 1) if n in numbers]
    by_number = dict(enumerate(names)) if numbers <= set(range(10)) else {int(n): n for n in names}
    for split, images, labels, source in parts:
        found.entries += entries_of(split, images, [by_number[n] for n in labels.tolist()], source)
    found.classes, found.ordered = names, True
    return found


# --- .npz -----------------------------------------------------------------------------------------

IMAGES, LABELS = ("x", "images", "image", "data"), ("y", "labels", "label", "targets", "target")
NPZ_SPLITS = {"": "", "train": "train", "val": "val", "valid": "val", "validation": "val", "test": "test"}


def read_npz(path: Path) -> Found:
    """x and y (also images/data, labels/targets; with _train, _val, _test or train_… where split).

    Pictures are (n, H, W), (n, H, W, C) or (n, C, H, W); labels numbers or strings; an optional `classes`
    names the numbers. Pickled objects are refused.
    """
    arrays = load_npz(path)
    found = Found(str(path), "npz")
    names = arrays.get("classes", arrays.get("class_names"))
    if names is not None:
        found.classes, found.ordered = [str(n) for n in names.ravel()], True
    numeric: set[int] = set()
    for image_key, label_key, split in pairs(path, arrays):
        images, labels = channels_last(path, image_key, arrays[image_key]), arrays[label_key]
        labels = labels.reshape(len(labels), -1)
        if labels.shape != (len(images), 1):
            raise UserError(
                f"{path} has {len(images)} pictures in '{image_key}' and labels of shape "
                f"{arrays[label_key].shape} in '{label_key}': give one label per picture."
            )
        flat = labels[:, 0]
        texts = [str(v) for v in flat.tolist()]
        if flat.dtype.kind in "iub":
            numeric |= {int(v) for v in flat.tolist()}
            texts = [name_for(path, int(v), found.classes if found.ordered else None) for v in flat.tolist()]
        found.entries += entries_of(split, images, texts, f"{path.name}:{image_key}")
    return found


def name_for(path: Path, number: int, names: list[str] | None) -> str:
    """A label's class name."""
    if names is None:
        return str(number)
    if not 0 <= number < len(names):
        raise UserError(
            f"{path} has label {number} and only {len(names)} names in 'classes': "
            "give a name for every label, or leave 'classes' out."
        )
    return names[number]


def pairs(path: Path, arrays: dict[str, np.ndarray]) -> list[tuple[str, str, str]]:
    """(image key, label key, split) of every split that is there."""
    lower = {k.lower(): k for k in arrays}
    out = []
    for suffix, split in NPZ_SPLITS.items():

        def find(bases: tuple[str, ...], suffix: str = suffix) -> str | None:
            names = [n for b in bases for n in ((f"{b}_{suffix}", f"{suffix}_{b}") if suffix else (b,))]
            return next((lower[n] for n in names if n in lower), None)

        image, label = find(IMAGES), find(LABELS)
        if image and label:
            out.append((image, label, split))
        elif image:
            raise UserError(
                f"{path} has pictures in '{image}' but no labels for them: add an array "
                f"'{'y_' + suffix if suffix else 'y'}' with one label per picture."
            )
    if not out:
        raise UserError(
            f"{path} has the arrays {', '.join(sorted(arrays)) or '(none)'}: pictures are looked for "
            "in 'x' and labels in 'y' (or x_train, y_train, x_test, y_test); rename them."
        )
    return out


def load_npz(path: Path) -> dict[str, np.ndarray]:
    """The arrays of an .npz whose headers agree with their sizes; never with pickle."""
    try:
        with zipfile.ZipFile(path) as archive:
            for info in archive.infolist():
                with archive.open(info) as stream:
                    shape, dtype, start = npy_header(stream)
                size = start + int(np.prod(shape, dtype=object)) * dtype.itemsize
                if size != info.file_size or size > info.compress_size * DEFLATE:
                    raise Unreadable(f"the header of '{info.filename}' does not agree with its size")
        with np.load(path, allow_pickle=False) as loaded:
            return {key: loaded[key] for key in loaded.files}
    except Unreadable as error:
        raise UserError(
            f"{path} cannot be read: {error.reason}. Save it again with numpy.savez and plain arrays."
        ) from None
    except PermissionError:
        raise UserError(f"There is no permission to read {path}: change its mode, or copy it.") from None
    except (zipfile.BadZipFile, ValueError, EOFError, OSError, zlib.error) as error:
        raise UserError(f"{path} is not a sound .npz file ({error}): save it again with numpy.savez.") from None


def channels_last(path: Path, key: str, images: np.ndarray) -> np.ndarray:
    """(n, H, W[, C]) pictures, 8- or 16-bit; (n, C, H, W) with 1, 3 or 4 channels is turned round."""
    if images.ndim not in (3, 4) or 0 in images.shape:
        raise UserError(
            f"{path} has an array of shape {images.shape} in '{key}', not pictures: "
            "give (n, height, width) or (n, height, width, channels)."
        )
    if images.ndim == 4 and images.shape[1] in (1, 3, 4) and images.shape[3] not in (1, 3, 4):
        images = images.transpose(0, 2, 3, 1)
    if images.dtype == np.float64 or images.dtype == np.float32:
        if not (np.isfinite(images).all() and images.min() >= 0):
            raise UserError(f"{path} has negative or endless values in '{key}': give 0..1, 0..255 or 0..65535.")
        top = images.max()
        images = np.rint(images * 255 if top <= 1 else images)
    if images.dtype == bool:
        images = images * np.uint8(255)
    if images.dtype not in (np.uint8, np.uint16):
        if images.min() < 0 or images.max() > 65535:
            raise UserError(f"{path} has values outside 0..65535 in '{key}': give 8- or 16-bit pictures.")
        images = images.astype(np.uint8 if images.max() <= 255 else np.uint16)
    return np.ascontiguousarray(images)


# --- digits ---------------------------------------------------------------------------------------


def read_digits(variant: str, seed: int, val: float, test: float | None) -> Found:
    """scikit-learn's 1,797 handwritten digits (UCI optdigits, test part), 8x8, values 0..16 scaled to 0..255.

    "digits": a stratified, seeded split of all images, 60/20/20 as it stands. "digits:writers": the test set
    is the file's last 360 images, by writers who appear nowhere else in it; train and val come from the
    first 1,437. The second is the harder and the more honest number.
    """
    from sklearn.datasets import load_digits

    bunch = load_digits()
    images = np.rint(bunch.images * 255 / 16).astype(np.uint8)
    labels = [str(n) for n in bunch.target.tolist()]
    entries = entries_of("", images, labels, "digits")
    if variant == "writers":
        cut = len(entries) - WRITERS
        entries = [Entry("test" if i >= cut else "train", e.label, e.id, e.image) for i, e in enumerate(entries)]
        share = val * len(entries) / cut  # of all images, as in the other split
        where = stratified(bunch.target[:cut], {"val": share}, seed)
        for i in where["val"]:
            entries[i] = Entry("val", entries[i].label, entries[i].id, entries[i].image)
    else:
        where = stratified(bunch.target, {"val": val, "test": 0.2 if test is None else test}, seed)
        for split, places in where.items():
            for i in places:
                entries[i] = Entry(split, entries[i].label, entries[i].id, entries[i].image)
    name = "digits:writers" if variant == "writers" else "digits"
    return Found(name, name, entries, [str(n) for n in range(10)], ordered=True)
