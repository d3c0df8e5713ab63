"""AlexNet against what lectures 000, 001 and 003 print."""

import pytest

from vzor.measure import measure
from vzor.spec.errors import UserError
from vzor.spec.rows import LRN, Conv, Seq
from vzor.zoo.index import table

from .figures import ALEXNET_GERON, ALEXNET_SCHEME, Printed, computed, numbers, printed


def sizes(name: str) -> Printed:
    return [(line.path, line.outs[0]) for line in measure(table(name)).lines]


@pytest.mark.parametrize(("name", "expected"), [("alexnet_scheme", ALEXNET_SCHEME), ("alexnet_geron", ALEXNET_GERON)])
def test_every_row_has_the_printed_size(name: str, expected: Printed) -> None:
    assert sizes(name) == expected


def test_the_sizes_named_in_the_collection() -> None:
    heights = [out[1] for path, out in sizes("alexnet_scheme") if path[:4] in ("conv", "pool")]
    assert heights == numbers(printed("alexnet_scheme", "all sizes"))


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("alexnet", 61_100_840),  # torchvision 0.29
        ("alexnet_2012", int(computed("claims", "AlexNet 60M"))),
        ("alexnet_scheme", int(computed("alexnet_scheme", "params (not printed)"))),
        ("alexnet_geron", 62_378_344),
    ],
)
def test_parameters(name: str, parameters: int) -> None:
    assert measure(table(name)).parameters == parameters


def test_60_million_are_those_of_two_towers_and_of_no_other_form() -> None:
    assert printed("claims", "AlexNet 60M") == "60M"
    millions = {name: measure(table(name)).parameters // 10**6 for name in ("alexnet", "alexnet_2012")}
    assert millions == {"alexnet": 61, "alexnet_2012": 60}


def test_padding_as_printed_would_give_56_and_not_55() -> None:
    figure = "alexnet_geron", "C1 55x55 with 224, SAME, stride 4"
    assert Conv(96, 11, 4, "same").shape((3, 224, 224))[1] == int(computed(*figure))
    assert dict(sizes("alexnet_geron"))["conv1"][1] == int(printed(*figure))


def test_without_the_pool_that_is_not_printed_f8_alone_would_have_177_million_weights() -> None:
    rows = dict(table("alexnet_geron").rows)
    assert computed("alexnet_geron", "no pool between C7 and F8") == "6x6 needed"
    del rows["pool5"]
    sheet = measure(Seq(**rows))
    f8 = next(line for line in sheet.lines if line.path == "fc6")
    assert round((f8.params - 4096) / 1e6, 1) == 177.2
    assert round(sheet.parameters / 1e6, 1) == 201.8


def test_the_two_towers_see_each_other_only_in_conv3_and_the_dense_rows() -> None:
    groups = {name: row.g for name, row in table("alexnet_2012").rows.items() if isinstance(row, Conv)}
    assert groups == {"conv1": 1, "conv2": 2, "conv3": 1, "conv4": 2, "conv5": 2}


def test_the_papers_sizes_come_out_with_227() -> None:
    found = dict(sizes("alexnet_2012"))
    assert [found[p][1] for p in ("conv1", "pool1", "conv2", "pool2", "conv5", "pool5")] == [55, 27, 27, 13, 13, 6]


def test_constants_of_the_normalisation() -> None:
    """Caffe: k=1, alpha/n = 2e-5 per square.  The paper: k=2, alpha = 1e-4 per square."""
    caffe, paper = table("alexnet_2012").rows["norm1"], table("alexnet_2012", norm="paper").rows["norm2"]
    assert caffe == LRN(5, 1e-4, 0.75, 1)
    assert isinstance(paper, LRN) and paper.alpha / paper.n == pytest.approx(1e-4) and paper.k == 2
    with pytest.raises(UserError, match="Did you mean 'caffe'"):
        table("alexnet_2012", norm="cafe")


def test_one_tower_takes_other_sizes() -> None:
    lines = {line.path: line for line in measure(table("alexnet"), (3, 320, 256)).lines}
    assert lines["pool5"].outs[0] == (256, 9, 7)
    assert lines["fc6"].ins[0] == (256, 6, 6)
