"""Every counter of a table under its name: in text, in JSON, in Python and in the documentation; known answers."""

import json
import re
from pathlib import Path

import pytest

import vzor
from vzor.measure import measure
from vzor.spec.render.cells import totals
from vzor.zoo.index import table

DOCS = Path(__file__).parents[2] / "docs" / "counters.md"
#: As a reader of papers calls them, and the key that programs read.
NAMES = {
    "parameters": "parameters",
    "trainable": "trainable",
    "buffers": "buffers",
    "Keras-style total": "keras_total",
    "auxiliary heads": "aux",
    "mult-adds": "macs",
    "FLOPs": "flops",
    "weights": "bytes",
    "memory, inference": "memory_inference",
    "memory, training": "memory_training",
    "leaf layers": "layers",
    "weight layers": "weight_layers",
    "longest path": "longest_path",
}


def test_every_counter_has_its_name_everywhere() -> None:
    made = vzor.table("googlenet_paper")
    found = totals(made.sheet)
    assert {total.label: total.key for total in found} == NAMES
    data = json.loads(made.to("json"))["totals"]
    for total in found:
        assert data[total.key] == total.value == getattr(made.sheet, total.key)
        assert re.search(rf"^{re.escape(total.label)} +{re.escape(total.shown)}( |$)", made.to("text"), re.M)
        if total.key not in ("bytes", "memory_inference", "memory_training"):
            assert getattr(made, total.key) == total.value
    assert (made.memory.inference, made.memory.training) == (data["memory_inference"], data["memory_training"])


def test_every_counter_is_defined() -> None:
    terms = [line.partition(" (")[0] for line in DOCS.read_text("utf-8").splitlines()]
    for label in NAMES:
        assert label.partition(",")[0] in terms, label


@pytest.mark.parametrize(
    ("name", "layers", "weighted", "path"),
    [
        # rows by hand: conv, (pool, tanh), conv, (pool, tanh), conv, two dense rows
        ("lenet5", 9, 5, 9),
        # five convolutions, three max and one adaptive pooling, dropout, three dense rows
        ("alexnet", 13, 8, 13),
        # conv1 and pooling; eight blocks of two convolutions, sum and ReLU; pooling and a dense row
        ("resnet18", 39, 21, 36),  # and three projections beside the way
        ("vgg16", 22, 16, 22),
        ("resnet50", 88, 54, 84),
        ("mobilenetv1_100", 29, 28, 29),
        # seven rows in each of 58 and 98 layers, four in each of three transitions; two before them, four behind
        ("densenet121", 7 * 58 + 18, 121, 7 * 58 + 18),
        ("densenet201", 7 * 98 + 18, 201, 7 * 98 + 18),
    ],
)
def test_layers(name: str, layers: int, weighted: int, path: int) -> None:
    sheet = measure(table(name))
    assert (sheet.layers, sheet.weight_layers, sheet.longest_path) == (layers, weighted, path)


@pytest.mark.parametrize(
    ("name", "parameters", "trainable", "buffers"),
    [
        ("lenet5_1998", 60_000, 60_000, 840),  # the codes of RBF are fixed
        ("resnet50", 25_557_032, 25_557_032, 53_120),
        ("densenet121", 7_978_856, 7_978_856, 83_648),
        ("vgg16", 138_357_544, 138_357_544, 0),
        ("googlenet_paper", 6_998_552, 6_998_552, 0),
    ],
)
def test_parameters(name: str, parameters: int, trainable: int, buffers: int) -> None:
    made = vzor.table(name)
    assert (made.parameters, made.trainable, made.buffers) == (parameters, trainable, buffers)
    assert made.keras_total == parameters + buffers and made.sheet.bytes == 4 * made.keras_total


def test_auxiliary_heads_are_in_no_other_count() -> None:
    """GoogLeNet: 13,378,280 with both heads."""
    with_heads, without = (measure(table("googlenet_paper", aux=aux)) for aux in (True, False))
    assert with_heads.parameters + with_heads.aux == 13_378_280
    for count in ("parameters", "macs", "flops", "layers", "weight_layers", "longest_path"):
        assert getattr(with_heads, count) == getattr(without, count)
