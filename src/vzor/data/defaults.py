"""Defaults that follow the data. No torch."""

from __future__ import annotations

from vzor.data.samples import Data
from vzor.spec.errors import UserError
from vzor.spec.preprocess import Preprocess

TINY = 40  # pixels


def default_preprocess(input_shape: tuple[int, int, int], data: Data) -> Preprocess:
    """The evaluation preprocessing for a network's (C, H, W) and these pictures.

    fit: "pad" where all pictures have one size that fits into the input and fills 3/4 of it (28 -> 32);
    "stretch" for other tiny pictures of one size (8 -> 32), and where all have one size of the input's
    proportions, so that nothing is lost or bent; else "crop", at 0.875. mean and std are the training
    pictures' own, as the scan found them (every picture counts the same), rounded to 4 digits.
    """
    channels, height, width = input_shape
    if data.channels != channels and {data.channels, channels} != {1, 3}:
        raise UserError(
            f"{data.root} has pictures of {data.channels} channels and the network takes {channels}: "
            f"give channels={data.channels}."
        )
    mean, std = data.mean or (0.5,), data.std or (0.5,)
    if len(mean) != channels:
        mean, std = luma(mean), luma(std)
    fit = "crop"
    if data.one_size:
        h, w = data.sizes[0]
        if h <= height and w <= width and 4 * h >= 3 * height and 4 * w >= 3 * width:
            fit = "pad"
        elif max(h, w) <= TINY or h * width == w * height:
            fit = "stretch"
    return Preprocess(channels, (height, width), fit, mean=mean, std=std, bits=data.bits)


def luma(values: tuple[float, ...]) -> tuple[float, ...]:
    """Three channels' figure as one's, near enough for scaling; a single one stays, and serves all."""
    if len(values) != 3:
        return values[:1]
    return (round(0.299 * values[0] + 0.587 * values[1] + 0.114 * values[2], 4),)
