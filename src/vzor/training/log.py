"""What a run says while it trains: bars on a terminal, plain lines elsewhere, nothing when asked to be quiet."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from shlex import quote
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vzor.training.loop import Outcome


class Reporter:
    """What the loop tells. This one says nothing; a user's own overrides what it likes."""

    def start(self, lines: list[str]) -> None:
        """Before the first step: what will be trained on what."""

    def epoch(self, epoch: int, epochs: int, steps: int, done: int) -> None:
        """An epoch (from 1) of `steps` steps begins, `done` of them already taken."""

    def step(self, done: int, loss: float, lr: float, rate: float) -> None:
        """A few times a second: steps done in this epoch, running loss, rate, samples per second."""

    def row(self, row: Mapping[str, Any], best: bool) -> None:
        """An epoch's row of results.csv; `best` if its weights are the best so far."""

    def note(self, text: str) -> None:
        """One sentence."""

    def finish(self, outcome: Outcome) -> None:
        """After the last step."""


class Quiet(Reporter):
    """Says nothing: for tests and `--json`."""


class Lines(Reporter):
    """Plain lines, one per epoch: for files, pipes and CI."""

    def __init__(self, out: Any = None) -> None:
        self.out = out
        self.epochs = 0

    def write(self, text: str) -> None:
        """One line."""
        print(text, file=self.out or sys.stdout, flush=True)

    def start(self, lines: list[str]) -> None:
        for line in lines:
            self.write(line)

    def epoch(self, epoch: int, epochs: int, steps: int, done: int) -> None:
        self.epochs = epochs

    def row(self, row: Mapping[str, Any], best: bool) -> None:
        self.write(row_text(row, self.epochs, best))

    def note(self, text: str) -> None:
        self.write(text)

    def finish(self, outcome: Outcome) -> None:
        for line in last_block(outcome):
            self.write(line)


class Bars(Lines):
    """rich's progress bar for the epoch in flight, a line for each that is done."""

    def __init__(self) -> None:
        super().__init__()
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        self.console = Console(highlight=False)
        self.bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[now]}"),
            TimeRemainingColumn(),
            console=self.console,
            transient=True,
        )
        self.task: Any = None

    def write(self, text: str) -> None:
        self.console.print(text, markup=False, soft_wrap=True)

    def epoch(self, epoch: int, epochs: int, steps: int, done: int) -> None:
        super().epoch(epoch, epochs, steps, done)
        self._close()
        self.bar.start()
        self.task = self.bar.add_task(f"epoch {epoch}/{epochs}", total=steps, completed=done, now="")

    def step(self, done: int, loss: float, lr: float, rate: float) -> None:
        self.bar.update(self.task, completed=done, now=f"loss {loss:.4f}  lr {lr:.2g}  {rate:,.0f}/s")

    def row(self, row: Mapping[str, Any], best: bool) -> None:
        self._close()
        super().row(row, best)

    def note(self, text: str) -> None:
        self._close()
        super().note(text)

    def finish(self, outcome: Outcome) -> None:
        self._close()
        super().finish(outcome)

    def _close(self) -> None:
        if self.task is not None:
            self.bar.remove_task(self.task)
            self.bar.stop()
            self.task = None


def reporter(quiet: bool = False) -> Reporter:
    """The fitting one: quiet if asked, bars on a terminal, plain lines otherwise."""
    if quiet:
        return Quiet()
    return Bars() if sys.stdout.isatty() else Lines()


def row_text(row: Mapping[str, Any], epochs: int, best: bool) -> str:
    """epoch  3/30  train/loss 0.4121  val/loss 0.3310  val/top1 0.9012  12.3 s  best"""
    width = len(str(epochs))
    shown = [
        f"{key} {value:.4f}"
        for key, value in row.items()
        if key.startswith(("train/", "val/")) and isinstance(value, float)
    ]
    text = "  ".join([f"epoch {row['epoch']:>{width}}/{epochs}", *shown, f"{row['seconds']:.1f} s"])
    return text + "  best" if best else text


def last_block(outcome: Outcome) -> list[str]:
    """Where things are, and which commands come next."""
    run = outcome.run
    lines = ["", f"Done in {outcome.seconds:.1f} s: {outcome.why}."]
    if outcome.best is not None:
        lines.append(f"  best     {outcome.key} {outcome.best:.4f} at epoch {outcome.best_epoch}")
    if outcome.test:
        lines.append("  test     " + "  ".join(f"{k} {v:.4f}" for k, v in outcome.test.items()))
    lines += [
        f"  weights  {run.best if run.best.exists() else run.last}",
        f"  results  {run.results}",
        "Next:",
        f"  vzor evaluate {quote(str(run.path))} {quote(outcome.source) if outcome.source else 'DATA'}",
        f"  vzor predict {quote(str(run.path))} IMAGE",
        f"  vzor look {quote(str(run.path))}",
    ]
    return lines
