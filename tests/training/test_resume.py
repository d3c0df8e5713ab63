"""A run that is stopped anywhere and resumed ends with the same bits."""

import csv

import pytest
import torch
from toys import ToyData, ToySource, toy_net, toy_settings, train

from vzor.spec.errors import UserError
from vzor.tasks.index import make
from vzor.training.fitting import reopen
from vzor.training.loop import Trainer
from vzor.training.run import Run
from vzor.weights.checkpoint import load_checkpoint


class Killed(BaseException):
    """Stands for SIGKILL: nothing in the product catches it."""


def kill_at_step(monkeypatch, number):
    step = Trainer.step

    def dying(self, group):
        if self.progress.step == number:
            raise Killed
        step(self, group)

    monkeypatch.setattr(Trainer, "step", dying)


def without_seconds(path):
    with open(path, newline="") as file:
        return [{k: v for k, v in row.items() if k != "seconds"} for row in csv.DictReader(file)]


def same(one, other):
    a, b = one.state_dict(), other.state_dict()
    return all(torch.equal(a[k], b[k]) for k in a)


CASES = [
    dict(optimizer="sgd"),
    dict(optimizer="sgd", channels_last=True, ema=0.9),
    dict(optimizer="adamw", channels_last=True),
    dict(optimizer="adamw", ema=0.9, accumulate=2, clip=1.0),
    dict(optimizer="rmsprop", channels_last=True, lr=0.001),
    dict(optimizer="adam", precision="bf16", channels_last=True),
]


@pytest.mark.parametrize("case", CASES, ids=lambda c: "-".join(f"{k}={v}" for k, v in c.items()))
@pytest.mark.parametrize("at", [1, 5, 6, 12])  # 6 steps an epoch (3 when accumulating): inside and at its end
def test_resumed_ends_with_the_same_bits(case, at, tmp_path, monkeypatch):
    settings = toy_settings(save_steps=2, **case)
    if "accumulate" in case:
        at //= 2
    whole, nets = train(make("classify", label_smoothing=0.1), tmp_path / "whole", settings)
    with monkeypatch.context() as patch, pytest.raises(Killed):
        kill_at_step(patch, at)
        train(make("classify", label_smoothing=0.1), tmp_path / "cut", settings)
    # other initial weights: all must come from the state
    cut, again = train(
        make("classify", label_smoothing=0.1), tmp_path / "cut", settings, saved=True, nets={"net": toy_net(seed=5)}
    )
    assert same(nets["net"], again["net"])
    one, other = (load_checkpoint(run.run.best).tensors for run in (whole, cut))
    assert all(torch.equal(one[k], other[k]) for k in one)
    assert without_seconds(whole.run.results) == without_seconds(cut.run.results)
    assert [row["epoch"] for row in cut.rows] == [1, 2, 3]


def test_optimizer_state_comes_back_in_its_layout(tmp_path, monkeypatch):
    seen = {}
    restore = Trainer.restore

    def watch(self, meta):
        restore(self, meta)
        for _, optimizer in self.phases:
            seen.update(
                {
                    p.shape: (p.stride(), optimizer.state[p]["momentum_buffer"].stride())
                    for p in optimizer.state
                    if p.ndim == 4
                }
            )

    with monkeypatch.context() as patch, pytest.raises(Killed):
        kill_at_step(patch, 5)
        train(make("classify"), tmp_path, toy_settings(save_steps=2, channels_last=True))
    monkeypatch.setattr(Trainer, "restore", watch)
    train(make("classify"), tmp_path, toy_settings(), saved=True)
    assert seen[(8, 3, 3, 3)] == ((27, 1, 9, 3), (27, 1, 9, 3))
    assert len(seen) == 2


def test_a_row_written_before_the_state_is_not_doubled(tmp_path, monkeypatch):
    save = Trainer.save

    def dying(self):
        if len(self.progress.rows) == 2:
            raise Killed
        save(self)

    whole, nets = train(make("classify"), tmp_path / "whole", toy_settings())
    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(Trainer, "save", dying)
        train(make("classify"), tmp_path / "cut", toy_settings())
    assert len(without_seconds(tmp_path / "cut" / "results.csv")) == 2
    cut, again = train(make("classify"), tmp_path / "cut", toy_settings(), saved=True)
    assert without_seconds(whole.run.results) == without_seconds(cut.run.results)
    assert same(nets["net"], again["net"])


def test_extended_run_is_the_long_run_where_the_rate_does_not_depend_on_its_length(tmp_path):
    _, nets = train(make("classify"), tmp_path / "long", toy_settings(epochs=4, schedule="constant", warmup=0))
    train(make("classify"), tmp_path / "short", toy_settings(epochs=2, schedule="constant", warmup=0))
    saved = reopen(tmp_path / "short", epochs=4)
    from vzor.training.fitting import fit

    again = toy_net()
    out = fit(
        make("classify"), {"net": again}, ToyData(), None, saved.settings, saved.run, source=ToySource(), saved=saved
    )
    assert same(nets["net"], again) and len(out.rows) == 4 and out.why == "all 4 epochs done"
    assert "epochs: 4" in saved.run.args.read_text()


def test_resuming_a_finished_run_changes_nothing(tmp_path):
    out, nets = train(make("classify"), tmp_path, toy_settings())
    before = out.run.best.read_bytes(), out.run.last.read_bytes(), out.run.results.read_bytes()
    again, other = train(make("classify"), tmp_path, toy_settings(), saved=True)
    assert same(nets["net"], other["net"]) and again.rows == out.rows
    assert before == (out.run.best.read_bytes(), out.run.last.read_bytes(), out.run.results.read_bytes())


@pytest.mark.parametrize(
    "spoil, words",
    [
        (lambda p: p.unlink(), "There is no resume state"),
        (lambda p: p.write_bytes(b""), "empty"),
        (lambda p: p.write_bytes(p.read_bytes()[:-7]), "cut short"),
        (lambda p: p.write_bytes(b"\x80\x04" + p.read_bytes()), "pickle"),
        (lambda p: p.write_bytes(p.read_bytes().replace(b'"state":"{', b'"other":"{', 1)), "damaged"),
    ],
)
def test_a_missing_or_damaged_state_is_one_sentence(spoil, words, tmp_path):
    out, _ = train(make("classify"), tmp_path, toy_settings(epochs=1))
    spoil(out.run.resume)
    with pytest.raises(UserError, match=words) as error:
        reopen(tmp_path)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    "change",
    [
        dict(seed=4),
        dict(precision="bf16"),
        dict(threads=2),
        dict(compile=True),
        dict(batch=8),
        dict(optimizer="adamw"),
        dict(channels_last=True),
    ],
)
def test_a_change_that_would_rewrite_the_past_is_refused(change, tmp_path):
    train(make("classify"), tmp_path, toy_settings(epochs=1))
    with pytest.raises(UserError, match=next(iter(change))):
        reopen(tmp_path, **change)


def test_other_data_or_another_network_is_refused(tmp_path):
    train(make("classify"), tmp_path, toy_settings(epochs=1))
    other = ToyData()
    other.fingerprint = lambda: "else"
    with pytest.raises(UserError, match="data"):
        train(make("classify"), tmp_path, toy_settings(), saved=True, data=other)
    with pytest.raises(UserError, match="does not fit"):
        train(make("classify"), tmp_path, toy_settings(), saved=True, nets={"net": torch.nn.Linear(3, 3)})


def test_leftovers_of_a_killed_save_are_cleared(tmp_path):
    out, _ = train(make("classify"), tmp_path, toy_settings(epochs=1))
    left = [
        out.run.resume.parent / ".resume.safetensors.77.vzor-tmp",
        out.run.best.parent / ".best.safetensors.77.vzor-tmp",
        tmp_path / ".results.csv.77.vzor-tmp",
    ]
    for path in left:
        path.write_bytes(b"half")
    train(make("classify"), tmp_path, toy_settings(), saved=True)
    assert not any(path.exists() for path in left)


def test_two_trainings_cannot_share_a_run(tmp_path):
    run = Run(tmp_path)
    with run.lock(), pytest.raises(UserError, match="Another process"), run.lock():
        pass
    with run.lock():  # and it is free again
        pass


def test_uneven_last_batch_counts_by_its_samples(tmp_path):
    """val/loss is the mean over samples, not over batches."""
    one, _ = train(make("classify"), tmp_path / "a", toy_settings(epochs=1), source=ToySource(9))
    two, _ = train(make("classify"), tmp_path / "b", toy_settings(epochs=1), source=ToySource(4))
    assert one.rows[0]["val/loss"] == pytest.approx(two.rows[0]["val/loss"], rel=1e-5)
