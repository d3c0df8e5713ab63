"""A trained network in use: loaded from one file, evaluated honestly, saved again."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

import vzor
from vzor.data.read import read


def test_one_file_is_enough(trained: Path, bars: Path, tmp_path: Path) -> None:
    model = vzor.load(trained)
    alone = shutil.copy(trained / "weights" / "best.safetensors", tmp_path / "m.safetensors")
    other = vzor.load(alone)
    assert other.run is None
    assert (other.classes, other.preprocess, other.metrics) == (model.classes, model.preprocess, model.metrics)
    assert [p.to_dict() for p in other.predict(bars)] == [p.to_dict() for p in model.predict(bars)]


def test_a_run_without_a_best_gives_its_last(trained: Path, tmp_path: Path) -> None:
    run = shutil.copytree(trained, tmp_path / "run")
    (run / "weights" / "best.safetensors").unlink()
    assert vzor.load(run).path.name == "last.safetensors"
    (run / "weights" / "last.safetensors").unlink()
    with pytest.raises(vzor.UserError, match=r"no weights yet.*--resume"):
        vzor.load(run)


def test_saved_again_it_is_the_same(trained: Path, bars: Path, tmp_path: Path) -> None:
    model = vzor.load(trained)
    with torch.no_grad():
        model.net.fc.bias += torch.tensor([0.0, 50.0, 0.0])
    model.forget()
    again = vzor.load(model.save(tmp_path / "deep" / "er.safetensors"))
    assert {p.label for p in again.predict(bars)} == {"bright"}
    assert again.meta["data"] == model.meta["data"]
    with pytest.raises(vzor.UserError, match=r"\.safetensors"):
        model.save(tmp_path / "model.pth")


def test_evaluation_on_the_training_data_is_on_the_same_test_split(trained: Path, bars: Path) -> None:
    model = vzor.load(trained)
    scored = model.evaluate(bars)
    kept = json.loads((trained / "test.json").read_text())
    assert (scored.split, scored.n) == ("test", kept["n"])
    assert scored.metrics["top1"] == kept["top1"]
    assert scored.loss == pytest.approx(kept["loss"], rel=1e-5)
    assert scored.confusion.sum() == scored.n
    assert [row["class"] for row in scored.per_class] == model.classes
    assert scored.baseline["chance/top1"] == pytest.approx(1 / 3)
    assert "top1" in str(scored) and scored.protocol in str(scored)
    assert json.loads(json.dumps(scored.to_dict()))["split"] == "test"
    assert model.evaluate(bars, "val").n != 0
    assert model.evaluate(bars, "all").n == 96


def test_evaluation_agrees_with_prediction(trained: Path, bars: Path) -> None:
    model = vzor.load(trained)
    scored = model.evaluate(bars, keep=True)
    predicted = model.predict(bars)
    assert [r.label for r in scored.results] == [p.label for p in predicted]
    right = sum(p.label == model.classes[p.item.sample["label"]] for p in predicted)
    assert right / len(predicted) == pytest.approx(scored.metrics["top1"])


def test_other_data_without_a_split_count_whole(trained: Path, bars: Path, tmp_path: Path) -> None:
    with np.load(bars) as arrays:
        parts = {key: arrays[key] for key in arrays.files}
    np.savez(tmp_path / "new.npz", x=parts["x"][::-1], y=parts["y"][::-1], classes=parts["classes"])
    model = vzor.load(trained)
    model.meta["data"] = {**model.meta["data"], "test": None}
    scored = model.evaluate(tmp_path / "new.npz")
    assert (scored.split, scored.n) == ("all", 96)


def test_classes_are_matched_by_name(trained: Path, bars: Path, tmp_path: Path) -> None:
    model = vzor.load(trained)
    with np.load(bars) as arrays:
        x, y = arrays["x"], arrays["y"]
    np.savez(tmp_path / "turned.npz", x=x, y=2 - y, classes=np.array(["striped", "bright", "dark"]))
    want, found = model.evaluate(bars, "all"), model.evaluate(tmp_path / "turned.npz", "all")
    assert found.metrics == want.metrics and (found.confusion == want.confusion).all()
    np.savez(tmp_path / "few.npz", x=x[y < 2], y=y[y < 2], classes=np.array(["dark", "bright"]))
    assert model.evaluate(tmp_path / "few.npz", "all").n == 64
    np.savez(tmp_path / "odd.npz", x=x, y=y, classes=np.array(["dark", "brigth", "striped"]))
    with pytest.raises(vzor.UserError, match=r"class 'brigth', which the model does not know. Did you mean 'bright'"):
        model.evaluate(tmp_path / "odd.npz", "all")


def test_evaluating_changes_no_mode_and_no_weight(trained: Path, bars: Path) -> None:
    model = vzor.load(trained)
    assert not model.net.training
    before = {key: value.clone() for key, value in model.net.state_dict().items()}
    model.net.train()
    model.evaluate(read(str(bars)), "val")
    model.predict(bars)
    assert model.net.training
    assert all(torch.equal(model.net.state_dict()[key], value) for key, value in before.items())


@pytest.mark.parametrize(("split", "said"), [("tset", "Did you mean 'test'"), ("", "no split")])
def test_a_split_that_does_not_exist(trained: Path, bars: Path, split: str, said: str) -> None:
    with pytest.raises(vzor.UserError, match=said):
        vzor.load(trained).evaluate(bars, split)


def test_a_split_that_is_empty(trained: Path, bars: Path) -> None:
    data = read(str(bars))
    with pytest.raises(vzor.UserError, match="no test pictures; it has train, val"):
        vzor.load(trained).evaluate(data, "test")


def test_files_that_are_no_model(trained: Path, tmp_path: Path) -> None:
    (tmp_path / "text.safetensors").write_text("hello hello hello")
    with pytest.raises(vzor.UserError, match="not a safetensors file"):
        vzor.load(tmp_path / "text.safetensors")
    with pytest.raises(vzor.UserError, match="no file"):
        vzor.load(tmp_path / "none.safetensors")
    with pytest.raises(vzor.UserError, match="not a run's folder"):
        vzor.load(tmp_path)


def test_a_precision_that_does_not_exist(trained: Path, bars: Path) -> None:
    model = vzor.load(trained)
    assert model.predict(bars, precision="auto")[0].label == model.predict(bars, precision="fp32")[0].label
    for use in (model.predict, model.evaluate):
        with pytest.raises(vzor.UserError, match="no precision 'fp16'"):
            use(bars, precision="fp16")
