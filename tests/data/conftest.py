"""Small data sets made on the spot."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

Maker = Callable[..., Path]


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of a test goes into the user's cache."""
    monkeypatch.setenv("VZOR_CACHE", str(tmp_path_factory.mktemp("cache")))


@pytest.fixture
def picture() -> Callable[..., np.ndarray]:
    """picture(seed, h, w, c): smooth random pixels, HWC uint8."""

    def make(seed: int = 0, h: int = 12, w: int = 16, c: int = 3) -> np.ndarray:
        rng = np.random.default_rng(seed)
        small = rng.integers(0, 256, (4, 4, c)).astype(np.uint8)
        planes = [np.asarray(Image.fromarray(small[:, :, k]).resize((w, h))) for k in range(c)]
        return np.stack(planes, axis=2)

    return make


@pytest.fixture
def folder(tmp_path: Path, picture: Callable[..., np.ndarray]) -> Maker:
    """folder({"train/cat": 3, "dog": 2}, h, w): class folders with that many PNGs; 0 makes an empty folder."""

    def make(counts: dict[str, int], h: int = 12, w: int = 16, name: str = "photos", c: int = 3) -> Path:
        root = tmp_path / name
        root.mkdir(exist_ok=True)
        seed = 0
        for where, n in counts.items():
            (root / where).mkdir(parents=True, exist_ok=True)
            for i in range(n):
                seed += 1
                pixels = picture(seed, h, w, c)
                Image.fromarray(pixels if c == 3 else pixels[:, :, 0]).save(root / where / f"{i}.png")
        return root

    return make
