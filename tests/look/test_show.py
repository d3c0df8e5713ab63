"""`look(run, what)`: each thing by its name, from a run or a checkpoint alone."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from vzor.look.repeat import command, machine
from vzor.look.show import LOOKS, look
from vzor.look.trained import nets_of
from vzor.nn.build import build
from vzor.spec.errors import UserError
from vzor.spec.preprocess import Preprocess
from vzor.spec.record import expanded, to_json
from vzor.spec.rows import Conv, Fc, Gap, Input
from vzor.spec.tables import Seq
from vzor.spec.trace import trace
from vzor.training.run import Run
from vzor.weights.checkpoint import load_checkpoint, save_checkpoint

TABLE = Seq(input=Input(3, 16, 16), conv=Conv(5, 3), gap=Gap(), fc=Fc(2))
PICTURE = np.random.default_rng(1).integers(0, 256, (20, 24, 3), dtype=np.uint8)


@pytest.fixture
def run(tmp_path: Path) -> Run:
    made = Run(tmp_path / "run")
    meta = {
        "network": "tiny",
        "tables": {"net": to_json(expanded(trace(TABLE)))},
        "epoch": 2,
        "classes": ["a", "b"],
        "preprocess": Preprocess(channels=3, size=(16, 16)).to_dict(),
        "metrics": {"val/top1": 0.5},
    }
    save_checkpoint(made.best, {"net": build(TABLE, seed=4)}, meta)
    made.write_args({"network": "tiny", "settings": {"epochs": 3}})
    made.write_results(
        [{"epoch": e, "step": e, "seconds": 1.0, "lr": 0.1, "train/loss": 1 / e, "val/top1": 0.5} for e in (1, 2, 3)]
    )
    return made


def test_everything_has_its_name_in_the_pictures_folder(run: Run) -> None:
    made = {what: look(run.path, what, image=PICTURE) for what in LOOKS if what != "batch"}
    names = {what: [str(p.relative_to(run.path)) for p in paths] for what, paths in made.items()}
    assert names == {
        "report": ["report.html"],
        "curves": ["pictures/curves.png"],
        "filters": ["pictures/filters.png"],
        "features": ["pictures/features-conv.png"],
        "table": ["pictures/network.svg", "pictures/network.md"],
    }
    before = {p: p.read_bytes() for paths in made.values() for p in paths}
    for what in made:
        look(run.path, what, image=PICTURE)
    assert before == {p: p.read_bytes() for p in before}


def test_features_use_the_checkpoints_own_preprocessing_and_weights(run: Run) -> None:
    from vzor.data.pixels import prepare
    from vzor.look.features import feature_sheet

    (path,) = look(run.path, "features", image=PICTURE, row="conv")
    net = nets_of(load_checkpoint(run.best))["net"]
    wanted = feature_sheet(net, prepare(PICTURE, Preprocess(channels=3, size=(16, 16))), "conv")
    assert (np.asarray(Image.open(path)) == np.asarray(wanted)).all()


def test_a_checkpoint_alone_shows_what_it_can(run: Run, tmp_path: Path) -> None:
    alone = tmp_path / "elsewhere" / "model.safetensors"
    alone.parent.mkdir()
    shutil.copy(run.best, alone)
    assert look(alone, "filters") == [alone.parent / "filters.png"]
    with pytest.raises(UserError, match="alone has no report; give the folder"):
        look(alone)


def test_out_names_another_file(run: Run, tmp_path: Path) -> None:
    assert look(run.path, "curves", out=tmp_path / "c.svg") == [tmp_path / "c.svg"]
    assert look(run.path, out=tmp_path / "r.html") == [tmp_path / "r.html"]
    assert not (run.path / "report.html").exists()
    with pytest.raises(UserError, match=r"\.png"):
        look(run.path, "filters", out=tmp_path / "f.bmp")


def test_wrong_use_is_one_sentence_with_the_remedy(run: Run, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="Did you mean 'filters'"):
        look(run.path, "filter")
    with pytest.raises(UserError, match="give it with image="):
        look(run.path, "features")
    with pytest.raises(UserError, match="--resume"):
        look(run.path, "batch")
    with pytest.raises(UserError, match="does not exist"):
        look(tmp_path / "none")
    shutil.rmtree(run.path / "weights")
    with pytest.raises(UserError, match="no weights yet"):
        look(run.path, "filters")
    assert look(run.path, "curves")


def test_the_command_is_the_recorded_one_or_made_from_what_is_known() -> None:
    assert command({"command": "vzor train x"}) == "vzor train x"
    assert command({"command": ["vzor", "train", "my photos"]}) == "vzor train 'my photos'"
    args = {
        "source": "my photos",
        "network": "lenet5",
        "task": {"name": "t"},
        "settings": {"epochs": 30, "lr": 0.0014142135, "channels_last": False, "compile": True, "freeze": ""},
    }
    assert command(args) == (
        "vzor train 'my photos' --network lenet5 --task t --lr 0.0014142135 --no-channels-last --compile"
    )
    assert command({}) == "vzor train DATA"


def test_a_command_made_anew_tells_the_splits_the_input_and_the_tasks_options() -> None:
    args = {
        "source": "d",
        "data": {"val": 0.3, "test": None, "seed": 5},
        "weights": "runs/a",
        "preprocess": Preprocess(channels=1, size=(32, 48)).to_dict(),
        "task": {"name": "classify", "options": {"label_smoothing": 0.1, "class_weights": [1.0, 2.0]}},
    }
    assert command(args) == (
        "vzor train d --task classify --weights runs/a --input 1x32x48 --val 0.3"
        " --label-smoothing 0.1 --class-weights 1.0,2.0"
    )
    own = {"source": "d", "task": {"name": "mine", "options": {"label_smoothing": 0.1}}}
    assert command(own) == "vzor train d --task mine"


def test_the_machine_is_described_without_saying_whose_it_is() -> None:
    import platform

    found = machine("cpu")
    assert "core" in found["processor"]
    assert platform.node() not in " ".join(found.values())
