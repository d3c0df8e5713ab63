"""LeNet-5 against what lectures 000 and 001 and the paper print."""

import pytest

from vzor.measure import measure
from vzor.spec.rows import Conv
from vzor.spec.sheet import Line
from vzor.zoo.index import table
from vzor.zoo.lenet import C3_READS

from .figures import LENET5_GERON, LENET5_SCHEME, Printed, computed, numbers, printed


def rows(name: str) -> dict[str, Line]:
    return {line.path: line for line in measure(table(name)).lines}


@pytest.mark.parametrize(
    ("name", "expected"),
    [("lenet5", LENET5_GERON), ("lenet5_1998", LENET5_GERON), ("lenet5_sigmoid", LENET5_SCHEME)],
)
def test_every_row_has_the_printed_size(name: str, expected: Printed) -> None:
    top = [(line.path, line.outs[0]) for line in rows(name).values() if line.depth == 0]
    assert top == expected


def test_the_sizes_named_in_the_collection() -> None:
    heights = [line.outs[0][1] for path, line in rows("lenet5").items() if path in ("c1", "s2", "c3", "s4", "c5")]
    assert heights == numbers(printed("lenet5_geron", "sizes"))
    heights = [line.outs[0][1] for path, line in rows("lenet5_sigmoid").items() if path[:4] in ("conv", "pool")]
    assert heights == numbers(printed("lenet5_scheme", "all sizes"))


def test_parameters() -> None:
    simple = int(computed("lenet5_scheme", "params (not printed)"))
    assert measure(table("lenet5")).parameters == simple
    assert measure(table("lenet5_sigmoid")).parameters == simple
    classic = measure(table("lenet5_1998"))
    assert classic.parameters == classic.trainable == int(computed("lenet5_geron", "params (not printed)"))
    assert classic.buffers == 84 * 10  # the codes are there, and are no parameters


def test_parameters_of_every_row() -> None:
    """156 + 2,416 + 48,120 + 10,164 + 850, and the paper's §II.B: 156, 12, 1,516, 32, 48,120, 10,164."""
    scheme = rows("lenet5_sigmoid")
    assert [scheme[p].params for p in ("conv1", "conv2", "fc1", "fc2", "fc3")] == [156, 2416, 48120, 10164, 850]
    paper = rows("lenet5_1998")
    assert [paper[p].params for p in ("c1", "s2", "c3", "s4", "c5", "f6")] == [156, 12, 1516, 32, 48120, 10164]


def test_with_a_dense_c3_the_paper_would_have_900_more() -> None:
    assert rows("lenet5")["c3"].params - rows("lenet5_1998")["c3"].params == 900


def test_table_1_of_the_paper() -> None:
    """Six maps read three neighbours, six read four, three read two pairs, the last reads all (§II.B)."""

    def around(start: int, length: int) -> set[int]:
        return {(start + i) % 6 for i in range(length)}

    sets = [set(reads) for reads in C3_READS]
    assert sets[:6] == [around(i, 3) for i in range(6)]
    assert sets[6:12] == [around(i, 4) for i in range(6)]
    assert sets[12:15] == [around(i, 2) | around(i + 3, 2) for i in range(3)]
    assert sets[15] == set(range(6))


def test_the_connections_of_1998() -> None:
    """§II.B counts 340,908: a mult-add or a bias each; sub-sampling has five per cell, the RBF 84 per class."""
    lines = rows("lenet5_1998")
    connections = [
        lines["c1"].macs + 6 * 28 * 28,
        5 * 6 * 14 * 14,
        lines["c3"].macs + 16 * 10 * 10,
        5 * 16 * 5 * 5,
        lines["c5"].macs + 120,
        lines["f6"].macs + 84,
        lines["out"].macs,
    ]
    assert connections == [122_304, 5_880, 151_600, 2_000, 48_120, 10_164, 840]
    assert sum(connections) == 340_908


def test_receptive_fields() -> None:
    """C1 sees 5×5; C5 sees the whole 32×32 picture."""
    lines = rows("lenet5")
    assert lines["c1"].field is not None and lines["c1"].field.size == (5, 5)
    assert lines["c5"].field is not None and lines["c5"].field.size == (32, 32)


def test_the_parameter_exercise() -> None:
    """Lecture 003: 3×3, 64 to 128 channels, bias: 577 numbers per filter."""
    conv = Conv(128, 3)
    assert conv.params((64, 56, 56)) == 577 * 128 == int(printed("exercise", "conv 3x3 64->128 bias"))
