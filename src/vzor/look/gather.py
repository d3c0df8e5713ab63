"""What a report needs beyond the run's other files: `report.json`, written once, when training ends.

    key, split, n, loss, metrics, baseline, protocol   the best weights over the validation samples
    sections     what the task says of them (`vzor.training.sections`), pictures as data URIs
    batch        a sample batch as the network sees it, as a gallery
    data         what was found: splits, sizes, histogram, warnings, unreadable files
    machine      processor, accelerator, memory

With it the page can be written again at any time, on any machine, without the data.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from vzor.data.decode import Unreadable
from vzor.look.batches import batch_sheet, sample_batch
from vzor.look.repeat import machine
from vzor.look.thumbs import thumbnail
from vzor.look.trained import find, nets_of, preprocess_of
from vzor.spec.errors import UserError
from vzor.training.run import Run, plain
from vzor.training.sections import Section, gallery
from vzor.training.settings import Settings
from vzor.weights.atomic import write_atomic, write_text

if TYPE_CHECKING:
    from torch import nn

    from vzor.data.samples import Data
    from vzor.spec.preprocess import Preprocess
    from vzor.training.evaluator import Evaluation
    from vzor.training.task import Task

FILE = "report.json"
PROBLEMS = 100  # unreadable files that are named; their number is always given


def gather(
    run: Run,
    task: Task,
    data: Data,
    *,
    nets: Mapping[str, nn.Module] | None = None,
    transform: Callable[..., Any] | None = None,
) -> dict[str, Any]:
    """Evaluate the run's best weights (the last, where none is best) on the validation samples, and write
    report.json and pictures/batch.png. Returns what was written.

    nets       needed only where networks are no tables of known rows; the best weights go into a copy of them
    transform  the user's own augmentation, if training had one
    UserError where the run has no weights yet.
    """
    _, checkpoint = find(run.path)
    if checkpoint is None:
        raise UserError(f"{run.path} has no weights yet; go on with `vzor train --resume {run.path}`.")
    pre, settings = preprocess_of(checkpoint), settings_of(run)
    split = next((name for name in ("val", "test") if getattr(data, name)), "")
    samples = getattr(data, split) if split else []
    found: dict[str, Any] = {
        "format": 1,
        "key": list(task.best),
        "data": summary(data),
        "machine": machine(settings.device),
    }
    if samples:
        ready = nets_of(checkpoint) if nets is None else _copies(nets, checkpoint)
        result = _evaluated(task, ready, samples, pre, settings, data.classes)
        found |= {
            "split": split,
            "n": result.n,
            "loss": result.loss,
            "metrics": result.metrics,
            "baseline": result.metric.baseline(),
            "protocol": result.metric.protocol,
        }
        said = task.report(samples, result.results, data.classes) if task.report else []
        found["sections"] = [with_pictures(s, samples, result.results, task.draw) for s in said]
    pictures, words, how = sample_batch(task, data, pre, settings, transform)
    found["batch"] = _batch(pictures, words, how)
    write_atomic(
        run.pictures / "batch.png",
        lambda temporary: batch_sheet(pictures, words, f"augmentation: {how}").save(temporary, "PNG"),
    )
    found = plain(found)
    write_text(run.path / FILE, json.dumps(found, ensure_ascii=False) + "\n")
    return found


def read(run: Run) -> dict[str, Any]:
    """report.json of a run; {} where there is none. UserError for a damaged one."""
    path = run.path / FILE
    if not path.is_file():
        return {}
    try:
        held = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        raise UserError(f"{path} is damaged; delete it to get a report without its parts.") from None
    return held if isinstance(held, dict) else {}


def read_args(run: Run) -> dict[str, Any]:
    """args.yaml of a run; {} where there is none. UserError for a damaged one."""
    import yaml

    try:
        held = yaml.safe_load(run.args.read_text("utf-8")) if run.args.is_file() else {}
    except (OSError, ValueError, yaml.YAMLError):
        raise UserError(f"{run.args} is damaged; restore it from a copy.") from None
    return held if isinstance(held, dict) else {}


def settings_of(run: Run) -> Settings:
    """The settings that a run was trained with."""
    return Settings.from_dict(read_args(run).get("settings") or {})


def summary(data: Data) -> dict[str, Any]:
    """A data set in plain values."""
    labelled = all("label" in sample for sample in data.samples)
    return {
        "root": str(data.root),
        "kind": data.kind,
        "classes": len(data.classes),
        "channels": data.channels,
        "bits": data.bits,
        "sizes": [list(size) for size in data.sizes],
        "given": list(data.given),
        "splits": {name: len(part) for name, part in data.splits.items()},
        "histogram": data.histogram() if data.classes and labelled else {},
        "warnings": list(data.warnings),
        "problems": [str(p) for p in data.problems[:PROBLEMS]],
        "unreadable": len(data.problems),
        "mean": list(data.mean),
        "std": list(data.std),
    }


def with_pictures(
    section: Section, samples: Sequence[Mapping[str, Any]], results: Sequence[Any], draw: Callable[..., Any] | None
) -> Section:
    """A gallery's items with their thumbnails; any other section as it is."""
    if section["kind"] != "gallery":
        return section
    items = []
    for item in section["items"]:
        sample = samples[item["index"]]
        try:
            image = sample["image"].load()
            drawn = draw is not None and section.get("drawn")
            picture = draw({**sample, "image": image}, results[item["index"]]) if drawn and draw else image
            items.append({**item, "picture": thumbnail(picture)})
        except Unreadable:  # gone since the scan
            items.append({**item, "picture": None})
    return {**section, "items": items}


def _evaluated(
    task: Task,
    nets: Mapping[str, nn.Module],
    samples: Sequence[Any],
    pre: Preprocess,
    settings: Settings,
    classes: Sequence[str],
) -> Evaluation:
    import torch

    from vzor.training.evaluator import evaluate
    from vzor.training.feeds import evaluation_batches
    from vzor.training.speed import pick_device

    try:
        device = pick_device(settings.device)
    except UserError:  # the run came from a machine with an accelerator
        device = torch.device("cpu")
    for net in nets.values():
        net.to(device)
    batch = settings.batch if isinstance(settings.batch, int) else 64
    batches, place = evaluation_batches(samples, task, pre, batch)
    return evaluate(
        task,
        nets,
        batches.epoch(0),
        classes,
        device=device,
        precision=settings.precision,
        channels_last=bool(settings.channels_last),
        place=place,
        keep=True,
    )


def _copies(nets: Mapping[str, nn.Module], checkpoint: Any) -> dict[str, nn.Module]:
    import copy

    copies = {name: copy.deepcopy(net).cpu() for name, net in nets.items()}
    checkpoint.load_into(copies)
    return copies


def _batch(pictures: Sequence[Any], words: Sequence[str], how: str) -> Section:
    made = gallery(
        "A batch as the network sees it",
        [(i, [("", w)] if w else []) for i, w in enumerate(words)],
        f"Training images after augmentation ({how}) and preprocessing, brought back to 0 … 255.",
    )
    items = [{**item, "picture": thumbnail(p)} for item, p in zip(made["items"], pictures, strict=True)]
    return {**made, "items": items}
