"""Train on your own pictures: one folder per class, and nothing else to prepare.

    python examples/train_own_folder.py photos/ [resnet18]

Without a folder, a small one is made from real handwritten digits first, so that there is something to try.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import vzor


def main(
    photos: str | None = None, network: str = "resnet18", out: str | None = None, **settings: object
) -> vzor.Model:
    """Train `network` on the folder `photos`; returns the model."""
    if photos is None:
        photos, network, settings = str(some_digits()), "lenet5", {"epochs": 10} | settings

    # Unreadable files are named and left out; val/ and test/ are used where they exist and split off where not;
    # channels, classes and augmentation follow the pictures. Nothing is written into the folder.
    model = vzor.train(photos, network=network, out=out, test=0.2, **settings)

    print(model.evaluate(photos))  # on the test pictures, which training never looked at

    predictions = model.predict(photos)  # a folder, a file, a pattern, a PIL image or an array
    print(*predictions[:5], sep="\n")
    for name, reason in predictions.problems:
        print(f"left out: {name}: {reason}")

    # One file holds the network's table, its classes, how pictures are prepared, and the weights.
    again = vzor.load(model.path)
    print(again)
    return again


def some_digits(count: int = 300) -> Path:
    """A folder of small pictures, digits/0/…png to digits/9/…png."""
    from PIL import Image

    from vzor.data.read import read

    folder = Path(tempfile.mkdtemp()) / "digits"
    data = read("digits")
    for i, sample in enumerate(data.samples[:count]):
        path = folder / data.classes[sample["label"]] / f"{i}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(sample["image"].load()[:, :, 0]).save(path)
    print(f"Made {folder}.")
    return folder


if __name__ == "__main__":
    main(*sys.argv[1:3])
