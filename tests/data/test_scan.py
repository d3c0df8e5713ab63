"""The scan: bad files named once with the reason, and what the pictures are like."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from vzor.data.defaults import default_preprocess
from vzor.data.read import read
from vzor.data.scan import look, look_at_array
from vzor.spec.errors import UserError


def test_unreadable_files_are_named_once_and_left_out(folder) -> None:
    root = folder({"a": 15, "b": 15})
    whole = (root / "a" / "0.png").read_bytes()
    (root / "a" / "zero.png").write_bytes(b"")
    (root / "a" / "cut.png").write_bytes(whole[: len(whole) // 2])
    (root / "b" / "text.jpg").write_text("this is not a picture")
    calls = []
    data = read(root, progress=lambda done, total: calls.append((done, total)))
    reasons = {p.name.rsplit("/", 1)[1]: p.reason for p in data.problems}
    assert set(reasons) == {"zero.png", "cut.png", "text.jpg"} and len(data.problems) == 3
    assert "empty" in reasons["zero.png"] and "truncated" in reasons["cut.png"] and "text" in reasons["text.jpg"]
    assert len(data.samples) == 30 and calls[-1] == (33, 33)


def test_a_bad_file_does_not_move_the_others(folder) -> None:
    root = folder({"a": 15, "b": 15})
    before = read(root)
    (root / "a" / "3.png").write_bytes(b"")
    after = read(root)
    for split in ("train", "val"):
        left = [s["id"] for s in getattr(before, split) if s["id"] != "a/3.png"]
        assert [s["id"] for s in getattr(after, split)] == left
    assert before.fingerprint() != after.fingerprint()


def test_nothing_readable(folder) -> None:
    root = folder({"a": 2, "b": 2})
    for file in root.rglob("*.png"):
        file.write_bytes(b"")
    data = read(root)
    assert len(data.problems) == 4
    with pytest.raises(UserError, match="no readable training picture"):
        data.require_trainable()


def test_grey_among_colour_and_odd_channels(folder) -> None:
    root = folder({"a": 15, "b": 15})
    Image.new("L", (5, 5)).save(root / "a" / "grey.png")
    np.save(root / "a" / "five.npy", np.zeros((5, 5, 5), np.uint8))
    data = read(root)
    assert data.channels == 3 and any("1 grey picture is" in w for w in data.warnings)
    assert [p.reason for p in data.problems] == ["it has 5 channels where most of the set has 3"]


def test_n_channels_and_sixteen_bits(tmp_path) -> None:
    for c in "ab":
        (tmp_path / c).mkdir()
        for i in range(12):
            np.save(tmp_path / c / f"{i}.npy", np.full((6, 7, 5), 1000 * i, np.uint16))
    data = read(tmp_path)
    assert (data.channels, data.bits, data.sizes[0]) == (5, 16, (6, 7))
    assert default_preprocess((5, 6, 7), data).mean == data.mean and len(data.mean) == 5
    with pytest.raises(UserError, match="5 channels and the network takes 3"):
        default_preprocess((3, 6, 7), data)


def test_figures_are_those_of_the_training_pictures(folder) -> None:
    data = read(folder({"a": 15, "b": 15}, h=10, w=10))
    pixels = np.stack([s["image"].load() for s in data.train]) / 255
    np.testing.assert_allclose(data.mean, pixels.mean((0, 1, 2)), atol=6e-5)
    np.testing.assert_allclose(data.std, pixels.std((0, 1, 2)), atol=6e-5)
    assert data.sizes == ((10, 10),) * 3 and data.one_size


def test_blank_pictures_have_no_spread_to_divide_by(tmp_path) -> None:
    for c in "ab":
        (tmp_path / c).mkdir()
        for i in range(12):
            Image.new("L", (4, 4)).save(tmp_path / c / f"{i}.png")
    assert read(tmp_path).std == (1.0,)


def test_doubles_between_splits(folder) -> None:
    root = folder({"train/a": 12, "train/b": 12, "val/a": 2, "val/b": 2})
    (root / "val" / "a" / "0.png").write_bytes((root / "train" / "a" / "5.png").read_bytes())
    text = "\n".join(read(root).warnings)
    assert "1 picture of val is in train, too (the first: 'val/a/0.png' = 'train/a/5.png')" in text


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("shape", [(5, 4, 6), (5, 4, 6, 3)])
def test_arrays_are_measured_as_single_pictures_are(dtype, shape) -> None:
    array = np.random.default_rng(0).integers(0, np.iinfo(dtype).max, shape).astype(dtype)
    for a, b in zip(look_at_array(array), [look(i if i.ndim == 3 else i[:, :, None]) for i in array], strict=True):
        assert (a.shape, a.bits, a.digest) == (b.shape, b.bits, b.digest)
        np.testing.assert_allclose(a.mean + a.square, b.mean + b.square, rtol=1e-9)


@pytest.mark.parametrize(
    ("size", "input_shape", "fit"),
    [((28, 28), (1, 32, 32), "pad"), ((28, 28), (1, 28, 28), "pad"), ((8, 8), (1, 32, 32), "stretch"),
     ((100, 100), (3, 64, 64), "stretch"), ((100, 100), (3, 224, 224), "stretch"), ((300, 400), (3, 224, 224), "crop")],
)  # fmt: skip
def test_default_fit(folder, size, input_shape, fit) -> None:
    data = read(folder({"a": 12, "b": 12}, *size))
    assert default_preprocess(input_shape, data).fit == fit


def test_pictures_of_many_sizes_are_cropped(folder) -> None:
    folder({"a": 12}, 30, 40)
    data = read(folder({"b": 12}, 50, 40))
    assert data.sizes == ((30, 40), (40, 40), (50, 40))
    assert default_preprocess((3, 32, 32), data).fit == "crop"
