"""Pixels in memory and the one evaluation preprocessing: Pillow and NumPy, no torch.

Evaluation, prediction and every exported engine go through `prepare`; training batches are normalised on
the device by `loader.to_input`, by the same formula. Arrays are HWC, uint8 or uint16; inputs CHW float32.
"""

from __future__ import annotations

import numpy as np
from PIL import Image

from vzor.data.decode import LIMIT, SUFFIXES, Source, Unreadable, decode
from vzor.spec.errors import UserError
from vzor.spec.preprocess import Preprocess

__all__ = [
    "LIMIT",
    "SUFFIXES",
    "Unreadable",
    "fit_image",
    "full_scale",
    "normalise",
    "open_image",
    "prepare",
    "resize",
    "scale_and_shift",
    "to_channels",
]

FILTERS = {
    "nearest": Image.Resampling.NEAREST,
    "bilinear": Image.Resampling.BILINEAR,
    "bicubic": Image.Resampling.BICUBIC,
}


def open_image(source: Source, channels: int | None = None, limit: int = LIMIT, short: int | None = None) -> np.ndarray:
    """A path, encoded bytes, a PIL image or an array -> HWC uint8 or uint16.

    Transparent pictures are composited onto white; EXIF orientation is honoured; 16 bits stay 16; .npy
    files may have any number of channels. `channels`: 1 from 3 by ITU-R 601 luma, 3 from 1 by repetition.
    `limit`: pictures of more pixels are refused by their header, undecoded. `short`: see `decode.decode`.

    Raises Unreadable (a UserError) with a short reason; UserError where the channels cannot be converted.
    """
    image = decode(source, limit, short)
    return image if channels is None else to_channels(image, channels)


def to_channels(image: np.ndarray, channels: int) -> np.ndarray:
    """HWC with the wanted number of channels: 1 <-> 3, and nothing else. Raises UserError."""
    have = image.shape[2]
    if have == channels:
        return image
    if have == 1 and channels == 3:
        return np.repeat(image, 3, axis=2)
    if have == 3 and channels == 1:
        # Pillow's fixed-point form of 0.299 R + 0.587 G + 0.114 B; 2^16 * 65535 still fits 32 bits.
        r, g, b = (image[:, :, i].astype(np.uint32) for i in range(3))
        return ((r * 19595 + g * 38470 + b * 7471 + 0x8000) >> 16).astype(image.dtype)[:, :, None]
    raise UserError(
        f"A picture of {have} channels cannot become one of {channels}: "
        f"use a network for {have} channels, or convert the pictures first."
    )


def full_scale(image: np.ndarray) -> float:
    """The largest value the array's type holds: 255 or 65535; 1 for floats."""
    return float(np.iinfo(image.dtype).max) if image.dtype.kind == "u" else 1.0


def resize(image: np.ndarray, size: tuple[int, int], interpolation: str = "bilinear") -> np.ndarray:
    """HWC to (height, width), antialiased by Pillow's filters; type and channels stay."""
    height, width = size
    if image.shape[:2] == (height, width):
        return image
    method = FILTERS[interpolation]
    if image.dtype == np.uint8 and image.shape[2] in (1, 3):
        source = Image.fromarray(image[:, :, 0] if image.shape[2] == 1 else np.ascontiguousarray(image))
        out = np.asarray(source.resize((width, height), method))
        return out[:, :, None] if out.ndim == 2 else out
    planes = [
        np.asarray(Image.fromarray(image[:, :, c].astype(np.float32)).resize((width, height), method))
        for c in range(image.shape[2])
    ]
    out = np.stack(planes, axis=2)
    if image.dtype.kind == "f":
        return out
    return np.clip(np.rint(out), 0, full_scale(image)).astype(image.dtype)  # bicubic overshoots


def fit_image(image: np.ndarray, pre: Preprocess) -> np.ndarray:
    """Geometry only: HWC of any size -> HWC of `pre.size`, as `pre.fit` says (see Preprocess)."""
    height, width = image.shape[:2]
    goal_h, goal_w = pre.size
    if (height, width) == (goal_h, goal_w) and pre.fit != "crop":
        return image
    if pre.fit == "stretch":
        return resize(image, pre.size, pre.interpolation)
    if pre.fit == "pad":
        scale = min(goal_h / height, goal_w / width, 1.0)
        inner = (min(goal_h, max(1, round(height * scale))), min(goal_w, max(1, round(width * scale))))
        out = np.zeros((goal_h, goal_w, image.shape[2]), image.dtype)
        top, left = (goal_h - inner[0]) // 2, (goal_w - inner[1]) // 2
        out[top : top + inner[0], left : left + inner[1]] = resize(image, inner, pre.interpolation)
        return out
    return centre(resize(image, covering(image.shape[:2], pre), pre.interpolation), pre.size)


def covering(size: tuple[int, ...], pre: Preprocess) -> tuple[int, int]:
    """(height, width) after the "crop" fit's resize: it just covers size / crop_pct.

    For square inputs this is torchvision's Resize: short side exact, long side cut to a whole number.
    """
    height, width = size[0], size[1]
    goal_h, goal_w = (round(n / pre.crop_pct) for n in pre.size)
    if goal_h * width >= goal_w * height:  # the height is what limits
        return goal_h, max(goal_w, int(goal_h * width / height))
    return max(goal_h, int(goal_w * height / width)), goal_w


def centre(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """The middle of the picture; it must be at least `size`."""
    top, left = (round((have - want) / 2) for have, want in zip(image.shape[:2], size, strict=True))
    return image[top : top + size[0], left : left + size[1]]


def scale_and_shift(pre: Preprocess, full: float) -> tuple[np.ndarray, np.ndarray]:
    """(offset, factor), float32 per channel, so that the input is `(x - offset) * factor`.

    Both sides of the house use these two numbers, so batches and `prepare` agree to the last bit.
    """
    mean, std = np.array(pre.mean, np.float64), np.array(pre.std, np.float64)
    return (mean * full).astype(np.float32), (1 / (std * full)).astype(np.float32)


def normalise(image: np.ndarray, pre: Preprocess) -> np.ndarray:
    """CHW uint8, uint16 or float (0..1) -> CHW float32, `(x / full - mean) / std`, in `pre.order`."""
    offset, factor = scale_and_shift(pre, full_scale(image))
    if pre.order == "BGR":
        image = image[::-1]
    out = image.astype(np.float32)
    out -= offset[:, None, None]
    out *= factor[:, None, None]
    return out


def prepare(image: np.ndarray, pre: Preprocess) -> np.ndarray:
    """HWC picture -> CHW float32 network input: channels, geometry, scale."""
    fitted = fit_image(to_channels(image, pre.channels), pre)
    return normalise(np.ascontiguousarray(fitted.transpose(2, 0, 1)), pre)
