"""An image with what the classifier said under it, as bars. Pillow only."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from vzor.tasks.classify.result import Classification

BAR, SIDE = 18, 224  # height of a caption bar and least side of the picture, in pixels
RIGHT, WRONG, PLAIN = (46, 139, 87), (200, 60, 50), (70, 110, 180)


def draw(sample: Mapping[str, Any], result: Classification | None = None, bars: int = 3) -> Image.Image:
    """The sample's image (H, W, C; 8 or 16 bits; 1, 3 or n channels) over bars of the best classes.

    With a true label in the sample the bars are green for it and red for a wrong first answer. Without a
    result, the image alone.
    """
    image = _picture(sample["image"])
    best = result.top(bars) if result is not None else []
    sheet = Image.new("RGB", (image.width, image.height + BAR * len(best)), "white")
    sheet.paste(image, (0, 0))
    pen, font = ImageDraw.Draw(sheet), ImageFont.load_default()
    truth = sample.get("label")
    name = result.names[truth] if result is not None and truth is not None and truth >= 0 else None
    for i, (label, share) in enumerate(best):
        top = image.height + i * BAR
        colour = PLAIN if name is None else RIGHT if label == name else WRONG if i == 0 else PLAIN
        pen.rectangle((0, top, round(share * image.width), top + BAR - 2), fill=_pale(colour))
        pen.text((4, top + 2), f"{100 * share:3.0f}% {_fit(label, image.width)}", fill="black", font=font)
    return sheet


def _picture(image: Any) -> Image.Image:
    """As 8-bit RGB; small images are enlarged by a whole factor, without smoothing."""
    array = np.asarray(image.load() if hasattr(image, "load") else image)
    if array.dtype == np.uint16:
        array = (array >> 8).astype(np.uint8)
    array = array[..., :3] if array.shape[-1] >= 3 else np.repeat(array[..., :1], 3, axis=-1)
    picture = Image.fromarray(np.ascontiguousarray(array, dtype=np.uint8))
    times = max(1, SIDE // max(picture.size))
    return picture.resize((picture.width * times, picture.height * times), Image.Resampling.NEAREST)


def _fit(label: str, width: int) -> str:
    room = max(4, (width - 40) // 6)
    return label if len(label) <= room else label[: room - 1] + "…"


def _pale(colour: tuple[int, int, int]) -> tuple[int, ...]:
    return tuple(round(255 - (255 - c) * 0.6) for c in colour)
