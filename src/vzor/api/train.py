"""Train a network on data in one call, and go on with a run that was stopped."""

from __future__ import annotations

import inspect
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vzor.api.plan import networks, settle
from vzor.api.table import Table, Vocabulary, table
from vzor.api.weights import find_weights
from vzor.spec.errors import UserError, did_you_mean
from vzor.spec.preprocess import Preprocess
from vzor.spec.row import Row, Shape

if TYPE_CHECKING:
    from torch import nn

    from vzor.api.build import Network
    from vzor.api.model import Model
    from vzor.data.samples import Data
    from vzor.training.log import Reporter
    from vzor.training.run import Run
    from vzor.training.task import Task

SHOWN = 12  # problems that are named one by one before "and n more"


def train(
    data: str | os.PathLike[str] | Data,
    network: Network | nn.Module = "resnet18",
    task: str | Task = "classify",
    *,
    out: str | os.PathLike[str] | None = None,
    name: str | None = None,
    weights: str | os.PathLike[str] | None = None,
    classes: Sequence[str] | None = None,
    channels: int | None = None,
    input: Shape | int | str | None = None,
    preprocess: Preprocess | Mapping[str, Any] | None = None,
    val: float = 0.2,
    test: float | None = None,
    loss: Callable[..., Any] | None = None,
    augment: str | Callable[..., Any] | None = None,
    vocab: Vocabulary | None = None,
    reporter: Reporter | None = None,
    quiet: bool = False,
    **settings: Any,
) -> Model:
    """Train ``network`` for ``task`` on ``data``; returns the best weights as a :class:`Model`.

    data        a folder of class folders, a .csv, .npz, .zip, IDX files, a name such as "digits", or a ``Data``
    network     a name, the path of a table file, a :class:`Table`, rows, or a module of your own
    task        a task's name, or a ``Task`` of your own
    out         the run's folder; None: runs/<task>/<name>, numbered where it is taken
    weights     to begin from: "imagenet" or another published set, a file of weights, a run; of another class list,
                the output layer begins anew
    classes     names to keep to; None: the data's own
    channels    of the network's input; None: the data's (with ``weights``: theirs)
    input       size of the network's input; None: the table's own
    preprocess  how pictures are prepared; None: fitted to the input and the data (with ``weights``: theirs)
    val, test   shares that are split off where the data have no such split of their own
    loss        a loss of your own, ``loss(raw, batch)`` or ``loss(raw, batch, nets, step)``
    augment     auto, none, light or strong; or your own: ``f(image)`` (torchvision's v2), or ``f(sample, rng)``
    vocab       blocks of your own for a table file
    quiet       say nothing; ``reporter``: say it your own way
    settings    every option of ``vzor.training.Settings`` (epochs, batch, optimizer, lr, …) and of the task
                (label_smoothing, class_weights, …)

    Raises UserError, one sentence, for what you can mend.  ``Interrupted`` on Ctrl-C, after saving.
    """
    from vzor.training.settings import Settings
    from vzor.training.speed import pick_device

    tell = _reporter(reporter, quiet)
    if isinstance(network, str | os.PathLike | Table | Row):
        network = table(network, vocab=vocab)  # a mistyped name is said before the pictures are opened
    options, rest = _split_options(task, settings)
    if isinstance(augment, str):
        rest["augment"] = augment
    told = Settings.from_dict(rest)
    found_task = _task(task, options, loss)
    origin = network.origin if isinstance(network, Table) else None
    begin = None
    if weights is not None:
        with _watching(tell, "fetching weights") as progress:
            begin = find_weights(weights, origin, progress)
    pick_device(told.device)  # a device that is not there, too, is said before the pictures are opened
    shares = {"seed": told.seed, "val": val, "test": test, "classes": list(classes) if classes else None}
    found, source = _read(data, found_task, shares, tell)
    _say(found, tell)
    plan = settle(network, name, found, begin, channels, input, preprocess)
    nets, tables = networks(plan, found_task, found.classes, told.seed, begin, tell)
    own = [word for word, given in (("loss", loss), ("augment", callable(augment) or None)) if given is not None]
    record = {
        "network": plan.name,
        "source": source,
        "data": {**shares, "name": Path(str(found.root)).name, "kind": found.kind, "fingerprint": found.fingerprint()},
        "own": own + ([] if isinstance(task, str) else ["task"]),
        "weights": os.fspath(weights) if weights is not None else None,
        "command": command_line(),
    }
    run = _new_run(found_task.name, name or plan.name, out)
    transform = augment if callable(augment) else None
    from vzor.training.fitting import fit

    fit(
        found_task,
        nets,
        found,
        plan.pre,
        told,
        run,
        tables=tables,
        record=record,
        reporter=tell,
        transform=transform,
    )
    return _finished(run, found_task, nets, found, plan.table, vocab, tell, transform)


def resume(
    run: str | os.PathLike[str],
    epochs: int | None = None,
    *,
    data: str | os.PathLike[str] | Data | None = None,
    network: nn.Module | None = None,
    task: Task | None = None,
    loss: Callable[..., Any] | None = None,
    augment: Callable[..., Any] | None = None,
    vocab: Vocabulary | None = None,
    reporter: Reporter | None = None,
    quiet: bool = False,
    **settings: Any,
) -> Model:
    """Go on with a run that was stopped or killed, from its folder alone; more ``epochs`` extend it.

    What was your own (a module, Task, loss, augmentation, data in memory) has to be handed in again.
    Raises UserError for a run that cannot go on, and for a change that would make past steps untrue.
    """
    from vzor.training.fitting import fit, reopen

    tell = _reporter(reporter, quiet)
    if epochs is not None:
        settings["epochs"] = epochs
    saved = reopen(run, **_known(settings, ()))
    record = saved.record
    for word, given in (("task", task), ("loss", loss), ("augment", augment)):
        if word in (record.get("own") or ()) and given is None:
            raise UserError(
                f"The run {saved.run.path} was begun with a {word} of your own; hand it in again:"
                f" vzor.resume(run, {word}=…)."
            )
    found_task = _task(task or record["task"]["name"], record["task"]["options"] if task is None else {}, loss)
    source = data if data is not None else record.get("source")
    if source is None:
        raise UserError(
            f"The run {saved.run.path} was begun with data in memory; hand them in again: vzor.resume(run, data=…)."
        )
    shares = {key: record["data"].get(key) for key in ("seed", "val", "test", "classes")}
    found, _ = _read(source, found_task, shares, tell)
    pre = Preprocess.from_dict(record["preprocess"])
    from vzor.api.load import networks_of

    nets = networks_of(record, found_task, network, vocab, str(saved.run.path))
    fit(found_task, nets, found, pre, saved.settings, saved.run, reporter=tell, transform=augment, saved=saved)
    return _finished(saved.run, found_task, nets, found, None, vocab, tell, augment)


def _task(task: str | Task, options: Mapping[str, Any], loss: Callable[..., Any] | None) -> Task:
    """The task, with the user's loss in it."""
    from vzor.tasks.index import make
    from vzor.training.task import Task as TaskRecord
    from vzor.training.task import with_loss

    if not isinstance(task, str | TaskRecord):
        raise UserError(f"{task!r} is not a task: give a name or a vzor.Task.")
    found = make(task, **options) if isinstance(task, str) else task
    return found if loss is None else with_loss(found, loss)


def _split_options(task: str | Task, given: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The options of the task, and those of the training; UserError for a name that neither has."""
    from vzor.tasks.index import make

    mine = set(make(task).options) if isinstance(task, str) else set()
    rest = _known({key: value for key, value in given.items() if key not in mine}, mine)
    return {key: value for key, value in given.items() if key in mine}, rest


def _known(given: Mapping[str, Any], more: Sequence[str] | set[str]) -> dict[str, Any]:
    """`given`, if training has such options."""
    from vzor.training.settings import Settings

    known = {f.name for f in fields(Settings)}
    words = known | set(more) | {n for n, p in inspect.signature(train).parameters.items() if p.kind is p.KEYWORD_ONLY}
    for name in given:
        if name not in known:
            guess = did_you_mean(name, sorted(words))
            every = "" if guess else f" Options are {', '.join(sorted(known | set(more)))}."
            raise UserError(f"There is no training option '{name}'.{guess}{every}")
    return dict(given)


def _read(data: Any, task: Task, shares: Mapping[str, Any], tell: Reporter) -> tuple[Data, str | None]:
    """The data, and where to find them again (None for those in memory)."""
    from vzor.data.fields import Label
    from vzor.data.read import read
    from vzor.data.samples import Data as DataRecord

    if isinstance(data, DataRecord):
        found, source = data, None
    elif isinstance(data, str | os.PathLike):
        path = Path(data).expanduser()
        source = str(path.resolve()) if path.exists() else os.fspath(data)
        given = {key: value for key, value in shares.items() if value is not None}
        if task.read is not None:
            found = task.read(os.fspath(data))
        else:
            with _watching(tell, "looking at the pictures") as progress:
                found = read(os.fspath(data), progress=progress, **given)
    else:
        raise UserError(
            f"{type(data).__name__} is no data: give a folder, a file, a name such as 'digits', or what"
            " vzor.data.read gave."
        )
    if any(isinstance(kind, Label) for kind in task.fields.values()):
        found.require_trainable()
    return found, source


@contextmanager
def _watching(tell: Reporter, label: str) -> Iterator[Callable[[int, int | None], None] | None]:
    """A bar while pictures are opened for the first time or weights fetched, where there is someone to see it."""
    from vzor.training.log import Bars

    if not isinstance(tell, Bars):
        yield None
        return
    from rich.progress import Progress

    with Progress(console=tell.console, transient=True) as bar:
        task = bar.add_task(label, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _say(data: Data, tell: Reporter) -> None:
    """What is wrong with the data, each thing once, and how many pictures each class has."""
    for problem in data.problems[:SHOWN]:
        tell.note(f"Left out: {problem}.")
    if len(data.problems) > SHOWN:
        tell.note(f"Left out: {len(data.problems) - SHOWN} more; `vzor data` names them all.")
    for warning in data.warnings:
        tell.note(f"Warning: {warning}")
    counts = data.histogram()
    splits = [split for split in counts if any(counts[split].values())]
    classes = data.classes[:SHOWN]
    shown = ", ".join(f"{name} {'/'.join(str(counts[split][name]) for split in splits)}" for name in classes)
    more = f" and {len(data.classes) - SHOWN} more classes" if len(data.classes) > SHOWN else ""
    tell.note(f"Images of each class ({'/'.join(splits)}): {shown}{more}.")


def _reporter(reporter: Reporter | None, quiet: bool) -> Reporter:
    from vzor.training.log import reporter as fitting

    return reporter if reporter is not None else fitting(quiet)


def _new_run(task: str, name: str, out: str | os.PathLike[str] | None) -> Run:
    from vzor.training.run import new_run

    return new_run(task, name, out=out)


def _finished(
    run: Run,
    task: Task,
    nets: Mapping[str, nn.Module],
    data: Data,
    made: Table | None,
    vocab: Vocabulary | None,
    tell: Reporter,
    transform: Callable[..., Any] | None,
) -> Model:
    """The best weights as a model, and the report written."""
    from vzor.api.load import from_checkpoint
    from vzor.weights.checkpoint import load_checkpoint

    checkpoint = load_checkpoint(run.best if run.best.is_file() else run.last)
    model = from_checkpoint(checkpoint, task=task, network=nets, vocab=vocab)
    try:
        from vzor.look.report import report_run

        tell.note(f"Report: {report_run(run, task, data, nets=nets, transform=transform)}")
    except Exception as error:  # a page that cannot be drawn must not cost anyone a trained network
        tell.note(f"The report could not be written ({type(error).__name__}: {error}); try `vzor look {run.path}`.")
    return model


def command_line() -> str:
    """The words this program was started with, for the report; "" in a notebook or another's program."""
    words = [os.path.basename(sys.argv[0]), *sys.argv[1:]] if sys.argv and sys.argv[0] else []
    return " ".join(f"'{w}'" if " " in w else w for w in words) if words and words[0].startswith("vzor") else ""
