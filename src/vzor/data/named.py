"""torchvision's named sets, downloaded to the cache folder when a network is at hand."""

from __future__ import annotations

import socket
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from vzor.data.arrays import entries_of
from vzor.data.assemble import Found
from vzor.data.places import cache_dir
from vzor.spec.errors import UserError, did_you_mean


@dataclass(frozen=True)
class Named:
    """How torchvision calls a set, where its files lie below the cache, and where they come from."""

    cls: str
    folder: str
    url: str
    splits: tuple[tuple[str, dict[str, Any]], ...] = (("train", {"train": True}), ("test", {"train": False}))


BY_WORD = (("train", {"split": "train"}), ("test", {"split": "test"}))
SETS = {
    "mnist": Named("MNIST", "MNIST/raw", "https://ossci-datasets.s3.amazonaws.com/mnist/"),
    "fashionmnist": Named(
        "FashionMNIST", "FashionMNIST/raw", "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/"
    ),
    "kmnist": Named("KMNIST", "KMNIST/raw", "http://codh.rois.ac.jp/kmnist/"),
    "qmnist": Named("QMNIST", "QMNIST/raw", "https://github.com/facebookresearch/qmnist"),
    "usps": Named("USPS", "", "https://www.csie.ntu.edu.tw/~cjlin/libsvmtools/datasets/multiclass.html"),
    "cifar10": Named("CIFAR10", "cifar-10-batches-py", "https://www.cs.toronto.edu/~kriz/cifar.html"),
    "cifar100": Named("CIFAR100", "cifar-100-python", "https://www.cs.toronto.edu/~kriz/cifar.html"),
    "svhn": Named("SVHN", "", "http://ufldl.stanford.edu/housenumbers/", BY_WORD),
    "stl10": Named("STL10", "stl10_binary", "https://cs.stanford.edu/~acoates/stl10/", BY_WORD),
}
NAMES = ("digits", "digits:writers", *SETS)


def plain(name: str) -> str:
    """A set's name as SETS has it: torchvision:CIFAR10, Fashion-MNIST and fashion_mnist are understood."""
    return name.lower().removeprefix("torchvision:").replace("-", "").replace("_", "")


def read_named(name: str) -> Found:
    """One of SETS. Its files are checked by torchvision's own checksums (CIFAR's are pickles inside).

    Raises UserError for an unknown name, and where the files are neither there nor to be had.
    """
    key = plain(name)
    if key not in SETS:
        word = name.split(":", 1)[-1]
        raise UserError(
            f"There is no named set '{word}'.{did_you_mean(word, SETS)} Give one of {', '.join(SETS)}, or a path."
        )
    entry = SETS[key]
    from torchvision import datasets

    root = cache_dir() / "torchvision" / entry.cls
    found = Found(name, f"torchvision:{entry.cls}", ordered=True)
    for split, options in entry.splits:
        part = obtain(getattr(datasets, entry.cls), root, options, entry)
        labels = np.asarray(part.targets if hasattr(part, "targets") else part.labels)
        labels = labels[:, 0] if labels.ndim == 2 else labels  # QMNIST: the first column is the class
        names = [str(c) for c in getattr(part, "classes", ())]
        found.classes = found.classes or names or [str(n) for n in range(int(labels.max()) + 1)]
        images = np.asarray(part.data)
        if images.ndim == 4 and images.shape[1] == 3 and images.shape[3] != 3:
            images = np.ascontiguousarray(images.transpose(0, 2, 3, 1))
        found.entries += entries_of(split, images, [found.classes[n] for n in labels.tolist()], f"{key}-{split}")
    return found


def obtain(cls: Any, root: Path, options: dict[str, Any], entry: Named) -> Any:
    """The set from the cache; downloaded once where it is not there."""
    try:
        return cls(str(root), download=False, **options)
    except (RuntimeError, FileNotFoundError, OSError):
        pass
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(30)  # torchvision sets none, and would wait for ever behind a silent firewall
    try:
        root.mkdir(parents=True, exist_ok=True)
        return cls(str(root), download=True, **options)
    except (RuntimeError, OSError) as error:  # URLError and timeouts are OSErrors
        first = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise UserError(
            f"{entry.cls} is not in the cache and could not be downloaded ({first}): put its files from "
            f"{entry.url} into {root / entry.folder}, or give a folder of your own."
        ) from None
    finally:
        socket.setdefaulttimeout(before)
