"""Augmentation: what is allowed, that it does what it says, and that it depends on its draws alone."""

from __future__ import annotations

import random

import numpy as np
import pytest
import torch
from torchvision.transforms import v2

from vzor.data.augment import DRAWS, Augment, Custom, mirror_decision, plan
from vzor.data.rng import generator
from vzor.data.samples import ArrayPixels, Data
from vzor.spec.errors import UserError
from vzor.spec.preprocess import Preprocess

MIDDLE = np.full((1, DRAWS), 0.5)  # the middle of every range: nothing moves; not mirrored


def data(*classes: str) -> Data:
    return Data("x", "folder", list(classes))


@pytest.mark.parametrize("level", ["none", "light", "strong"])
@pytest.mark.parametrize("size", [(32, 32), (64, 48), (128, 128)])
@pytest.mark.parametrize(
    ("channels", "dtype"), [(1, np.uint8), (3, np.uint8), (5, np.uint8), (3, np.uint16), (5, np.uint16)]
)
def test_every_policy_gives_the_inputs_size(picture, level, size, channels, dtype) -> None:
    pre = Preprocess(channels, size, "stretch")
    policy = plan(pre, data("cat", "dog"), level)
    image = picture(1, 150, 170, channels).astype(dtype) * (1 if dtype == np.uint8 else 257)
    staged = [policy.stage(image)] * 3
    assert staged[0].shape == policy.staged_shape(image.shape)
    out = policy.apply(staged, np.random.default_rng(0).random((3, DRAWS)))
    assert out.shape == (3, channels, *size)
    if dtype == np.uint8:
        assert out.dtype == torch.uint8
    else:
        assert out.dtype == torch.float32 and out.min() >= 0 and out.max() <= 1 and out.max() > 0.1
    assert (level == "none") == bool((out[0] == out[1]).all() and (out[1] == out[2]).all())


def test_middle_draws_change_nothing(picture) -> None:
    policy = Augment(
        Preprocess(3, (24, 24), "stretch"), "mine", shift=0.2, turn=40, scale=(0.8, 1.25), mirror=True, colour=0.5
    )
    image = picture(2, 24, 24)
    out = policy.apply([image], MIDDLE)[0].permute(1, 2, 0).numpy()
    assert np.abs(out.astype(int) - image).max() <= 1


def test_moves_are_the_ones_drawn() -> None:
    pre = Preprocess(1, (21, 21), "pad")
    image = np.zeros((21, 21, 1), np.uint8)
    image[4, 10] = 255  # above the centre

    def brightest(policy: Augment, **draws: float) -> tuple[int, int]:
        d = MIDDLE.copy()
        for k, v in draws.items():
            d[0, int(k[1:])] = v
        flat = int(policy.apply([image], d)[0, 0].argmax())
        return flat // 21, flat % 21

    assert brightest(Augment(pre, shift=2 / 21), _3=1.0) == (4, 8)  # the source lies right, the picture goes left
    assert brightest(Augment(pre, shift=2 / 21), _4=0.0) == (6, 10)
    assert brightest(Augment(pre, turn=90), _1=1.0) in {(10, 4), (10, 16)}
    assert brightest(Augment(pre, scale=(0.5, 1.5)), _2=1.0) == (1, 10)  # enlarged 1.5 times
    image[4, 10], image[10, 4] = 0, 255
    assert brightest(Augment(pre, mirror=True, shift=1e-9), _0=0.2) == (10, 16)
    assert brightest(Augment(pre, mirror=True), _0=0.2) == (10, 16)  # without movement: an exact flip
    assert brightest(Augment(pre, mirror=True), _0=0.7) == (10, 4)


def test_background_follows_the_fit() -> None:
    white = np.full((20, 20, 1), 255, np.uint8)
    d = MIDDLE.copy()
    d[0, 3] = 1.0
    padded = Augment(Preprocess(1, (20, 20), "pad"), shift=0.3).apply([white], d)
    assert padded.min() == 0
    assert Augment(Preprocess(1, (20, 20), "stretch"), shift=0.3).apply([white], d).min() == 255


def test_results_do_not_depend_on_batch_mates_or_threads(picture) -> None:
    for size in ((32, 32), (112, 112)):
        policy = plan(Preprocess(3, size, "stretch"), data("cat", "dog"), "strong")
        images = [policy.stage(picture(i, 140, 150)) for i in range(12)]
        draws = np.random.default_rng(1).random((12, DRAWS))
        whole = policy.apply(images, draws)
        before = torch.get_num_threads()
        torch.set_num_threads(2)
        try:
            for i in range(12):
                assert torch.equal(policy.apply([images[i]], draws[i : i + 1])[0], whole[i])
        finally:
            torch.set_num_threads(before)


def test_global_generators_are_left_alone(picture) -> None:
    policy = plan(Preprocess(3, (32, 32), "stretch"), data("cat", "dog"), "strong")
    sample = {"image": ArrayPixels(picture(1, 40, 40)[None], 0), "label": 1, "id": "a"}
    states = torch.get_rng_state(), random.getstate(), np.random.get_state()[1].copy()
    one, two = (policy(sample, generator(1, 2))["image"] for _ in range(2))
    assert torch.equal(one, two) and not torch.equal(one, policy(sample, generator(1, 3))["image"])
    assert torch.equal(torch.get_rng_state(), states[0]) and random.getstate() == states[1]
    assert (np.random.get_state()[1] == states[2]).all()


def test_a_users_own_transform(picture) -> None:
    pre = Preprocess(3, (32, 32), "stretch")
    theirs = Custom(v2.Compose([v2.RandomResizedCrop(32), v2.RandomHorizontalFlip(), v2.ColorJitter(0.3)]), pre)
    sample = {"image": picture(1, 50, 60), "label": 1, "id": "a"}
    state, python = torch.get_rng_state(), random.getstate()
    one, two, other = (theirs(sample, generator(1, k))["image"] for k in (2, 2, 3))
    assert one.shape == (3, 32, 32) and torch.equal(one, two) and not torch.equal(one, other)
    assert torch.equal(torch.get_rng_state(), state) and random.getstate() == python
    plain = Custom(lambda image: image.flip(2) if random.random() < 2 else image, pre)(sample, generator(1))
    assert plain["image"].shape == (3, 32, 32) and plain["image"].dtype == torch.uint8  # fitted to the input
    assert Custom(lambda image: v2.functional.to_pil_image(image), pre)(sample, generator(1))["image"].shape == (
        3,
        32,
        32,
    )
    with pytest.raises(UserError, match="return a picture"):
        Custom(lambda image: image.flatten(), pre)(sample, generator(1))


@pytest.mark.parametrize(
    "classes",
    [("0", "1"), ("a", "b"), ("Б", "В"), ("10", "9"), ("left", "right"), ("turn_left", "stop"), ("turnRight", "ahead"),
     ("налево", "прямо"), ("левая рука", "правая рука"), ("hand_l", "hand_r"), ("LEFT LANE", "x")],
)  # fmt: skip
def test_no_mirroring_where_it_changes_the_class(classes) -> None:
    allowed, why = mirror_decision(classes)
    assert not allowed and why
    policy = plan(Preprocess(1, (32, 32)), data(*classes))
    assert not policy.mirror and "no mirroring" in policy.describe()
    assert plan(Preprocess(1, (32, 32)), data(*classes), mirror=True).mirror  # the user may insist


@pytest.mark.parametrize(
    "classes", [("cat", "dog"), ("bright", "cleft"), ("лев", "тигр"), ("правда", "лента"), ("T-shirt/top", "Bag")]
)
def test_mirroring_elsewhere(classes) -> None:
    assert mirror_decision(classes) == (True, "")
    assert not plan(Preprocess(1, (32, 32)), data(*classes), mirror=False).mirror


def test_unknown_level() -> None:
    with pytest.raises(UserError, match="light"):
        plan(Preprocess(), data("a", "b"), "lihgt")
