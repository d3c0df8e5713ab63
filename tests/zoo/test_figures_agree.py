"""The figures that these tests assert are those of the collection they were copied from."""

import csv
from pathlib import Path

import pytest

from .figures import FIGURES

COLLECTION = Path(__file__).parents[3] / "shared" / "figures" / "reproducible.csv"
#: Tables of the collection of which every figure is asserted; of the others those of the networks that are here.
OURS = {
    *("exercise", "lenet5_scheme", "lenet5_geron", "alexnet_scheme", "alexnet_geron", "vgg", "resnet"),
    *("googlenet", "squeezenet", "densenet", "mobilenet"),
}


@pytest.mark.skipif(not COLLECTION.exists(), reason="the collection of figures is not beside this checkout")
def test_every_figure_of_these_networks_is_asserted_as_collected() -> None:
    lines = [line for line in COLLECTION.read_text("utf-8").splitlines() if not line.startswith("#")]
    rows = {(row["table"], row["figure"]): row for row in csv.DictReader(lines)}
    assert {key for key in rows if key[0] in OURS} <= set(FIGURES) <= set(rows)
    for key, values in FIGURES.items():
        assert values == (rows[key]["printed"], rows[key]["computed"], rows[key]["status"]), key
