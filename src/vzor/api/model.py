"""A trained network with everything that is needed to use it: `load`, and the `Model` it gives."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vzor.api.table import Table
from vzor.spec.errors import UserError, did_you_mean
from vzor.spec.preprocess import Preprocess

if TYPE_CHECKING:
    import numpy as np
    from torch import nn

    from vzor.data.samples import Data, Sample
    from vzor.runtime.predict import Predictions, Predictor
    from vzor.training.task import Task
    from vzor.weights.checkpoint import Checkpoint

SPLITS = ("auto", "train", "val", "test", "all")


@dataclass(frozen=True)
class Evaluation:
    """What a model scores on a set.

    metrics    {"top1": 0.98, …}, counted as ``protocol`` says over ``n`` samples of ``split``
    baseline   the numbers of a trivial predictor on the same set
    loss       mean loss per sample, in evaluation mode
    per_class  one row per class, where the task counts them; ``confusion``: counts, rows are the truth
    results    every typed result in order, where they were asked for
    """

    data: str
    split: str
    n: int
    metrics: dict[str, float]
    baseline: dict[str, float]
    loss: float
    protocol: str
    classes: list[str] = field(repr=False)
    per_class: list[dict[str, Any]] = field(default_factory=list, repr=False)
    confusion: np.ndarray | None = field(default=None, repr=False)
    results: list[Any] = field(default_factory=list, repr=False)

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        return {
            "data": self.data,
            "split": self.split,
            "n": self.n,
            "loss": self.loss,
            "metrics": self.metrics,
            "baseline": self.baseline,
            "protocol": self.protocol,
            "classes": self.classes,
            "per_class": self.per_class,
            "confusion": self.confusion.tolist() if self.confusion is not None else None,
        }

    def __str__(self) -> str:
        rows = [("loss", self.loss), *self.metrics.items()]
        rows += [(f"baseline {name}", value) for name, value in self.baseline.items()]
        width = max(len(name) for name, _ in rows)
        lines = [f"{self.data}, {self.split}: {self.n:,} samples"]
        lines += [f"  {name:<{width}}  {value:.4f}" for name, value in rows]
        return "\n".join([*lines, f"  ({self.protocol})"])


class Model:
    """A trained network, its task, classes and preprocessing.  Made by :func:`load` and by training.

    nets        {"net": module}, in evaluation mode; ``net`` is the first
    table       the network's table; None for a module of your own
    task        the ``Task``
    classes     names, in the order of the outputs
    preprocess  how pictures are prepared: the only way that fits the weights
    metrics     numbers of the epoch the weights are from: {"val/top1": …}
    name        what the network is called
    path        the file that it was read from
    """

    def __init__(self, checkpoint: Checkpoint, nets: dict[str, nn.Module], task: Task, made: Table | None) -> None:
        self.meta: dict[str, Any] = dict(checkpoint.meta)
        self.path: Path = checkpoint.path
        self.nets, self.task, self.table = nets, task, made
        self.classes: list[str] = [str(name) for name in self.meta["classes"]]
        self.preprocess = Preprocess.from_dict(self.meta["preprocess"])
        self.metrics: dict[str, float] = dict(self.meta.get("metrics", {}))
        self.name: str = str(self.meta.get("network") or type(self.net).__name__)
        self.precision: str = str(self.meta.get("precision", "fp32"))
        self._predictors: dict[tuple[str, str], Predictor] = {}

    @property
    def net(self) -> nn.Module:
        """The first network: the only one, for most tasks."""
        return next(iter(self.nets.values()))

    @property
    def run(self) -> Path | None:
        """The folder of the run that the weights lie in; None for a file elsewhere."""
        folder = self.path.parent.parent
        return folder if (folder / "args.yaml").is_file() else None

    def predict(
        self,
        source: Any,
        *,
        batch: int | None = None,
        device: str = "auto",
        precision: str | None = None,
        progress: Callable[[int, int], object] | None = None,
        **options: Any,
    ) -> Predictions:
        """What the network says about every picture of ``source``: typed results, with ``.source`` and ``.save``.

        source     a file, a folder, a pattern, a PIL image, an array, a data set (its test split), or a list
        batch      pictures at a time; None: by their size
        device     auto, cpu, cuda:0, mps
        precision  fp32, or bf16 where the chip has it; None or auto: as it was trained
        progress   called with (pictures done, of how many)
        options    of the task: ``top=3`` gives the three most probable classes of a classifier

        ``.problems`` of the result names pictures that could not be used.  UserError where none could.
        """
        return self.predictor(device, precision)(source, batch=batch, progress=progress, **options)

    def predictor(self, device: str = "auto", precision: str | None = None) -> Predictor:
        """The predictor on that device, made once: call ``forget()`` after changing weights."""
        from vzor.runtime.predict import Predictor
        from vzor.runtime.sources import Shares

        key = (device, self._numbers(precision))
        if key not in self._predictors:
            self._predictors[key] = Predictor(
                self.nets, self.task, self.classes, self.preprocess, *key, shares=Shares(**self._shares)
            )
        return self._predictors[key]

    def _numbers(self, precision: str | None) -> str:
        """fp32 or bf16; UserError for anything else."""
        if precision in (None, "auto"):
            return self.precision
        if precision not in ("fp32", "bf16"):
            raise UserError(f"There is no precision '{precision}'; give auto, fp32 or bf16.")
        return str(precision)

    def forget(self) -> None:
        """Drop the copies made for prediction, after the weights of ``nets`` were changed."""
        self._predictors.clear()

    def evaluate(
        self,
        data: str | os.PathLike[str] | Data,
        split: str = "auto",
        *,
        batch: int = 64,
        device: str = "auto",
        precision: str | None = None,
        keep: bool = False,
    ) -> Evaluation:
        """Score the network on labelled data.

        split  train, val, test or all.  auto: the test split where there is one; else, of the data it was
               trained on, the validation split; of other data their own validation split, or everything
        keep   also return every result

        Data that need splitting are split as they were for training.  UserError for classes that the network
        does not know, each by name.
        """
        from vzor.training.evaluator import evaluate
        from vzor.training.feeds import evaluation_batches
        from vzor.training.speed import has_bf16, pick_device

        if split not in SPLITS:
            raise UserError(
                f"There is no split '{split}'.{did_you_mean(split, SPLITS)} Give one of {', '.join(SPLITS)}."
            )
        found = self._read(data)
        where = self._split(found) if split == "auto" else split
        samples = found.samples if where == "all" else found.splits[where]
        if not samples:
            there = [name for name, part in found.splits.items() if part]
            raise UserError(f"{found.root} has no {where} pictures; it has {', '.join(there) or 'none at all'}.")
        batches, place = evaluation_batches(self._relabelled(samples, found), self.task, self.preprocess, batch)
        chip = pick_device(device)
        numbers = "bf16" if self._numbers(precision) == "bf16" and has_bf16(chip) else "fp32"
        home = next((p.device for p in self.net.parameters()), chip)
        for net in self.nets.values():
            net.to(chip)
        try:
            result = evaluate(
                self.task,
                self.nets,
                batches.epoch(0),
                self.classes,
                device=chip,
                precision=numbers,
                place=place,
                keep=keep,
            )
        finally:
            for net in self.nets.values():
                net.to(home)
        counted = result.metric
        return Evaluation(
            str(found.root),
            where,
            result.n,
            result.metrics,
            counted.baseline(),
            result.loss,
            counted.protocol,
            list(self.classes),
            counted.table() if hasattr(counted, "table") else [],
            getattr(counted, "matrix", None),
            result.results,
        )

    def _read(self, data: Any) -> Data:
        from vzor.data.read import read
        from vzor.data.samples import Data as DataRecord

        if isinstance(data, DataRecord):
            return data
        if not isinstance(data, str | os.PathLike):
            raise UserError(f"{type(data).__name__} is no data: give a folder, a file, or a name such as 'digits'.")
        if self.task.read is not None:
            found: Data = self.task.read(os.fspath(data))
            return found
        return read(os.fspath(data), **self._shares)

    @property
    def _shares(self) -> dict[str, Any]:
        """How the data were split for training."""
        stored = self.meta.get("data") or {}
        return {key: stored[key] for key in ("seed", "val", "test") if stored.get(key) is not None}

    def _split(self, data: Data) -> str:
        """Which pictures count: never those that were trained on, as far as can be known."""
        known = (self.meta.get("data") or {}).get("fingerprint")
        if data.test:
            return "test"
        if data.fingerprint() == known or "val" in data.given:
            return "val"
        return "all"

    def _relabelled(self, samples: list[Sample], data: Data) -> list[Sample]:
        """Labels as numbers of the model's classes, by name; UserError for classes it does not know."""
        from vzor.data.fields import Label

        labels = [name for name, kind in self.task.fields.items() if isinstance(kind, Label)]
        if not labels or list(data.classes) == self.classes:
            return samples
        number = {name: i for i, name in enumerate(self.classes)}
        unknown = sorted({data.classes[s[name]] for s in samples for name in labels if s[name] >= 0} - number.keys())
        if unknown:
            names = ", ".join(f"'{name}'" for name in unknown[:5]) + (", …" if len(unknown) > 5 else "")
            raise UserError(
                f"{data.root} has {'classes' if len(unknown) > 1 else 'class'} {names}, which the model does"
                f" not know.{did_you_mean(unknown[0], self.classes)} Its classes are"
                f" {', '.join(self.classes[:12])}{', …' if len(self.classes) > 12 else ''}; leave the others"
                " out of the data, or train on them."
            )
        return [
            {**s, **{name: number[data.classes[s[name]]] if s[name] >= 0 else -1 for name in labels}} for s in samples
        ]

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the model as one checkpoint file (.safetensors), enough to predict with nothing else."""
        from vzor.weights.checkpoint import save_checkpoint

        path = Path(path)
        if path.suffix != ".safetensors":
            raise UserError(f"{path} should end in .safetensors; give such a name.")
        written = {key: value for key, value in self.meta.items() if key not in ("format", "vzor", "networks")}
        return save_checkpoint(path, self.nets, written)

    def save_folder(self, path: str | os.PathLike[str]) -> Path:
        """Write the model as model hubs hold one: ``config.json``, ``model.safetensors`` and a card.

        Where timm has the network it opens the folder: ``timm.create_model("local-dir:…", pretrained=True)``.  Raises
        UserError for a task of several networks, and for a module of your own, which has no table.
        """
        from vzor.weights.hub import write_folder

        opened = getattr(self.net, "opened", None)
        if len(self.nets) > 1:
            raise UserError(f"A folder holds one network and {self.name} has {', '.join(self.nets)}; use save().")
        if opened is None:
            raise UserError(f"{self.name} is a module of your own, without a table; use save() or torch.save.")
        return write_folder(
            Path(path), self.net.state_dict(), opened, self.meta, self.meta.get("network"), self.meta.get("licence", "")
        )

    def __repr__(self) -> str:
        score = "".join(f", {key} {value:.4f}" for key, value in self.metrics.items() if key == self.task.best[0])
        size = "×".join(map(str, self.preprocess.shape))
        return f"<Model {self.name}: {self.task.name}, {size} → {len(self.classes)} classes{score}>"
