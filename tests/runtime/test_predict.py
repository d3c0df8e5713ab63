"""The predictor: the evaluation preprocessing, batches, order, what is left out, results that can be saved."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from vzor.data.pixels import open_image, prepare
from vzor.nn.build import build
from vzor.runtime.predict import Predictor
from vzor.spec.errors import UserError
from vzor.spec.preprocess import Preprocess
from vzor.spec.rows import Conv, Drop, Fc, Gap, Input, Norm, Seq
from vzor.tasks.index import make

PRE = Preprocess(3, (16, 16), "crop", mean=(0.4, 0.5, 0.6), std=(0.2, 0.3, 0.2))
ROWS = Seq(Input(3, 16, 16), conv=Conv(6, bn=Norm()), drop=Drop(0.5), gap=Gap(), fc=Fc(3))
CLASSES = ["ant", "bee", "cow"]


@pytest.fixture
def predictor() -> Predictor:
    net = build(ROWS, seed=0)
    for module in net.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            torch.manual_seed(0)
            module.running_mean.normal_()
    return Predictor({"net": net.train()}, make("classify"), CLASSES, PRE, "cpu")


def pictures(folder: Path, n: int = 7) -> Path:
    folder.mkdir()
    for i in range(n):
        rng = np.random.default_rng(i)
        Image.fromarray(rng.integers(0, 256, (20 + i, 30, 3), dtype=np.uint8)).save(folder / f"{i}.png")
    return folder


def test_the_numbers_are_those_of_the_network_on_prepared_pictures(predictor: Predictor, tmp_path: Path) -> None:
    folder = pictures(tmp_path / "in")
    found = predictor(folder, batch=3)
    assert [Path(one.source).name for one in found] == [f"{i}.png" for i in range(7)]
    net = build(ROWS, seed=0)
    torch.manual_seed(0)
    net.conv.bn.running_mean.normal_()
    x = np.stack([prepare(open_image(folder / f"{i}.png"), PRE) for i in range(7)])
    with torch.no_grad():
        want = net.eval()(torch.from_numpy(x)).softmax(1).numpy()
    np.testing.assert_allclose(np.stack([one.probabilities for one in found]), want, atol=1e-6)


def test_the_batch_size_changes_nothing(predictor: Predictor, tmp_path: Path) -> None:
    folder = pictures(tmp_path / "in")
    one, many = predictor(folder, batch=1), predictor(folder)
    np.testing.assert_allclose([p.probabilities for p in one], [p.probabilities for p in many], atol=1e-6)


def test_pictures_that_cannot_be_read_are_named_once_and_left_out(predictor: Predictor, tmp_path: Path) -> None:
    folder = pictures(tmp_path / "in", 2)
    (folder / "a.jpg").write_text("text")
    (folder / "b.png").write_bytes(b"")
    seen: list[tuple[int, int]] = []
    found = predictor(folder, batch=2, progress=lambda done, total: seen.append((done, total)))
    assert [Path(one.source).name for one in found] == ["0.png", "1.png"]
    assert [(Path(name).name, reason[:11]) for name, reason in found.problems] == [
        ("a.jpg", "it is text,"), ("b.png", "the file is")]  # fmt: skip
    assert seen == [(2, 4), (4, 4)]


def test_a_sentence_where_no_picture_can_be_used(predictor: Predictor, tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"")
    with pytest.raises(UserError, match=r"a\.png cannot be used: the file is empty"):
        predictor(tmp_path / "a.png")
    with pytest.raises(UserError, match="5 channels cannot become one of 3"):
        predictor(np.zeros((1, 8, 8, 5), np.uint8))


def test_results_can_be_written(predictor: Predictor, tmp_path: Path) -> None:
    found = predictor(pictures(tmp_path / "in", 2), top=2)
    data = json.loads(found.json())
    assert [set(row) for row in data] == [{"source", "label", "confidence", "top"}] * 2
    assert all(len(row["top"]) == 2 and row["label"] in CLASSES for row in data)
    assert json.loads(found[0].json()) == data[0]
    first, second = found.save(tmp_path / "out")
    assert (first.name, second.name) == ("0.png", "1.png")
    assert found[0].save(tmp_path / "out").name == "0-2.png"
    with Image.open(first) as drawn:
        assert drawn.width >= 20
    assert found[0]._repr_png_().startswith(b"\x89PNG")
    assert found[0].label in repr(found[0])


def test_16_bit_grey_and_transparent_pictures_go_in(predictor: Predictor) -> None:
    deep = np.full((18, 18), 40000, np.uint16)
    found = predictor([deep, np.full((18, 18), 156, np.uint8), Image.new("RGBA", (20, 20))])
    assert len(found) == 3
    np.testing.assert_allclose(found[0].probabilities, found[1].probabilities, atol=2e-2)


@pytest.mark.parametrize("wrong", [{"tops": 3}, {"top": 0}, {"batch": 0}])
def test_options_that_do_not_exist_or_cannot_be(predictor: Predictor, wrong: dict[str, int]) -> None:
    with pytest.raises(UserError):
        predictor(np.zeros((16, 16, 3), np.uint8), **wrong)


def test_an_attribute_that_a_result_does_not_have(predictor: Predictor) -> None:
    found = predictor(np.zeros((16, 16, 3), np.uint8))
    with pytest.raises(AttributeError):
        _ = found[0].boxes
