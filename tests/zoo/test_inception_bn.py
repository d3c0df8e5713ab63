"""Inception-BN and SE-Inception: Figure 5's sizes and misprints, published counts, printed mult-adds."""

import pytest

from vzor.measure import measure
from vzor.spec.errors import UserError
from vzor.spec.trace import trace
from vzor.zoo.inception_bn import inception_bn
from vzor.zoo.index import table

from .figures import computed

#: Figure 5 (arXiv:1502.03167), type and output as printed; "4e" is printed as 14×14×1024.
FIGURE_5 = [
    ("conv1_7x7_s2", (64, 112, 112)),
    ("pool1_3x3_s2", (64, 56, 56)),
    ("conv2_3x3", (192, 56, 56)),
    ("pool2_3x3_s2", (192, 28, 28)),
    ("inception_3a", (256, 28, 28)),
    ("inception_3b", (320, 28, 28)),
    ("inception_3c", (576, 14, 14)),
    ("inception_4a", (576, 14, 14)),
    ("inception_4b", (576, 14, 14)),
    ("inception_4c", (576, 14, 14)),
    ("inception_4d", (576, 14, 14)),
    ("inception_4e", (1024, 14, 14)),
    ("inception_5a", (1024, 7, 7)),
    ("inception_5b", (1024, 7, 7)),
    ("global_pool", (1024, 1, 1)),
]
#: What its own widths and strides give instead.
MISPRINTED = {"inception_4c": (608, 14, 14), "inception_4d": (608, 14, 14), "inception_4e": (1056, 7, 7)}


@pytest.mark.parametrize("name", ["bninception", "bninception_paper", "se_bninception"])
def test_sizes_are_figure_5(name: str) -> None:
    found = {line.path: line.outs[0] for line in measure(table(name)).lines}
    assert {path: found[path] for path, _ in FIGURE_5} == dict(FIGURE_5) | MISPRINTED


def test_counts() -> None:
    """Cadene's weights; the biases are 10,016, one for every number that normalisation shifts too."""
    sheet = measure(table("bninception"))
    assert (sheet.parameters, sheet.buffers) == (11_295_240, 20_032)
    plain = sheet.parameters - sheet.buffers // 2
    paper = measure(table("bninception_paper"))
    lines = {line.path: line for line in paper.lines}
    stem = [lines[f"conv1_7x7_s2.{row}"] for row in ("depthwise", "pointwise")]
    weights = stem[0].params + stem[1].params - 2 * 64
    assert paper.parameters == plain - 3 * 64 * 7 * 7 + weights
    assert f"{weights} / {sum(line.macs for line in stem) / 1e6:.1f}M (separable, depth multiplier 8)" in computed(
        "googlenet", "params 7x7 / ops"
    )


def test_the_gates_are_what_is_added() -> None:
    """With normalisation folded into the convolutions the authors' weights are 11.922M numbers."""
    plain, gated = measure(table("bninception")), measure(table("se_bninception"))
    widths = (256, 320, 576, 576, 576, 608, 608, 1056, 1024, 1024)
    gates = sum(2 * c * c // 16 + c // 16 + c for c in widths)
    assert gated.parameters == plain.parameters - plain.buffers // 2 + gates == 11_931_622
    assert round((gated.parameters - gated.buffers // 2) / 1e6, 3) == 11.922


def test_printed_operations() -> None:
    """Table 2 (arXiv:1709.01507) prints 2.03 and 2.04 for Inception-BN, 11.75 and 11.76 for Inception-ResNet v2."""
    plain, gated = measure(table("bninception")).macs, measure(table("se_bninception")).macs
    assert f"{plain / 1e9:.2f}" == "2.03"
    assert f"{gated / 1e9:.3f}" == "2.033"  # not 2.04, but where means and products count as well, it is
    plain, gated = (measure(table(f"{se}inception_resnet_v2")).macs for se in ("", "se_"))
    assert f"{plain / 1e9:.2f}" == "13.16"  # not 11.75
    assert f"{(gated - plain) / 1e9:.2f}" == "0.01"


def test_every_block_of_inception_resnet_is_gated_before_it_is_added() -> None:
    opened = trace(table("se_inception_resnet_v2"))
    blocks = [node for node in opened.root.walk() if type(node.row).__name__ == "SEBlock"]
    assert len(blocks) == 10 + 20 + 9 + 1
    for block in blocks:
        names = [kid.name for kid in block.kids]
        assert names[:5] == ["mixed", "conv2d", "se", "scale", "sum"]
        assert block.kids[2].outs[0].shape == block.out
    added = sum(2 * c * c // 16 + c // 16 + c for c, n in ((320, 10), (1088, 20), (2080, 10)) for _ in range(n))
    assert measure(table("se_inception_resnet_v2")).parameters == 55_843_464 + added


def test_an_unknown_form_is_named() -> None:
    with pytest.raises(UserError, match=r"no form 'cafe'.*Did you mean 'caffe'"):
        inception_bn(form="cafe")
