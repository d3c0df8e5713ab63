"""The preprocessing record and the two helpers for errors."""

from __future__ import annotations

import json

import pytest

from vzor.spec.errors import UserError, did_you_mean
from vzor.spec.preprocess import Preprocess


@pytest.mark.parametrize("pre", [Preprocess(), Preprocess(1, (28, 30), "pad", mean=(0.3,), std=(0.3,), bits=16),
                                 Preprocess(5, order="BGR", crop_pct=1, interpolation="bicubic")])  # fmt: skip
def test_survives_json(pre: Preprocess) -> None:
    assert Preprocess.from_dict(json.loads(json.dumps(pre.to_dict()))) == pre


def test_defaults_fit_the_channels() -> None:
    assert Preprocess().mean == (0.485, 0.456, 0.406)
    assert Preprocess(channels=4).std == (0.5,) * 4
    assert Preprocess(channels=2, mean=(0.1,)).mean == (0.1, 0.1)
    assert Preprocess(1, (5, 7)).shape == (1, 5, 7)


@pytest.mark.parametrize("wrong", [{"fit": "squash"}, {"channels": 0}, {"size": (0, 3)}, {"crop_pct": 0},
                                   {"mean": (0.1, 0.2)}, {"std": (0.0,)}, {"bits": 12}, {"order": "GRB"}])  # fmt: skip
def test_impossible_values_are_refused(wrong: dict) -> None:
    with pytest.raises(UserError):
        Preprocess(**wrong)


def test_unknown_key_gets_a_guess() -> None:
    with pytest.raises(UserError, match="'crop_pct'"):
        Preprocess.from_dict({"crop_pc": 1})


def test_did_you_mean() -> None:
    assert did_you_mean("RESNET5O", ["resnet50", "vgg16"]) == " Did you mean 'resnet50'?"
    assert did_you_mean("zzz", ["resnet50"]) == ""
    assert did_you_mean("cat", ["Cat"]) == " Did you mean 'Cat'?"
