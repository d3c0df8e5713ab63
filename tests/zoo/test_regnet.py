"""RegNet against its paper's Figures 15 and 16 and torchvision's published figures."""

import pytest
import torchvision

from vzor.measure import measure
from vzor.spec.errors import UserError
from vzor.zoo.index import networks, table
from vzor.zoo.regnet import REGNETX, REGNETY, regnet, stages

#: Figures 15 and 16: FLOPs (multiply-adds) in 1e9 and million parameters of X, then of Y.
PRINTED = {
    "200MF": (0.2, 2.7, 0.2, 3.2),
    "400MF": (0.4, 5.2, 0.4, 4.3),
    "600MF": (0.6, 6.2, 0.6, 6.1),
    "800MF": (0.8, 7.3, 0.8, 6.3),
    "1.6GF": (1.6, 9.2, 1.6, 11.2),
    "3.2GF": (3.2, 15.3, 3.2, 19.4),
    "4.0GF": (4.0, 22.1, 4.0, 20.6),
    "6.4GF": (6.5, 26.2, 6.4, 30.6),
    "8.0GF": (8.0, 39.6, 8.0, 39.2),
    "12GF": (12.1, 46.1, 12.1, 51.8),
    "16GF": (15.9, 54.3, 15.9, 83.6),
    "32GF": (31.7, 107.8, 32.3, 145.0),
}


@pytest.mark.parametrize("name", networks("regnet_?_*"))
def test_torchvisions_figures(name: str) -> None:
    meta = torchvision.models.get_model_weights(name).IMAGENET1K_V1.meta
    sheet = measure(table(name))
    assert sheet.parameters == meta["num_params"]
    assert round(sheet.macs / 1e9, 3) == meta["_ops"]


@pytest.mark.parametrize("se", [False, True], ids=["x", "y"])
@pytest.mark.parametrize("size", PRINTED)
def test_figures_15_and_16(size: str, se: bool) -> None:
    sheet = measure(regnet(size, se, form="paper"))
    assert (round(sheet.macs / 1e9, 1), round(sheet.parameters / 1e6, 1)) == PRINTED[size][2 * se :][:2]


def test_which_of_them_torchvisions_rounding_widens() -> None:
    def wider(numbers: dict[str, tuple[int, int, float, int, float]]) -> list[str]:
        return [size for size, five in numbers.items() if stages(*five) != stages(*five, paper=True)]

    assert wider(REGNETX) == ["400MF", "4.0GF"]
    assert wider(REGNETY) == ["800MF", "4.0GF", "8.0GF"]
    assert stages(*REGNETX["400MF"]) == [(32, 1, 16), (64, 2, 16), (160, 7, 16), (400, 12, 16)]
    assert stages(*REGNETX["400MF"], paper=True)[-1] == (384, 12, 16)


@pytest.mark.parametrize("numbers", [REGNETX, REGNETY], ids=["x", "y"])
def test_the_rule_keeps_the_depth_and_the_bounds_of_the_paper(
    numbers: dict[str, tuple[int, int, float, int, float]],
) -> None:
    """§4: four stages, widths that grow, 12 to 28 blocks, w_m at least 2; every width divides into its groups."""
    for d, g, w_a, w_0, w_m in numbers.values():
        found = stages(d, g, w_a, w_0, w_m)
        assert len(found) == 4 and 12 <= d <= 28 and w_m >= 2
        assert sum(n for _, n, _ in found) == d
        assert all(width % group == 0 for width, _, group in found)
        assert [width for width, _, _ in found] == sorted(width for width, _, _ in found)


def test_a_block() -> None:
    """Figure 4: all rows of one width; the shortcut is projected where the size halves."""
    lines = {line.path: line for line in measure(regnet("400MF", se=True)).lines}
    first, second = "trunk_output.block2.0", "trunk_output.block2.1"
    assert lines[first].ins[0][0] == 48 and lines[first].outs == ((104, 28, 28),)
    assert [lines[f"{first}.{row}"].outs[0] for row in "abc"] == [(104, 56, 56), (104, 28, 28), (104, 28, 28)]
    assert lines[f"{first}.se.fc1"].outs == ((12, 1, 1),)  # a quarter of the 48 that arrive
    assert f"{first}.proj" in lines and f"{second}.proj" not in lines
    assert lines[f"{second}.b"].params == 9 * 8 * 104 + 2 * 104


def test_wrong_form_is_named() -> None:
    with pytest.raises(UserError, match="torchvision or paper"):
        regnet("400MF", form="pycls")
