"""Pictures of data: contact sheets and class histograms. Pillow and NumPy, no torch."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from vzor.data.fields import Field

INK, FAINT, PAPER = (30, 30, 30), (120, 120, 120), (255, 255, 255)
COLOURS = {"train": (66, 111, 176), "val": (221, 148, 66), "test": (104, 159, 96)}
Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


@lru_cache(maxsize=16)
def font(size: int) -> Font:
    """A scalable font of `size` pixels: matplotlib's DejaVu Sans (with Cyrillic and Greek), or Pillow's own.

    The file is found without importing matplotlib.
    """
    spec = importlib.util.find_spec("matplotlib")
    if spec and spec.origin:
        path = Path(spec.origin).parent / "mpl-data" / "fonts" / "ttf" / "DejaVuSans.ttf"
        if path.is_file():
            return ImageFont.truetype(str(path), size)
    return ImageFont.load_default(size)


def to_rgb(image: np.ndarray) -> Image.Image:
    """HWC of any depth and number of channels as a picture for eyes.

    16 bits and floats are stretched from their least to their greatest value; of more than 3 channels the
    first 3 are shown, of 2 the first.
    """
    if image.dtype != np.uint8:
        low, high = float(image.min()), float(image.max())
        image = np.rint((image.astype(np.float64) - low) * (255 / max(high - low, 1e-12))).astype(np.uint8)
    if image.shape[2] >= 3:
        return Image.fromarray(np.ascontiguousarray(image[:, :, :3]))
    return Image.fromarray(np.ascontiguousarray(image[:, :, 0])).convert("RGB")


def caption_text(sample: Mapping[str, Any], fields: Mapping[str, Field], classes: Sequence[str] = ()) -> str:
    """The words of all fields of a sample, for under its picture."""
    words = (field.caption(sample[name], classes) for name, field in fields.items() if name in sample)
    return ", ".join(w for w in words if w)


def fitted_text(text: str, width: int, size: int) -> str:
    """The text, cut with … where it is wider than `width` pixels."""
    if font(size).getlength(text) <= width:
        return text
    while text and font(size).getlength(text + "…") > width:
        text = text[:-1]
    return text + "…"


def contact_sheet(
    images: Sequence[np.ndarray],
    captions: Sequence[str] = (),
    *,
    columns: int = 8,
    cell: int = 112,
    title: str = "",
) -> Image.Image:
    """Pictures (HWC) in a grid of `cell` pixels each, captions below. Small ones grow by whole factors.

    An empty list gives a sheet that says so.
    """
    size = max(9, cell // 9)
    columns = max(1, min(columns, len(images)))
    line, gap, head = size + 6, 6, (size + 14 if title else 0)
    rows = -(-len(images) // columns)
    width = columns * (cell + gap) + gap
    if not images:
        title, head, width = title or "no pictures", size + 14, max(width, 2 * cell)
    width = max(width, int(font(size + 2).getlength(title)) + 2 * gap if title else 0)
    sheet = Image.new("RGB", (width, head + rows * (cell + line + gap) + gap), PAPER)
    pen = ImageDraw.Draw(sheet)
    if title:
        pen.text((gap, 4), title, INK, font(size + 2))
    for i, image in enumerate(images):
        left, top = gap + i % columns * (cell + gap), head + gap + i // columns * (cell + line + gap)
        small = to_rgb(image)
        scale = cell / max(small.size)
        if scale >= 1:  # pixels stay square and sharp
            scale = max(1, int(scale))
        shape = (max(1, round(small.width * scale)), max(1, round(small.height * scale)))
        small = small.resize(shape, Image.Resampling.NEAREST if scale >= 1 else Image.Resampling.BILINEAR)
        sheet.paste(small, (left + (cell - small.width) // 2, top + (cell - small.height) // 2))
        if i < len(captions) and captions[i]:
            text = fitted_text(captions[i], cell, size)
            pen.text((left + (cell - font(size).getlength(text)) / 2, top + cell + 2), text, INK, font(size))
    return sheet


def histogram(counts: Mapping[str, Mapping[str, int]], *, width: int = 720, most: int = 60) -> Image.Image:
    """{split: {class: n}} as bars, one row per class, one colour per split that has pictures.

    Of more than `most` classes the first are shown, and a line says how many are not.
    """
    splits = [s for s in counts if any(counts[s].values())]
    classes = list(dict.fromkeys(c for s in counts for c in counts[s]))
    shown = classes[:most]
    top = max((counts[s].get(c, 0) for s in splits for c in shown), default=0) or 1
    size, bar = 12, 9
    row = max(len(splits), 1) * bar + 10
    left = int(min(width * 0.35, max((font(size).getlength(c) for c in shown), default=0) + 16))
    height = 30 + row * len(shown) + (22 if len(shown) < len(classes) else 6)
    picture = Image.new("RGB", (width, height), PAPER)
    pen = ImageDraw.Draw(picture)
    x = 8.0
    for s in splits:
        pen.rectangle((x, 9, x + 10, 19), COLOURS.get(s, FAINT))
        label = f"{s} {sum(counts[s].values())}"
        pen.text((x + 15, 6), label, INK, font(size))
        x += 35 + font(size).getlength(label)
    room = width - left - 60
    for i, c in enumerate(shown):
        y = 30 + i * row
        pen.text((8, y + (row - 10 - size) / 2 - 1), fitted_text(c, left - 12, size), INK, font(size))
        for k, s in enumerate(splits):
            n = counts[s].get(c, 0)
            length = round(room * n / top)
            if n:
                pen.rectangle((left, y + k * bar, left + max(1, length), y + (k + 1) * bar - 2), COLOURS.get(s, FAINT))
            pen.text((left + length + 5, y + k * bar - 3), str(n), FAINT, font(size - 2))
    if len(shown) < len(classes):
        pen.text((8, height - 20), f"and {len(classes) - len(shown)} more classes", FAINT, font(size))
    return picture
