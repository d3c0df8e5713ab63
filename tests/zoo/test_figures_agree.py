"""The figures that these tests assert are those of the collection they were copied from."""

import csv
from pathlib import Path

import pytest

from .figures import FIGURES

COLLECTION = Path(__file__).parents[3] / "shared" / "figures" / "reproducible.csv"
OURS = ("exercise", "lenet5_scheme", "lenet5_geron", "alexnet_scheme", "alexnet_geron", "vgg", "resnet")
WORDS = ("AlexNet 60M", "VGG", "144 million", "ResNet50 p", "ResNet101 p", "ResNet152 p", "ResNet top")


@pytest.mark.skipif(not COLLECTION.exists(), reason="the collection of figures is not beside this checkout")
def test_every_figure_of_these_networks_is_asserted_as_collected() -> None:
    lines = [line for line in COLLECTION.read_text("utf-8").splitlines() if not line.startswith("#")]
    rows = {(row["table"], row["figure"]): row for row in csv.DictReader(lines)}
    several = "depth VGG16,VGG19,Xception,InceptionV3,InceptionResNetV2"  # asserted for VGG in test_vgg.py
    wanted = {key for key in rows if key[1] != several and (key[0] in OURS or any(word in key[1] for word in WORDS))}
    assert wanted == set(FIGURES)
    for key, values in FIGURES.items():
        assert values == (rows[key]["printed"], rows[key]["computed"], rows[key]["status"]), key
