"""Inception v3, v4 and Inception-ResNet: the papers' sizes, the published counts, Keras' figures."""

from pathlib import Path

import pytest
import torch

from vzor.measure import measure
from vzor.nn.build import build
from vzor.spec.errors import TableError, UserError
from vzor.zoo.index import table
from vzor.zoo.notes import notes

from .figures import computed, printed

#: Inputs of the rows of Table 1 (arXiv:1512.00567), as far as the published weights follow it.
V3 = {
    "Conv2d_1a_3x3": (3, 299, 299),
    "Conv2d_2a_3x3": (32, 149, 149),
    "Conv2d_2b_3x3": (32, 147, 147),
    "maxpool1": (64, 147, 147),
    "Conv2d_3b_1x1": (64, 73, 73),
    "Conv2d_4a_3x3": (80, 73, 73),
    "maxpool2": (192, 71, 71),
    "Mixed_5b": (192, 35, 35),
    "Mixed_6a": (288, 35, 35),
    "Mixed_6b": (768, 17, 17),
    "Mixed_7b": (1280, 8, 8),
    "avgpool": (2048, 8, 8),
}
#: Figure 9 (arXiv:1602.07261): outputs, and how many of each.
V4 = [
    ("Conv", 1, (32, 149, 149)),
    ("Conv", 1, (32, 147, 147)),
    ("Conv", 1, (64, 147, 147)),
    ("Cat", 1, (160, 73, 73)),
    ("Cat", 1, (192, 71, 71)),
    ("Cat", 1, (384, 35, 35)),
    ("InceptionA", 4, (384, 35, 35)),
    ("ReductionA", 1, (1024, 17, 17)),
    ("InceptionB", 7, (1024, 17, 17)),
    ("ReductionB", 1, (1536, 8, 8)),
    ("InceptionC", 3, (1536, 8, 8)),
]
#: Figure 15: maps on the three grids, and how many blocks.
RESNETS = {
    "inception_resnet_v1": ((256, 5), (896, 10), (1792, 5)),
    "inception_resnet_v2_paper": ((384, 5), (1152, 10), (2144, 5)),
    "inception_resnet_v2": ((320, 10), (1088, 20), (2080, 9)),
}


@pytest.mark.parametrize("name", ["inception_v3", "inception_v3_keras"])
def test_inception_v3_has_the_papers_sizes(name: str) -> None:
    lines = {line.path: line for line in measure(table(name)).lines}
    assert {path: lines[path].ins[0] for path in V3} == V3
    if name.endswith("_keras"):  # Keras has no side head
        assert not any(line.side for line in lines.values())
        return
    assert lines["AuxLogits.aux1.pool"].ins == ((768, 17, 17),)
    assert lines["AuxLogits.aux1.conv0"].outs == ((128, 5, 5),)
    assert all(line.side == line.path.startswith("AuxLogits.") for line in lines.values())


def test_inception_v3_counts() -> None:
    """torchvision 0.29: 27,161,264 with the side head."""
    sheet = measure(table("inception_v3"))
    assert (sheet.parameters, sheet.buffers, sheet.parameters + sheet.aux) == (23_834_568, 34_432, 27_161_264)
    assert measure(table("inception_v3", aux=False)).parameters == sheet.parameters
    assert measure(table("inception_v3", aux=False)).aux == 0
    keras = measure(table("inception_v3_keras"))
    assert keras.keras_total == int(printed("keras_applications", "InceptionV3 params"))
    assert sheet.parameters - keras.parameters == 17_216  # gammas


def test_inception_widths_grow_from_256() -> None:
    """Lecture 003: 256 to 1024 maps; those of GoogLeNet.  Here no block has fewer, and the last has 2048."""
    widths = [line.outs[0][0] for line in measure(table("inception_v3")).lines if line.name.startswith("Mixed_")]
    assert widths == [256, 288, 288, *[768] * 5, 1280, 2048, 2048]


def test_the_side_head_needs_a_large_picture() -> None:
    assert measure(table("inception_v3", aux=False), (3, 75, 75)).output == (1000,)
    with pytest.raises(TableError, match=r"AuxLogits"):
        measure(table("inception_v3"), (3, 75, 75))


def test_inception_v4_is_figure_9() -> None:
    sheet = measure(table("inception_v4"))
    stages = [line for line in sheet.lines if line.path.startswith("features.") and line.path.count(".") == 1]
    assert [(line.kind, line.outs[0]) for line in stages] == [(kind, out) for kind, n, out in V4 for _ in range(n)]
    assert (sheet.parameters, sheet.buffers, sheet.weight_layers) == (42_679_816, 63_168, 150)  # timm 1.0


@pytest.mark.parametrize("name", RESNETS)
def test_inception_resnets_are_figure_15(name: str) -> None:
    lines = {line.path: line for line in measure(table(name)).lines}
    for stage, grid, (width, count) in zip(("repeat", "repeat_1", "repeat_2"), (35, 17, 8), RESNETS[name], strict=True):
        assert lines[stage].ins == lines[stage].outs == ((width, grid, grid),)
        assert sum(path.startswith(f"{stage}.") and path.count(".") == 1 for path in lines) == count
        assert lines[f"{stage}.0.conv2d"].outs[0][0] == width


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("inception_resnet_v1", 22_756_328),
        ("inception_resnet_v2_paper", 32_433_928),
        ("inception_resnet_v2", 55_843_464),  # timm 1.0
    ],
)
def test_parameters_of_inception_resnet(name: str, parameters: int) -> None:
    assert measure(table(name)).parameters == parameters


def test_inception_resnet_v1_is_the_known_one_with_a_block_less() -> None:
    """facenet-pytorch's network for faces: 23,482,624, of which 512 embeddings; it has a sixth block on 8×8."""
    backbone = 23_482_624 - 1792 * 512 - 2 * 512
    lines = {line.path: line for line in measure(table("inception_resnet_v1")).lines}
    ours = measure(table("inception_resnet_v1")).parameters - lines["classif"].params
    assert ours == backbone - lines["repeat_2.0"].params


def test_inception_resnet_v2_against_the_lectures() -> None:
    sheet = measure(table("inception_resnet_v2"))
    text = computed("claims", "Inception-ResNet-v2 55M, >550 layers")
    assert text == f"{sheet.parameters}; Keras depth 572 ({sheet.weight_layers} weight layers)"
    assert printed("claims", "Inception-ResNet-v2 55M, >550 layers") == f"{int(sheet.parameters / 1e6)}M, >550"
    gammas = sheet.buffers // 2
    assert gammas == 30_272
    keras = measure(table("inception_resnet_v2_keras"))
    assert sheet.parameters - keras.parameters == gammas
    assert keras.keras_total == int(printed("keras_applications", "InceptionResNetV2 params"))


def test_wrong_forms_are_named() -> None:
    with pytest.raises(UserError, match="no form 'tf'"):
        table("inception_v3", form="tf")
    with pytest.raises(UserError, match="no version 'v3'"):
        table("inception_resnet_v2", version="v3")


def test_what_the_authors_of_v3_train_with() -> None:
    """arXiv:1512.00567, §7: label smoothing with ε = 0.1; the authors' code (TF-slim's train_image_classifier.py)
    multiplies the loss of AuxLogits by 0.4.
    """
    with torch.device("meta"):
        assert build(table("inception_v3")).loss_weights == {"aux1": 0.4}
    assert any("--label-smoothing 0.1" in note for note in notes("inception_v3"))
    assert "--label-smoothing " in (Path(__file__).parents[1] / "cli" / "options.lock").read_text("utf-8")
