"""Begin a training, or go on with one: everything around the loop."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from torch import nn

from vzor.spec.errors import UserError
from vzor.spec.preprocess import Preprocess
from vzor.training import speed, state
from vzor.training.evaluator import evaluate
from vzor.training.feeds import FromData, Source
from vzor.training.log import Reporter
from vzor.training.loop import Job, Outcome, Trainer
from vzor.training.phases import freeze, phases_of
from vzor.training.run import Run, open_run, plain
from vzor.training.settings import Settings, extend
from vzor.training.task import Task
from vzor.weights.atomic import write_text
from vzor.weights.checkpoint import load_checkpoint, version


@dataclass(frozen=True)
class Saved:
    """What a run left, read without building anything: see `reopen`.

    `record` is what `fit` was given and found: task (name, options), data, network, tables, classes,
    preprocess, fingerprint, versions. `settings` are those to go on with.
    """

    run: Run
    settings: Settings
    record: Mapping[str, Any]
    meta: Mapping[str, Any] = field(repr=False)


def reopen(path: str | os.PathLike[str], **changes: Any) -> Saved:
    """Read a run so that it can go on: build the networks from `record["tables"]`, read the data from
    `record["data"]`, and call `fit(..., saved=this)`.

    `changes` are settings to change (None: as it was). More epochs extend the run; a change that would make
    past steps untrue, and a run without a readable state, are UserErrors.
    """
    run = open_run(path)
    meta = state.load_meta(run.resume)
    settings = extend(Settings.from_dict(meta["settings"]), changes)
    return Saved(run, settings, meta["record"], meta)


def fit(
    task: Task,
    nets: Mapping[str, nn.Module],
    data: Any,
    pre: Preprocess | None,
    settings: Settings,
    run: Run,
    *,
    tables: Mapping[str, Any] | None = None,
    record: Mapping[str, Any] | None = None,
    reporter: Reporter | None = None,
    transform: Callable[..., Any] | None = None,
    source: Source | None = None,
    saved: Saved | None = None,
) -> Outcome:
    """Train `nets` for `task` on `data` into the folder of `run`, or go on with `saved`.

    nets       {"net": module}, with the weights to begin from; trained in place
    data       a `vzor.data.samples.Data`; pre says how its images are prepared
    tables     {network: its table as JSON}, stored in checkpoints and in the resume state
    record     what the caller needs to do this again: {"network": name, "data": {...}, ...}; JSON
    transform  the user's own augmentation in place of the policy; not stored: give it again to resume
    source     makes the loaders, in place of the data room's; then data needs only `classes`
    Raises UserError for what the user can mend, Interrupted (after saving) on Ctrl-C or SIGTERM.
    """
    reporter = reporter or Reporter()
    device = speed.pick_device(settings.device)
    with ExitStack() as held:
        held.enter_context(run.lock())
        held.enter_context(speed.tuned(settings.threads, device))
        if task.adapt is not None and saved is None:
            task = task.adapt(data)
        source = source or _from_data(data, pre, transform)
        classes = [str(c) for c in data.classes]
        freeze(nets, settings.freeze)
        for net in nets.values():
            net.to(device)
        if saved is None:
            settings = _settle(task, nets, data, pre, settings, source, device)
        elif settings.threads is not None and torch.get_num_threads() != settings.threads:
            raise UserError(
                f"The run was begun with {settings.threads} threads and torch will not use as many"
                " here; resume on the machine it was begun on."
            )
        feeds = source.feeds(task, settings)
        held.callback(feeds.close)
        if settings.channels_last:
            for net in nets.values():
                _channels_last(net)
        full = _record(task, nets, data, pre, settings, tables or {}, record or {}) if saved is None else saved.record
        trainer = Trainer(
            Job(task, nets, feeds, settings, run, device, classes, _meta(full), {"record": full}, reporter)
        )
        _begin(trainer, saved, data, full, reporter)
        outcome = trainer.run()
        outcome = replace(_finish(outcome, trainer), source=full.get("source") or "")
    reporter.finish(outcome)
    return outcome


def _begin(trainer: Trainer, saved: Saved | None, data: Any, full: Mapping[str, Any], reporter: Reporter) -> None:
    """Say what will be trained on what, and leave something to resume from before the first step."""
    job = trainer.job
    if saved is None:
        job.run.write_args(_args(full, job.settings))
        job.run.write_results([])
        job.run.event("begun", settings=job.settings.to_dict())
        trainer.save()
        reporter.start(_headline(job, data, full))
        return
    found = data.fingerprint() if hasattr(data, "fingerprint") else None
    if found != full.get("fingerprint"):
        raise UserError(
            "The data are not those that the run was begun with (their fingerprint differs); put"
            " them back, or start a new run."
        )
    trainer.restore(saved.meta)
    p = trainer.progress
    job.run.write_args(_args(full, job.settings))
    job.run.event("resumed", step=p.step, epochs=job.settings.epochs)
    reporter.start([*_headline(job, data, full), f"Going on from epoch {p.epoch + 1}, step {p.step}."])
    now = _versions()
    for name, value in full["versions"].items():
        if name in ("torch", "cpu") and now[name] != value:
            reporter.note(
                f"The run was begun with {name} {value}, here it is {now[name]}: it goes on, but its"
                " weights will not be the same to the last bit."
            )
    if trainer._over():
        reporter.note("There is nothing left to do; --epochs N with a larger N extends the run.")


def _finish(outcome: Outcome, trainer: Trainer) -> Outcome:
    """The best weights on the test split, if there is one; `nets` keep the last weights."""
    job, run = trainer.job, outcome.run
    feeds = job.feeds
    if feeds.test is not None and run.best.exists():
        weights = dict(trainer.eval_nets)
        held = {name: {k: v.clone() for k, v in net.state_dict().items()} for name, net in weights.items()}
        load_checkpoint(run.best).load_into(weights)
        result = evaluate(
            job.task,
            weights,
            feeds.test.epoch(0),
            job.classes,
            device=job.device,
            precision=job.settings.precision,
            channels_last=bool(job.settings.channels_last),
            place=feeds.place,
        )
        for name, net in weights.items():
            net.load_state_dict(held[name])
        test = {"loss": result.loss, **result.metrics}
        text = {
            "weights": "best",
            "n": result.n,
            **test,
            "baseline": result.metric.baseline(),
            "protocol": result.metric.protocol,
        }
        write_text(run.test, json.dumps(text, indent=1, ensure_ascii=False) + "\n")
        outcome = replace(outcome, test=test)
    run.event("finished", why=outcome.why, seconds=round(outcome.seconds, 3), test=outcome.test)
    return outcome


def _from_data(data: Any, pre: Preprocess | None, transform: Callable[..., Any] | None) -> Source:
    if pre is None:
        raise ValueError("fit needs `pre`, how the images are prepared, unless it is given a `source`.")
    return FromData(data, pre, transform)


def _settle(
    task: Task,
    nets: Mapping[str, nn.Module],
    data: Any,
    pre: Preprocess | None,
    settings: Settings,
    source: Source,
    device: torch.device,
) -> Settings:
    load = speed.measure(nets, phases_of(task, nets), source.probe(task, device))
    pixels = pre.size[0] * pre.size[1] if pre is not None else 0
    return speed.settle(settings, load, len(getattr(data, "train", ())) or 1024, device, pixels)


def _channels_last(net: nn.Module) -> None:
    for parameter in net.parameters():
        if parameter.ndim == 4:
            parameter.data = parameter.data.contiguous(memory_format=torch.channels_last)


def _record(
    task: Task,
    nets: Mapping[str, nn.Module],
    data: Any,
    pre: Preprocess | None,
    settings: Settings,
    tables: Mapping[str, Any],
    given: Mapping[str, Any],
) -> dict[str, Any]:
    record: dict[str, Any] = {
        **given,
        "task": {"name": task.name, "options": dict(task.options)},
        "classes": [str(c) for c in data.classes],
        "preprocess": pre.to_dict() if pre is not None else None,
        "tables": dict(tables),
        "parameters": {name: sum(p.numel() for p in net.parameters()) for name, net in nets.items()},
        "fingerprint": data.fingerprint() if hasattr(data, "fingerprint") else None,
        "versions": _versions(),
    }
    checked: dict[str, Any] = plain(record)
    return checked


def _meta(record: Mapping[str, Any]) -> dict[str, Any]:
    """What of the record a checkpoint carries: enough to predict with nothing else."""
    wanted = ("network", "task", "classes", "preprocess", "tables", "data")
    return {key: record[key] for key in wanted if record.get(key) is not None}


def _args(record: Mapping[str, Any], settings: Settings) -> dict[str, Any]:
    """args.yaml: the record without the tables, which are long and stand in every checkpoint."""
    return {**{k: v for k, v in record.items() if k != "tables"}, "settings": settings.to_dict()}


def _versions() -> dict[str, str]:
    return {
        "vzor": version(),
        "torch": torch.__version__,
        "python": platform.python_version(),
        "system": platform.platform(),
        "cpu": torch.backends.cpu.get_cpu_capability(),
    }


def _headline(job: Job, data: Any, record: Mapping[str, Any]) -> list[str]:
    s = job.settings
    size = sum(record["parameters"].values())
    root = getattr(data, "root", "the given data")
    splits = [f"{len(part):,} {name}" for name in ("train", "val", "test") if (part := getattr(data, name, None))]
    batch = f"{s.batch}" if s.accumulate == 1 else f"{s.batch} x {s.accumulate}"
    where = f"{job.device} ({s.threads} threads)" if job.device.type == "cpu" else str(job.device)
    name = record.get("network") or ", ".join(job.nets)
    return [
        f"Training {name} ({size:,} parameters) to {job.task.name} {root}: {', '.join(splits)} images,"
        f" {len(job.classes)} classes; {where}, {s.precision}{', channels-last' if s.channels_last else ''},"
        f" batch {batch}, {s.optimizer} lr {s.lr:.3g}, {s.epochs} epochs, seed {s.seed}.",
        f"Run: {job.run.path}",
    ]
