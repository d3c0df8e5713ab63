"""The one loop. It knows phases, named networks and dict batches; no task by name.

Where a run stands is `Progress`: (epoch, batch index), the step, running means, the rows so far. Together
with the tensors of `Trainer.tensors` it is all that is saved: every random draw is a function of
(seed, epoch, sample index) or (seed, step), and the learning rate is a function of the step.
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, dataclass, field
from typing import Any

import torch
from torch import nn

from vzor.spec.errors import UserError
from vzor.training import state
from vzor.training.ema import Ema
from vzor.training.evaluator import Evaluation, as_terms, evaluate
from vzor.training.feed import size_of
from vzor.training.feeds import Feeds
from vzor.training.interrupt import Interrupted, Stop, listening
from vzor.training.log import Reporter
from vzor.training.optim import optimizer
from vzor.training.phases import only, phases_of, train_mode
from vzor.training.run import Run
from vzor.training.schedule import factor
from vzor.training.seeds import reseed
from vzor.training.settings import Settings
from vzor.training.task import Batch, Phase, Step, Task, better
from vzor.weights.checkpoint import save_checkpoint

REPORT_EVERY = 0.2  # seconds between two looks at the running loss: each look waits for the accelerator


@dataclass(frozen=True)
class Job:
    """One training: what, with what, where. `meta` goes into checkpoints, `record` into the resume state."""

    task: Task
    nets: Mapping[str, nn.Module]
    feeds: Feeds
    settings: Settings  # settled: nothing None that matters, nothing "auto"
    run: Run
    device: torch.device
    classes: list[str]
    meta: Mapping[str, Any] = field(default_factory=dict)
    record: Mapping[str, Any] = field(default_factory=dict)
    reporter: Reporter = field(default_factory=Reporter)


@dataclass
class Progress:
    """Where a run stands; JSON-able."""

    epoch: int = 0  # whole epochs done
    batch: int = 0  # batches of the epoch in flight that are done
    step: int = 0  # optimizer steps done
    seconds: float = 0.0  # spent training, over all resumes
    sums: dict[str, float] = field(default_factory=dict)  # of the epoch in flight: term -> sum over samples
    counts: dict[str, int] = field(default_factory=dict)  # term -> samples
    rows: list[dict[str, Any]] = field(default_factory=list)
    best: float | None = None
    best_epoch: int = 0
    stale: int = 0  # epochs since the best


@dataclass(frozen=True)
class Outcome:
    """How a run ended. `key` names the number that chose `best`; `test` has the test split's numbers."""

    run: Run
    rows: list[dict[str, Any]]
    key: str
    best: float | None
    best_epoch: int
    seconds: float
    why: str
    test: dict[str, float] = field(default_factory=dict)
    source: str = ""  # where the data came from, if that can be typed


class Trainer:
    """Trains a job from where its progress stands to the end."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.task, self.settings, self.nets = job.task, job.settings, job.nets
        if len(job.feeds.train) == 0:
            raise UserError("There is no training sample; check the data with `vzor data`.")
        self.lr = float(self.settings.lr or 0.0)
        self.phases = [
            (phase, optimizer([self.nets[n] for n in phase.nets], self.settings, self.lr * phase.lr))
            for phase in phases_of(self.task, self.nets)
        ]
        self.frozen = frozenset(id(p) for net in self.nets.values() for p in net.parameters() if not p.requires_grad)
        self.ema = Ema(self.nets, self.settings.ema) if self.settings.ema else None
        if self.settings.compile:
            for net in self.nets.values():
                net.compile()
        self.progress = Progress()
        self.steps_per_epoch = math.ceil(len(job.feeds.train) / self.settings.accumulate)
        self.sums: dict[str, Any] = {}
        self.clock: float | None = None  # runs while training runs
        self.saved_at = self.told_at = time.monotonic()
        self.told_step = 0

    # --- state ---

    def tensors(self) -> tuple[dict[str, torch.Tensor], dict[str, Any]]:
        """Every tensor of the resume state, and what of the optimizers is not a tensor."""
        out = state.nets_out("nets", self.nets)
        rest: dict[str, Any] = {}
        if self.ema is not None:
            out |= state.nets_out("ema", self.ema.nets)
        for phase, opt in self.phases:
            more, plain = state.optimizer_out(phase.name, opt)
            out |= more
            rest |= plain
        return out, rest

    def save(self) -> None:
        """Write the resume state."""
        self._tick()
        self._read_sums()
        tensors, rest = self.tensors()
        meta = {
            **self.job.record,
            "settings": self.settings.to_dict(),
            "progress": asdict(self.progress),
            "optimizers": rest,
        }
        state.save_state(self.job.run.resume, tensors, meta)
        self.saved_at = time.monotonic()

    def restore(self, meta: Mapping[str, Any]) -> None:
        """Go back to a saved state: its JSON part here, its tensors from the run's file."""
        tensors = state.load_tensors(self.job.run.resume, meta["strides"])
        state.nets_in("nets", self.nets, tensors)
        if self.ema is not None:
            state.nets_in("ema", self.ema.nets, tensors)
        for phase, opt in self.phases:
            state.optimizer_in(phase.name, opt, tensors, meta["optimizers"])
        self.progress = Progress(**meta["progress"])
        self.sums = dict(self.progress.sums)
        # results.csv may have a row more than the state (killed between the two), or none yet
        if self.progress.rows:
            self.job.run.write_results(self.progress.rows)

    # --- the loop ---

    def run(self) -> Outcome:
        """Train to the end. Raises Interrupted, after saving, on a signal."""
        p, job = self.progress, self.job
        self.clock = self.saved_at = time.monotonic()
        with listening() as stop:
            while not (why := self._over()):
                job.reporter.epoch(
                    p.epoch + 1, self.settings.epochs, self.steps_per_epoch, p.batch // self.settings.accumulate
                )
                self._train_epoch(stop)
                self._end_epoch(stop)
                if not self._over():
                    self._heed(stop)
        best, where = (p.best, p.best_epoch) if job.feeds.val is not None else (None, 0)
        return Outcome(job.run, p.rows, self.task.best[0], best, where, p.seconds, why)

    def _over(self) -> str:
        """Why training is over, or ""."""
        p, s = self.progress, self.settings
        if p.epoch >= s.epochs:
            return f"all {s.epochs} epochs done"
        if s.patience and p.stale >= s.patience:
            return f"no better {self.task.best[0]} for {s.patience} epochs"
        if s.max_seconds and p.seconds >= s.max_seconds:
            return f"the {s.max_seconds:g} seconds are used up"
        return ""

    def _train_epoch(self, stop: Stop) -> None:
        p, s = self.progress, self.settings
        train_mode(self.nets)
        group: list[Batch] = []
        left = len(self.job.feeds.train) - p.batch
        for batch in self.job.feeds.train.epoch(p.epoch, p.batch):
            group.append(batch)
            left -= 1
            if len(group) < s.accumulate and left > 0:
                continue
            self.step(group)
            p.batch += len(group)
            group = []
            self._report()
            self._heed(stop)
            if s.max_seconds and self._tick() >= s.max_seconds:
                return
            every_step = s.save_steps and p.step % s.save_steps == 0
            if every_step or (s.save_seconds and time.monotonic() - self.saved_at > s.save_seconds):
                self.save()

    def step(self, group: list[Batch]) -> None:
        """One optimizer step of every phase that is due, over the batches of `group` as if they were one."""
        p, s = self.progress, self.settings
        reseed(s.seed, p.step, self.job.device)
        rate = self.lr * factor(s, p.step, self.steps_per_epoch)
        mix = self.job.feeds.mix
        if mix is not None:
            group = [mix(batch, p.step, i) for i, batch in enumerate(group)]
        try:
            for phase, opt in self.phases:
                if p.step % phase.every == 0:
                    self._phase_step(phase, opt, rate * phase.lr, group)
        except ValueError as error:
            if "more than 1 value per channel" in str(error):
                raise UserError(
                    "Batch normalisation cannot train on one sample at a time; give a batch of 2 or more."
                ) from None
            raise
        except torch.OutOfMemoryError:
            raise UserError(
                f"The device's memory does not hold a batch of {s.batch}; give a smaller batch and"
                " make up for it with accumulate."
            ) from None
        p.step += 1
        if self.ema is not None:
            self.ema.update(self.nets, p.step)

    def _phase_step(self, phase: Phase, opt: torch.optim.Optimizer, rate: float, group: list[Batch]) -> None:
        p, s, job = self.progress, self.settings, self.job
        for part in opt.param_groups:
            part["lr"] = rate
        sizes = [size_of(batch) for batch in group]
        where = Step(p.step, p.epoch, True)
        alone: AbstractContextManager[None] = nullcontext()
        if len(self.phases) > 1 or len(phase.nets) < len(self.nets):
            alone = only(phase, self.nets, self.frozen)
        with alone:
            for batch, size in zip(group, sizes, strict=True):
                placed = job.feeds.place(batch, job.device, bool(s.channels_last))
                with self._autocast():
                    terms = as_terms(phase.loss(self.nets, placed, where))
                total = torch.stack(list(terms.values())).sum() if len(terms) > 1 else next(iter(terms.values()))
                (total if len(group) == 1 else total * (size / sum(sizes))).backward()
                self._count(terms, size)
            if s.clip:
                nn.utils.clip_grad_norm_([q for part in opt.param_groups for q in part["params"]], s.clip)
            opt.step()
            opt.zero_grad(set_to_none=True)

    def _autocast(self) -> AbstractContextManager[Any]:
        if self.settings.precision != "bf16":
            return nullcontext()
        return torch.autocast(self.job.device.type, torch.bfloat16)

    def _end_epoch(self, stop: Stop) -> None:
        """Evaluate, add the row, write weights and results, and last the state that knows of them."""
        p, job, s = self.progress, self.job, self.settings
        self._read_sums()
        means = {name: value / p.counts[name] for name, value in p.sums.items()}
        # A step past the last one has no rate: the row gives that of the epoch's last step.
        row: dict[str, Any] = {
            "epoch": p.epoch + 1,
            "step": p.step,
            "seconds": 0.0,
            "lr": self.lr * factor(s, max(0, p.step - 1), self.steps_per_epoch),
            "train/loss": sum(means.values()),
        }
        if job.feeds.val is not None:
            result = self._validate(stop)
            row |= {"val/loss": result.loss} | {f"val/{k}": v for k, v in result.metrics.items()}
        if len(means) > 1:
            row |= {f"train/{name}": value for name, value in means.items()}
        row["seconds"] = round(self._tick(), 3)
        key, how = self.task.best
        if job.feeds.val is not None and key not in row:
            raise UserError(
                f"Task {self.task.name} chooses its best by {key}, which is not among the numbers"
                f" it counts ({', '.join(row)}); change the task's `best`."
            )
        first = job.feeds.val is not None and better(float(row[key]), p.best, how)
        if first:
            p.best, p.best_epoch, p.stale = float(row[key]), p.epoch + 1, 0
        else:
            p.stale += job.feeds.val is not None
        p.rows.append(row)
        p.epoch, p.batch, p.sums, p.counts, self.sums = p.epoch + 1, 0, {}, {}, {}
        self._write(row, first)
        job.reporter.row(row, first)

    def _validate(self, stop: Stop) -> Evaluation:
        job, p = self.job, self.progress
        assert job.feeds.val is not None
        return evaluate(
            self.task,
            self.eval_nets,
            job.feeds.val.epoch(0),
            job.classes,
            device=job.device,
            precision=self.settings.precision,
            channels_last=bool(self.settings.channels_last),
            where=Step(p.step, p.epoch, False),
            place=job.feeds.place,
            watch=lambda n: self._heed(stop),
        )

    @property
    def eval_nets(self) -> Mapping[str, nn.Module]:
        """The networks that are evaluated and kept: the averaged ones where there is an average."""
        return self.nets if self.ema is None else self.ema.nets

    def _write(self, row: dict[str, Any], best: bool) -> None:
        p, run = self.progress, self.job.run
        numbers = {k: v for k, v in row.items() if k.startswith(("train/", "val/"))}
        meta = {
            **self.job.meta,
            "epoch": p.epoch,
            "step": p.step,
            "metrics": numbers,
            "precision": self.settings.precision,
        }
        if best:
            save_checkpoint(run.best, self.eval_nets, meta)
        save_checkpoint(run.last, self.eval_nets, meta)
        run.write_results(p.rows)
        run.event("epoch", **row, best=best)
        self.save()

    # --- small things ---

    def _count(self, terms: Mapping[str, torch.Tensor], size: int) -> None:
        p = self.progress
        for name, value in terms.items():
            part: Any = value.detach()
            if value.device.type == "cpu":
                part = float(part)  # reading is free here; on an accelerator it would wait
                if not math.isfinite(part):
                    self._lost()
            self.sums[name] = self.sums.get(name, 0.0) + part * size
            p.counts[name] = p.counts.get(name, 0) + size

    def _read_sums(self) -> None:
        self.progress.sums = {name: float(value) for name, value in self.sums.items()}
        if not all(map(math.isfinite, self.progress.sums.values())):
            self._lost()

    def _lost(self) -> None:
        raise UserError(
            f"The loss is no longer a number at step {self.progress.step}; lower lr (it is {self.lr:g}), or set clip=1."
        )

    def _tick(self) -> float:
        """Add the time since the last call to the run's seconds, and return them."""
        if self.clock is not None:
            now = time.monotonic()
            self.progress.seconds += now - self.clock
            self.clock = now
        return self.progress.seconds

    def _report(self) -> None:
        now = time.monotonic()
        if now - self.told_at < REPORT_EVERY:
            return
        p = self.progress
        mean = sum(float(v) / p.counts[k] for k, v in self.sums.items())
        rate = int(self.settings.batch) * self.settings.accumulate * (p.step - self.told_step) / (now - self.told_at)
        self.told_at, self.told_step = now, p.step
        self.job.reporter.step(
            p.batch // self.settings.accumulate,
            mean,
            self.lr * factor(self.settings, p.step, self.steps_per_epoch),
            rate,
        )

    def _heed(self, stop: Stop) -> None:
        if stop:
            self.save()
            self.job.run.event("interrupted", step=self.progress.step)
            raise Interrupted(self.job.run.path, stop.number)
