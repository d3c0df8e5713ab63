"""Mixup and CutMix, fields, pictures of data."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from vzor.data.draw import caption_text, contact_sheet, fitted_text, font, histogram, to_rgb
from vzor.data.fields import Image, Label, Meta
from vzor.data.mix import Mix
from vzor.spec.errors import UserError


def batch(n: int = 6) -> dict:
    image = torch.arange(n, dtype=torch.uint8)[:, None, None, None].expand(n, 3, 10, 10) * 40
    return {"image": image.contiguous(), "label": torch.arange(n) % 3, "id": [str(i) for i in range(n)]}


def test_mixup_blends_pictures_and_labels_alike() -> None:
    b = batch()
    out = Mix(3, mixup=1.0)(b, 0, 5)
    assert out["image"].dtype == torch.uint8 and out["label"].shape == (6, 3)
    torch.testing.assert_close(out["label"].sum(1), torch.ones(6))
    # Each picture is a constant, so its partner and share can be read off it, and must be the label's.
    values = out["image"][:, 0, 0, 0].float()
    share = out["label"][0].max() if out["label"][0].max() < 1 else None
    assert any(v not in range(0, 240, 40) for v in values.int().tolist())
    shares = {round(float(s), 4) for row in out["label"] for s in row if 0 < s < 1}
    assert len(shares) == 2 and abs(sum(shares) - 1) < 1e-3 and share is not None
    assert b["label"].dtype == torch.int64  # the caller's batch is not touched


def test_cutmix_shares_are_the_areas() -> None:
    for step in range(8):
        out = Mix(6, cutmix=1.0)(batch() | {"label": torch.arange(6)}, 1, step)
        for i in range(6):
            own = float((out["image"][i, 0] == 40 * i).float().mean())
            assert abs(float(out["label"][i, i]) - own) < 1e-5


def test_mixing_is_a_function_of_seed_and_step() -> None:
    mix = Mix(3, mixup=0.4, cutmix=1.0)
    a, b, c = mix(batch(), 1, 7), mix(batch(), 1, 7), mix(batch(), 1, 8)
    assert torch.equal(a["image"], b["image"]) and torch.equal(a["label"], b["label"])
    assert not torch.equal(a["label"], c["label"])
    plain = batch()
    assert Mix(3)(plain, 1, 7) is plain
    with pytest.raises(UserError):
        Mix(3, mixup=-1)


def test_fields() -> None:
    label, classes = Label(), ["cat", "dog"]
    assert label.from_csv(label.to_csv(1, classes), classes) == 1
    with pytest.raises(UserError, match="Did you mean 'dog'"):
        label.from_csv("dgo", classes)
    assert label.collate([1, 0]).dtype == np.int64 and label.collate([]).shape == (0,)
    image = np.arange(6, dtype=np.uint8).reshape(1, 3, 2)
    assert Image().flip(image)[0, 0].tolist() == [4, 5]
    assert Image().mix(np.array([10], np.uint8), np.array([21], np.uint8), 0.5).tolist() == [16]
    sample = {"image": image, "label": 1, "note": "at night"}
    assert caption_text(sample, {"image": Image(), "label": label, "note": Meta()}, classes) == "dog, at night"


def test_contact_sheet(picture) -> None:
    images = [picture(1), picture(2, 300, 100), picture(3, 5, 5, 1), picture(4, 6, 6, 5),
              np.full((4, 4, 1), 40000, np.uint16), picture(5, 1, 200)]  # fmt: skip
    captions = ["кошка", "a name much too long for its cell, really", "", "e", "f"]
    sheet = contact_sheet(images, captions, columns=4, cell=80, title="train")
    assert sheet.mode == "RGB" and 4 * 80 < sheet.width < 4 * 100 and 160 < sheet.height < 260
    assert np.asarray(sheet).std() > 10
    assert contact_sheet([]).size > (0, 0)
    assert contact_sheet([], title="nothing yet").width > 100


def test_text_fits_and_has_cyrillic() -> None:
    assert font(20).getlength(fitted_text("щ" * 100, 200, 20)) <= 200
    boxes = {c: font(40).getmask(c).getbbox() for c in "щжЯ"}
    assert len(set(boxes.values())) > 1  # missing letters would all be the same box


def test_histogram_picture() -> None:
    counts = {"train": {f"class {i}": i for i in range(70)}, "val": {"class 3": 2}, "test": {}}
    picture = histogram(counts)
    blue = (np.asarray(picture) == (66, 111, 176)).all(2)
    assert picture.width == 720 and blue.any()
    rows = blue[40:].sum(1)
    assert rows[-100:].max() > rows[:60].max()  # the bars grow with the counts
    assert histogram({"train": {}, "val": {}}).height > 0


def test_deep_pictures_are_stretched_for_the_eye() -> None:
    shown = np.asarray(to_rgb(np.array([[[1000], [2000]]], np.uint16)))
    assert shown[0, 0].tolist() == [0, 0, 0] and shown[0, 1].tolist() == [255, 255, 255]
