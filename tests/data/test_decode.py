"""Decoding: modes, depths, orientation, and every way for a file to be bad."""

from __future__ import annotations

import io
import os
import pickle
import struct
import sys
import time
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from vzor.data.pixels import Unreadable, open_image
from vzor.spec.errors import UserError


def encoded(image: Image.Image, fmt: str = "PNG", **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, fmt, **options)
    return out.getvalue()


def png_chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def raw_png(pixels: np.ndarray, colour: int) -> bytes:
    """A PNG of big-endian uint16 pixels, written by hand: filter 0, one IDAT."""
    h, w = pixels.shape[:2]
    rows = b"".join(b"\0" + pixels[y].astype(">u2").tobytes() for y in range(h))
    return (
        b"\x89PNG\r\n\x1a\n"
        + png_chunk(b"IHDR", struct.pack(">IIBBBBB", w, h, 16, colour, 0, 0, 0))
        + png_chunk(b"IDAT", zlib.compress(rows))
        + png_chunk(b"IEND", b"")
    )


@pytest.mark.parametrize(
    ("mode", "colour", "expected"),
    [
        ("L", 100, [100]),
        ("1", 1, [255]),
        ("RGB", (10, 20, 30), [10, 20, 30]),
        ("LA", (100, 0), [255]),  # transparent: white shows
        ("LA", (100, 255), [100]),
        ("RGBA", (10, 20, 30, 255), [10, 20, 30]),
        ("RGBA", (0, 0, 0, 128), [127, 127, 127]),  # half black on white
        ("CMYK", (0, 255, 255, 0), [255, 0, 0]),
        ("YCbCr", (128, 128, 128), [128, 128, 128]),
        ("I", 40000, [40000]),
        ("I;16", 40000, [40000]),
        ("F", 0.5, [32768]),
        ("F", 300.4, [300]),
    ],
)
def test_every_mode_becomes_hwc(mode: str, colour: object, expected: list[int]) -> None:
    out = open_image(Image.new(mode, (5, 3), colour))
    assert out.shape == (3, 5, len(expected))
    assert out.dtype == (np.uint16 if mode[0] in "IF" else np.uint8)
    assert (out == expected).all()


def test_palette_with_and_without_transparency() -> None:
    image = Image.new("P", (4, 4), 1)
    image.putpalette([0, 0, 0, 200, 100, 50])
    assert open_image(encoded(image))[0, 0].tolist() == [200, 100, 50]
    assert open_image(encoded(image, transparency=1))[0, 0].tolist() == [255, 255, 255]
    assert open_image(encoded(image, "GIF", transparency=1))[0, 0].tolist() == [255, 255, 255]


def test_grey_transparency_stays_grey() -> None:
    assert open_image(encoded(Image.new("L", (4, 4), 7), transparency=7)).tolist() == np.full((4, 4, 1), 255).tolist()


@pytest.mark.parametrize(("channels", "colour"), [(3, 2), (4, 6), (1, 0)])
def test_sixteen_bit_png_keeps_all_bits(channels: int, colour: int) -> None:
    pixels = np.random.default_rng(0).integers(0, 65536, (6, 7, channels)).astype(np.uint16)
    if channels == 4:
        pixels[:, :, 3] = 65535
    out = open_image(raw_png(pixels, colour))
    assert out.dtype == np.uint16
    np.testing.assert_array_equal(out, pixels[:, :, : min(channels, 3)])


def test_sixteen_bit_grey_tiff_and_npy(tmp_path: Path) -> None:
    pixels = np.arange(20, dtype=np.uint16).reshape(4, 5) * 3000
    Image.fromarray(pixels).save(tmp_path / "a.tif")
    np.testing.assert_array_equal(open_image(tmp_path / "a.tif")[:, :, 0], pixels)
    np.save(tmp_path / "five.npy", np.zeros((4, 6, 5), ">u2"))
    out = open_image(tmp_path / "five.npy")
    assert (out.shape, out.dtype) == ((4, 6, 5), np.dtype(np.uint16))


@pytest.mark.parametrize("turn", range(1, 9))
@pytest.mark.parametrize("fmt", ["JPEG", "PNG", "TIFF"])
def test_exif_orientation(turn: int, fmt: str) -> None:
    # The upright picture is bright in its top left quarter and half-bright in its top right one.
    upright = np.zeros((16, 32), np.uint8)
    upright[:8, :16], upright[:8, 16:] = 240, 120
    back = {1: lambda a: a, 2: np.fliplr, 3: lambda a: np.rot90(a, 2), 4: np.flipud, 5: np.transpose,
            6: lambda a: np.rot90(a, 1), 7: lambda a: np.rot90(np.transpose(a), 2),
            8: lambda a: np.rot90(a, -1)}[turn]  # fmt: skip
    exif = Image.Exif()
    exif[0x0112] = turn
    stored = Image.fromarray(np.ascontiguousarray(back(upright)))
    out = open_image(encoded(stored, fmt, exif=exif))[:, :, 0]
    assert out.shape == (16, 32)
    assert abs(int(out[4, 8]) - 240) < 8 and abs(int(out[4, 24]) - 120) < 8 and out[12, 8] < 8


@pytest.mark.parametrize("shape", [(1, 9), (9, 1), (1, 1)])
def test_pictures_one_pixel_thin_are_legal(shape: tuple[int, int]) -> None:
    assert open_image(encoded(Image.new("RGB", shape[::-1]))).shape == (*shape, 3)


def test_bomb_is_refused_by_its_header(tmp_path: Path) -> None:
    header = struct.pack(">IIBBBBB", 19000, 19000, 8, 2, 0, 0, 0)  # 361 megapixels, 1.08 GB once decoded
    body = zlib.compress(b"\0" * 1_000_000)
    bomb = b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", header) + png_chunk(b"IDAT", body) + png_chunk(b"IEND", b"")
    (tmp_path / "bomb.png").write_bytes(bomb)
    began = time.perf_counter()
    with pytest.raises(Unreadable, match=r"19000x19000 = 361,000,000 pixels, over the limit of 178,956,970") as e:
        open_image(tmp_path / "bomb.png")
    assert time.perf_counter() - began < 1
    assert e.value.name == str(tmp_path / "bomb.png")


@pytest.mark.parametrize("fmt", ["PNG", "GIF", "TIFF", "JPEG"])
def test_pictures_between_pillows_warning_and_ours_open_quietly(fmt: str, monkeypatch: pytest.MonkeyPatch) -> None:
    raw = encoded(Image.new("L", (40, 40)), fmt)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1000)  # 1,600 pixels: Pillow would warn
    assert open_image(raw).shape[:2] == (40, 40)
    with pytest.raises(Unreadable, match="over the limit of 1,500"):
        open_image(raw, limit=1500)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (b"hello, this is a text file that somebody called .jpg\n", "text, not an image"),
        (bytes(range(256)), "not an image of a known format"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n" + b"\xff" * 40, "not an image of a known format"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 40, "damaged|truncated"),
        (b"\xff\xd8\xff\xe0" + b"\0" * 40, "damaged|truncated"),
        (b"\x93NUMPY garbage", "npy header"),
    ],
)
def test_bad_files_say_why(tmp_path: Path, content: bytes, reason: str) -> None:
    file = tmp_path / "x.jpg"
    file.write_bytes(content)
    with pytest.raises(Unreadable, match=reason) as e:
        open_image(file)
    assert isinstance(e.value, UserError)
    assert str(file) in str(e.value) and str(e.value).endswith("in its place.") and "\n" not in str(e.value)


@pytest.mark.parametrize("fmt", ["PNG", "JPEG", "GIF", "TIFF", "WEBP", "BMP"])
def test_truncated_files(fmt: str) -> None:
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 256, (64, 64, 3)).astype(np.uint8))
    raw = encoded(noise, fmt)
    assert open_image(raw).shape == (64, 64, 3)
    for cut in (len(raw) // 2, len(raw) // 4, 30):
        with pytest.raises(Unreadable):
            open_image(raw[:cut])


def test_missing_folder_and_permission(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match="no such file"):
        open_image(tmp_path / "none.png")
    with pytest.raises(Unreadable, match="folder"):
        open_image(tmp_path)


@pytest.mark.skipif(sys.platform == "win32", reason="modes are POSIX")
def test_no_permission(tmp_path: Path) -> None:
    file = tmp_path / "secret.png"
    file.write_bytes(encoded(Image.new("L", (2, 2))))
    file.chmod(0)
    root = os.geteuid() == 0
    if root:
        os.seteuid(65534)  # root may read everything
    try:
        with pytest.raises(Unreadable, match="no permission"):
            open_image(file)
    finally:
        if root:
            os.seteuid(0)


def test_pickled_arrays_are_refused(tmp_path: Path) -> None:
    np.save(tmp_path / "o.npy", np.array([{"a": 1}], object), allow_pickle=True)
    with pytest.raises(Unreadable, match="pickle"):
        open_image(tmp_path / "o.npy")


def test_npy_header_that_lies(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.zeros((4, 4), np.uint8))
    raw = (tmp_path / "a.npy").read_bytes().replace(b"(4, 4), ", b"(9999, 9999), "[:8])
    with pytest.raises(Unreadable):
        open_image(raw[:-1])


@pytest.mark.parametrize(
    ("array", "dtype", "first"),
    [
        (np.full((2, 2), True), np.uint8, 255),
        (np.full((2, 2), 0.5), np.uint8, 128),
        (np.full((2, 2), 200, np.int64), np.uint8, 200),
        (np.full((2, 2), 300, np.int64), np.uint16, 300),
    ],
)
def test_arrays(array: np.ndarray, dtype: type, first: int) -> None:
    out = open_image(array)
    assert out.dtype == dtype and out.shape == (2, 2, 1) and out[0, 0, 0] == first


@pytest.mark.parametrize(
    "array",
    [np.zeros(4, np.uint8), np.zeros((0, 4), np.uint8), np.full((2, 2), -1), np.full((2, 2), np.nan),
     np.full((2, 2), 1.5), np.full((2, 2), 70000)],
)  # fmt: skip
def test_arrays_that_are_no_pictures(array: np.ndarray) -> None:
    with pytest.raises(Unreadable):
        open_image(array)


def test_reduced_decoding_never_falls_below_what_was_asked() -> None:
    raw = encoded(Image.new("RGB", (401, 301), (200, 10, 10)), "JPEG")
    for short in (30, 37, 75, 76, 150, 151, 300):
        out = open_image(raw, short=short)
        assert min(out.shape[:2]) >= short
    assert open_image(raw, short=40).shape[0] < 100  # and really is reduced


def test_errors_survive_pickling() -> None:
    error = pickle.loads(pickle.dumps(Unreadable("it is empty", "a.png")))
    assert (error.reason, error.name) == ("it is empty", "a.png")
