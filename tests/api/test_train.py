"""Training in one call: what is decided from the data, what of one's own can be handed in, resume."""

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
import yaml
from small import QUICK, ROWS
from torch import nn

import vzor
from vzor.data.read import read
from vzor.spec.rows import Act, Conv, Fc, Gap, Input, Row, Seq, Shape
from vzor.tasks.index import make
from vzor.training.log import Reporter


class Heard(Reporter):
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.words: list[str] = []

    def start(self, lines: list[str]) -> None:
        self.words += lines

    def note(self, text: str) -> None:
        self.words.append(text)


def quick(**more: Any) -> dict[str, Any]:
    return QUICK | more


def test_a_run_is_left_and_the_best_weights_come_back(trained: Path) -> None:
    model = vzor.load(trained)
    for name in ("args.yaml", "results.csv", "weights/best.safetensors", "weights/last.safetensors", "test.json"):
        assert (trained / name).is_file(), name
    assert (trained / "report.html").is_file()
    assert model.classes == ["dark", "bright", "striped"]
    assert model.preprocess.shape == (1, 8, 8)
    assert model.table is not None and model.table.parameters == sum(p.numel() for p in model.net.parameters())
    assert model.path == trained / "weights" / "best.safetensors" and model.run == trained
    assert "bars" in repr(model)
    args = yaml.safe_load((trained / "args.yaml").read_text())
    assert args["data"]["test"] == 0.2 and args["settings"]["epochs"] == 2


def test_the_network_follows_the_data(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    np.savez(tmp_path / "c.npz", x=rng.integers(0, 256, (40, 12, 12, 3), dtype=np.uint8), y=np.arange(40) % 4)
    model = vzor.train(tmp_path / "c.npz", ROWS, out=tmp_path / "a", **quick(epochs=1))
    assert (model.table.input, model.table.output) == ((3, 8, 8), (4,))
    other = vzor.train(tmp_path / "c.npz", ROWS, out=tmp_path / "b", input=16, channels=1, **quick(epochs=1))
    assert other.preprocess.shape == other.table.input == (1, 16, 16)


def test_a_table_file_trains(bars: Path, tmp_path: Path) -> None:
    path = tmp_path / "mine.tsv"
    path.write_text("Input\t8x8\nConvolution 1\t3x3@4\nPooling\t2x2\nFully-connected\t10\n", encoding="utf-8")
    model = vzor.train(bars, path, out=tmp_path / "run", **QUICK)
    assert model.table.output == (3,)
    assert vzor.load(tmp_path / "run").predict(bars)[0].label in model.classes


def test_the_same_seed_gives_the_same_weights(bars: Path, tmp_path: Path) -> None:
    before = torch.random.get_rng_state()
    one = vzor.train(bars, ROWS, out=tmp_path / "a", seed=5, **QUICK)
    torch.randn(3)
    two = vzor.train(bars, ROWS, out=tmp_path / "b", seed=5, **QUICK)
    other = vzor.train(bars, ROWS, out=tmp_path / "c", seed=6, **QUICK)
    assert before is not None
    assert all(torch.equal(a, b) for a, b in zip(one.net.parameters(), two.net.parameters(), strict=True))
    assert not torch.equal(one.net.fc.weight, other.net.fc.weight)


def test_resume_extends_and_ends_as_one_run_would(bars: Path, tmp_path: Path) -> None:
    whole = vzor.train(bars, ROWS, out=tmp_path / "a", **quick(epochs=3, schedule="constant"))
    vzor.train(bars, ROWS, out=tmp_path / "b", **quick(epochs=1, schedule="constant", warmup=0.15))
    model = vzor.resume(tmp_path / "b", epochs=3, quiet=True)
    assert model.run == tmp_path / "b"
    last = [vzor.load(tmp_path / run / "weights" / "last.safetensors") for run in "ab"]
    pairs = zip(last[0].net.state_dict().values(), last[1].net.state_dict().values(), strict=True)
    assert whole.name == model.name and all(torch.equal(a, b) for a, b in pairs)


def test_a_loss_and_an_augmentation_of_ones_own(bars: Path, tmp_path: Path) -> None:
    seen: dict[str, Any] = {"losses": 0, "images": set()}

    def loss(raw: torch.Tensor, batch: dict[str, Any]) -> torch.Tensor:
        seen["losses"] += 1
        return F.cross_entropy(raw, batch["label"], label_smoothing=0.1)

    def turn(image: torch.Tensor) -> torch.Tensor:
        seen["images"].add(tuple(image.shape))
        return image.flip(2)

    out = tmp_path / "run"
    vzor.train(bars, ROWS, out=out, loss=loss, **quick(augment=turn))
    assert seen["losses"] > 4 and seen["images"] == {(1, 8, 8)}
    with pytest.raises(vzor.UserError, match=r"begun with a loss of your own; hand it in again.*loss="):
        vzor.resume(out, epochs=3, quiet=True)
    with pytest.raises(vzor.UserError, match=r"augment="):
        vzor.resume(out, epochs=3, loss=loss, quiet=True)
    vzor.resume(out, epochs=3, loss=loss, augment=turn, quiet=True)
    assert len((out / "results.csv").read_text().splitlines()) == 4


def test_a_task_of_ones_own(bars: Path, tmp_path: Path) -> None:
    mine = replace(make("classify"), name="mine", best=("val/macro_f1", "max"))
    model = vzor.train(bars, ROWS, task=mine, out=tmp_path / "run", **QUICK)
    assert model.task.name == "mine"
    with pytest.raises(vzor.UserError, match=r"task 'mine'.*task="):
        vzor.load(tmp_path / "run")
    assert vzor.load(tmp_path / "run", task=mine).evaluate(bars).n == 18


@dataclass(frozen=True)
class Halved(Row):
    """A leaf row of one's own: half of what arrives."""

    by: float = 0.5

    def module(self, x: Shape) -> nn.Module:
        return Half(self.by)


class Half(nn.Module):
    def __init__(self, by: float) -> None:
        super().__init__()
        self.by = by

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x * self.by


@dataclass(frozen=True)
class Twice(Row):
    """A block of one's own."""

    width: int

    def expand(self, *xs: Shape) -> Row:
        return Seq(a=Conv(self.width), b=Conv(self.width, act=None), act=Act())


def test_a_block_and_a_row_of_ones_own(bars: Path, tmp_path: Path) -> None:
    rows = Seq(Input(1, 8, 8), twice=Twice(6), halved=Halved(0.25), gap=Gap(), fc=Fc(3))
    model = vzor.train(bars, rows, out=tmp_path / "run", vocab={"Halved": Halved}, **QUICK)
    with pytest.raises(vzor.TableError, match="row 'Halved' that is not known; pass it in vocab="):
        vzor.load(tmp_path / "run")
    again = vzor.load(tmp_path / "run", vocab={"Halved": Halved})
    assert again.predict(bars)[0].probabilities.tolist() == model.predict(bars)[0].probabilities.tolist()


def test_a_module_of_ones_own(bars: Path, tmp_path: Path) -> None:
    net = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(144, 3))
    model = vzor.train(bars, net, out=tmp_path / "run", **QUICK)
    assert model.table is None and model.preprocess.shape == (1, 8, 8)
    with pytest.raises(vzor.UserError, match="module of your own"):
        vzor.load(tmp_path / "run")
    fresh = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(144, 3))
    again = vzor.load(tmp_path / "run", network=fresh)
    assert again.evaluate(bars, "val").metrics == model.evaluate(bars, "val").metrics


def test_weights_to_begin_from(trained: Path, bars: Path, tmp_path: Path) -> None:
    heard = Heard()
    begin = vzor.load(trained)
    told = quick(epochs=1, lr=1e-12, weight_decay=0.0)
    del told["quiet"]
    model = vzor.train(bars, ROWS, out=tmp_path / "a", weights=trained, test=0.2, reporter=heard, **told)
    torch.testing.assert_close(model.net.fc.weight, begin.net.fc.weight)
    assert model.preprocess == begin.preprocess
    with np.load(bars) as arrays:
        keep = arrays["y"] < 2
        np.savez(tmp_path / "two.npz", x=arrays["x"][keep], y=arrays["y"][keep], classes=arrays["classes"][:2])
    two = vzor.train(tmp_path / "two.npz", ROWS, out=tmp_path / "b", weights=trained, reporter=heard, **told)
    torch.testing.assert_close(two.net.conv.conv.weight, begin.net.conv.conv.weight)
    assert any("fc.weight, fc.bias) begins anew" in words for words in heard.words)


def test_data_in_memory(bars: Path, tmp_path: Path) -> None:
    data = read(str(bars))
    vzor.train(data, ROWS, out=tmp_path / "run", **QUICK)
    with pytest.raises(vzor.UserError, match="data in memory"):
        vzor.resume(tmp_path / "run", epochs=3, quiet=True)
    assert vzor.resume(tmp_path / "run", epochs=3, data=data, quiet=True)


def test_what_is_wrong_with_the_data_is_told_once(bars: Path, tmp_path: Path) -> None:
    from PIL import Image

    for split in ("train", "val"):
        for i in range(12):
            path = tmp_path / "d" / split / ("a", "b")[i % 2] / f"{i}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(np.full((8, 8), 20 * i + (split == "val"), np.uint8)).save(path)
    (tmp_path / "d" / "train" / "a" / "bad.png").write_bytes(b"")
    heard = Heard()
    told = {key: value for key, value in quick(epochs=1).items() if key != "quiet"}
    vzor.train(tmp_path / "d", ROWS, out=tmp_path / "run", reporter=heard, **told)
    said = [words for words in heard.words if "bad.png" in words]
    assert len(said) == 1 and said[0].startswith("Left out")
    assert any("Images of each class (train/val): a 6/6, b 6/6" in words for words in heard.words)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"epoch": 3}, "no training option 'epoch'. Did you mean 'epochs'"),
        ({"label_smooth": 0.1}, "Did you mean 'label_smoothing'"),
        ({"agument": "none"}, "Did you mean 'augment'"),
        ({"optimizer": "rmsporp"}, "Did you mean 'rmsprop'"),
        ({"network": "lenet55"}, "Did you mean 'lenet5'"),
        ({"task": "clasify"}, "Did you mean 'classify'"),
        ({"network": "lenet5"}, "row 's4'|row 'c3'|row 'c5'"),
        ({"weights": "imagenet"}, "vzor's own networks"),
        ({"channels": 2}, "channels"),
        ({"network": 3}, "not a network"),
        ({"data": 3}, "is no data"),
        ({"data": "nowhere"}, "nowhere"),
        ({"preprocess": {"sise": 3}}, "Did you mean 'size'"),
    ],
)
def test_what_cannot_be_is_a_sentence_and_leaves_nothing(
    bars: Path, tmp_path: Path, wrong: dict[str, Any], said: str
) -> None:
    data = wrong.pop("data", bars)
    given = {"network": ROWS, "input": 8, **QUICK, **wrong}
    with pytest.raises(vzor.UserError, match=said):
        vzor.train(data, out=tmp_path / "run", **given)
    assert not (tmp_path / "run").exists()


def test_a_report_that_fails_does_not_cost_the_network(
    bars: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(folder: Path) -> Path:
        raise OSError("disk full")

    monkeypatch.setattr("vzor.look.report.write_report", broken)
    heard = Heard()
    told = {key: value for key, value in quick(epochs=1).items() if key != "quiet"}
    assert vzor.train(bars, ROWS, out=tmp_path / "run", reporter=heard, **told)
    assert any("disk full" in words for words in heard.words)


def test_an_out_that_is_taken_is_refused(bars: Path, trained: Path) -> None:
    before = json.loads((trained / "test.json").read_text())
    with pytest.raises(vzor.UserError, match="is not empty"):
        vzor.train(bars, ROWS, out=trained, **QUICK)
    assert json.loads((trained / "test.json").read_text()) == before
