"""From a file, bytes, a PIL image or an array to pixels in memory (HWC, uint8 or uint16). No torch."""

from __future__ import annotations

import io
import math
import os
import struct
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageFile

from vzor.spec.errors import UserError

LIMIT = 178_956_970  # pixels; twice the number at which Pillow itself begins to worry
# Formats that are only data. Others that Pillow knows start programs (EPS) or have no mark of their own.
FORMATS = ("PNG", "JPEG", "BMP", "GIF", "TIFF", "WEBP", "PPM", "JPEG2000", "AVIF")
SUFFIXES = frozenset(
    f".{s}"
    for s in (
        "png",
        "jpg",
        "jpeg",
        "jfif",
        "bmp",
        "gif",
        "tif",
        "tiff",
        "webp",
        "ppm",
        "pgm",
        "pbm",
        "pnm",
        "jp2",
        "avif",
        "npy",
    )
)
NPY_MAGIC = b"\x93NUMPY"
ORIENTATION = 0x0112
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_LOCK = threading.Lock()

Source = str | os.PathLike[str] | bytes | Image.Image | np.ndarray


class Unreadable(UserError):
    """A picture that cannot be used. `reason` is a short human phrase, `name` the file."""

    def __init__(self, reason: str, name: str = "the image") -> None:
        super().__init__(f"{name} cannot be read: {reason}. Remove it or put a readable image in its place.")
        self.reason = reason
        self.name = name

    def __reduce__(self) -> tuple[type[Unreadable], tuple[str, str]]:
        return (Unreadable, (self.reason, self.name))


def decode(source: Source, limit: int = LIMIT, short: int | None = None) -> np.ndarray:
    """Pixels of `source` as an HWC array, uint8 or uint16. Raises Unreadable.

    The header is read first: a picture of more than `limit` pixels is refused before anything is decoded.
    EXIF orientation is honoured. Transparency is composited onto white. Palettes, CMYK, YCbCr, LAB and HSV
    become RGB; two-level pictures 0 and 255. 16 bits per channel stay 16 (PNG and TIFF, grey, RGB and RGBA).
    32-bit integers must lie within 0..65535 and become 16-bit; floats within 0..1 are scaled to 16 bits,
    within 0..65535 rounded. Of an animation the first frame counts. `short`: a JPEG may be decoded at
    1/2, 1/4 or 1/8 of its size where its short side stays at or above this many pixels (up to 3x faster).
    """
    name = source_name(source)
    try:
        if isinstance(source, np.ndarray):
            return from_array(source, limit)
        if isinstance(source, Image.Image):
            check_size(*source.size, limit)
            return from_pil(source)
        raw = source if isinstance(source, bytes) else read_bytes(Path(source), limit)
        return from_bytes(raw, limit, short)
    except Unreadable as error:
        raise Unreadable(error.reason, name) from None


def source_name(source: Source) -> str:
    """What a message calls this picture."""
    if isinstance(source, str | os.PathLike):
        return os.fspath(source)
    return str(getattr(source, "filename", "") or "the image")


def read_bytes(path: Path, limit: int) -> bytes:
    """The file's bytes; a file that could only be refused is not read to its end."""
    try:
        size = path.stat().st_size
        if size == 0:
            raise Unreadable("the file is empty (0 bytes)")
        # 32 bytes a pixel is more than any format here stores; past that it is no picture within the limit.
        if size > 32 * limit + (1 << 20) and path.suffix.lower() != ".npy":
            raise Unreadable(f"the file has {size:,} bytes, more than a picture of {limit:,} pixels can have")
        return path.read_bytes()
    except FileNotFoundError:
        raise Unreadable("there is no such file") from None
    except PermissionError:
        raise Unreadable("no permission to read it") from None
    except IsADirectoryError:
        raise Unreadable("it is a folder, not a file") from None
    except OSError as error:
        raise Unreadable(f"the disk answers '{error.strerror or error}'") from None


def check_size(width: int, height: int, limit: int) -> None:
    """Refuse sizes that are empty or over the limit; called before any decoding."""
    if width < 1 or height < 1:
        raise Unreadable(f"it is {width}x{height} pixels")
    if width * height > limit:
        raise Unreadable(f"it claims {width}x{height} = {width * height:,} pixels, over the limit of {limit:,}")


def from_bytes(raw: bytes, limit: int, short: int | None) -> np.ndarray:
    """Decode an encoded picture or a .npy array held in memory."""
    if not raw:
        raise Unreadable("the file is empty (0 bytes)")
    if raw.startswith(NPY_MAGIC):
        return from_array(load_npy(raw), limit)
    try:
        image = open_header(raw, limit)
        check_size(*image.size, limit)
        deep = sixteen_bit_colour(image, raw, limit)
        if deep is not None:
            return deep
        if short is not None and image.format == "JPEG":
            shrink_while_decoding(image, short)
        with quiet() if image.width * image.height > (Image.MAX_IMAGE_PIXELS or limit) else nullcontext():
            image.load()
        return from_pil(image)
    except (Unreadable, MemoryError):
        raise
    except Exception as error:  # Pillow's readers raise OSError, SyntaxError, struct.error, ValueError, ...
        raise Unreadable(plain_reason(error)) from None


def plain_reason(error: Exception) -> str:
    """Pillow's complaint in words for people."""
    text = str(error)
    if "truncated" in text.lower() or isinstance(error, EOFError | struct.error):
        return "the file is truncated"
    return f"the file is damaged ({text.splitlines()[0].strip('. ') if text else type(error).__name__})"


def open_header(raw: bytes, limit: int) -> ImageFile.ImageFile:
    """A PIL image of which only the header was read.

    Image.open warns about big pictures through Python's process-wide warning filters, which threads cannot
    quieten safely; so its reader is called directly, and only the readers of GIF and TIFF, which warn by
    themselves, run under a lock with warnings off.
    """
    Image.preinit()
    known = [f for f in FORMATS if f in Image.OPEN]
    for names in (known, FORMATS):
        if names is FORMATS:
            Image.init()
        for name in names:
            if name not in Image.OPEN:
                continue
            factory, accept = Image.OPEN[name]
            if accept and not accept(raw[:16]):
                continue
            if name in ("GIF", "TIFF"):
                with quiet():
                    try:
                        return factory(io.BytesIO(raw), "")
                    except Image.DecompressionBombError:
                        raise Unreadable(f"it claims more pixels than the limit of {limit:,}") from None
            return factory(io.BytesIO(raw), "")
    printable = all(b in b"\t\n\r\f" or 32 <= b < 127 for b in raw[:64])
    raise Unreadable("it is text, not an image" if printable else "it is not an image of a known format")


@contextmanager
def quiet() -> Iterator[None]:
    """Pillow's warnings about big pictures off: ours is the limit that counts, and it was looked at before."""
    with _LOCK, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def shrink_while_decoding(image: Image.Image, short: int) -> None:
    """Let the JPEG decoder skip detail nobody will see; never below `short` on the short side."""
    width, height = image.size
    factor = min(width, height) / short
    if factor >= 2:
        # draft() picks a scale whose result is at least this large.
        image.draft(None, (math.ceil(width / factor), math.ceil(height / factor)))


def sixteen_bit_colour(image: ImageFile.ImageFile, raw: bytes, limit: int) -> np.ndarray | None:
    """uint16 HWC for RGB and RGBA with 16 bits per channel, which Pillow cuts to 8; None for all others.

    Pillow's unpacker takes one byte of each pair: the high one as told. Telling it the other byte order
    gives the low ones, so two passes give all 16 bits.
    """
    modes = {"RGB;16B": "RGB;16L", "RGB;16L": "RGB;16B", "RGBA;16B": "RGBA;16L", "RGBA;16L": "RGBA;16B"}
    if image.format not in ("PNG", "TIFF") or not image.tile:
        return None
    mode = next((m for m in modes if repr(m) in repr(image.tile[0][3])), None)
    if mode is None:
        return None
    other = open_header(raw, limit)
    other.tile = [t._replace(args=swapped(t.args, mode, modes[mode])) for t in other.tile]
    image.load()
    other.load()
    turn = TURNS.get(orientation(image))
    high, low = (np.asarray(i.transpose(turn) if turn is not None else i, np.uint16) for i in (image, other))
    pixels = (high << 8) | low
    return on_white(pixels) if pixels.shape[2] == 4 else pixels


def swapped(args: Any, old: str, new: str) -> Any:
    """A tile's arguments with the raw mode changed; they are a string or a tuple of several things."""
    return new if args == old else tuple(new if a == old else a for a in args)


def orientation(image: Image.Image) -> int:
    """EXIF orientation, 1..8; 1 where there is none or it is damaged.

    Read here from the bytes, for Pillow's own reader warns about damaged tags and reads them all.
    """
    if image.format == "TIFF":
        return int(image.tag_v2.get(ORIENTATION, 1) or 1)  # type: ignore[attr-defined]
    raw = image.info.get("exif")
    if not isinstance(raw, bytes):
        return 1
    raw = raw.removeprefix(b"Exif\0\0")
    order = {b"II": "<", b"MM": ">"}.get(raw[:2])
    if order is None or len(raw) < 10:
        return 1
    try:
        (start,) = struct.unpack_from(order + "I", raw, 4)
        (count,) = struct.unpack_from(order + "H", raw, start)
        for i in range(count):
            tag, _, _, value = struct.unpack_from(order + "HHIH", raw, start + 2 + 12 * i)
            if tag == ORIENTATION:
                return int(value)
    except struct.error:
        return 1
    return 1


def from_pil(image: Image.Image) -> np.ndarray:
    """A PIL image of any mode, upright, as HWC uint8 or uint16."""
    try:
        turn = TURNS.get(orientation(image))
        if turn is not None:
            image = image.transpose(turn)
        mode = image.mode
        if mode.startswith("I;16"):
            return np.asarray(image).astype(np.uint16)[:, :, None]
        if mode in ("I", "F"):
            return wide(np.asarray(image))[:, :, None]
        if mode in ("LA", "La", "RGBA", "RGBa", "PA") or "transparency" in image.info:
            grey = mode in ("1", "L", "LA", "La")
            return on_white(np.asarray(image.convert("RGBA")))[:, :, : 1 if grey else 3].copy()
        if mode in ("1", "L"):
            return np.array(image.convert("L"))[:, :, None]
        return np.array(image if mode == "RGB" else image.convert("RGB"))
    except (OSError, SyntaxError, ValueError, struct.error) as error:
        if isinstance(error, Unreadable):
            raise
        raise Unreadable(plain_reason(error)) from None


def on_white(pixels: np.ndarray) -> np.ndarray:
    """HWC with alpha last -> HWC without it, composited onto a white background."""
    full = np.iinfo(pixels.dtype).max
    colour, alpha = pixels[:, :, :-1].astype(np.uint64), pixels[:, :, -1:].astype(np.uint64)
    return ((colour * alpha + full * (full - alpha) + full // 2) // full).astype(pixels.dtype)


def wide(values: np.ndarray) -> np.ndarray:
    """32-bit integers or floats as uint16, where they fit."""
    if values.size and not (np.isfinite(values).all() and values.min() >= 0 and values.max() <= 65535):
        raise Unreadable("its values lie outside 0..65535")
    if values.dtype.kind == "f" and values.size and values.max() <= 1:
        values = values * 65535
    return np.rint(values).astype(np.uint16)


def load_npy(raw: bytes) -> np.ndarray:
    """A .npy array, whose header must agree with the bytes that are there; objects (pickle) are refused."""
    shape, dtype, start = npy_header(io.BytesIO(raw))
    if start + int(np.prod(shape, dtype=object)) * dtype.itemsize != len(raw):
        raise Unreadable("the file is truncated or its header is wrong")
    return np.load(io.BytesIO(raw), allow_pickle=False)


def npy_header(stream: Any) -> tuple[tuple[int, ...], np.dtype[Any], int]:
    """(shape, dtype, number of header bytes) of a .npy stream, without allocating its array."""
    try:
        version = np.lib.format.read_magic(stream)
        reader = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        shape, _, dtype = reader(stream)
    except Exception:  # besides its own ValueError, NumPy lets errors of Python's tokeniser through
        raise Unreadable("its .npy header is damaged") from None
    if dtype.hasobject:
        raise Unreadable("it holds Python objects (pickle), which are never opened")
    return shape, dtype, stream.tell()


def from_array(array: np.ndarray, limit: int = LIMIT) -> np.ndarray:
    """HW or HWC of any plain type -> HWC uint8 or uint16.

    bool becomes 0 and 255; floats within 0..1 are scaled to 8 bits; other integers must lie within
    0..255 (8 bits) or 0..65535 (16 bits).
    """
    if array.ndim not in (2, 3):
        raise Unreadable(f"an array of shape {array.shape} is no picture (height, width[, channels])")
    if array.size == 0:
        raise Unreadable(f"an array of shape {array.shape} has no pixels")
    check_size(array.shape[1], array.shape[0], limit)
    # Big-endian 16-bit arrays exist in files; everything after this line is native.
    array = array.astype(array.dtype.newbyteorder("="), copy=False)
    if array.dtype == bool:
        array = array.astype(np.uint8) * 255
    elif array.dtype.kind == "f":
        if not (np.isfinite(array).all() and array.min() >= 0 and array.max() <= 1):
            raise Unreadable("an array of floats must lie within 0..1")
        array = np.rint(array * 255).astype(np.uint8)
    elif array.dtype.kind not in "iu":
        raise Unreadable(f"an array of type {array.dtype} is no picture")
    elif array.dtype not in (np.uint8, np.uint16):
        if array.min() < 0 or array.max() > 65535:
            raise Unreadable("its values lie outside 0..65535")
        array = array.astype(np.uint8 if array.max() <= 255 else np.uint16)
    return array[:, :, None] if array.ndim == 2 else array
