"""Classification: its loss, its result, its picture, its options."""

import json
import math

import numpy as np
import pytest
import torch
from PIL import Image
from torch.nn import functional as F

from vzor.data.samples import Data
from vzor.spec.errors import UserError
from vzor.tasks.classify.draw import draw
from vzor.tasks.classify.loss import Loss
from vzor.tasks.classify.result import Classification, decode
from vzor.tasks.classify.task import balanced_weights, task
from vzor.tasks.index import TASKS, make, names
from vzor.training.task import Step

TRAIN, EVAL = Step(0, 0, True), Step(0, 0, False)


def loss_of(raw, label, step=EVAL, **options):
    return {k: float(v) for k, v in Loss(**options)(raw, {"label": label}, {}, step).items()}


def test_loss_is_torchs_cross_entropy():
    raw, label = torch.randn(6, 4), torch.tensor([0, 1, 2, 3, 0, 1])
    assert loss_of(raw, label)["loss"] == pytest.approx(F.cross_entropy(raw, label).item(), rel=1e-6)
    smooth = F.cross_entropy(raw, label, label_smoothing=0.2).item()
    assert loss_of(raw, label, TRAIN, label_smoothing=0.2)["loss"] == pytest.approx(smooth, rel=1e-6)
    assert loss_of(raw, label, EVAL, label_smoothing=0.2) == loss_of(raw, label)


def test_loss_of_mixed_labels_is_the_mixed_loss():
    raw, one, two = torch.randn(5, 3), torch.tensor([0, 1, 2, 0, 1]), torch.tensor([1, 1, 0, 2, 0])
    mixed = 0.3 * F.one_hot(one, 3).float() + 0.7 * F.one_hot(two, 3).float()
    want = 0.3 * loss_of(raw, one)["loss"] + 0.7 * loss_of(raw, two)["loss"]
    assert loss_of(raw, mixed, TRAIN)["loss"] == pytest.approx(want, rel=1e-5)


def test_unlabelled_samples_do_not_count_and_none_at_all_is_zero():
    raw = torch.randn(4, 3)
    assert loss_of(raw, torch.tensor([1, -1, 2, -1]))["loss"] == pytest.approx(
        F.cross_entropy(raw[[0, 2]], torch.tensor([1, 2])).item(), rel=1e-6
    )
    assert loss_of(raw, torch.full((4,), -1))["loss"] == 0


def test_side_outputs_count_by_their_weight():
    raw, label = torch.randn(4, 3), torch.tensor([0, 1, 2, 0])
    terms = loss_of({"out": raw, "aux1": 2 * raw}, label, TRAIN)
    assert set(terms) == {"loss", "aux1"}
    assert terms["aux1"] == pytest.approx(0.3 * F.cross_entropy(2 * raw, label).item(), rel=1e-5)


def test_class_weights_follow_the_data():
    labels = [0, 0, 0, 1]
    weights = balanced_weights(labels, 3)
    assert weights == pytest.approx([4 / 6, 2.0, 0.0])
    assert np.mean([weights[i] for i in labels]) == pytest.approx(1)
    data = Data("x", "array", ["a", "b", "c"], [{"label": i} for i in labels])
    settled = task(class_weights="balanced").adapt(data)
    assert settled.options["class_weights"] == pytest.approx(weights)
    json.dumps(dict(settled.options))
    assert make("classify", **settled.options).loss == settled.loss
    raw = torch.zeros(4, 3)
    assert loss_of(raw, torch.tensor(labels), TRAIN, class_weights=tuple(weights))["loss"] == pytest.approx(math.log(3))
    with pytest.raises(UserError, match="2 numbers and the data 3 classes"):
        task(class_weights=[1, 2]).adapt(data)


@pytest.mark.parametrize(
    "options, words",
    [
        (dict(label_smoothing=1.0), "below 1"),
        (dict(class_weights="even"), "balanced"),
        (dict(class_weights=[-1, 1]), "negative"),
        (dict(class_weights=[0, 0]), "all zero"),
        (dict(label_smothing=0.1), "Did you mean 'label_smoothing'"),
    ],
)
def test_options_refuse_with_a_remedy(options, words):
    with pytest.raises(UserError, match=words):
        make("classify", **options)


def test_unknown_task_is_guessed():
    with pytest.raises(UserError, match="Did you mean 'classify'"):
        make("clasify")
    assert names() == sorted(TASKS)


def test_result_is_typed_and_speaks_json(tmp_path):
    result = decode(np.log(np.array([[0.2, 0.5, 0.3]])), {"classes": ["a", "b", "ц"], "id": ["x.png"]})[0]
    assert result.label == "b" and result.index == 1 and result.confidence == pytest.approx(0.5)
    assert [name for name, _ in result.top(2)] == ["b", "ц"]
    text = json.loads(result.save(tmp_path / "r.json").read_text(encoding="utf-8"))
    assert text["id"] == "x.png" and text["top"][1] == {"label": "ц", "probability": 0.3}


def test_decoding_survives_huge_scores_and_minus_squared_distances():
    rows = decode(np.array([[1e4, 0, -1e4], [-2.0, -90.0, -400.0]]), {"classes": list("abc")})
    assert all(np.isfinite(r.probabilities).all() and r.probabilities.sum() == pytest.approx(1) for r in rows)
    assert [r.label for r in rows] == ["a", "a"]


@pytest.mark.parametrize(
    "image",
    [
        np.zeros((8, 8, 1), np.uint8),
        np.zeros((300, 200, 3), np.uint8),
        np.zeros((20, 30, 5), np.uint16),
        np.zeros((1, 1, 4), np.uint8),
        np.zeros((5, 1, 2), np.uint8),
    ],
)
def test_draw_takes_any_image(image):
    result = Classification(np.array([0.7, 0.2, 0.1]), ("a long name that does not fit anywhere at all", "b", "c"))
    sheet = draw({"image": image, "label": 1}, result)
    assert isinstance(sheet, Image.Image) and sheet.mode == "RGB"
    assert sheet.height > draw({"image": image, "label": None}).height


def test_draw_colours_right_and_wrong_apart():
    result = Classification(np.array([0.9, 0.1]), ("a", "b"))
    image = np.zeros((224, 224, 3), np.uint8)
    right, wrong, unknown = (
        np.asarray(draw({"image": image, "label": label}, result))[224 + 9, 150] for label in (0, 1, None)
    )
    assert right[1] > right[0] and wrong[0] > wrong[1] and unknown[2] > unknown[0]


def test_loss_rows_of_the_table_weigh_its_outputs_in_training():
    from vzor.nn.build import build
    from vzor.spec.rows import Fc, Flatten, Input, Loss, Seq, Side

    head = Seq(flat=Flatten(), fc=Fc(3), loss=Loss(0.7))
    table = Seq(input=Input(1, 4, 4), side=Side("aux", head), fc=Fc(3), loss=Loss(2.0))
    net = build(table, seed=0).train()
    batch = {"image": torch.randn(5, 1, 4, 4), "label": torch.tensor([0, 1, 2, 0, 1])}
    raw = net(batch["image"])
    plain = {name: torch.nn.functional.cross_entropy(scores, batch["label"]) for name, scores in raw.items()}

    def terms(training, **options):
        return make("classify", **options).loss(raw, batch, {"net": net}, Step(0, 0, training))

    for got, out, side in ((terms(True), 2.0, 0.7), (terms(True, side_weight=0.1), 2.0, 0.1), (terms(False), 1.0, 0.3)):
        torch.testing.assert_close(got["loss"], out * plain["out"])
        torch.testing.assert_close(got["aux"], side * plain["aux"])
