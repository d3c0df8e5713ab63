"""Xception against Figure 5 and Keras' figures."""

import pytest

from vzor.measure import measure
from vzor.spec.errors import UserError
from vzor.zoo.index import table

from .figures import printed

#: Figure 5 names the widths; the sizes are those of 299×299.
FIGURE_5 = [
    ("conv1", (32, 149, 149)),
    ("conv2", (64, 147, 147)),
    ("block1", (128, 74, 74)),
    ("block2", (256, 37, 37)),
    ("block3", (728, 19, 19)),
    *((f"block{i}", (728, 19, 19)) for i in range(4, 12)),
    ("block12", (1024, 10, 10)),
    ("conv3", (1536, 10, 10)),
    ("conv4", (2048, 10, 10)),
    ("avgpool", (2048, 1, 1)),
    ("fc", (1000,)),
]


@pytest.mark.parametrize("name", ["xception", "xception_keras"])
def test_sizes_and_counts(name: str) -> None:
    sheet = measure(table(name))
    found = {line.path: line.outs[0] for line in sheet.lines}
    assert [(path, found[path]) for path, _ in FIGURE_5] == FIGURE_5
    assert (sheet.parameters, sheet.buffers) == (22_855_952, 54_528)
    assert sheet.keras_total == int(printed("keras_applications", "Xception params"))


def test_36_convolutions_in_14_modules() -> None:
    """§3: a separable convolution is one of them, a shortcut's 1×1 is not."""
    lines = measure(table("xception")).lines
    separable = sum(line.kind == "SeparableConv" for line in lines)
    plain = sum(line.path in ("conv1", "conv2") for line in lines)
    assert separable + plain == 36
    assert sum(line.kind == "Block" for line in lines) + 2 == 14


def test_an_even_size_is_where_the_forms_differ() -> None:
    """74 becomes 37 in both, but with other cells: one is added before and after, or only after."""
    for name, padding in (("xception", 1), ("xception_keras", "same")):
        made = table(name)
        assert made.rows["block2"].p == padding  # type: ignore[attr-defined]


def test_an_unknown_form_is_named() -> None:
    with pytest.raises(UserError, match="no form 'tf'"):
        table("xception", form="tf")
