"""The page of the networks is what follows from the zoo."""

import re
import runpy
from pathlib import Path

from vzor.zoo.index import ZOO

DOCS = Path(__file__).parents[2] / "docs"


def test_the_page_has_every_network() -> None:
    """After a change of networks or key rules: python docs/computed.py."""
    script = runpy.run_path(str(DOCS / "computed.py"))
    text = (DOCS / "networks.md").read_text("utf-8")
    assert script["page"]("networks.md") == text
    listed = re.findall(r"^\|[^|]*\| `(\w+)` \|", text, re.M)
    assert sorted(listed) == list(ZOO)


def test_the_number_of_networks_is_right_where_it_is_told() -> None:
    for page in ("README.md", "CHANGELOG.md"):
        told = re.findall(r"\b(\d+) networks\b", (DOCS.parent / page).read_text("utf-8"))
        assert told == [str(len(ZOO))], page


def test_a_line_by_hand() -> None:
    """VGG-16 as everyone knows it; older families first, numbers in names in their order."""
    text = (DOCS / "networks.md").read_text("utf-8")
    link = "[1409.1556](https://arxiv.org/abs/1409.1556)"
    assert f"| `vgg16` | {link} | 2014 | 138,357,544 | 15.5 G | 3×224×224 | torchvision, timm, caffe, keras |" in text
    assert text.index("`resnet18`") < text.index("`resnet50`") < text.index("`resnet101`")
    assert text.index("LeNet-5") < text.index("AlexNet |") < text.index("ConvNeXt |")


def test_every_form_that_the_page_explains_exists() -> None:
    text = (DOCS / "networks.md").read_text("utf-8")
    explained = text.partition("## Names\n")[2].partition("## As a module")[0]
    for cell in re.findall(r"^\| (`[^|]*`) \|", explained, re.M):
        for form in re.findall(r"`([^`]+)`", cell):
            pattern = form.replace("…", r"\w+")
            assert any(re.fullmatch(pattern, name) or re.fullmatch(pattern + r"_\w+", name) for name in ZOO), form
