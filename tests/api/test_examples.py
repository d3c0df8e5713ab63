"""The examples run, from any folder, and leave what they say they leave."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"


def example(name: str, monkeypatch: pytest.MonkeyPatch, folder: Path) -> ModuleType:
    monkeypatch.chdir(folder)
    spec = importlib.util.spec_from_file_location(f"example_{name}", EXAMPLES / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, spec.name, module)  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


def test_the_demo(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    demo = example("demo", monkeypatch, tmp_path)
    assert demo.SETTINGS["epochs"] > 10
    monkeypatch.setitem(demo.SETTINGS, "epochs", 2)
    model = demo.main()
    run = Path("runs/classify/demo")
    assert model.run == run and (run / "report.html").is_file()
    assert len(list((run / "pictures" / "predictions").glob("*.png"))) == demo.PICTURES
    said = capsys.readouterr().out
    for words in ("61,706", "digits, test: 359 samples", "by other writers", "report.html", "vzor look"):
        assert words in said
    assert demo.main(str(tmp_path / "other")).run == tmp_path / "other"


def test_ones_own_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    made = example("train_own_folder", monkeypatch, tmp_path)
    monkeypatch.setattr(made.tempfile, "mkdtemp", lambda: str(tmp_path / "pictures"))
    model = made.main(epochs=1)
    assert model.classes == [str(n) for n in range(10)]
    assert model.meta["data"]["kind"] == "folder"


def test_things_of_ones_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    made = example("own_task", monkeypatch, tmp_path)
    classifier, estimator = made.main(epochs=1, quiet=True)
    assert classifier.table is not None and "wide2.sum" in {line.path for line in classifier.table.rows}
    assert estimator.net.fc.out_features == 1
    one = estimator.predict("digits")[0]
    assert one.to_dict() == {"source": one.source, "value": round(one.value.value, 3)}
