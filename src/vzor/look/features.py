"""What any row of a network makes of one picture: its feature maps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from vzor.data.draw import contact_sheet
from vzor.spec.errors import UserError, did_you_mean

if TYPE_CHECKING:
    from PIL.Image import Image
    from torch import nn

MOST = 256  # maps on one sheet


def first_row(net: nn.Module) -> str:
    """The first row with weights: what is looked at where no row is named."""
    for name, module in net.named_children():
        if any(True for _ in module.parameters()):
            return name
    raise UserError("The network has no row with weights; name the row whose features are wanted.")


def feature_maps(net: nn.Module, image: np.ndarray, row: str | None = None) -> np.ndarray:
    """The output of `row` (a dotted path, such as layer1.0.conv2) for one input (C, H, W) float32: (C, …).

    In evaluation mode; the network is left as it was. UserError for a row that is not there, or gives no
    single tensor.
    """
    import torch

    row = row or first_row(net)
    modules = dict(net.named_modules())
    if row not in modules or not row:
        near = did_you_mean(row, modules)
        raise UserError(f"The network has no row '{row}'.{near} `vzor show NETWORK --depth 9` lists them all.")
    found: list[Any] = []
    # Copied at once: a nonlinearity after the row may work in place.
    hook = modules[row].register_forward_hook(
        lambda module, inputs, out: found.append(out.detach().clone() if isinstance(out, torch.Tensor) else None)
    )
    modes = [m.training for m in net.modules()]
    weight = next(net.parameters(), None)
    try:
        with torch.no_grad():
            x = torch.from_numpy(np.ascontiguousarray(image, np.float32))[None]
            net.eval()(x if weight is None else x.to(weight.device))
    finally:
        hook.remove()
        for module, mode in zip(net.modules(), modes, strict=True):
            module.training = mode
    if not found or found[0] is None:
        raise UserError(f"Row '{row}' does not give one tensor when the network runs; name a row inside it.")
    maps: np.ndarray = found[0][0].float().cpu().numpy()
    return maps


def map_pictures(maps: np.ndarray) -> list[np.ndarray]:
    """(C, H, W) as grey pictures, HWC uint8, each from its own least (black) to its own greatest (white).

    (C, W) is a strip, (C, D, H, W) its middle slice, and a vector (C,) one picture of a square of cells.
    """
    if maps.ndim == 1:
        side = int(np.ceil(np.sqrt(len(maps))))
        square = np.full(side * side, maps.min(), maps.dtype)
        square[: len(maps)] = maps
        maps = square.reshape(1, side, side)
    if maps.ndim == 2:
        maps = maps[:, None, :]
    if maps.ndim == 4:
        maps = maps[:, maps.shape[1] // 2]
    flat = maps.reshape(len(maps), -1)
    low, high = flat.min(axis=1)[:, None, None], flat.max(axis=1)[:, None, None]
    levels = (maps - low) / np.where(high > low, high - low, 1)
    return list(np.rint(255 * levels).astype(np.uint8)[..., None])


def feature_sheet(net: nn.Module, image: np.ndarray, row: str | None = None) -> Image:
    """A grid of the row's feature maps with their channel numbers."""
    row = row or first_row(net)
    maps = feature_maps(net, image, row)
    pictures = map_pictures(maps)
    size = "×".join(map(str, maps.shape))
    title = f"{row}: {size}" + (", each channel on its own scale" if maps.ndim > 1 else " values, row by row")
    if len(pictures) > MOST:
        title += f", the first {MOST}"
    captions = [str(i) for i in range(len(pictures))] if maps.ndim > 1 else []
    return contact_sheet(
        pictures[:MOST],
        captions[:MOST],
        columns=8 if len(pictures) <= 64 else 16,
        cell=112 if len(pictures) <= 64 else 64,
        title=title,
    )
