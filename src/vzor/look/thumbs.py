"""Small pictures inside a page: data URIs that need no other file. Pillow, no torch."""

from __future__ import annotations

import base64
import io
from typing import Any

import numpy as np
from PIL import Image

from vzor.data.draw import to_rgb

SIDE = 160  # longest side of a thumbnail in pixels; shown at about half of it, so sharp on dense screens
TINY = 64  # up to this side a picture is kept pixel for pixel, and enlarged by the page without smoothing


def data_uri(picture: Image.Image, form: str = "PNG") -> str:
    """`data:image/png;base64,…`; the same picture gives the same text."""
    out = io.BytesIO()
    if form == "JPEG":
        picture.convert("RGB").save(out, "JPEG", quality=86, optimize=True)
    else:
        picture.save(out, "PNG", optimize=True)
    return f"data:image/{form.lower()};base64,{base64.b64encode(out.getvalue()).decode()}"


def thumbnail(image: np.ndarray | Image.Image) -> dict[str, Any]:
    """{"src", "width", "height", "tiny"} of a picture (HWC of any depth and channels, or PIL).

    Small ones stay as they are, losslessly; larger ones are shrunk to `SIDE` and kept as JPEG.
    """
    picture = image.convert("RGB") if isinstance(image, Image.Image) else to_rgb(image)
    tiny = max(picture.size) <= TINY
    if not tiny:
        picture.thumbnail((SIDE, SIDE), Image.Resampling.LANCZOS)
    src = data_uri(picture, "PNG" if tiny else "JPEG")
    return {"src": src, "width": picture.width, "height": picture.height, "tiny": tiny}
