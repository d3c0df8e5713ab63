"""A small data set and a small network, trained once for all tests here."""

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

import vzor

sys.path.insert(0, str(Path(__file__).parent))
from small import QUICK, ROWS


@pytest.fixture(scope="session")
def bars(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Bright, dark and striped pictures of 8×8: 96 in all, in one .npz without splits."""
    rng = np.random.default_rng(0)
    x = rng.integers(0, 60, (96, 8, 8))
    y = np.arange(96) % 3
    x[y == 1] += 180
    x[y == 2, ::2] += 180
    path = tmp_path_factory.mktemp("data") / "bars.npz"
    np.savez(path, x=x.astype(np.uint8), y=y, classes=np.array(["dark", "bright", "striped"]))
    return path


@pytest.fixture(scope="session")
def trained(bars: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a finished run."""
    out = tmp_path_factory.mktemp("runs") / "first"
    vzor.train(bars, ROWS, out=out, test=0.2, name="bars", **QUICK)
    return out


@pytest.fixture(autouse=True)
def generators() -> Iterator[None]:
    """Nothing here may move torch's global generator for the tests after it."""
    with torch.random.fork_rng(devices=[]):
        yield
