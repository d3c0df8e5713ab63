"""EfficientNet against its paper's Tables 1 and 2 and torchvision's published figures."""

import pytest
import torchvision

from vzor.measure import measure
from vzor.spec.errors import UserError
from vzor.spec.rows import DropPath
from vzor.spec.trace import trace
from vzor.zoo.efficientnet import BODY, SIZES, efficientnet
from vzor.zoo.index import table

#: Table 2: million parameters, FLOPs in 1e9 (multiply-adds).
TABLE_2 = {
    "b0": (5.3, 0.39),
    "b1": (7.8, 0.70),
    "b2": (9.2, 1.0),
    "b3": (12, 1.8),
    "b4": (19, 4.2),
    "b5": (30, 9.9),
    "b6": (43, 19),
    "b7": (66, 37),
}


@pytest.mark.parametrize("size", SIZES)
def test_torchvisions_figures(size: str) -> None:
    meta = torchvision.models.get_model_weights(f"efficientnet_{size}").IMAGENET1K_V1.meta
    pixels = {"b2": 288}.get(size, SIZES[size][2])  # torchvision's B2 expects larger pictures than the paper's
    sheet = measure(table(f"efficientnet_{size}"), (3, pixels, pixels))
    assert sheet.parameters == meta["num_params"]
    assert round(sheet.macs / 1e9, 3) == meta["_ops"]


@pytest.mark.parametrize("size", SIZES)
def test_both_forms_cost_the_same(size: str) -> None:
    ours, tf = measure(efficientnet(size)), measure(efficientnet(size, form="tf"))
    assert (ours.parameters, ours.macs, ours.output) == (tf.parameters, tf.macs, tf.output)


@pytest.mark.parametrize("size", SIZES)
def test_the_papers_table_2(size: str) -> None:
    """Parameters as printed but B2's; FLOPs within 6 % of what is printed."""
    sheet = measure(efficientnet(size))
    millions, flops = TABLE_2[size]
    assert sheet.macs / 1e9 == pytest.approx(flops, rel=0.06)
    assert (round(sheet.parameters / 1e6, 1 if millions < 10 else None) == millions) == (size != "b2")


def test_table_1() -> None:
    """Stage, resolution that arrives, channels and layers of B0."""
    lines = {line.path: line for line in measure(efficientnet("b0")).lines}
    resolutions = (112, 112, 56, 28, 14, 14, 7)
    assert lines["features.0"].ins == ((3, 224, 224),)
    for i, ((t, k, c, n, _), side) in enumerate(zip(BODY, resolutions, strict=True), 1):
        stage = lines[f"features.{i}"]
        assert stage.ins[0][1:] == (side, side)
        assert stage.outs[0][0] == c
        assert sum(path.startswith(f"features.{i}.") and path.count(".") == 2 for path in lines) == n
        first = lines[f"features.{i}.0.depthwise"]
        assert first.ins[0][0] == t * stage.ins[0][0] and first.detail.startswith(f"{k}×{k}")
        assert lines[f"features.{i}.0.se.fc1"].outs[0][0] == stage.ins[0][0] // 4
    assert lines["features.8"].outs == ((1280, 7, 7),)


def test_survival_falls_linearly_to_four_fifths() -> None:
    """Of B0's sixteen blocks, nine have a sum; the last of them is the fifteenth."""
    drops = [node.row.p for node in trace(efficientnet("b0")).ops if isinstance(node.row, DropPath)]
    assert drops == pytest.approx([0.2 * i / 16 for i in (2, 4, 6, 7, 9, 10, 12, 13, 14)])


def test_wrong_form_is_named() -> None:
    with pytest.raises(UserError, match="torchvision or tf"):
        efficientnet("b0", form="keras")
