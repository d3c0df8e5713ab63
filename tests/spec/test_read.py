"""The lectures' printed tables as user table files: every printed figure, and the defaults that stand in for others."""

import csv
import io
import re
from pathlib import Path

import pytest

from vzor.measure import measure
from vzor.spec.edit import with_input
from vzor.spec.errors import UserError
from vzor.spec.read import SUFFIXES, is_table_file, parse_table, read_table
from vzor.spec.rows import LRN, RBF, Act, Conv, Drop, Fc, From, Input, Loss, Pool, Seq
from vzor.spec.trace import trace
from vzor.zoo.vocabulary import VOCAB

EXAMPLES = Path(__file__).parents[2] / "examples"


def example(name, **options):
    return read_table(EXAMPLES / name, vocab=VOCAB, **options)


def said(checks):
    return [(check.row, check.what, check.printed, check.computed) for check in checks]


# --- Convolution 1 | 3x3@16 -----------------------------------------------------------------------


def test_the_64_net_of_lecture_004():
    table = example("example_net_64.tsv")
    assert table.form == "Convolution 1 | 3x3@16"
    assert measure(table.root).parameters == 1_213_726
    assert list(table.root.rows) == [
        "input",
        "conv1",
        "conv2",
        "pool1",
        "conv3",
        "pool2",
        "conv4",
        "pool3",
        "fc1",
        "fc2",
    ]
    assert table.root.rows["input"] == Input(1, 64, 64)
    assert table.root.rows["conv1"] == Conv(16, 3, p=0, act="relu")
    assert (table.root.rows["fc1"], table.root.rows["fc2"]) == (Fc(500, "relu"), Fc(2))
    assert table.checks == [] and any("1 channel" in line for line in table.defaults)


def test_classes_and_channels_replace_the_tables_own():
    table = example("example_net_64.tsv", classes=10, channels=3)
    assert table.root.rows["input"] == Input(3, 64, 64) and table.root.rows["fc2"] == Fc(10)
    assert measure(table.root).parameters == 1_213_726 + 288 + 8 * 501
    assert table.checks == []


@pytest.mark.parametrize("value", ["64x64x3", "64 × 64 × 3", "3@64x64", "64х64@3"])  # the last with a Cyrillic х
def test_a_printed_input_width_counts(value):
    assert parse_table(f"Input\t{value}\nFC\t2\n").root.rows["input"] == Input(3, 64, 64)


def test_strides_kernels_that_are_not_square_and_own_nonlinearities():
    rows = parse_table(
        "Вход\t32x20\nСвёрточный\t3x5@8, 2\nПулинг по среднему\t3x3/2\nConv\t1x1@4\nTanh\t-\n"
        "Dropout\t25%\nFC\t9\nReLU\t-\nFC\t3\n"
    ).root.rows
    assert rows["conv1"] == Conv(8, (3, 5), 2, 0)
    assert rows["pool1"] == Pool("avg", 3, 2)
    assert rows["conv2"] == Conv(4, 1, p=0, act=None) and rows["tanh1"] == Act("tanh")
    assert rows["drop1"] == Drop(0.25) and rows["fc1"] == Fc(9) and rows["fc2"] == Fc(3)


def test_a_header_may_stand_above_two_columns():
    assert list(parse_table("layer,value\nInput,64x64\nFC,2\n", ".csv").root.rows) == ["input", "fc1"]


# --- Conv | 10 × 10, 2 | 196 × 196 × 80 -----------------------------------------------------------


def test_the_400_net_of_lecture_004():
    table = example("example_net_400.tsv")
    sheet = measure(table.root)
    assert sheet.parameters == 6_012_400 + 321 * 1000 and sheet.output == (1000,)
    assert table.checks == []
    rows = table.root.rows
    assert rows["pool1"] == Pool("max", 6, 4, ceil=True)
    assert rows["relu1"] == Act("relu") and rows["lrn1"] == LRN() and rows["drop1"] == Drop(0.5)
    assert rows["softmax"] == Loss(), "a softmax in the network would act twice"
    assert sum("1,000 classes" in line or "softmax" in line for line in table.defaults) == 2


def test_dataset_dependent_is_classes():
    assert measure(example("example_net_400.tsv", classes=7).root).parameters == 6_012_400 + 321 * 7


def test_the_columns_of_the_400_net_may_stand_apart():
    text = (
        "layer,filter,stride,out_w,out_h,out_n\nInput,,,40,30,3\nConv,4x2,2,19,15,8\nMax-pool,3x3,2,9,7,8\nFC,,,,,5\n"
    )
    table = parse_table(text, ".csv")
    assert table.root.rows["input"] == Input(3, 30, 40)
    assert table.root.rows["conv1"] == Conv(8, (2, 4), 2, 0, act=None), "this form prints width before height"
    assert table.checks == []


def test_width_and_height_are_told_apart():
    wide = "Layer\tFilter size, stride\tOutput W×H×N\nInput\t-\t40×30×3\nConv\t3×3, 1\t38×28×8\n"
    assert parse_table(wide).root.rows["input"] == Input(3, 30, 40)
    assert parse_table(wide).checks == []
    high = wide.replace("W×H×N", "H×W×C")
    assert parse_table(high).root.rows["input"] == Input(3, 40, 30)
    assert parse_table(high).checks == []


def test_every_wrong_output_is_reported_with_its_row():
    text = (
        (EXAMPLES / "example_net_400.tsv")
        .read_text("utf-8")
        .replace("49 × 49", "48 × 48")
        .replace("FC\t-\t320", "FC\t-\t320", 1)
    )
    table = parse_table(text)
    assert said(table.checks) == [("pool1", "output W×H×N", "48×48×80", "49×49×80")]
    assert table.checks[0].line == 6 and "line 6" in str(table.checks[0])
    with pytest.raises(UserError, match="48×48×80 and computed as 49×49×80"):
        parse_table(text, strict=True)


# --- Слой Тип Карты Размер Размер ядра Страйд Активация --------------------------------------------


def test_lenet5_of_lecture_001():
    table = example("lenet5.md")
    assert table.checks == [] and table.notes == []
    assert list(table.root.rows) == ["in", "c1", "s2", "c3", "s4", "c5", "f6", "out"], "printed from the output down"
    assert table.root.rows["s2"] == Seq(pool=Pool("avg", 2, 2), act=Act("tanh"))
    assert table.root.rows["out"] == RBF(10)
    # 61,706 with a trained output layer; RBF's codes are fixed.
    assert measure(table.root).parameters == 61_706 - 850
    assert trace(table.root).find("c5").out == (120, 1, 1)


def test_alexnet_of_lecture_001_disagrees_where_it_is_known_to():
    table = example("alexnet.tsv")
    assert said(table.checks) == [("c1", "size", "55×55", "56×56")]
    assert len(table.notes) == 1 and "'f8'" in table.notes[0] and "177,213,440" in table.notes[0]
    assert measure(table.root).parameters == 201_838_952
    assert table.root.rows["in"] == Input(3, 224, 224)
    assert table.root.rows["s2"] == Pool("max", 3, 2) and table.root.rows["c1"].p == "same"
    assert table.root.rows["out"] == Fc(1000), "softmax belongs to the loss"


def test_the_pool_that_is_missing_from_alexnet_mends_it():
    text = (EXAMPLES / "alexnet.tsv").read_text("utf-8")
    pool = "P\tОбъединение по максимуму\t256\t6×6\t3×3\t2\tVALID\t—\n"
    mended = parse_table(text.replace("C7\t", pool + "C7\t"))
    assert mended.notes == [] and said(mended.checks) == [("c1", "size", "55×55", "56×56")]
    assert measure(mended.root).parameters == 62_378_344


def test_a_table_printed_from_the_input_on_and_in_english():
    text = "Layer\tType\tMaps\tSize\tKernel\tStride\tPadding\tActivation\nIn\tInput\t3 (RGB)\t9×9\t-\t-\t-\t-\n"
    text += "C1\tConvolution\t8\t5x5\t3x3\t2\t1\tReLU\nF\tFully-connected\t-\t1 000\t-\t-\t-\tlinear\n"
    table = parse_table(text)
    assert table.root.rows == {"in": Input(3, 9, 9), "c1": Conv(8, 3, 2, 1), "f": Fc(1000)}
    assert table.checks == []


# --- from n params module arguments ----------------------------------------------------------------


def test_yolo11n_of_lecture_001_row_by_row():
    table = example("yolo11n.tsv")
    sheet = measure(table.root)
    assert (sheet.parameters, sheet.trainable) == (2_590_815, 2_590_799)
    assert table.checks == [], "24 of 24 printed parameter counts, and every printed width"
    assert len(table.root.rows) == 25 and table.root.rows["input"] == Input(3, 640, 640)
    assert round(sheet.flops / 1e9, 3) == 6.376
    assert [value.shape for value in trace(table.root).root.outs] == [(4 + 5 + 64, n, n) for n in (80, 40, 20)]


def test_yolo11n_with_80_classes():
    assert measure(example("yolo11n.tsv", classes=80).root).parameters == 2_624_080


def test_every_wrong_count_and_width_is_reported():
    text = (
        (EXAMPLES / "yolo11n.tsv")
        .read_text("utf-8")
        .replace("\t464\t", "\t465\t")
        .replace("[384, 128, 1", "[383, 128, 1")
    )
    text = text.replace("[64, 128, 256]", "[64, 128, 255]")
    checks = parse_table(text, vocab=VOCAB).checks
    assert said(checks) == [
        ("0", "params", "465", "464"),
        ("13", "input width", "383", "384"),
        ("23", "input widths", "64×128×255", "64×128×256"),
    ]


HEAD = "from  n  params  module  arguments\n"


def test_the_form_as_a_terminal_prints_it():
    text = "                   from  n    params  module                                       arguments\n"
    text += "  0                  -1  1       464  ultralytics.nn.modules.conv.Conv             [3, 16, 3, 2]\n"
    text += "  1             [-1, 0]  1         0  ultralytics.nn.modules.conv.Concat           [1]\n"
    table = parse_table(text)
    assert table.checks == [] and trace(table.root).root.out == (32, 320, 320)
    same = parse_table("# row " + text.strip().replace("[-1, 0]", "[-1,0]"), ".txt")
    assert same.root == table.root


def test_from_counts_back_and_from_the_first_row_and_reaches_the_input():
    text = HEAD + "-1 1 - Conv [3, 8]\n-1 2 - Conv [8, 8, 3]\n[-2, 0, 1] 1 - Concat [1]\n[-1, -4] 1 - Concat [1]\n"
    rows = parse_table(text).root.rows
    assert rows["2"].names == ("0", "0", "1") and rows["3"].names == ("2", "input")
    assert rows["1"] == Seq(rows["1"].rows["0"], rows["1"].rows["0"]), "n repeats the module"
    assert isinstance(rows["2"], From) and trace(Seq(**rows)).root.out == (27, 640, 640)


def test_a_lecturers_lenet_in_this_form():
    text = "module,arguments,params\nInput,[1, 32, 32],\nConv2d,[1, 6, 5],156\nTanh,[],0\nAvgPool,[2],0\n"
    text += 'Conv2d,[6, 16, 5],\nTanh,[],\nAvgPool,[2],\nFlatten,[],\nLinear,[400, 120],"48,120"\nTanh,[],\n'
    text += "Linear,[120, 84],\nTanh,[],\nLinear,[84, 10],850\nSoftmax,[],\n"
    table = parse_table(text, ".csv")
    assert table.checks == [] and measure(table.root).parameters == 61_706
    assert list(table.root.rows.values())[-1] == Loss()
    assert measure(parse_table(text, ".csv", classes=3).root).output == (3,)


def test_blocks_of_ones_own_and_their_checked_width():
    text = HEAD + "-1 1 - Stem [3, 8]\n-1 1 - my.Stem [9, 8]\n"
    table = parse_table(text, vocab={"Stem": lambda c, out: Conv(out, 7, 2)})
    assert table.root.rows["0"] == Conv(8, 7, 2)
    assert said(table.checks) == [("1", "input width", "9", "8")]


# --- the files themselves ---------------------------------------------------------------------------


def test_one_table_in_every_kind_of_file(tmp_path):
    lines = [line for line in (EXAMPLES / "example_net_400.tsv").read_text("utf-8").splitlines() if line[0] != "#"]
    cells = [line.split("\t") for line in lines]
    quoted = io.StringIO()
    csv.writer(quoted, delimiter=";").writerows(cells)
    rule = "|:--|---|--:|"
    pipes = [f"| {' | '.join(row)} |" for row in cells]
    texts = {
        "bom.tsv": "\ufeff" + "\r\n".join(lines),
        "aligned.txt": "\n".join("   ".join(row) for row in cells),
        "semicolons.csv": quoted.getvalue(),
        "page.md": "# A network\n\nwith words before\n\n"
        + "\n".join([pipes[0], rule, *pipes[1:]])
        + "\n\nand behind | them\n",
    }
    want = example("example_net_400.tsv")
    for name, text in texts.items():
        (tmp_path / name).write_text(text, encoding="utf-8", newline="")
        table = read_table(tmp_path / name)
        assert table.root == want.root and table.checks == [], name
        assert table.name == name.split(".")[0]


def test_names_of_networks_are_not_files():
    assert all(is_table_file("my_net" + suffix) for suffix in SUFFIXES)
    assert not is_table_file("resnet50") and not is_table_file("squeezenet1_0")


def test_another_input_size():
    root = with_input(example("yolo11n.tsv").root, (3, 320, 320))
    assert trace(root).root.out == (73, 40, 40)


def test_the_tables_in_the_documentation_are_read_without_a_disagreement():
    page = (EXAMPLES.parent / "docs" / "user-tables.md").read_text("utf-8")
    blocks = re.findall(r"```(text|toml)\n(.*?)```", page, re.DOTALL)
    tables = [(kind, block) for kind, block in blocks if not block.startswith(("vzor ", "row '"))]
    assert len(tables) == 5
    # The third shows the beginning and the end of its table, so that the figures between do not follow.
    for i, (kind, block) in enumerate(tables):
        table = parse_table(block, ".toml" if kind == "toml" else ".txt")
        assert i == 2 or table.checks == [], table.checks
