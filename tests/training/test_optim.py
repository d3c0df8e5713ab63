"""Parameter groups, default rates, averages, accumulation and clipping."""

import copy
from dataclasses import replace

import pytest
import torch
from torch import nn
from toys import ToyBatches, ToyData, ToySource, toy_net, toy_settings, train

from vzor.nn.build import build
from vzor.spec.errors import UserError
from vzor.spec.rows import Conv, ConvT, Fc, Gain, Input, L2Norm, LayerNorm, Local, Norm, Seq
from vzor.spec.trace import trace
from vzor.tasks.index import make
from vzor.training.ema import Ema
from vzor.training.feeds import Feeds
from vzor.training.loop import Job, Trainer
from vzor.training.optim import default_lr, groups, optimizer
from vzor.training.phases import freeze, train_mode
from vzor.training.run import Run
from vzor.training.settings import Settings
from vzor.zoo.index import table


def test_weight_decay_stays_off_norms_biases_and_vectors():
    net = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.LayerNorm((4, 2, 2)), nn.Linear(4, 2))
    net.gain = nn.Parameter(torch.ones(4))
    decayed, free = groups([net], 0.1)
    assert decayed["weight_decay"] == 0.1 and free["weight_decay"] == 0.0
    assert {id(p) for p in decayed["params"]} == {id(net[0].weight), id(net[3].weight)}
    assert len(decayed["params"]) + len(free["params"]) == len(list(net.parameters()))


def decayed_names(rows):
    net = build(rows)
    names = {id(parameter): name for name, parameter in net.named_parameters()}
    return {names[id(parameter)] for parameter in groups([net], 0.1)[0]["params"]}


def test_weight_decay_goes_by_what_a_row_is_and_not_by_the_shape_of_its_weights():
    """Gains and the learnt length of L2Norm are C×1×1, the bias of a local row C×H×W; a dense row of one weight each
    is still dense.
    """
    rows = Seq(
        input=Input(2, 6, 6),
        conv=Conv(4, bn=Norm()),
        ln=LayerNorm(),
        gain=Gain(bias=True, init=1e-6),
        length=L2Norm(),
        depthwise=Conv(dw=1, k=1, act=None),
        up=ConvT(3),
        local=Local(2),
        map=Conv(2, 3, connect=((0,), (0, 1))),
        fc=Fc(1),
        last=Fc(5),
    )
    weights = ("conv.conv", "depthwise.conv", "up.conv", "local", "map.conv", "fc", "last")
    assert decayed_names(rows) == {f"{row}.weight" for row in weights}


def test_layer_scale_of_a_whole_network_is_not_decayed():
    """As ConvNeXt's authors train it: their layer scale is a vector, which their decay leaves alone."""
    decayed = decayed_names(table("convnext_tiny", classes=3))
    rows = [op for op in trace(table("convnext_tiny", classes=3)).ops if isinstance(op.row, Conv | Fc)]
    assert len(decayed) == len(rows) == 59 and not any("gamma" in name or "scale" in name for name in decayed)


def test_shared_and_frozen_parameters_are_taken_once_or_not():
    a, b = nn.Linear(3, 3), nn.Linear(3, 3)
    b.weight = a.weight
    b.bias.requires_grad_(False)
    assert sum(len(g["params"]) for g in groups([nn.Sequential(a, b)], 0.1)) == 2


@pytest.mark.parametrize(
    "options, want",
    [
        (dict(optimizer="sgd", batch=256), 0.1),
        (dict(optimizer="sgd", batch=64, accumulate=2), 0.05),
        (dict(optimizer="adamw", batch=64), 1e-3),
        (dict(optimizer="adamw", batch=256), 2e-3),
        (dict(optimizer="adamw", batch=8, lr=0.5), 0.5),
    ],
)
def test_default_rate_follows_optimizer_and_effective_batch(options, want):
    assert default_lr(Settings(**options)) == pytest.approx(want)


def test_sgd_is_torchs_own():
    one = toy_net(drop=0.0)
    two = copy.deepcopy(one)
    ours = optimizer([one], Settings(optimizer="sgd", weight_decay=0.1, momentum=0.8), 0.1)
    decay = [p for p in two.parameters() if p.ndim > 1]
    rest = [p for p in two.parameters() if p.ndim <= 1]
    torchs = torch.optim.SGD(
        [{"params": decay, "weight_decay": 0.1}, {"params": rest}],
        0.1,
        momentum=0.8,
        nesterov=True,
        fused=False,
        foreach=False,
    )
    for epoch in range(3):
        batch = next(ToyBatches(8, 8, 0).epoch(epoch))
        for net, opt in ((one, ours), (two, torchs)):
            opt.zero_grad()
            nn.functional.cross_entropy(net(batch["image"]), batch["label"]).backward()
            opt.step()
    for p, q in zip(one.parameters(), two.parameters(), strict=True):
        torch.testing.assert_close(p, q)


def test_ema_is_its_closed_form():
    net = nn.Linear(1, 1, bias=False).double()
    net.register_buffer("seen", torch.tensor(0))
    values = [1.0, 3.0, -2.0, 5.0, 0.5]
    with torch.no_grad():
        net.weight.fill_(0.25)
    ema = Ema({"net": net}, 0.3)
    for t, value in enumerate(values, 1):
        with torch.no_grad():
            net.weight.fill_(value)
        net.seen += 1
        ema.update({"net": net}, t)
    rates = [min(0.3, (1 + t) / (10 + t)) for t in range(1, 6)]
    assert rates[0] == pytest.approx(2 / 11) and rates[-1] == 0.3
    want = 0.25
    for t in range(5):
        want *= rates[t]
    for i, value in enumerate(values):
        share = 1 - rates[i]
        for later in rates[i + 1 :]:
            share *= later
        want += share * value
    assert ema.nets["net"].weight.item() == pytest.approx(want, rel=1e-12)
    assert ema.nets["net"].seen.item() == 5 and not ema.nets["net"].weight.requires_grad


def job(settings, tmp_path, batches, nets):
    return Job(
        make("classify"),
        nets,
        Feeds(batches),
        replace(settings, workers=0),
        Run(tmp_path),
        torch.device("cpu"),
        ToyData().classes,
    )


@pytest.mark.parametrize("batch, accumulate", [(3, 4), (5, 3)])  # 12 = 4 x 3; 5 + 5 + 2
def test_accumulated_batches_step_like_one_big_batch(batch, accumulate, tmp_path):
    big, small = toy_net(norm=False, drop=0.0).double(), toy_net(norm=False, drop=0.0).double()
    settings = toy_settings(epochs=2, clip=0.05)
    one = Trainer(
        job(replace(settings, batch=12), tmp_path / "a", ToyBatches(12, 12, 0, dtype=torch.float64), {"net": big})
    )
    two = Trainer(
        job(
            replace(settings, batch=batch, accumulate=accumulate),
            tmp_path / "b",
            ToyBatches(12, batch, 0, dtype=torch.float64),
            {"net": small},
        )
    )
    one.run()
    two.run()
    assert one.progress.step == two.progress.step == 2
    for p, q in zip(big.parameters(), small.parameters(), strict=True):
        torch.testing.assert_close(p, q, rtol=1e-9, atol=1e-12)
    assert one.progress.rows[-1]["train/loss"] == pytest.approx(two.progress.rows[-1]["train/loss"])


def test_clipping_bounds_the_step(tmp_path):
    net = toy_net(norm=False, drop=0.0).double()
    before = copy.deepcopy(net)
    settings = toy_settings(
        batch=12, lr=1.0, momentum=0.0, weight_decay=0.0, clip=0.01, schedule="constant", warmup=0, epochs=1
    )
    Trainer(job(settings, tmp_path, ToyBatches(12, 12, 0, dtype=torch.float64), {"net": net})).run()
    moved = sum(((p - q) ** 2).sum().item() for p, q in zip(net.parameters(), before.parameters(), strict=True))
    assert moved**0.5 == pytest.approx(0.01, rel=1e-4)


def test_frozen_layers_hold_still_running_means_too(tmp_path):
    net = toy_net()
    before = copy.deepcopy(net.state_dict())
    train(make("classify"), tmp_path, toy_settings(epochs=1, freeze="base"), nets={"net": net}, source=ToySource())
    changed = {key for key, value in net.state_dict().items() if not torch.equal(value, before[key])}
    assert changed == {"8.weight", "8.bias"}
    train_mode({"net": net})
    assert not net[1].training and net[7].training


@pytest.mark.parametrize("pattern, words", [("nothing*", "matches no parameter"), ("*", "nothing to train")])
def test_freeze_refuses_what_makes_no_sense(pattern, words):
    with pytest.raises(UserError, match=words):
        freeze({"net": toy_net()}, pattern)
