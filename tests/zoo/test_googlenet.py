"""GoogLeNet against Table 1 as lecture 004 prints it, and the claims of lectures 002 and 003."""

import pytest

from vzor.measure import measure
from vzor.spec.errors import UserError
from vzor.spec.rows import LRN, Conv, Drop, Fc, Input, Loss, Pool, Seq, Side
from vzor.spec.sheet import Sheet
from vzor.zoo.googlenet import Inception, googlenet
from vzor.zoo.index import table

#: Lecture 004: row -> output, widths, and thousands of parameters and millions of operations as printed.
MODULES = {
    "inception3a": ((256, 28, 28), (64, 96, 128, 16, 32, 32), 159, 128),
    "inception3b": ((480, 28, 28), (128, 128, 192, 32, 96, 64), 380, 304),
    "inception4a": ((512, 14, 14), (192, 96, 208, 16, 48, 64), 364, 73),
    "inception4b": ((512, 14, 14), (160, 112, 224, 24, 64, 64), 437, 88),
    "inception4c": ((512, 14, 14), (128, 128, 256, 24, 64, 64), 463, 100),
    "inception4d": ((528, 14, 14), (112, 144, 288, 32, 64, 64), 580, 119),
    "inception4e": ((832, 14, 14), (256, 160, 320, 32, 128, 128), 840, 170),
    "inception5a": ((832, 7, 7), (256, 160, 320, 32, 128, 128), 1072, 54),
    "inception5b": ((1024, 7, 7), (384, 192, 384, 48, 128, 128), 1388, 71),
}
OTHERS = {
    "conv1": (64, 112, 112),
    "maxpool1": (64, 56, 56),
    "conv3": (192, 56, 56),
    "maxpool2": (192, 28, 28),
    "maxpool3": (480, 14, 14),
    "maxpool4": (832, 7, 7),
    "avgpool": (1024, 1, 1),
    "dropout": (1024, 1, 1),
    "fc": (1000,),
}
#: Computed: thousands (1,024) of weights where they are not those printed.
MISPRINTED = {
    "inception4a": 366.8,
    "inception4b": 438.0,
    "inception4c": 497.5,
    "inception4d": 590.5,
    "inception4e": 847.0,
    "inception5a": 1018.0,
    "inception5b": 1409.0,
}


def costs(table: Seq) -> dict[str, tuple[int, int, int]]:
    """Weights without biases, biases and multiply-adds of every row of Table 1; conv2 is a part of conv3."""
    found: dict[str, tuple[int, int, int]] = {}
    for line in measure(table).lines:
        if line.kind in ("Conv", "Fc") and not line.side:
            row = line.path.split(".")[0].replace("conv2", "conv3")
            width = line.outs[0][0]
            weights, biases, macs = found.get(row, (0, 0, 0))
            found[row] = (weights + line.params - width, biases + width, macs + line.macs)
    return found


def separable_stem() -> Sheet:
    """A 7×7 with depth multiplier 8 and a 1×1, as slim's Inception v2 begins."""
    depthwise = Conv(None, 7, 2, dw=8, bias=False, act=None)
    return measure(Seq(input=Input(3, 224, 224), depthwise=depthwise, pointwise=Conv(64, 1, bias=False)))


@pytest.fixture(scope="module")
def paper() -> Seq:
    return googlenet(form="paper")


@pytest.mark.parametrize("form", ["torchvision", "paper"])
def test_every_row_has_the_printed_size_and_widths(form: str) -> None:
    made = googlenet(form=form)
    lines = {line.path: line.outs[0] for line in measure(made).lines}
    expected = OTHERS | {name: out for name, (out, *_) in MODULES.items()}
    assert {path: lines[path] for path in expected} == expected
    for name, (out, widths, *_) in MODULES.items():
        row = made.rows[name]
        assert isinstance(row, Inception) and (row.n1, row.r3, row.n3, row.r5, row.n5, row.proj) == widths
        assert row.n1 + row.n3 + row.n5 + row.proj == out[0]
    assert {path: lines[f"{path}.{path}.pool"] for path in ("aux1", "aux2")} == {
        "aux1": (512, 4, 4),
        "aux2": (528, 4, 4),
    }


@pytest.mark.parametrize(
    ("form", "parameters", "with_heads"), [("torchvision", 6_624_904, 13_004_888), ("paper", 6_998_552, 13_378_280)]
)
def test_parameters(form: str, parameters: int, with_heads: int) -> None:
    sheet = measure(googlenet(form=form))
    assert (sheet.parameters, sheet.parameters + sheet.aux) == (parameters, with_heads)
    without = measure(googlenet(form=form, aux=False))
    assert (without.parameters, without.aux) == (parameters, 0)


def test_operations_of_every_row_are_as_printed(paper: Seq) -> None:
    found = {name: macs / 1e6 for name, (_, _, macs) in costs(paper).items()}
    for name, (_, _, _, printed) in MODULES.items():
        if name == "inception4a":
            assert int(found[name]) == printed and round(found[name], 1) == 73.6, "cut off, not rounded"
        elif name == "inception5a":
            assert (printed, round(found[name], 1)) == (54, 51.1), "a misprint"
        else:
            assert round(found[name]) == printed, name
    assert (round(found["conv3"]), round(found["fc"])) == (360, 1)


def test_parameters_of_every_row_as_printed_or_as_misprinted(paper: Seq) -> None:
    found = costs(paper)
    thousands = {name: round(weights / 1024, 1) for name, (weights, _, _) in found.items()}
    assert {name: thousands[name] for name in MISPRINTED} == MISPRINTED
    assert all(round(MISPRINTED[name]) != MODULES[name][2] for name in MISPRINTED if name != "inception4b")
    assert round(MISPRINTED["inception4b"]) == MODULES["inception4b"][2] + 1
    assert int(thousands["inception3a"]) == MODULES["inception3a"][2] and thousands["inception3a"] == 159.5
    assert (thousands["conv3"], thousands["fc"]) == (112, 1000)
    assert thousands["inception3b"] == 379.0
    assert round(sum(found["inception3b"][:2]) / 1024) == MODULES["inception3b"][2], "only with biases"


def test_the_printed_row_of_the_first_convolution_is_a_separable_one(paper: Seq) -> None:
    """2.7K and 34M are not those of the printed 7×7, but of one with depth multiplier 8 and a 1×1."""
    dense = costs(paper)["conv1"]
    assert (dense[0], round(dense[2] / 1e6, 1)) == (9408, 118.0)
    stem = separable_stem()
    assert (stem.parameters, round(stem.macs / 1e6, 1)) == (1176 + 1536, 34.0)
    assert round((measure(paper).macs - dense[2] + stem.macs) / 1e6, 1) == 1498.7


def test_sums(paper: Seq) -> None:
    """The 6.8M of MobileNet's comparison are the sum of the misprinted rows."""
    printed = 2.7 + 112 + 1000 + sum(thousands for _, _, thousands, _ in MODULES.values())
    assert round(printed, 1) == 6797.7 and round(printed / 1e3, 1) == 6.8
    assert sum(weights for weights, _, _ in costs(paper).values()) == 6_990_272
    sheet = measure(paper)
    assert (round(sheet.macs / 1e6, 1), round(sheet.parameters / 1e6, 2)) == (1582.7, 7.0)


def test_what_the_forms_have(paper: Seq) -> None:
    published = googlenet()
    assert [row for row in paper.rows.values() if isinstance(row, LRN)] == [LRN(5, 1e-4, 0.75, 1)] * 2
    assert list(paper.rows)[3] == "norm1" and "norm1" not in published.rows
    assert paper.rows["dropout"] == Drop(0.4) and published.rows["dropout"] == Drop(0.2)
    assert paper.rows["maxpool4"] == Pool("max", 3, 2, ceil=True)
    kernels = {form: rows["inception3a"].k5 for form, rows in (("tv", published.rows), ("paper", paper.rows))}
    assert kernels == {"tv": 3, "paper": 5}
    with pytest.raises(UserError, match="Did you mean 'paper'"):
        googlenet(form="papers")


def test_the_auxiliary_heads() -> None:
    """§5 of the paper: 5×5/3 average pooling, 1×1 of 128 maps, 1,024 wide, 70 % dropped, a weight of 0.3.

    So has Caffe's models/bvlc_googlenet (loss1, loss2): ave_pool 5/3, dropout_ratio 0.7, loss_weight 0.3; its LRN
    has local_size 5, alpha 1e-4, beta 0.75, after pool1 and before pool2.
    """
    rows = table("googlenet_paper").rows
    assert [name for name, row in rows.items() if isinstance(row, Side)] == ["aux1", "aux2"]
    for name in ("aux1", "aux2"):
        head = rows[name].table.rows  # type: ignore[attr-defined]
        assert head["pool"] == Pool("avg", 5, 3, ceil=True)
        assert (head["conv"].out, head["conv"].k) == (128, 1)
        assert head["fc1"] == Fc(1024, "relu", drop=0.7)
        assert (head["fc2"], head["loss"]) == (Fc(1000), Loss(0.3))
    order = [name for name in rows if name.startswith(("norm", "maxpool"))]
    assert order[:4] == ["maxpool1", "norm1", "norm2", "maxpool2"]


def test_the_naive_module_grows() -> None:
    """Figure 2: without reductions a module hands all maps that arrive on, by its pooling."""
    sheet, paper = measure(table("googlenet_naive")), measure(table("googlenet_paper"))
    widths = {line.path: line.outs[0][0] for line in sheet.lines if line.kind == "Inception"}
    arriving = 192
    for name, (_, (n1, _, n3, _, n5, _), _, _) in MODULES.items():
        assert widths[name] == n1 + n3 + n5 + arriving
        arriving = widths[name]
    assert arriving == 4944
    assert (sheet.parameters, round(sheet.macs / 1e6)) == (97_526_008, 12_568)
    assert (paper.parameters, round(paper.macs / 1e6)) == (6_998_552, 1_583)


def test_one_module_naive_and_reduced() -> None:
    """Module 3a on 192 maps of 28×28, 387,296 and 163,696 parameters; 153,600 weights in the 5×5 and 15,872."""
    widths = MODULES["inception3a"][1]
    sheets = [measure(Seq(Input(192, 28, 28), module=Inception(*widths, naive=naive))) for naive in (True, False)]
    naive, reduced = sheets
    assert naive.parameters == 192 * (64 + 9 * 128 + 25 * 32) + 64 + 128 + 32
    assert reduced.parameters == 192 * (64 + 96 + 16 + 32) + 9 * 96 * 128 + 25 * 16 * 32 + sum(widths)
    assert (naive.parameters, reduced.parameters) == (387_296, 163_696)
    assert (round(naive.macs / 1e6), round(reduced.macs / 1e6)) == (303, 128)
    assert (naive.output[0], reduced.output[0]) == (416, 256)
