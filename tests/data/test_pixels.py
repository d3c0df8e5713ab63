"""The one evaluation preprocessing."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
import torch
from PIL import Image
from torchvision.transforms import v2

from vzor.data.loader import to_input
from vzor.data.pixels import fit_image, open_image, prepare, resize, to_channels
from vzor.spec.errors import UserError
from vzor.spec.preprocess import Preprocess


def test_luma_is_pillows_and_grey_is_repeated(picture) -> None:
    image = picture(1)
    grey = to_channels(image, 1)
    np.testing.assert_array_equal(grey[:, :, 0], np.asarray(Image.fromarray(image).convert("L")))
    assert (to_channels(grey, 3) == grey).all() and to_channels(grey, 3).shape[2] == 3
    full = np.full((1, 1, 3), 65535, np.uint16)
    assert to_channels(full, 1)[0, 0, 0] == 65535  # no overflow at the top
    with pytest.raises(UserError, match="5 channels"):
        open_image(np.zeros((2, 2, 5), np.uint8), channels=3)


@pytest.mark.parametrize("shape", [(60, 91), (91, 60), (40, 40), (7, 300)])
@pytest.mark.parametrize("interpolation", ["bilinear", "bicubic"])
def test_crop_is_torchvisions_resize_and_centre_crop(picture, shape, interpolation) -> None:
    image = picture(2, *shape)
    pre = Preprocess(size=(32, 32), crop_pct=0.875, interpolation=interpolation)
    mode = {"bilinear": v2.InterpolationMode.BILINEAR, "bicubic": v2.InterpolationMode.BICUBIC}[interpolation]
    theirs = v2.CenterCrop(32)(v2.Resize(37, mode)(Image.fromarray(image)))
    assert round(32 / 0.875) == 37
    np.testing.assert_array_equal(fit_image(image, pre), np.asarray(theirs))


def test_pad_centres_small_pictures_and_shrinks_large_ones(picture) -> None:
    pre = Preprocess(1, (32, 32), "pad")
    image = picture(3, 28, 28, 1)
    out = fit_image(image, pre)
    np.testing.assert_array_equal(out[2:30, 2:30], image)
    assert out.sum() == image.sum()
    wide = fit_image(np.full((10, 64, 1), 9, np.uint8), pre)
    assert wide.shape == (32, 32, 1) and (wide[:13] == 0).all() and (wide[14:18] == 9).all()
    assert fit_image(np.full((1, 500, 1), 9, np.uint8), pre).max() == 9  # never shrunk to nothing


def test_stretch_and_a_grid_that_is_not_square(picture) -> None:
    assert fit_image(picture(4, 8, 8, 1), Preprocess(1, (32, 20), "stretch")).shape == (32, 20, 1)
    assert fit_image(picture(4, 50, 30), Preprocess(3, (20, 40), "crop")).shape == (20, 40, 3)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_many_channels_and_16_bits_are_resized_alike(picture, dtype) -> None:
    image = picture(5, 30, 40, 5)
    factor = 1 if dtype == np.uint8 else 257
    out = resize(image.astype(dtype) * dtype(factor), (13, 17), "bicubic")
    assert out.dtype == dtype and out.shape == (13, 17, 5)
    eight = resize(np.ascontiguousarray(image[:, :, :1]), (13, 17), "bicubic")
    assert np.abs(out[:, :, :1] / factor - eight).max() <= 1


def test_prepare_is_the_formula(picture) -> None:
    image = picture(6, 20, 20)
    pre = Preprocess(3, (20, 20), "stretch", mean=(0.4, 0.5, 0.6), std=(0.2, 0.3, 0.4))
    expected = (image.transpose(2, 0, 1) / 255 - np.array(pre.mean)[:, None, None]) / np.array(pre.std)[:, None, None]
    out = prepare(image, pre)
    assert out.dtype == np.float32 and out.shape == (3, 20, 20)
    np.testing.assert_allclose(out, expected, atol=1e-6)


@pytest.mark.parametrize("order", ["RGB", "BGR"])
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("last", [False, True])
def test_batches_are_normalised_as_single_pictures_are(picture, order, channels, last) -> None:
    image = picture(7, 24, 24, channels)
    pre = Preprocess(channels, (24, 24), "stretch", order=order)
    batch = torch.from_numpy(image.transpose(2, 0, 1).copy())[None]
    out = to_input(batch, pre, "cpu", channels_last=last)
    assert (out[0].numpy() == prepare(image, pre)).all()
    assert out.is_contiguous(memory_format=torch.channels_last if last else torch.contiguous_format)


def test_sixteen_bit_batches_agree_too() -> None:
    image = np.random.default_rng(0).integers(0, 65536, (9, 9, 3)).astype(np.uint16)
    pre = Preprocess(3, (9, 9), "stretch", bits=16)
    batch = torch.from_numpy(image.transpose(2, 0, 1).astype(np.float32) / np.float32(65535))[None]
    np.testing.assert_allclose(to_input(batch, pre)[0].numpy(), prepare(image, pre), atol=1e-6)


def test_no_torch_in_the_light_modules() -> None:
    code = ("import vzor.data.pixels, vzor.data.fields, vzor.data.draw, vzor.data.read, sys;"
            "assert not {'torch', 'torchvision', 'matplotlib', 'sklearn'} & set(sys.modules)")  # fmt: skip
    subprocess.run([sys.executable, "-c", code], check=True, env={"PYTHONPATH": ":".join(sys.path)})
