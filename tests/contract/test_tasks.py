"""One suite over every task in the index: whoever adds a task adds its case, and the rest follows."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from vzor.data.samples import ArrayPixels, Data
from vzor.spec.preprocess import Preprocess
from vzor.tasks.index import TASKS, make
from vzor.training.evaluator import as_numpy, as_terms, evaluate
from vzor.training.feed import map_tensors
from vzor.training.feeds import FromData, evaluation_batches
from vzor.training.fitting import fit
from vzor.training.phases import phases_of
from vzor.training.run import Run
from vzor.training.settings import Settings
from vzor.training.task import Metric, Step
from vzor.weights.checkpoint import load_checkpoint

CPU = torch.device("cpu")


@dataclass
class Case:
    """Networks and four samples for a task; `perfect`: what the metric says of the truth; `forget`: a sample
    without its targets; `same(result, sample)`: whether a result is the sample's truth."""

    nets: Callable[[], dict[str, nn.Module]]
    data: Callable[[], Data]
    pre: Preprocess
    perfect: dict[str, float]
    forget: Callable[[dict[str, Any]], dict[str, Any]]
    same: Callable[[Any, dict[str, Any]], bool]


def pictures() -> Data:
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (4, 12, 12, 3), dtype=np.uint8)
    samples = [{"image": ArrayPixels(images, i), "label": i % 3, "id": f"s{i}"} for i in range(4)]
    info = {s["id"]: (12, 12, 3) for s in samples}
    return Data("four", "array", ["a", "b", "c"], samples, samples, sizes=((12, 12),) * 3, info=info)


def small_net() -> dict[str, nn.Module]:
    torch.manual_seed(0)
    return {
        "net": nn.Sequential(
            nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.ReLU(), nn.AdaptiveAvgPool2d(4), nn.Flatten(), nn.Linear(128, 3)
        )
    }


CASES = {
    "classify": Case(
        small_net,
        pictures,
        Preprocess(channels=3, size=(12, 12), fit="stretch"),
        {"top1": 1.0, "top5": 1.0, "macro_f1": 1.0},
        lambda s: {**s, "label": -1},
        lambda result, sample: result.index == sample["label"],
    ),
}


@pytest.fixture(params=sorted(TASKS))
def case(request):
    assert request.param in CASES, f"task {request.param} has no case in this file"
    return make(request.param), CASES[request.param]


def settings(**over):
    return Settings(
        **(
            dict(
                epochs=60,
                batch=4,
                lr=0.02,
                augment="none",
                precision="fp32",
                device="cpu",
                threads=1,
                workers=0,
                warmup=0,
                channels_last=False,
            )
            | over
        )
    )


def batch_of(task, samples, pre):
    loader, place = evaluation_batches(samples, task, pre, batch=8)
    return place(next(loader.epoch(0)), CPU, False)


def test_overfits_four_samples(case, tmp_path):
    task, c = case
    out = fit(task, c.nets(), c.data(), c.pre, settings(), Run(tmp_path))
    key, how = task.best
    assert out.rows[-1]["train/loss"] < 0.1 * out.rows[0]["train/loss"]
    name = key.removeprefix("val/")
    if name in c.perfect:
        assert out.best == pytest.approx(c.perfect[name])
    assert how in ("max", "min") and key in out.rows[0]


def test_loss_works_in_eval_and_leaves_modes_alone(case):
    task, c = case
    nets = c.nets()
    next(iter(nets.values())).train()
    loader, place = evaluation_batches(c.data().val, task, c.pre)
    result = evaluate(task, nets, loader.epoch(0), c.data().classes, place=place)
    assert result.n == 4 and np.isfinite(result.loss)
    assert all(net.training for net in nets.values())


def test_forward_never_sees_targets(case):
    task, c = case
    nets = {name: net.eval() for name, net in c.nets().items()}
    one = batch_of(task, c.data().val, c.pre)
    two = batch_of(task, [c.forget(s) for s in c.data().val], c.pre)
    a, b = (map_tensors(task.forward(nets, batch), as_numpy) for batch in (one, two))
    np.testing.assert_equal(a, b)


def test_save_load_same_output(case, tmp_path):
    task, c = case
    nets, again = c.nets(), c.nets()
    out = fit(task, nets, c.data(), c.pre, settings(epochs=2), Run(tmp_path))
    load_checkpoint(out.run.last).load_into(again)
    batch = batch_of(task, c.data().val, c.pre)
    with torch.no_grad():
        raws = [
            map_tensors(task.forward({k: n.eval() for k, n in each.items()}, batch), as_numpy) for each in (nets, again)
        ]
    np.testing.assert_equal(raws[0], raws[1])


def test_decode_of_encoded_truth_is_perfect(case):
    task, c = case
    data = c.data()
    batch = batch_of(task, data.val, c.pre)
    raw = task.encode(batch, data.classes)
    results = task.decode(raw, {"classes": data.classes, "id": batch["id"]})
    assert len(results) == 4
    assert all(c.same(result, sample) for result, sample in zip(results, data.val, strict=True))
    metric = task.metric(data.classes)
    metric.update(results, batch)
    got = metric.compute()
    assert {k: got[k] for k in c.perfect} == pytest.approx(c.perfect)
    loss = as_terms(task.loss(map_tensors(torch.as_tensor(raw), lambda t: t), batch, {}, Step(0, 0, False)))
    assert sum(float(v) for v in loss.values()) == pytest.approx(0, abs=1e-5)


def test_metric_keeps_the_contract(case):
    task, c = case
    metric = task.metric(c.data().classes)
    assert isinstance(metric, Metric) and len(metric.protocol) > 10
    assert all(isinstance(v, float) for v in {**metric.compute(), **metric.baseline()}.values())
    assert metric.baseline()


def test_empty_targets_are_legal(case):
    task, c = case
    nets = c.nets()
    bare = [c.forget(s) for s in c.data().val]
    loader, place = evaluation_batches(bare, task, c.pre)
    result = evaluate(task, nets, loader.epoch(0), c.data().classes, place=place, keep=True)
    assert len(result.results) == 4 and np.isfinite(result.loss)
    for phase in phases_of(task, nets):
        terms = as_terms(phase.loss(nets, batch_of(task, bare, c.pre), Step(0, 0, True)))
        sum(terms.values()).backward()
    assert all(torch.isfinite(p.grad).all() for net in nets.values() for p in net.parameters())


def test_draw_gives_an_image(case):
    task, c = case
    data = c.data()
    loader, place = evaluation_batches(data.val, task, c.pre)
    result = evaluate(task, c.nets(), loader.epoch(0), data.classes, place=place, keep=True).results[0]
    for sample in (data.val[0], c.forget(data.val[0])):
        assert isinstance(task.draw({**sample, "image": sample["image"].load()}, result), Image.Image)


def test_options_make_the_task_again(case):
    import json

    task, _ = case
    assert make(task.name, **json.loads(json.dumps(dict(task.options)))) == task


def test_a_users_own_augmentation_is_used(case, tmp_path):
    from dataclasses import replace

    task, c = case
    seen = []

    def grey(sample, rng):
        seen.append(rng.random())
        return {**sample, "image": np.full((5, 7, 3), 128, np.uint8)}

    feeds = FromData(c.data(), c.pre).feeds(replace(task, augment=grey), settings())
    batch = next(feeds.train.epoch(0))
    assert batch["image"].shape == (4, 3, 12, 12) and int(batch["image"].min()) == int(batch["image"].max()) == 128
    assert len(set(seen)) == 4
