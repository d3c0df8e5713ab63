"""The filters of a network's first convolution, as pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from vzor.data.draw import contact_sheet
from vzor.spec.errors import UserError

if TYPE_CHECKING:
    from PIL.Image import Image
    from torch import nn

MOST = 256  # pictures on one sheet


def first_filters(net: nn.Module, row: str | None = None) -> tuple[str, np.ndarray]:
    """(name, weights (out, in, height, width) float32) of the first convolution, or of that in `row`.

    Of a 1-D convolution height is 1; of a 3-D one the middle slice is taken. UserError where there is none.
    """
    for name, module in net.named_modules():
        weight: Any = getattr(module, "weight", None)
        inside = row is None or name == row or name.startswith(row + ".")
        # a convolution's weight has two axes of channels and one to three of space
        plain = hasattr(module, "kernel_size") and not getattr(module, "transposed", False)
        if inside and plain and hasattr(weight, "ndim") and 3 <= weight.ndim <= 5:
            array: np.ndarray = weight.detach().float().cpu().numpy()
            if array.ndim == 3:
                array = array[:, :, None, :]
            if array.ndim == 5:
                array = array[:, :, array.shape[2] // 2]
            return name, array
    where = f"Row '{row}'" if row else "The network"
    raise UserError(f"{where} has no convolution whose filters could be shown; look at its features instead.")


def filter_pictures(weights: np.ndarray) -> list[np.ndarray]:
    """(O, I, h, w) as O pictures, HWC uint8, all on one scale around 0, which is grey (or white).

    3 channels become colours. Otherwise each channel is a picture of its own: blue below 0, red above.
    """
    scale = float(np.abs(weights).max()) or 1.0
    if weights.shape[1] == 3:
        levels = np.rint(127.5 + 127.5 * weights / scale).astype(np.uint8)
        return list(levels.transpose(0, 2, 3, 1))
    flat = weights.reshape(-1, *weights.shape[2:])
    return list(diverging(flat / scale))


def diverging(values: np.ndarray) -> np.ndarray:
    """-1 … 1 -> blue, white, red: (..., 3) uint8."""
    blue, white, red = np.array([33, 86, 156]), np.array([247, 247, 247]), np.array([178, 40, 48])
    v = np.clip(values, -1, 1)[..., None]
    mixed = np.where(v < 0, white + (blue - white) * -v, white + (red - white) * v)
    return np.rint(mixed).astype(np.uint8)


def filter_sheet(net: nn.Module, row: str | None = None) -> Image:
    """A grid of the first layer's filters, numbered; of many channels, one row of pictures per filter."""
    name, weights = first_filters(net, row)
    pictures = filter_pictures(weights)
    out, channels = weights.shape[:2]
    per = 1 if channels in (1, 3) else channels
    captions = [str(i) for i in range(out)] if per == 1 else [f"{i}.{c}" for i in range(out) for c in range(per)]
    size = "×".join(map(str, weights.shape[2:]))
    title = f"{name}: {out} filters of {size} on {channels} channel{'s' if channels > 1 else ''}"
    if len(pictures) > MOST:
        title += f", the first {MOST} pictures"
    cell = min(112, max(48, 8 * max(weights.shape[2:])))
    return contact_sheet(pictures[:MOST], captions[:MOST], columns=per if 4 <= per <= 16 else 8, cell=cell, title=title)
