"""ConvNeXt against its paper's Tables 1 and 9 and torchvision's published figures."""

import pytest
import torchvision

from vzor.measure import measure
from vzor.spec.rows import DropPath
from vzor.spec.trace import trace
from vzor.zoo.convnext import CONVNEXT, convnext
from vzor.zoo.index import table


@pytest.mark.parametrize("size", CONVNEXT)
def test_torchvisions_figures(size: str) -> None:
    meta = torchvision.models.get_model_weights(f"convnext_{size}").IMAGENET1K_V1.meta
    sheet = measure(table(f"convnext_{size}"))
    assert sheet.parameters == meta["num_params"]
    assert round(sheet.macs / 1e9, 3) == meta["_ops"]
    assert sheet.buffers == 0


@pytest.mark.parametrize(
    ("size", "parameters", "flops"), [("tiny", 29, 4.5), ("small", 50, 8.7), ("base", 89, 15.4), ("large", 198, 34.4)]
)
def test_the_papers_table_1(size: str, parameters: int, flops: float) -> None:
    """Million parameters; FLOPs, which are multiply-adds, in 1e9."""
    sheet = measure(convnext(size))
    assert (round(sheet.parameters / 1e6), round(sheet.macs / 1e9, 1)) == (parameters, flops)


def test_table_9() -> None:
    """Every block: d7×7, 1×1 to four times the width, 1×1; between stages sizes halve and widths double."""
    lines = {line.path: line for line in measure(convnext("tiny")).lines}
    for i, (c, n, side) in enumerate(zip((96, 192, 384, 768), (3, 3, 9, 3), (56, 28, 14, 7), strict=True)):
        stage = lines[f"features.{2 * i + 1}"]
        assert stage.label == f"res{i + 2}"
        assert stage.ins == stage.outs == ((c, side, side),)
        for j in range(n):
            rows = [lines[f"features.{2 * i + 1}.{j}.{name}"] for name in ("depthwise", "widen", "narrow")]
            assert [row.outs[0][0] for row in rows] == [c, 4 * c, c]
            assert [row.params for row in rows] == [50 * c, 4 * c * (c + 1), c * (4 * c + 1)]
        assert f"features.{2 * i + 1}.{n}" not in lines


@pytest.mark.parametrize("size", CONVNEXT)
def test_the_last_branch_is_dropped_with_the_probability_of_table_5(size: str) -> None:
    drops = [node.row.p for node in trace(convnext(size)).ops if isinstance(node.row, DropPath)]
    assert drops == sorted(drops)
    assert drops[-1] == {"tiny": 0.1, "small": 0.4, "base": 0.5, "large": 0.5}[size]
    assert len(drops) == sum(CONVNEXT[size][1]) - 1
