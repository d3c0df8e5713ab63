"""Early stopping, time limits, a user's own loss, two phases, signals, the run's files."""

import csv
import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import torch
from torch import nn
from torch.nn import functional as F
from toys import ToyBatches, ToySource, toy_net, toy_settings, train

from vzor.spec.errors import UserError
from vzor.tasks.index import make
from vzor.training.feeds import Feeds
from vzor.training.interrupt import Interrupted
from vzor.training.log import Lines, Reporter
from vzor.training.run import new_run, open_run
from vzor.training.settings import Settings
from vzor.training.task import Phase, Task, better, with_loss
from vzor.weights.checkpoint import load_checkpoint


def test_a_run_leaves_what_the_design_says(tmp_path):
    out, _ = train(make("classify"), tmp_path, toy_settings(ema=0.5))
    assert {p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*") if p.is_file()} == {
        "args.yaml",
        "results.csv",
        "events.jsonl",
        "weights/best.safetensors",
        "weights/last.safetensors",
        "state/resume.safetensors",
        "state/lock",
    }
    with out.run.results.open() as file:
        rows = list(csv.reader(file))
    assert rows[0][:8] == ["epoch", "step", "seconds", "lr", "train/loss", "val/loss", "val/top1", "val/top5"]
    assert [row[:2] for row in rows[1:]] == [["1", "6"], ["2", "12"], ["3", "18"]]
    meta = load_checkpoint(out.run.best).meta
    assert meta["classes"] == ["left", "right", "none"] and meta["task"]["name"] == "classify"
    assert meta["metrics"]["val/top1"] == out.best == max(row["val/top1"] for row in out.rows)
    kinds = [json.loads(line)["event"] for line in out.run.events.read_text().splitlines()]
    assert kinds == ["begun", "epoch", "epoch", "epoch", "finished"]


def test_training_learns(tmp_path):
    out, _ = train(make("classify"), tmp_path, toy_settings(epochs=12, lr=0.05))
    assert out.best > 0.85
    assert out.rows[-1]["train/loss"] < 0.6 * out.rows[0]["train/loss"]


def test_early_stopping_counts_epochs_without_a_better_value(tmp_path):
    # a rate of next to nothing: the first epoch's weights stay the best
    out, _ = train(make("classify"), tmp_path, toy_settings(epochs=20, lr=1e-12, patience=3))
    assert len(out.rows) == 4 and out.best_epoch == 1 and "no better val/top1 for 3" in out.why


def test_better_is_strict_and_knows_nan():
    assert better(1.0, None, "max") and better(0.5, 1.0, "min") and not better(1.0, 1.0, "max")
    assert not better(float("nan"), None, "max")


def test_max_seconds_ends_the_run_with_weights(tmp_path):
    out, _ = train(make("classify"), tmp_path, toy_settings(epochs=5, max_seconds=1e-9))
    assert len(out.rows) == 1 and out.rows[0]["step"] == 1 and out.run.best.exists() and "used up" in out.why
    again, _ = train(make("classify"), tmp_path, toy_settings(), saved=True)
    assert len(again.rows) == 1  # seconds count over resumes


def test_two_seeds_differ_and_one_seed_repeats(tmp_path):
    def weights(name, seed):
        _, nets = train(make("classify"), tmp_path / name, toy_settings(epochs=1, seed=seed))
        return nets["net"][8].weight

    a, b, c = weights("a", 1), weights("b", 1), weights("c", 2)
    assert torch.equal(a, b) and not torch.equal(a, c)


def test_a_users_own_loss(tmp_path):
    calls = []

    def mine(raw, batch):
        calls.append(raw.shape)
        return {"hinge": F.multi_margin_loss(raw, batch["label"]), "size": 1e-3 * raw.square().mean()}

    out, _ = train(with_loss(make("classify"), mine), tmp_path, toy_settings(epochs=8, lr=0.05))
    row = out.rows[-1]
    assert row["train/loss"] == pytest.approx(row["train/hinge"] + row["train/size"])
    assert out.best > 0.8 and calls


def test_a_loss_that_is_lost_is_one_sentence(tmp_path):
    task = with_loss(make("classify"), lambda raw, batch: raw.sum() * float("nan"))
    with pytest.raises(UserError, match="no longer a number at step 0; lower lr"):
        train(task, tmp_path, toy_settings())


def test_batch_norm_on_one_sample_is_one_sentence(tmp_path):
    flat = nn.Sequential(nn.Flatten(), nn.Linear(192, 3), nn.BatchNorm1d(3))
    with pytest.raises(UserError, match="batch of 2"):
        train(make("classify"), tmp_path, toy_settings(batch=1), nets={"net": flat})


def test_a_best_that_is_not_counted_is_named(tmp_path):
    from dataclasses import replace

    with pytest.raises(UserError, match="val/psnr"):
        train(replace(make("classify"), best=("val/psnr", "max")), tmp_path, toy_settings())


# --- two phases: a generator of points against a discriminator ---


class Mean:
    """How far the generated points lie from 3."""

    protocol = "distance of the mean of the generated points from 3"

    def __init__(self, classes):
        self.values = []

    def update(self, results, batch):
        self.values += results

    def compute(self):
        return {"distance": abs(sum(self.values) / len(self.values) - 3)}

    def baseline(self):
        return {"distance": 3.0}


def noise(batch):
    return torch.randn(len(batch["image"]), 2)


def d_loss(nets, batch, step):
    real = batch["image"].mean((1, 2, 3))[:, None] * 0 + 3 + 0.1 * torch.randn(len(batch["image"]), 1)
    fake = nets["G"](noise(batch)).detach()
    ones = torch.ones(len(real), 1)
    return {
        "D": F.binary_cross_entropy_with_logits(nets["D"](real), ones)
        + F.binary_cross_entropy_with_logits(nets["D"](fake), 0 * ones)
    }


def g_loss(nets, batch, step):
    assert not any(p.requires_grad for p in nets["D"].parameters())
    said = nets["D"](nets["G"](noise(batch)))
    return {"G": F.binary_cross_entropy_with_logits(said, torch.ones_like(said))}


def gan():
    return Task(
        name="points",
        fields={},
        metric=Mean,
        best=("val/distance", "min"),
        forward=lambda nets, batch: nets["G"](torch.linspace(-2, 2, 2 * len(batch["image"])).view(-1, 2)),
        loss=lambda raw, batch, nets, step: {"G": raw.mean() * 0},
        decode=lambda raw, meta: [float(x) for x in raw[:, 0]],
        phases=(Phase("D", ("D",), d_loss), Phase("G", ("G",), g_loss, every=2, lr=2.0)),
    )


def pair():
    torch.manual_seed(0)
    return {"G": nn.Linear(2, 1), "D": nn.Sequential(nn.Linear(1, 16), nn.ReLU(), nn.Linear(16, 1))}


def test_two_phases_train_two_networks_and_resume(tmp_path):
    settings = toy_settings(epochs=30, optimizer="adam", lr=0.02, schedule="constant", save_steps=4)
    whole, nets = train(gan(), tmp_path / "whole", settings, nets=pair())
    assert whole.best < 1.0 and nets["G"].weight.requires_grad
    saved = load_checkpoint(whole.run.last)
    assert saved.networks == ["G", "D"] and "G.weight" in saved.names
    assert torch.equal(saved.state_dict("G")["weight"], nets["G"].weight)

    class Stop(Reporter):
        def row(self, row, best):
            if row["epoch"] == 11:
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(gan(), tmp_path / "cut", settings, nets=pair(), reporter=Stop())
    _, again = train(gan(), tmp_path / "cut", settings, nets=pair(), saved=True)
    assert all(
        torch.equal(p, q) for k in nets for p, q in zip(nets[k].parameters(), again[k].parameters(), strict=True)
    )


def test_a_phase_updates_only_its_networks_and_only_when_due(tmp_path):
    nets = pair()
    before = nets["G"].weight.detach().clone()
    task = gan()
    object.__setattr__(task, "phases", (task.phases[0], Phase("G", ("G",), g_loss, every=1000)))

    @dataclass
    class Later(ToySource):
        first: list = field(default_factory=list)

        def feeds(self, task, settings):
            return Feeds(ToyBatches(self.n, settings.batch, settings.seed))

    train(task, tmp_path, toy_settings(epochs=1, optimizer="sgd", weight_decay=0.0), nets=nets, source=Later())
    # due at step 0 only: one step of sgd with momentum, none after
    one = nets["G"].weight.detach().clone()
    train(task, tmp_path, toy_settings(), nets=nets, source=Later(), saved=True)
    assert not torch.equal(before, one) and torch.equal(one, nets["G"].weight)


def test_a_picture_can_be_what_is_updated(tmp_path):
    class Picture(nn.Module):
        def __init__(self):
            super().__init__()
            self.pixels = nn.Parameter(torch.zeros(1, 3, 4, 4))

        def forward(self):
            return self.pixels

    def match(nets, batch, step):
        return F.mse_loss(nets["picture"](), torch.full((1, 3, 4, 4), 0.7))

    task = Task(
        "paint",
        {},
        loss=lambda raw, batch, nets, step: raw.mean(),
        decode=lambda raw, meta: [],
        metric=Mean,
        best=("val/distance", "min"),
        phases=(Phase("paint", ("picture",), match),),
    )

    class NoVal(ToySource):
        def feeds(self, task, settings):
            return Feeds(ToyBatches(22, 4, 0))

    nets = {"picture": Picture()}
    out, _ = train(task, tmp_path, toy_settings(epochs=20, optimizer="adam", lr=0.05), nets=nets, source=NoVal())
    assert nets["picture"].pixels.mean().item() == pytest.approx(0.7, abs=0.02)
    assert out.best is None and not out.run.best.exists() and out.run.last.exists()


# --- signals ---


class Press(Reporter):
    """Sends this process a signal after the second epoch's row."""

    def __init__(self, number):
        self.number = number

    def row(self, row, best):
        if row["epoch"] == 2:
            os.kill(os.getpid(), self.number)


@pytest.mark.skipif(os.name == "nt", reason="signals are sent differently there")
@pytest.mark.parametrize("number, code", [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_saves_and_tells_how_to_go_on(number, code, tmp_path):
    before = signal.getsignal(number)
    with pytest.raises(Interrupted) as stopped:
        train(make("classify"), tmp_path / "cut", toy_settings(), reporter=Press(number))
    assert signal.getsignal(number) is before
    assert stopped.value.code == code and f"--resume {tmp_path / 'cut'}" in str(stopped.value)
    _, again = train(make("classify"), tmp_path / "cut", toy_settings(), saved=True)
    _, whole = train(make("classify"), tmp_path / "whole", toy_settings())
    assert torch.equal(again["net"][8].weight, whole["net"][8].weight)


@pytest.mark.skipif(os.name == "nt", reason="signals are sent differently there")
def test_a_second_ctrl_c_stops_at_once():
    from vzor.training.interrupt import listening

    with pytest.raises(KeyboardInterrupt), listening() as stop:
        os.kill(os.getpid(), signal.SIGINT)
        assert stop.number == signal.SIGINT
        os.kill(os.getpid(), signal.SIGINT)


def test_another_thread_trains_without_handlers(tmp_path):
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(1) as pool:
        out, _ = pool.submit(train, make("classify"), tmp_path, toy_settings(epochs=1)).result()
    assert len(out.rows) == 1


# --- folders and words ---


def test_names_are_numbered_when_taken(tmp_path):
    made = [new_run("classify", "lenet5", tmp_path).path.name for _ in range(3)]
    assert made == ["lenet5", "lenet5-2", "lenet5-3"]
    assert new_run("classify", "../../evil.tsv", tmp_path).path.parent == tmp_path / "classify"
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("x")
    with pytest.raises(UserError, match="not empty"):
        new_run("classify", "lenet5", out=tmp_path / "mine")
    with pytest.raises(UserError, match="does not exist"):
        open_run(tmp_path / "nowhere")


def test_a_run_is_found_from_its_weights(tmp_path):
    out, _ = train(make("classify"), tmp_path, toy_settings(epochs=1))
    assert open_run(out.run.best).path == tmp_path


def test_lines_say_what_and_where(tmp_path, capsys):
    train(make("classify"), tmp_path, toy_settings(epochs=2), reporter=Lines(), record={"network": "tiny"})
    text = capsys.readouterr().out
    first = text.splitlines()[0]
    assert "Training tiny (411 parameters) to classify toy: 22 train images, 3 classes; cpu (1 threads)" in first
    assert text.count("epoch ") == 3 and "val/top1" in text
    assert f"vzor evaluate {tmp_path}" in text and "best     val/top1" in text


@pytest.mark.parametrize(
    "options, words",
    [
        (dict(optimizer="admw"), "adamw"),
        (dict(schedule="cosin"), "cosine"),
        (dict(epochs=0), "whole number from 1"),
        (dict(lr=-1.0), "not negative"),
        (dict(lr=0.0), "above 0"),
        (dict(ema=1.0), "below 1"),
        (dict(batch=0), "whole number"),
        (dict(batch="big"), "whole number"),
        (dict(lr=float("nan")), "not negative"),
    ],
)
def test_settings_refuse_with_a_remedy(options, words):
    with pytest.raises(UserError, match=words):
        Settings(**options)


def test_settings_round_trip_and_guess_names():
    settings = Settings(lr=0.1, mixup=0.2, workers=2)
    assert Settings.from_dict(json.loads(json.dumps(settings.to_dict()))) == settings
    with pytest.raises(UserError, match="Did you mean 'epochs'"):
        Settings.from_dict({"epoch": 3})


def test_the_contract_and_settings_cost_no_torch():
    code = (
        "import sys; import vzor.training.task, vzor.training.settings, vzor.training.schedule, vzor.tasks.index,"
        " vzor.tasks.classify.result, vzor.training.metrics, vzor.weights.checkpoint, vzor.training.log;"
        " from vzor.training import Task, Settings; sys.exit('torch' in sys.modules)"
    )
    source = str(Path(__file__).parents[2] / "src")
    assert subprocess.run([sys.executable, "-c", code], env={**os.environ, "PYTHONPATH": source}).returncode == 0


def test_shared_rooms_name_no_task():
    """Code that every task shares must not know one of them."""
    from vzor.tasks.index import TASKS

    root = Path(__file__).parents[2] / "src" / "vzor"
    shared = [
        *(root / "training").rglob("*.py"),
        *(root / "data").rglob("*.py"),
        *(root / "weights").rglob("*.py"),
        root / "tasks" / "common.py",
    ]
    for path in shared:
        text = path.read_text()
        for name in TASKS:
            assert f'"{name}"' not in text and f"'{name}'" not in text, f"{path} names the task {name}"


def test_toy_net_is_what_the_words_say():
    assert sum(p.numel() for p in toy_net().parameters()) == 411
