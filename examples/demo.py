"""What `make demo` runs: LeNet-5 learns to read real handwritten digits, is scored, and is used.

The data are scikit-learn's 1,797 digits of 8×8 pixels, split 60/20/20 by class; the epoch that is kept is
chosen on validation, and the test digits are looked at once, at the end.  `benchmarks/digits.py` repeats
this with five seeds.  Takes about half a minute on two cores.

    python examples/demo.py [FOLDER]      the run's folder; runs/classify/demo, numbered where it is taken
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from PIL import Image

import vzor
from vzor.data.read import read

#: A high rate for few epochs; averaged weights (ema) steady the end of it.  One thread: so small a network
#: gains little from more, and the numbers are then the same on any number of cores.
SETTINGS = {"epochs": 40, "batch": 64, "lr": 4e-3, "ema": 0.98, "threads": 1}
PICTURES = 12


def main(out: str | None = None) -> vzor.Model:
    """Train, evaluate, predict; returns the model."""
    vzor.table("lenet5").show()
    print()
    begun = time.monotonic()
    model = vzor.train("digits", network="lenet5", out=out, name="demo", **SETTINGS)
    print(f"\nTrained in {time.monotonic() - begun:.0f} s. On digits that it has not seen:\n")
    scored = model.evaluate("digits")
    print(scored)

    # One in three of those digits is by a writer whom the network knows from other digits. The file's last 360
    # are by writers who appear nowhere else in it: a network that learnt from the rest only is scored on them.
    beside = None if out is None else f"{out}-writers"
    strangers = vzor.train("digits:writers", network="lenet5", out=beside, quiet=True, name="demo-writers", **SETTINGS)
    others = strangers.evaluate("digits:writers")
    print(f"\nBy writers it knows {scored.metrics['top1']:.1%}, by other writers {others.metrics['top1']:.1%}.\n")

    folder = held_out(model.run / "pictures" / "held-out")
    for one in model.predict(folder):
        drawn = one.save(model.run / "pictures" / "predictions")
        print(f"{Path(one.source).name} is a {one.label} ({one.confidence:.0%} sure): {drawn}")

    print(f"\nThe report: {model.run / 'report.html'}\n")
    print("Next:")
    commands = {
        f"vzor look {model.run}": "what it has learnt, and where it is wrong",
        f"vzor predict {model.run} {folder}": "the same pictures again",
        "vzor show vgg16": "another network, as its table",
        "vzor train PHOTOS --network resnet18": "your own pictures, one folder per class",
    }
    width = max(map(len, commands))
    for command, what in commands.items():
        print(f"  {command:<{width}}  {what}")
    return model


def held_out(folder: Path) -> Path:
    """Some test digits as PNG files, as one would have them from elsewhere."""
    folder.mkdir(parents=True)
    data = read("digits")
    for sample in data.test[:PICTURES]:
        name = sample["id"].replace("[", "-").replace("]", "")
        Image.fromarray(sample["image"].load()[:, :, 0]).save(folder / f"{name}.png")
    return folder


if __name__ == "__main__":
    main(*sys.argv[1:2])
