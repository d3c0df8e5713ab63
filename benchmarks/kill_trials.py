"""Kill a training at a random moment, resume it, and compare the final weights bit for bit.

    python benchmarks/kill_trials.py --trials 50 --inside-save 20 --mid-epoch 10

Each trial is a process of its own, ended by SIGKILL: at a random time; inside a save (killed while the
temporary file of an atomic write is open); or in the middle of an epoch (killed between two of its steps).
It is resumed to the end in another process, and its final weights (with the averages, when EMA is on) and
results.csv (without the seconds) are compared with those of a run that nobody disturbed. Configurations
take turns: 0 and 2 loader workers, contiguous and channels-last; augmentation, EMA and momentum always on.

The hooks that find the moments are in this file only; the product has none.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

CONFIGURATIONS = [{"workers": w, "channels_last": c} for w in (0, 2) for c in (False, True)]
KINDS = ("anywhere", "inside-save", "mid-epoch")
GO = "KILL ME NOW"  # what the child prints where a hook wants it killed


# --- the child: one training, from the start or resumed ---


def child(folder: Path, settings: dict[str, Any], moment: str, count: int) -> None:
    """Train the small network in `folder`, or go on there; wait to be killed at the count-th `moment`."""
    import torch
    from torch import nn

    from vzor.spec.preprocess import Preprocess
    from vzor.tasks.index import make
    from vzor.training.fitting import fit, reopen
    from vzor.training.run import Run
    from vzor.training.settings import Settings

    if moment == "inside-save":
        hook_saves(count)
    elif moment == "mid-epoch":
        hook_steps(count)
    torch.manual_seed(1)
    net = nn.Sequential(
        nn.Conv2d(3, 16, 3, padding=1),
        nn.BatchNorm2d(16),
        nn.ReLU(),
        nn.Conv2d(16, 16, 3, padding=1, groups=4),
        nn.BatchNorm2d(16),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(16, 32, 3),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Dropout(0.2),
        nn.Linear(32, 4),
    )
    pre = Preprocess(channels=3, size=(16, 16), fit="stretch")
    run = Run(folder)
    saved = reopen(folder) if run.resume.exists() else None
    settled = saved.settings if saved is not None else Settings.from_dict(settings)
    fit(make("classify", label_smoothing=0.1), {"net": net}, small_data(), pre, settled, run, saved=saved)


def small_data() -> Any:
    """160 random pictures with a coloured corner, in four classes; a quarter of them for validation."""
    import numpy as np

    from vzor.data.samples import ArrayPixels, Data

    rng = np.random.default_rng(0)
    images = rng.integers(0, 180, (160, 20, 20, 3), dtype=np.uint8)
    labels = np.arange(160) % 4
    for i, label in enumerate(labels):
        y, x = divmod(int(label), 2)
        images[i, 10 * y : 10 * y + 10, 10 * x : 10 * x + 10] += 70
    samples = [{"image": ArrayPixels(images, i), "label": int(labels[i]), "id": str(i)} for i in range(160)]
    info = {str(i): (20, 20, 3) for i in range(160)}
    return Data("small", "array", list("abcd"), samples[:120], samples[120:], sizes=((20, 20),) * 3, info=info)


def wait_for_death() -> None:
    print(GO, flush=True)
    time.sleep(60)
    os._exit(3)  # nobody came


def hook_saves(count: int) -> None:
    """Stop in the count-th fsync of an atomic write: the temporary file is there, half of it perhaps."""
    from vzor.weights import atomic

    sync, left = atomic._sync, [count]

    def stopping(path: Path) -> None:
        left[0] -= 1
        if left[0] == 0:
            with open(path, "r+b") as file:  # half a file is the worst a kill can leave
                file.truncate(random.Random(count).randrange(os.path.getsize(path) + 1))
            wait_for_death()
        sync(path)

    atomic._sync = stopping


def hook_steps(count: int) -> None:
    """Stop after the count-th optimizer step of this process, if that is inside an epoch."""
    from vzor.training.loop import Trainer

    step, left = Trainer.step, [count]

    def stopping(self: Any, group: Any) -> None:
        step(self, group)
        left[0] -= 1
        if left[0] <= 0 and self.progress.batch + len(group) < len(self.job.feeds.train):
            wait_for_death()

    Trainer.step = stopping  # type: ignore[method-assign]


# --- the parent ---


def settings_of(configuration: dict[str, Any], epochs: int) -> dict[str, Any]:
    """The options of a trial: momentum, EMA, augmentation, and saves inside epochs too."""
    return {
        "epochs": epochs,
        "batch": 8,
        "optimizer": "sgd",
        "lr": 0.02,
        "momentum": 0.9,
        "ema": 0.95,
        "augment": "strong",
        "mixup": 0.2,
        "precision": "fp32",
        "threads": 1,
        "save_steps": 4,
        "device": "cpu",
        **configuration,
    }


def start(folder: Path, settings: dict[str, Any], moment: str = "", count: int = 0) -> subprocess.Popen[str]:
    """Start a child; its output comes through a pipe."""
    command = [sys.executable, __file__, "--child", str(folder), json.dumps(settings), moment, str(count)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment)


def to_the_end(folder: Path, settings: dict[str, Any]) -> int:
    """Train, or resume, without disturbance; the steps it has then. RuntimeError with its words if it fails."""
    process = start(folder, settings)
    words, _ = process.communicate(timeout=600)
    if process.returncode != 0:
        raise RuntimeError(f"the training in {folder} failed:\n{words}")
    return steps_saved(folder)


def kill_once(folder: Path, settings: dict[str, Any], kind: str, rng: random.Random, steps: int) -> str:
    """Start a training and SIGKILL it; where it was. `steps`: how many a whole one takes."""
    moment, count = kind, rng.randint(2, 40) if kind == "inside-save" else rng.randint(1, 30)
    process = start(folder, settings, "" if kind == "anywhere" else moment, count)
    assert process.stdout is not None
    if kind == "anywhere":
        # By steps, not seconds: on a busy machine seconds would land before the first step or after the last.
        wanted = rng.randrange(steps)
        while process.poll() is None and steps_saved(folder) < wanted:
            time.sleep(0.005)
        time.sleep(rng.uniform(0.0, 0.1))
    else:
        for line in process.stdout:
            if GO in line:
                break
    finished = process.poll() is not None
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    return "finished first" if finished else where(folder)


def steps_saved(folder: Path) -> int:
    """Steps in the last saved state; -1 before there is one."""
    from vzor.training.state import load_meta

    state = folder / "state" / "resume.safetensors"
    return int(load_meta(state)["progress"]["step"]) if state.exists() else -1


def where(folder: Path) -> str:
    """What the killed process left: the step of its last state, and half-written files."""
    from vzor.training.state import load_meta

    state = folder / "state" / "resume.safetensors"
    half = [p.name for p in folder.rglob(".*.vzor-tmp")]
    if not state.exists():
        return "before the first state"
    p = load_meta(state)["progress"]
    return f"epoch {p['epoch']} batch {p['batch']}" + (f", inside {half[0].split('.')[1]}" if half else "")


def fingerprint(folder: Path) -> dict[str, str]:
    """Hashes of all final tensors with their layout, of the best and last checkpoints, and of results.csv
    without its seconds."""
    from vzor.training.state import load_meta, load_tensors

    state = folder / "state" / "resume.safetensors"
    meta = load_meta(state)
    digest = hashlib.sha256()
    for name, tensor in sorted(load_tensors(state, meta["strides"]).items()):
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)} {tensor.stride()}".encode())
        digest.update(tensor.contiguous().numpy().tobytes())
    with (folder / "results.csv").open(newline="") as file:
        rows = [[v for k, v in row.items() if k != "seconds"] for row in csv.DictReader(file)]
    files = {
        name: hashlib.sha256((folder / "weights" / f"{name}.safetensors").read_bytes()).hexdigest()
        for name in ("best", "last")
    }
    return {"state": digest.hexdigest(), "rows": json.dumps(rows), **files}


def trials(
    number: int, inside: int, middle: int, epochs: int, seed: int, folder: Path, say: Any = print
) -> list[dict[str, Any]]:
    """Run the trials; one record each: kind, configuration, where it was killed, identical or not."""
    rng = random.Random(seed)
    kinds = ["inside-save"] * inside + ["mid-epoch"] * middle
    kinds += ["anywhere"] * max(0, number - len(kinds))
    whole: dict[int, tuple[dict[str, str], int]] = {}
    records = []
    for i, kind in enumerate(kinds[:number]):
        which = i % len(CONFIGURATIONS)
        settings = settings_of(CONFIGURATIONS[which], epochs)
        if which not in whole:
            undisturbed = folder / f"whole{which}"
            steps = to_the_end(undisturbed, settings)
            whole[which] = fingerprint(undisturbed), steps
        trial = folder / f"trial{i}"
        place = kill_once(trial, settings, kind, rng, whole[which][1])
        while place == "finished first":  # it was quicker this time: that is not a trial
            shutil.rmtree(trial)
            place = kill_once(trial, settings, kind, rng, whole[which][1])
        to_the_end(trial, settings)
        found = fingerprint(trial)
        differs = [key for key, value in whole[which][0].items() if found[key] != value]
        leftovers = [p.name for p in trial.rglob(".*.vzor-tmp")]
        records.append(
            {
                "trial": i + 1,
                "kind": kind,
                **CONFIGURATIONS[which],
                "killed": place,
                "identical": not differs and not leftovers,
                "differs": differs + leftovers,
            }
        )
        say(row(records[-1]))
    return records


def row(r: dict[str, Any]) -> str:
    """One line of the table."""
    layout = "channels-last" if r["channels_last"] else "contiguous"
    verdict = "identical" if r["identical"] else f"DIFFERS in {', '.join(r['differs'])}"
    return f"{r['trial']:>5}  {r['kind']:<12} {r['workers']:>7}  {layout:<14} {r['killed']:<42} {verdict}"


def main() -> int:
    """The command line; exit code 1 if any trial differs."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--trials", type=int, default=50)
    parser.add_argument("--inside-save", type=int, default=20)
    parser.add_argument("--mid-epoch", type=int, default=10)
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", type=Path, help="also write the records here")
    options = parser.parse_args()
    print(f"{'trial':>5}  {'kind':<12} {'workers':>7}  {'layout':<14} {'killed at':<42} final weights and results")
    with tempfile.TemporaryDirectory() as folder:
        records = trials(
            options.trials, options.inside_save, options.mid_epoch, options.epochs, options.seed, Path(folder)
        )
    same = sum(r["identical"] for r in records)
    kinds = ", ".join(
        f"{sum(r['identical'] for r in records if r['kind'] == k)}/{sum(r['kind'] == k for r in records)} {k}"
        for k in KINDS
    )
    print(f"{same}/{len(records)} bit-identical ({kinds})")
    if options.json:
        options.json.write_text(json.dumps({"identical": same, "trials": records}, indent=1) + "\n")
    return 0 if same == len(records) else 1


if __name__ == "__main__":
    if len(sys.argv) == 6 and sys.argv[1] == "--child":
        child(Path(sys.argv[2]), json.loads(sys.argv[3]), sys.argv[4], int(sys.argv[5]))
    else:
        sys.exit(main())
