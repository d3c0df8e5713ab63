"""Training throughput against plain PyTorch: the step alone, and end to end from files or arrays.

    python benchmarks/throughput.py            # both cases, interleaved rounds, ratios of medians
    python benchmarks/throughput.py lenet5     # one of them

Cases: ResNet-18, 224×224 photographs, batch 32, against torchvision's resnet18 in a plain fp32 loop
(ImageFolder, RandomResizedCrop and flip, DataLoader); LeNet-5, 28×28, batch 128, against the same layers
written by hand in a plain fp32 loop (ToTensor and Normalize per sample, DataLoader).  Both sides: SGD with
momentum 0.9, the same threads, the same number of loader processes.  Each side lives in a process of its own,
so that vzor's settings of the allocator and of torch do not help the other; rounds take turns, so that a
busy machine slows both.  Results are in benchmarks/README.md.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import nullcontext
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
from torchvision import datasets, models
from torchvision.transforms import v2

from vzor.data.read import read
from vzor.nn.build import build
from vzor.spec.edit import with_classes
from vzor.spec.preprocess import Preprocess
from vzor.tasks.index import make
from vzor.training import speed
from vzor.training.feeds import FromData
from vzor.training.fitting import _channels_last, _settle
from vzor.training.log import Reporter
from vzor.training.loop import Job, Trainer
from vzor.training.run import Run
from vzor.training.settings import Settings
from vzor.zoo.index import table

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def photographs(folder: Path, n: int) -> None:
    """``n`` JPEG files of 320×256 in two class folders: smooth noise, which costs as much to decode as a photograph."""
    rng = np.random.default_rng(0)
    for i in range(n):
        coarse = rng.integers(0, 255, (32, 40, 3), dtype=np.uint8)
        picture = Image.fromarray(coarse).resize((320, 256), Image.Resampling.BICUBIC)
        where = folder / "train" / "ab"[i % 2]
        where.mkdir(parents=True, exist_ok=True)
        picture.save(where / f"{i}.jpg", quality=90)
    where = folder / "val" / "a"
    for name in "ab":
        (folder / "val" / name).mkdir(parents=True, exist_ok=True)
        picture.save(folder / "val" / name / "0.jpg")


def trainer_of(source: Path, name: str, pre: Preprocess, classes: int, settings: Settings, run: Path) -> Trainer:
    """vzor's loop over ``source``, ready to step."""
    data = read(str(source))
    task, device = make("classify"), torch.device("cpu")
    net = build(with_classes(table(name), classes), (pre.channels, *pre.size), seed=0)
    feed = FromData(data, pre)
    settings = _settle(task, {"net": net}, data, pre, settings, feed, device)
    feeds = feed.feeds(task, settings)
    if settings.channels_last:
        _channels_last(net)
    net.train()
    print(
        f"  vzor: {settings.precision}, channels-last {settings.channels_last}, {settings.workers} loader processes",
        file=sys.stderr,
    )
    return Trainer(Job(task, {"net": net}, feeds, settings, Run(run), device, data.classes, reporter=Reporter()))


class Plain:
    """The loop that everybody writes first: fp32, contiguous, zero_grad, forward, backward, step."""

    def __init__(self, net: nn.Module, loader: DataLoader[Any]) -> None:
        self.net, self.loader = net.train(), loader
        self.optimizer = torch.optim.SGD(net.parameters(), 0.01, momentum=0.9)
        self.loss = nn.CrossEntropyLoss()

    def step(self, images: torch.Tensor, labels: torch.Tensor) -> None:
        self.optimizer.zero_grad()
        self.loss(self.net(images), labels).backward()
        self.optimizer.step()

    def epoch(self) -> int:
        n = 0
        for images, labels in self.loader:
            self.step(images, labels)
            n += len(images)
        return n


def epoch_of(trainer: Trainer) -> Callable[[], int]:
    def epoch() -> int:
        n = 0
        for batch in trainer.job.feeds.train.epoch(trainer.progress.epoch):
            trainer.step([batch])
            n += len(batch["label"])
        trainer.progress.epoch += 1
        return n

    return epoch


def times(n: int, images: int, step: Callable[[], None]) -> Callable[[], int]:
    def run() -> int:
        for _ in range(n):
            step()
        return n * images

    return run


def serve(side: str, folder: str, pipe: Connection) -> None:
    """One side in its own process: makes its runs, then takes a turn of the one that is asked for."""
    with speed.tuned(None, torch.device("cpu")) if side.endswith("vzor") else nullcontext():
        runs = SIDES[side](Path(folder))
        pipe.send("ready")
        while (asked := pipe.recv()) is not None:
            start = time.perf_counter()
            n = runs[asked]()
            pipe.send(n / (time.perf_counter() - start))


def rates(case: str, folder: Path, rounds: dict[str, int]) -> list[dict[str, Any]]:
    """Images per second of both sides in every round, taking turns; the first round warms up."""
    context = multiprocessing.get_context("spawn")
    pipes = {}
    for side in ("vzor", "plain"):
        pipes[side], far = context.Pipe()
        context.Process(target=serve, args=(f"{case} {side}", str(folder), far)).start()
        pipes[side].recv()
    rows = []
    for what, count in rounds.items():
        found: dict[str, list[float]] = {side: [] for side in pipes}
        for turn in range(count + 1):
            for side, pipe in pipes.items():
                pipe.send(what)
                rate = pipe.recv()
                if turn:
                    found[side].append(rate)
        rows.append(said(f"{case} {what}", found))
    for pipe in pipes.values():
        pipe.send(None)
    return rows


def said(case: str, found: dict[str, list[float]]) -> dict[str, Any]:
    """Medians and the median of the rounds' ratios."""
    names = list(found)
    pairs = zip(found[names[0]], found[names[1]], strict=True)
    ratio = statistics.median(a / b for a, b in pairs)
    row = {"case": case, **{n: round(statistics.median(v), 1) for n, v in found.items()}, "ratio": round(ratio, 2)}
    print("  " + "  ".join(f"{key} {value}" for key, value in row.items()))
    return row


def resnet18_vzor(folder: Path) -> dict[str, Callable[[], int]]:
    settings = Settings(batch=32, optimizer="sgd", lr=0.01, warmup=0.0, workers=1, epochs=1000)
    pre = Preprocess(channels=3, size=(224, 224), mean=MEAN, std=STD)
    trainer = trainer_of(folder / "photos", "resnet18", pre, 2, settings, folder / "run")
    batch = next(iter(trainer.job.feeds.train.epoch(0)))
    return {"step": times(1, 32, lambda: trainer.step([batch])), "end to end": epoch_of(trainer)}


def resnet18_plain(folder: Path) -> dict[str, Callable[[], int]]:
    change = v2.Compose(
        [
            v2.RandomResizedCrop(224),
            v2.RandomHorizontalFlip(),
            v2.ToImage(),
            v2.ToDtype(torch.float32, scale=True),
            v2.Normalize(MEAN, STD),
        ]
    )
    photos = datasets.ImageFolder(str(folder / "photos" / "train"), change)
    plain = Plain(
        models.resnet18(num_classes=2), DataLoader(photos, 32, shuffle=True, num_workers=1, persistent_workers=True)
    )
    images, labels = torch.randn(32, 3, 224, 224), torch.arange(32) % 2
    return {"step": times(1, 32, lambda: plain.step(images, labels)), "end to end": plain.epoch}


class HandWritten(nn.Module):
    """LeNet-5 of lecture 000, as one writes it by hand."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(1, 6, 5, padding=2), nn.Conv2d(6, 16, 5)
        self.fc1, self.fc2, self.fc3 = nn.Linear(400, 120), nn.Linear(120, 84), nn.Linear(84, 10)
        self.pool = nn.AvgPool2d(2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.pool(torch.sigmoid(self.conv1(x)))
        x = self.pool(torch.sigmoid(self.conv2(x))).flatten(1)
        x = torch.sigmoid(self.fc2(torch.sigmoid(self.fc1(x))))
        return self.fc3(x)


class Digits(TensorDataset):
    """Pictures in an array, turned and normalised one by one, as torchvision's MNIST does it."""

    def __init__(self, images: np.ndarray, labels: np.ndarray) -> None:
        self.images, self.labels = images, labels
        self.change = v2.Compose([v2.ToImage(), v2.ToDtype(torch.float32, scale=True), v2.Normalize((0.5,), (0.5,))])

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, i: int) -> Any:
        return self.change(self.images[i]), int(self.labels[i])


def lenet5_vzor(folder: Path) -> dict[str, Callable[[], int]]:
    settings = Settings(batch=128, optimizer="sgd", lr=0.01, warmup=0.0, epochs=1000, augment="none")
    pre = Preprocess(channels=1, size=(28, 28), fit="stretch", mean=(0.5,), std=(0.5,))
    trainer = trainer_of(folder / "small.npz", "lenet5_sigmoid", pre, 10, settings, folder / "run")
    batch = next(iter(trainer.job.feeds.train.epoch(0)))
    return {"step": times(50, 128, lambda: trainer.step([batch])), "end to end": epoch_of(trainer)}


def lenet5_plain(folder: Path) -> dict[str, Callable[[], int]]:
    arrays = np.load(folder / "small.npz")
    loader = DataLoader(Digits(arrays["x_train"], arrays["y_train"]), 128, shuffle=True)
    plain = Plain(HandWritten(), loader)
    x, y = torch.randn(128, 1, 28, 28), torch.arange(128) % 10
    return {"step": times(50, 128, lambda: plain.step(x, y)), "end to end": plain.epoch}


def arrays(folder: Path) -> None:
    """6,400 pictures of 28×28 in an .npz file."""
    rng = np.random.default_rng(0)
    images = rng.integers(0, 255, (6400, 28, 28), dtype=np.uint8)
    labels = np.arange(6400) % 10
    np.savez(folder / "small.npz", x_train=images, y_train=labels, x_val=images[:20], y_val=labels[:20])


SIDES = {
    "resnet18 vzor": resnet18_vzor,
    "resnet18 plain": resnet18_plain,
    "lenet5 vzor": lenet5_vzor,
    "lenet5 plain": lenet5_plain,
}
DATA: dict[str, Callable[[Path], None]] = {
    "resnet18": lambda folder: photographs(folder / "photos", 160),
    "lenet5": arrays,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("cases", nargs="*", default=[], metavar="CASE", help="resnet18, lenet5; both if none is named")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--json", help="also write the rows here")
    args = parser.parse_args()
    rows = []
    for case in args.cases or DATA:
        print(case, f"({torch.get_num_threads()} threads, torch {torch.__version__})", flush=True)
        with tempfile.TemporaryDirectory() as folder:
            DATA[case](Path(folder))
            rows += rates(case, Path(folder), {"step": args.rounds, "end to end": max(2, args.rounds // 3)})
    if args.json:
        Path(args.json).write_text(json.dumps(rows, indent=1) + "\n")


if __name__ == "__main__":
    main()
