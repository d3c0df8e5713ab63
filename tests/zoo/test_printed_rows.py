"""LeNet-5 and AlexNet: every row's kernel, stride, padding and nonlinearity as lectures 000 and 001 print them."""

import pytest

from vzor.spec.rows import RBF, Conv, Fc, Pool, Row, Seq
from vzor.zoo.index import table

from .figures import ALEXNET_GERON_ROWS, ALEXNET_SCHEME_ROWS, LENET5_GERON_ROWS, LENET5_SCHEME_ROWS

#: Paddings written as the table writes them; None: it has no column for them.
Pads = dict[object, str] | None
NUMBERS: Pads = {n: f"pad {n}" for n in range(4)}
WORDS: Pads = {"same": "SAME", 0: "VALID", 2: "pad 2"}


def words(row: Row, pads: Pads) -> str:
    """A row as the lectures' tables write it."""
    if isinstance(row, Seq):  # average pooling and its nonlinearity
        inner = list(row.rows.values())
        return f"{words(inner[0], pads)} {inner[1].name}"  # type: ignore[attr-defined]
    parts: list[str] = []
    if isinstance(row, Conv):
        parts = ["conv", f"{row.k}x{row.k}", str(row.s), pads[row.k // 2 if row.p is None else row.p] if pads else ""]
        parts.append(str(row.act))
    elif isinstance(row, Pool):
        parts = [f"{row.op}pool", f"{row.k}x{row.k}", str(row.s or row.k), pads[row.p] if pads else ""]
    elif isinstance(row, Fc):
        parts = ["dense", str(row.act or ""), f"drop {row.drop}" if row.drop else ""]
    elif isinstance(row, RBF):
        parts = ["dense", "RBF"]
    return " ".join(filter(None, parts))


@pytest.mark.parametrize(
    ("name", "pads", "expected"),
    [
        ("lenet5_sigmoid", NUMBERS, LENET5_SCHEME_ROWS),
        ("alexnet_scheme", NUMBERS, ALEXNET_SCHEME_ROWS),
        ("lenet5", None, LENET5_GERON_ROWS | {"out": "dense"}),  # trained, where RBF is printed
        (
            "alexnet_geron",
            WORDS,
            ALEXNET_GERON_ROWS | {"conv1": "conv 11x11 4 pad 2 relu", "pool5": "maxpool 3x3 2 VALID"},
        ),
    ],
)
def test_every_row_is_the_printed_one(name: str, pads: Pads, expected: dict[str, str]) -> None:
    """What cannot be as printed stands beside the table's name above, and in the network's notes."""
    found = {path: words(row, pads) for path, row in table(name).rows.items() if path != "input"}
    assert found == expected


def test_the_network_of_1998_ends_in_rbf() -> None:
    assert words(table("lenet5_1998").rows["out"], None) == LENET5_GERON_ROWS["out"]
