"""VGG against Table 1 as lecture 004 prints it, and the claims of lectures 002 and 003."""

import pytest

from vzor.measure import measure
from vzor.spec.rows import LRN, Conv, Fc, Pool, Row, Seq
from vzor.zoo.index import table

from .figures import VGG_CONFIGURATION, computed, numbers, printed

WIDTHS = (64, 128, 256, 512, 512)
LETTERS = dict(zip("ABCDE", ("vgg11", "vgg13", "vgg16_c", "vgg16", "vgg19"), strict=True))


def word(row: Row) -> str:
    """A row in Table 1's words."""
    if isinstance(row, Conv):
        return f"conv{row.k}-{row.out}"
    return "LRN" if isinstance(row, LRN) else "maxpool" if isinstance(row, Pool) else ""


def configuration(made: Seq) -> list[str]:
    """The five stages in Table 1's words."""
    words = [word(row) for row in made.rows.values()]
    return [stage.strip("; ") for stage in "; ".join(filter(None, words)).split("maxpool")[:5]]


@pytest.mark.parametrize("name", VGG_CONFIGURATION)
def test_the_configuration_is_the_printed_one(name: str) -> None:
    layers, *stages = VGG_CONFIGURATION[name]
    made = table(name)
    assert configuration(made) == [str(s).format(w) for s, w in zip(stages, WIDTHS, strict=True)]
    assert measure(made).weight_layers == layers
    tail = [row for row in made.rows.values() if isinstance(row, Fc)]
    assert [(row.out, row.act, row.drop) for row in tail] == [(4096, "relu", 0.5), (4096, "relu", 0.5), (1000, None, 0)]


@pytest.mark.parametrize("name", VGG_CONFIGURATION)
def test_every_stage_halves_the_picture(name: str) -> None:
    lines = {line.path: line.outs[0] for line in measure(table(name)).lines}
    assert [lines[f"pool{i}"] for i in range(1, 6)] == [(w, 224 >> i, 224 >> i) for i, w in enumerate(WIDTHS, 1)]
    assert lines["avgpool"] == lines["pool5"]  # the adaptive pooling does nothing at 224


def test_parameters() -> None:
    expected = numbers(computed("vgg", "A/B/C/D/E params (not printed)"), "/")
    assert [measure(table(name)).parameters for name in LETTERS.values()] == expected
    assert measure(table("vgg11_lrn")).parameters == expected[0]


@pytest.mark.parametrize(
    ("name", "parameters"),  # torchvision 0.29; it has no column C
    [
        ("vgg11_bn", 132_868_840),
        ("vgg13_bn", 133_053_736),
        ("vgg16_c_bn", 133_638_952 + 2 * 4224),
        ("vgg16_bn", 138_365_992),
        ("vgg19_bn", 143_678_248),
    ],
)
def test_parameters_with_batch_normalisation(name: str, parameters: int) -> None:
    assert measure(table(name)).parameters == parameters


def test_138_million_are_those_of_vgg16_and_144_those_of_vgg19() -> None:
    d, e = measure(table("vgg16")).parameters, measure(table("vgg19")).parameters
    assert printed("claims", "VGG-19 138M") == f"{round(d / 1e6)}M" != f"{round(e / 1e6)}M"
    assert int(computed("claims", "VGG-19 138M")) == e
    assert printed("claims", '"144 million" on the Inception slide') == f"{round(e / 1e6)}M"


def test_the_multiply_adds_of_mobilenets_comparison_leave_out_the_dense_rows() -> None:
    sheet = measure(table("vgg16"))
    convolutions = sum(line.macs for line in sheet.lines if line.kind == "Conv")
    assert round(convolutions / 1e6, 1) == 15346.6
    assert round(sheet.macs / 1e6, 1) == 15470.3
    text = computed("mobilenet_comparison", "VGG16 15300 / 138")
    assert "15346.6 conv only (15470.3 with fc)" in text
    assert printed("mobilenet_comparison", "VGG16 15300 / 138") == "15300 / 138"


@pytest.mark.parametrize(("name", "keras", "depth"), [("vgg16", "VGG16", 23), ("vgg19", "VGG19", 26)])
def test_keras_figures(name: str, keras: str, depth: int) -> None:
    """Keras counts the input and the flattening as layers, and has no adaptive pooling."""
    sheet = measure(table(name))
    assert sheet.keras_total == int(printed("keras_applications", f"{keras} params"))
    leaves = [line for line in sheet.lines if line.kind in ("Input", "Conv", "Pool", "Fc")]
    assert len(leaves) + 1 == depth


def test_nineteen_is_the_greatest_depth() -> None:
    """Lecture 004: 'maximum trainable depth 19'."""
    assert max(measure(table(name)).weight_layers for name in VGG_CONFIGURATION) == 19
