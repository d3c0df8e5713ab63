"""`data`, `train`, `evaluate`, `predict` and `look` on digits: what they print is what the Python interface gives."""

import json
from pathlib import Path

import pytest
import yaml
from PIL import Image

import vzor
from vzor.cli.main import main
from vzor.data.read import read

QUICK = ["--network", "lenet5", "--epochs", "1", "--threads", "1", "--workers", "0"]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of one epoch, made by the command line."""
    path = tmp_path_factory.mktemp("runs") / "first"
    words = [
        "train",
        "digits",
        *QUICK,
        "--out",
        str(path),
        "lr=0.002",
        "label_smoothing=0.1",
        "--no-nesterov",
        "--json",
    ]
    assert main(words) == 0
    return path


def test_data_shows_and_tells_machines_what_was_read(cli) -> None:
    found = json.loads(cli("data", "digits", "--seed", "3", "--json").out)
    data = read("digits", seed=3)
    assert (found["kind"], found["classes"], found["fingerprint"]) == (data.kind, data.classes, data.fingerprint())
    assert found["histogram"] == data.histogram()
    assert found["sizes"]["median"] == [8, 8]
    done = cli("data", "digits", "--sheet", "sheet.png")
    assert done.code == 0
    row = next(line.split() for line in done.out.splitlines() if line.startswith("7 "))
    assert row[1:4] == [str(data.histogram()[split]["7"]) for split in ("train", "val", "test")]
    with Image.open("sheet.png") as sheet:
        assert sheet.size[0] > 400


def test_what_was_given_is_what_was_trained_with(run: Path) -> None:
    args = yaml.safe_load((run / "args.yaml").read_text("utf-8"))
    settings = args["settings"]
    assert (settings["epochs"], settings["lr"], settings["nesterov"], settings["workers"]) == (1, 0.002, False, 0)
    assert args["task"]["options"]["label_smoothing"] == 0.1
    assert args["network"] == "lenet5"


def test_train_json_is_json_and_nothing_else(cli) -> None:
    done = cli("train", "digits", *QUICK, "--out", "run", "--json")
    found = json.loads(done.out)
    model = vzor.load("run")
    assert found["metrics"] == model.metrics and found["classes"] == model.classes
    assert Path(found["run"]) == Path("run") and Path(found["weights"]).is_file()
    assert 0 <= found["test"]["top1"] <= 1


def test_resume_needs_nothing_else_and_extends(cli, run: Path) -> None:
    done = cli("train", "digits", *QUICK, "--out", "run")
    assert done.code == 0 and "vzor evaluate run" in done.out
    assert cli("train", "--resume", "run").code == 0  # nothing left to do
    assert cli("train", "--resume", "run", "--epochs", "2").code == 0
    rows = Path("run/results.csv").read_text("utf-8").splitlines()
    assert [row.split(",")[0] for row in rows] == ["epoch", "1", "2"]
    for words in (["--batch", "7"], ["--seed", "5"], ["--optimizer", "sgd"], ["--weights", "x"], ["--out", "y"]):
        refused = cli("train", "--resume", "run", *words)
        assert refused.code == 2 and words[0][2:] in refused.err, words
    again = cli("train", "digits", *QUICK, "--out", "run")
    assert again.code == 2 and "--resume run" in again.err


def test_evaluate_is_the_models(cli, run: Path) -> None:
    found = json.loads(cli("evaluate", run, "digits", "--out", "score.json", "--json").out)
    model = vzor.load(run)
    assert found == json.loads(json.dumps(model.evaluate("digits").to_dict()))
    assert (found["split"], found["n"]) == ("test", 359)
    assert json.loads(Path("score.json").read_text("utf-8")) == found
    done = cli("evaluate", run, "digits", "--split", "val", "--precision", "fp32", "--device", "cpu")
    assert f"{model.evaluate('digits', 'val').metrics['top1']:.4f}" in done.out


def test_predict_is_the_models(cli, run: Path) -> None:
    assert cli("predict", run, "digits", "--out", "drawn").code == 0
    pictures = sorted(Path("drawn").glob("*.png"))
    assert len(pictures) == 359
    Path("copy").mkdir()
    for path in pictures[:3]:
        path.rename(Path("copy") / path.name)
    found = json.loads(cli("predict", run, "copy", "--top", "2", "--json").out)
    model = vzor.load(run)
    assert found == json.loads(model.predict("copy", top=2).json())
    assert [len(one["top"]) for one in found] == [2, 2, 2]
    text = cli("predict", run, "copy").out
    for one in found:
        assert any(one["source"] in line and one["label"] in line for line in text.splitlines())
    Path("copy/broken.png").write_bytes(b"nothing")
    done = cli("predict", run, "copy", "--json")
    assert done.code == 0 and len(json.loads(done.out)) == 3 and "broken.png" in done.err


def test_look_names_the_files_it_wrote(cli, run: Path) -> None:
    done = cli("look", run)
    report = Path(done.out.strip())
    assert done.code == 0 and report == run / "report.html" and report.stat().st_size > 1000
    written = json.loads(cli("look", run, "curves", "filters", "--json").out)["written"]
    assert len(written) == 2 and all(Path(path).is_file() for path in written)
    assert cli("look", run / "weights/best.safetensors", "filters", "--out", "f.png").out.strip() == "f.png"
    with Image.open("f.png") as picture:
        picture.load()
    assert cli("look", run, "features", "--image", "f.png", "--row", "c3", "--out", "m.png").code == 0
