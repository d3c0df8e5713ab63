"""Real weights on real photographs: SqueezeNet 1.0 after Deep Compression, where its authors' file is at hand."""

from pathlib import Path

import pytest
from PIL import Image

import vzor

SHARED = Path(__file__).parents[3] / "shared"
FILE = SHARED / "weights" / "squeezenet1_0-deep-compression" / "compressed_SqueezeNet.net"
PHOTOS = SHARED / "data" / "photos"
pytestmark = pytest.mark.skipif(not FILE.exists() or not PHOTOS.exists(), reason="the file is not beside this checkout")


@pytest.fixture(scope="module", params=["squeezenet1_0_caffe", "squeezenet1_0"])
def model(request: pytest.FixtureRequest) -> vzor.Model:
    """With Caffe's zeros around the last map, and as torchvision has it: the same weights fit both."""
    return vzor.load(request.param, weights=FILE)


def names(model: vzor.Model, picture: object) -> list[str]:
    return [name for name, _ in model.predict(picture, top=5)[0].top(5)]


def test_pictures_are_prepared_as_its_authors_did(model: vzor.Model) -> None:
    """The catalogue knows the file: minus (123, 117, 104), red first, not divided, 227×227 out of 256."""
    pre = model.preprocess
    assert pre.size == (227, 227) and round(227 / pre.crop_pct) == 256 and pre.order == "RGB"
    assert [round(255 * mean) for mean in pre.mean] == [123, 117, 104]
    assert [round(255 * std, 3) for std in pre.std] == [1, 1, 1]
    assert len(model.classes) == 1000 and model.meta["licence"] == "BSD-2-Clause"


def test_what_is_on_the_photographs_is_named(model: vzor.Model) -> None:
    cats = ("Egyptian cat", "tabby", "tiger cat", "Persian cat", "Siamese cat", "lynx")
    assert names(model, PHOTOS / "chelsea.png")[0] in cats[:3]
    assert len(set(names(model, PHOTOS / "chelsea.png")) & set(cats)) >= 3
    assert names(model, PHOTOS / "coffee.png")[0] == "espresso"


def test_the_rocket(model: vzor.Model) -> None:
    """Squeezed to 256×256, as its authors' tools did, "missile" is fifth; with the short side at 256, second."""
    squeezed = Image.open(PHOTOS / "rocket.jpg").convert("RGB").resize((256, 256), Image.Resampling.BILINEAR)
    found = names(model, squeezed), names(model, PHOTOS / "rocket.jpg")
    assert [ranked.index("missile") + 1 for ranked in found] == [5, 2]
