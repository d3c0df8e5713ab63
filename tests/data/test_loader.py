"""Batches: the same for any number of workers and from any start; fast paths give what slow ones give."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import torch

from vzor.data.augment import Augment, Custom, plan
from vzor.data.cache import CachePlan, Decoded, fill, human, plan_cache
from vzor.data.fields import Field, Image, Label
from vzor.data.loader import Loader, to_input
from vzor.data.pixels import Unreadable, prepare
from vzor.data.read import read
from vzor.data.rng import permutation
from vzor.data.samples import Data
from vzor.spec.errors import UserError
from vzor.spec.preprocess import Preprocess


@pytest.fixture
def found(folder) -> Data:
    return read(folder({"cat": 15, "dog": 13}, 40, 44))


def gather(loader: Loader, epoch: int, start: int = 0) -> list[dict]:
    return list(loader.epoch(epoch, start))


def same(a: list[dict], b: list[dict]) -> bool:
    return len(a) == len(b) and all(
        torch.equal(x["image"], y["image"]) and torch.equal(x["label"], y["label"]) and x["id"] == y["id"]
        and torch.equal(x["index"], y["index"]) for x, y in zip(a, b, strict=True))  # fmt: skip


def jitter(image: torch.Tensor) -> torch.Tensor:
    return (image.float() + 20 * torch.rand(1)).clamp(0, 255).to(torch.uint8)


@pytest.mark.parametrize("kind", ["none", "light", "large", "custom"])
def test_two_workers_give_the_batches_of_none(found, kind) -> None:
    pre = Preprocess(3, (96, 96) if kind == "large" else (32, 32))
    change = Custom(jitter, pre) if kind == "custom" else plan(pre, found, "light" if kind == "large" else kind)
    alone = Loader(found.train, None, change, 5, shuffle=True, seed=3)
    many = Loader(found.train, None, change, 5, shuffle=True, seed=3, workers=2)
    try:
        for epoch in (0, 1):
            assert same(gather(alone, epoch), gather(many, epoch))
        assert same(gather(alone, 1)[2:], gather(many, 1, 2))  # in mid-epoch
        next(many.epoch(0))  # broken off
        assert same(gather(alone, 2), gather(many, 2))
    finally:
        many.close()


def test_what_a_batch_holds(found) -> None:
    loader = Loader(found.train, None, Augment(Preprocess(3, (32, 32))), 5, shuffle=True, seed=1)
    batches = gather(loader, 4)
    assert len(batches) == len(loader) == 5
    order = torch.cat([b["index"] for b in batches])
    assert order.tolist() == permutation(1, 4, 22).tolist() != permutation(1, 5, 22).tolist()
    assert [i for b in batches for i in b["id"]] == [found.train[i]["id"] for i in order]
    assert torch.cat([b["label"] for b in batches]).tolist() == [found.train[i]["label"] for i in order]
    assert batches[0]["image"].dtype == torch.uint8 and batches[0]["image"].shape == (5, 3, 32, 32)
    assert batches[-1]["image"].shape[0] == 2
    assert len(gather(Loader(found.train, None, Augment(Preprocess(3, (32, 32))), 5, drop_last=True), 0)) == 4


@pytest.mark.parametrize("fit", ["crop", "pad", "stretch"])
def test_evaluation_batches_are_what_prepare_gives(found, fit) -> None:
    pre = Preprocess(3, (32, 32), fit)
    for batch in Loader(found.val, None, Augment(pre), 3).epoch(0):
        expected = np.stack([prepare(found.val[i]["image"].load(), pre) for i in batch["index"]])
        assert np.abs(to_input(batch["image"], pre).numpy() - expected).max() <= 1e-6


@pytest.mark.parametrize("size", [32, 96])
@pytest.mark.parametrize("level", ["none", "strong"])
def test_the_cache_changes_nothing_but_speed(found, size, level) -> None:
    policy = plan(Preprocess(3, (size, size)), found, level)
    cache = fill(found.train, policy.stage)
    with_cache = Loader(found.train, None, policy, 5, shuffle=True, cache=cache)
    assert same(gather(Loader(found.train, None, policy, 5, shuffle=True), 1), gather(with_cache, 1))
    assert plan_cache(found, found.train, policy).bytes == cache.flat.nbytes


@pytest.mark.parametrize("start", ["spawn", None])
def test_cached_pictures_reach_the_workers(found, start) -> None:
    """ "spawn" is what Windows and macOS do: everything is pickled, and nothing inherited."""
    policy = plan(Preprocess(3, (32, 32)), found, "light")
    cache = fill(found.train, policy.stage)
    alone = gather(Loader(found.train, None, policy, 8, shuffle=True, cache=cache), 0)
    many = Loader(found.train, None, policy, 8, shuffle=True, cache=cache, workers=1, start=start)
    try:
        assert same(alone, gather(many, 0))
        assert same(alone[1:], gather(many, 0, 1))
    finally:
        many.close()


def test_sixteen_bit_pictures(tmp_path) -> None:
    for c in "ab":
        (tmp_path / c).mkdir()
        for i in range(6):
            np.save(tmp_path / c / f"{i}.npy", np.full((6, 7, 5), 5000 * i, np.uint16))
    data = read(tmp_path)
    pre = Preprocess(5, (8, 8), "stretch", bits=16)
    for cache in (None, fill(data.train, Augment(pre).stage)):
        batch = next(Loader(data.train, None, Augment(pre), 4, cache=cache).epoch(0))
        expected = np.stack([prepare(data.train[i]["image"].load(), pre) for i in batch["index"]])
        np.testing.assert_allclose(to_input(batch["image"], pre).numpy(), expected, atol=1e-6)


@dataclass(frozen=True)
class Heading(Field):
    """A number that changes its sign in the mirror."""

    def collate(self, values):
        return np.asarray(values, np.float32)

    def flip(self, value):
        return -value


def test_other_fields_turn_with_the_picture(found) -> None:
    samples = [{**s, "heading": 1.0} for s in found.train]
    fields = {"image": Image(), "label": Label(), "heading": Heading()}
    pre = Preprocess(3, (40, 44), "stretch")
    plain = gather(Loader(samples, fields, Augment(pre), 22), 0)[0]["image"]
    batch = gather(Loader(samples, fields, Augment(pre, mirror=True), 22), 0)[0]
    turned = [torch.equal(batch["image"][i], plain[i].flip(2)) for i in range(22)]
    assert 2 < sum(turned) < 20
    assert batch["heading"].tolist() == [-1.0 if t else 1.0 for t in turned]


@pytest.mark.parametrize("workers", [0, 1])
def test_a_picture_that_becomes_unreadable_is_named(found, workers) -> None:
    victim = Path(found.train[3]["image"].path)
    victim.write_bytes(b"")
    loader = Loader(found.train, None, Augment(Preprocess(3, (32, 32))), 5, workers=workers)
    with pytest.raises(UserError) as e:
        gather(loader, 0)
    loader.close()
    assert str(victim) in str(e.value) and "empty" in str(e.value) and "\n" not in str(e.value)
    with pytest.raises(Unreadable, match="empty"):
        fill(found.train, Augment(Preprocess()).stage)


def test_impossible_numbers(found) -> None:
    with pytest.raises(UserError):
        Loader(found.train, None, Augment(Preprocess()), 0)


def test_cache_decisions(found) -> None:
    policy = Augment(Preprocess(3, (32, 32)))
    assert plan_cache(found, found.train, policy, 22 * 32 * 32 * 3).use
    small = plan_cache(found, found.train, policy, 22 * 32 * 32 * 3 - 1)
    assert not small.use and "do not fit" in small.why
    assert CachePlan(**small.to_dict()) == small
    assert not plan_cache(found, [], policy).use
    assert [human(n) for n in (12, 2048, 3 << 20, 5 << 30)] == ["12 bytes", "2 KiB", "3 MiB", "5 GiB"]


def test_pictures_of_many_sizes_in_one_block(picture) -> None:
    images = [picture(i, 5 + i, 9 - i) for i in range(5)]
    samples = [{"image": i} for i in images]
    decoded = fill(samples, lambda image: image)
    assert decoded.block is None and len(decoded) == 5
    for a, b in zip(images, decoded.take(np.arange(5)), strict=True):
        np.testing.assert_array_equal(a, b)
    mixed = fill([{"image": images[0]}, {"image": images[1].astype(np.uint16) * 257}], lambda image: image)
    np.testing.assert_array_equal(mixed[0], images[0].astype(np.uint16) * 257)
    assert isinstance(mixed, Decoded) and mixed.dtype.endswith("u2")


ORPHAN = """
import sys, time, torch
from vzor.data.augment import Augment
from vzor.data.loader import Loader
from vzor.data.read import read
from vzor.spec.preprocess import Preprocess
data = read(sys.argv[1])
loader = Loader(data.train, None, Augment(Preprocess(3, (32, 32))), 2, workers=2)
batches = loader.epoch(0)
next(batches)
print(*(w.pid for w in loader._loader._iterator._workers), flush=True)
time.sleep(60)
"""


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="looks processes up in /proc")
@pytest.mark.slow
def test_workers_leave_when_their_parent_is_killed(found) -> None:
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}
    with subprocess.Popen([sys.executable, "-c", ORPHAN, found.root], stdout=subprocess.PIPE, env=env) as parent:
        assert parent.stdout
        workers = [int(p) for p in parent.stdout.readline().split()]
        assert len(workers) == 2
        parent.send_signal(signal.SIGKILL)
    for _ in range(300):
        states = [Path(f"/proc/{p}/stat") for p in workers]
        # A process that nobody waits for any more may stay as a zombie: it has left all the same.
        if all(not s.exists() or s.read_text().rsplit(")", 1)[1].split()[0] == "Z" for s in states):
            return
        time.sleep(0.1)
    pytest.fail(f"workers {workers} are still there 30 seconds after their parent")
