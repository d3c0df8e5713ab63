"""`vzor.published`: entries as torchvision's users know them, and the same pictures as torchvision makes."""

from pathlib import Path

import numpy as np
import pytest
import torch
import torchvision
from PIL import Image

import vzor


@pytest.fixture
def picture() -> Image.Image:
    """A smooth picture: where two libraries resize, they differ least."""
    y, x = np.mgrid[:300, :400] / 400
    return Image.fromarray((np.stack([x, y, (x + y) / 2], -1) * 255).astype(np.uint8))


@pytest.mark.parametrize(("network", "name"), [("resnet50", "IMAGENET1K_V2"), ("efficientnet_b1", "IMAGENET1K_V1")])
def test_transforms_are_torchvisions(picture: Image.Image, network: str, name: str) -> None:
    theirs = torchvision.models.get_model_weights(network)[name]
    (entry,) = (one for one in vzor.published(network) if one.id == f"torchvision/{name}")
    x, wanted = entry.transforms()(picture), theirs.transforms()(picture)
    assert x.dtype == torch.float32 and x.shape == wanted.shape
    assert (x - wanted).abs().max() < 0.05  # a level or two of 255, over a deviation of a quarter


def test_meta_says_what_torchvisions_says() -> None:
    theirs = torchvision.models.ResNet50_Weights.IMAGENET1K_V1
    (entry,) = (one for one in vzor.published("resnet50") if one.id == "torchvision/IMAGENET1K_V1")
    meta = entry.meta
    assert meta["categories"] == theirs.meta["categories"] and meta["url"] == theirs.url
    assert meta["accuracy"] == {"top1": 76.13, "top5": 92.862}
    assert (meta["licence"], meta["size"], meta["hash"]) == ("BSD-3-Clause", (224, 224), "sha256:0676ba61")
    assert meta["protocol"] == "ImageNet's 50,000 validation pictures, 224 of 256, bilinear, as torchvision states it"


def test_transforms_take_files_and_arrays_and_refuse_others(picture: Image.Image, tmp_path: Path) -> None:
    picture.save(tmp_path / "picture.png")
    prepare = vzor.published("vgg16")[0].transforms()
    assert torch.equal(prepare(tmp_path / "picture.png"), prepare(picture))
    assert torch.equal(prepare(np.asarray(picture)), prepare(picture))
    (tmp_path / "text.png").write_text("no picture", "utf-8")
    with pytest.raises(vzor.UserError):
        prepare(tmp_path / "text.png")


def test_colours_of_keras_vgg_are_reversed(picture: Image.Image) -> None:
    (entry,) = (one for one in vzor.published("vgg16") if one.publisher == "keras")
    blue_first = entry.transforms()(Image.new("RGB", (224, 224), (255, 0, 0)))
    mean = torch.tensor([103.939, 116.779, 123.68])
    assert torch.allclose(blue_first[:, 0, 0], torch.tensor([0.0, 0.0, 255.0]) - mean, atol=1e-2)


def test_lists() -> None:
    tops = [one.top1 for one in vzor.published("resnet50")]
    assert tops == sorted(tops, reverse=True) and len(tops) >= 10
    assert vzor.published("vgg16_c") == []
    with pytest.raises(vzor.UserError, match=r"no network 'resnet51'\. Did you mean"):
        vzor.published("resnet51")


def test_where_a_file_is_put_by_hand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VZOR_CACHE", str(tmp_path))
    (entry,) = (one for one in vzor.published("resnet18") if one.publisher == "torchvision")
    assert entry.path == tmp_path / "weights" / "resnet18-f37072fd.pth"
    assert entry.to_dict()["fetched"] is False
    entry.path.parent.mkdir()
    entry.path.write_bytes(b"another file")
    assert entry.to_dict()["fetched"] is True
    with pytest.raises(
        vzor.UserError, match=r"is not the file that its publisher describes \(sha256 .* it was removed"
    ):
        entry.fetch()
