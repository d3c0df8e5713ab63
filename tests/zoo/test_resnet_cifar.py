"""ResNet for CIFAR-10 against the paper's Table 6 and the published weights' parameters."""

import pytest

from vzor.measure import measure
from vzor.spec.errors import TableError
from vzor.spec.trace import trace
from vzor.zoo.resnet_cifar import resnet_cifar


@pytest.mark.parametrize(
    ("depth", "printed", "parameters"),
    [
        (20, "0.27M", 269_722),
        (32, "0.46M", 464_154),
        (44, "0.66M", 658_586),
        (56, "0.85M", 853_018),
        (110, "1.7M", 1_727_962),
        (1202, "19.4M", 19_421_274),
    ],
)
def test_table_6(depth: int, printed: str, parameters: int) -> None:
    sheet = measure(resnet_cifar(depth))
    assert sheet.parameters == parameters
    digits = len(printed.partition(".")[2]) - 1
    assert f"{parameters / 1e6:.{digits}f}M" == printed
    rows = [line for line in sheet.lines if line.kind in ("Conv", "Fc") and line.name != "downsample"]
    assert len(rows) == depth


def test_the_table_of_section_4_2() -> None:
    """Output map size 32×32, 16×16, 8×8; 1+2n, 2n, 2n layers; 16, 32, 64 filters."""
    root = trace(resnet_cifar(20))
    assert root.find("conv1").out == (16, 32, 32)
    assert [root.find(f"layer{i}").out for i in (1, 2, 3)] == [(16, 32, 32), (32, 16, 16), (64, 8, 8)]
    assert [len(root.find(f"layer{i}").kids) for i in (1, 2, 3)] == [3, 3, 3]


def test_shortcuts_have_parameters_only_when_asked() -> None:
    """Two grow: 16 to 32 and 32 to 64 maps, each with a normalisation."""
    more = measure(resnet_cifar(20, shortcut="B")).parameters - measure(resnet_cifar(20)).parameters
    assert more == 16 * 32 + 2 * 32 + 32 * 64 + 2 * 64


def test_a_depth_that_is_not_in_the_table_is_named() -> None:
    with pytest.raises(TableError, match=r"no ResNet-21.*20, 32, 44"):
        resnet_cifar(21)
