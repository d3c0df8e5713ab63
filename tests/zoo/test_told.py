"""Every printed figure that is no plain count of ours is told to the user where the network is shown."""

import pytest

from vzor.measure import measure
from vzor.zoo.index import table
from vzor.zoo.notes import notes

from .figures import FIGURES, KERAS_APPLICATIONS
from .test_every_figure import KERAS, keras_total

#: Such figures are ours, at least to the printed digits.
FOLLOWS = ("exact", "rounding", "derived")
#: The others: where they are told, and in which words: what is printed, and what is so.
TOLD: dict[tuple[str, str], tuple[tuple[str, ...], tuple[str, ...]]] = {
    ("alexnet_geron", "C1 55x55 with 224, SAME, stride 4"): (("alexnet_geron",), ("SAME", "55×55", "56×56")),
    ("alexnet_geron", "no pool between C7 and F8"): (("alexnet_geron",), ("no pooling between C7 and F8", "177.2M")),
    ("claims", "VGG-19 138M"): (("vgg16", "vgg19"), ("138M",)),
    ("claims", '"144 million" on the Inception slide'): (("vgg19", "googlenet", "googlenet_paper"), ('"144 million',)),
    ("claims", "GoogLeNet 5M"): (("googlenet", "googlenet_paper"), ('"5M"', "6,998,552")),
    ("claims", "12x fewer than AlexNet"): (("googlenet", "googlenet_paper"), ('"12 times fewer', "8.7")),
    ("claims", 'ResNet top-5 3.57% "2014"'): (("resnet152",), ("3.57 %", "2014", "2015")),
    ("claims", "Inception-ResNet-v2 55M, >550 layers"): (("inception_resnet_v2",), ("55M", "550", "572", "245")),
    ("googlenet", "params 7x7 / ops"): (("googlenet", "googlenet_paper"), ("2.7K", "34M", "separable")),
    ("googlenet", "params 4a,4b,4d,4e,5b"): (
        ("googlenet", "googlenet_paper"),
        ("364K", "437K", "580K", "840K", "1388K", "366.8K", "438.0K", "590.5K", "847.0K", "1409.0K"),
    ),
    ("googlenet", "params 4c"): (("googlenet", "googlenet_paper"), ("463K", "497.5K")),
    ("googlenet", "params/ops 5a"): (("googlenet", "googlenet_paper"), ("1072K", "54M", "1018.0K", "51.1M")),
    ("googlenet", "sum of params rows"): (("googlenet", "googlenet_paper"), ("6797.7K", "6.8M")),
    ("squeezenet", "fire8 e3x3 33%"): (("squeezenet1_0",), ("33 %", "30 %")),
    ("squeezenet", "sizes at 224"): (("squeezenet1_0",), ("224", "111, 55, 27 and 13", "227")),
    ("squeezenet", "maxpool8 13x12x512"): (("squeezenet1_0",), ("13×12", "13×13")),
    ("squeezenet", "conv1 100% (7x7), conv10 20% (3x3)"): (("squeezenet1_0",), ("7×7", "3×3", "conv10")),
    ("squeezenet", "<0.5MB"): (("squeezenet1_0",), ("0.5 MB", "0.316 MB")),
    ("resnet", "FLOPs 50"): (("resnet50",), ("3.8e9", "3.858e9", "4.089e9")),
    ("mobilenet", "table sizes"): (("mobilenetv1_100",), ("stride 2", "533.8M")),
    ("mobilenet_comparison", "GoogLeNet 1550 / 6.8"): (
        ("mobilenetv1_100", "googlenet", "googlenet_paper"),
        ("1550M", "6.8M"),
    ),
    ("mobilenet_comparison", "VGG16 15300 / 138"): (("vgg16",), ("15,300M", "15,346.6M", "15,470.3M")),
    ("keras_applications", "size column"): (("xception_keras",), ("88 MB", "87.4 MB")),  # and below
    ("keras_applications", "depth MobileNet, MobileNetV2"): (("mobilenet_keras", "mobilenet_v2_keras"), ("88",)),
}


def test_every_slip_has_a_place() -> None:
    assert set(TOLD) == {key for key, (_, _, status) in FIGURES.items() if status not in FOLLOWS}


@pytest.mark.parametrize(("place", "figure"), TOLD)
def test_the_slip_is_told_where_the_network_is_shown(place: str, figure: str) -> None:
    names, words = TOLD[place, figure]
    for name in names:
        said = "\n".join(notes(name))
        assert [word for word in words if word not in said] == [], name


@pytest.mark.parametrize("model", KERAS_APPLICATIONS)
def test_the_size_of_a_file_is_told_where_it_is_not_that_of_the_weights(model: str) -> None:
    printed, own = KERAS_APPLICATIONS[model][0], keras_total(model) * 4 / 2**20
    said = "\n".join(notes(KERAS[model]))
    assert (f"prints {printed} MB" in said and f"{own:.1f} MB" in said) == (round(own) != printed)


def test_squeezenets_size_with_complex_bypass() -> None:
    """arXiv:1602.07360, Table 3: 4.8 MB vanilla and simple, 7.7 MB complex; with Figure 2's four 1×1, 6.1 MB."""
    mega = {n: f"{measure(table(f'squeezenet1_0{n}')).bytes / 2**20:.1f}" for n in ("", "_simple", "_complex")}
    assert mega == {"": "4.8", "_simple": "4.8", "_complex": "6.1"}
    assert "7.7 MB" in notes("squeezenet1_0_complex")[1] and "6.1 MB" in notes("squeezenet1_0_complex")[1]
