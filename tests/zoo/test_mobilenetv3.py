"""MobileNetV3 against its paper's tables and torchvision's published figures."""

import pytest
import torchvision

from vzor.measure import measure
from vzor.spec.errors import UserError
from vzor.zoo.index import table
from vzor.zoo.mobilenetv3 import LARGE, SMALL, mobilenet_v3

#: Tables 1 and 2: the inputs of the rows.
INPUTS = {
    "large": [
        *[(112, 16)] * 2,
        *[(56, 24)] * 2,
        *[(28, 40)] * 3,
        *[(14, 80)] * 4,
        *[(14, 112)] * 2,
        *[(7, 160)] * 2,
    ],
    "small": [(112, 16), (56, 16), (28, 24), (28, 24), *[(14, 40)] * 3, *[(14, 48)] * 2, *[(7, 96)] * 2],
}


@pytest.mark.parametrize("size", ["large", "small"])
def test_torchvisions_figures(size: str) -> None:
    meta = torchvision.models.get_model_weights(f"mobilenet_v3_{size}").IMAGENET1K_V1.meta
    sheet = measure(table(f"mobilenet_v3_{size}"))
    assert sheet.parameters == meta["num_params"]
    assert round(sheet.macs / 1e9, 3) == meta["_ops"]


@pytest.mark.parametrize(("size", "parameters", "macs"), [("large", 5.4, 219), ("small", 2.5, 56)])
def test_the_papers_table_3(size: str, parameters: float, macs: int) -> None:
    """Million parameters, cut off, and million multiply-adds, to two in a hundred."""
    sheet = measure(mobilenet_v3(size))
    assert int(sheet.parameters / 1e5) / 10 == parameters
    assert sheet.macs / 1e6 == pytest.approx(macs, rel=0.02)


@pytest.mark.parametrize(("size", "body"), [("large", LARGE), ("small", SMALL)])
def test_rows_are_the_printed_ones(size: str, body: tuple[tuple[int, int, int, bool, str, int], ...]) -> None:
    lines = {line.path: line for line in measure(mobilenet_v3(size)).lines}
    assert len(body) == len(INPUTS[size])
    before = 16
    for i, ((k, exp, out, se, nl, s), (side, width)) in enumerate(zip(body, INPUTS[size], strict=True), 1):
        block = lines[f"features.{i}"]
        assert block.ins == ((width, side, side),) and before == width
        assert block.outs == ((out, side // s, side // s),)
        middle = lines[f"features.{i}.depthwise"]
        assert middle.outs == ((exp, side // s, side // s),)
        assert middle.detail.startswith(f"{k}×{k}, dw") and middle.detail.endswith({"RE": "relu", "HS": "hswish"}[nl])
        assert (f"features.{i}.se" in lines) == se
        assert (f"features.{i}.sum" in lines) == (s == 1 and out == width)
        assert (f"features.{i}.expand" in lines) == (exp != width)
        before = out


def test_forms_cost_the_same() -> None:
    for size in ("large", "small"):
        sheets = [measure(mobilenet_v3(size, form=form)) for form in ("torchvision", "timm", "tf")]
        assert len({(sheet.parameters, sheet.macs) for sheet in sheets}) == 1


def test_wrong_form_is_named() -> None:
    with pytest.raises(UserError, match="torchvision, timm, tf"):
        mobilenet_v3("large", form="keras")
