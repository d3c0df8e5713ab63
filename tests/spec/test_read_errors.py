"""Whatever a file holds, a table comes out or one sentence that names the file and ends with a remedy."""

import json
import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vzor.measure import measure
from vzor.spec.errors import UserError
from vzor.spec.read import SUFFIXES, parse_table, read_table
from vzor.spec.rows import LEAVES
from vzor.zoo.vocabulary import VOCAB

EXAMPLES = sorted((Path(__file__).parents[2] / "examples").glob("*.*"))
MODULES = "from\tn\tparams\tmodule\targuments\n"
INPUT = '[[row]]\nrow = "Input"\nsize = [3, 8, 8]\n'
QUIET = settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def only_user_errors(text, suffix):
    try:
        table = parse_table(text, suffix, "my_net" + suffix, vocab=VOCAB)
    except UserError as error:
        assert "my_net" in str(error) and "\n" not in str(error)
    else:
        measure(table.root)


@QUIET
@given(st.binary(max_size=300), st.sampled_from(SUFFIXES))
def test_any_bytes_give_a_table_or_a_sentence(tmp_path_factory, data, suffix):
    path = tmp_path_factory.mktemp("any") / f"my_net{suffix}"
    path.write_bytes(data)
    with pytest.raises(UserError, match="my_net"):
        read_table(path)


CELL = st.one_of(
    st.sampled_from(["Input", "Conv", "Сверточный", "Pool", "FC", "ReLU+LRN", "Softmax", "-", "—", "3x3@16", "64x64"]),
    st.sampled_from(
        ["3 × 3, 1", "8 × 8 × 3", "[1, 2]", "[[", "[3, 16, 3, 2]", "1 000", "0", "-1", "[-1, 0]", "Linear"]
    ),
    st.sampled_from(["C3k2", "Detect", "C2PSA", "[64, 64, 1]", "[5, [3]]", "Concat", "SAME", "tanh", "RBF", "Conv2d"]),
    st.sampled_from(["from", "module", "arguments", "Layer", "Type", "Maps", "Size", "Filter", "Output W×H×N"]),
    st.text(max_size=6),
)
HEADS = st.sampled_from(
    [
        "",
        MODULES,
        "from\tmodule\targuments\n",
        "Layer\tType\tMaps\tSize\tKernel\tStride\tActivation\nIn\tInput\t3\t32x32\n",
        "Layer\tFilter size, stride\tOutput W×H×N\nInput\t-\t32 × 32 × 3\n",
        "Input\t32x32\n",
    ]
)


@QUIET
@given(HEADS, st.lists(st.lists(CELL, max_size=7), max_size=6), st.sampled_from([".tsv", ".md", ".csv"]))
def test_any_lines_give_a_table_or_a_sentence(head, rows, suffix):
    mark = {".tsv": "\t", ".md": " | ", ".csv": ","}[suffix]
    only_user_errors(head.replace("\t", mark) + "\n".join(mark.join(cells) for cells in rows), suffix)


@QUIET
@given(st.sampled_from(EXAMPLES), st.data())
def test_a_damaged_example_gives_a_table_or_a_sentence(path, data):
    text = path.read_text("utf-8")
    at = data.draw(st.integers(0, len(text)))
    cut = data.draw(st.integers(0, 8))
    only_user_errors(text[:at] + data.draw(st.text(max_size=5)) + text[at + cut :], path.suffix)


VALUE = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-3, 9),
        st.integers(),
        st.floats(),
        st.sampled_from(["same", "relu", "max", "none"]),
    ),
    lambda inner: st.lists(inner, max_size=3),
    max_leaves=4,
)
FIELDS = sorted({field for row in LEAVES.values() for field in row.__dataclass_fields__})
LEAF = st.builds(
    lambda row, given: {"row": row, **given},
    st.sampled_from(sorted(LEAVES)),
    st.dictionaries(st.sampled_from(FIELDS), VALUE, max_size=3),
)


@QUIET
@given(st.lists(LEAF, max_size=3))
def test_any_values_in_json_rows_give_a_table_or_a_sentence(rows):
    rows = [["input", {"row": "Input", "size": [4, 8, 8]}], *([str(i), row] for i, row in enumerate(rows))]
    only_user_errors(json.dumps({"row": "Seq", "rows": rows}), ".json")


@QUIET
@given(st.lists(LEAF, max_size=3))
def test_any_values_in_toml_rows_give_a_table_or_a_sentence(rows):
    def said(value):
        return (
            f"[{', '.join(map(said, value))}]"
            if isinstance(value, list)
            else json.dumps("none" if value is None else value)
        )

    text = '[[row]]\nrow = "Input"\nsize = [4, 8, 8]\n'
    for row in rows:
        text += "[[row]]\n" + "".join(f"{key} = {said(value)}\n" for key, value in row.items())
    only_user_errors(text.replace("NaN", "nan").replace("Infinity", "inf"), ".toml")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (MODULES + "-1\t1\t-\tConv\t[3, 16, 3, 2\n", "line 2: .*not closed; write a list"),
        (MODULES + "-1\t1\t-\tConv\t__import__('os').system('true')\n", "line 2: .*cannot be read"),
        (MODULES + "-1\t1\t-\tConv\t[3, 99999999]\n", "line 2: .*out of bounds"),
        (MODULES + "-1\t1\t-\tConv\t[3]\n", "line 2: Conv does not take these arguments .*it takes"),
        (MODULES + "-1\t1\t-\tCnov\t[3, 16]\n", "line 2: the module 'Cnov' .*Did you mean 'Conv'"),
        (MODULES + "-1\t1\t-\tBlock\t[3, 16]\n", "vocab="),
        (MODULES + "-1\t1\t-\tConv\t[3, 16]\n4\t1\t-\tConv\t[16, 16]\n", "line 3: 'from' names row 4"),
        (MODULES + "-1\t1\t-\tConv\t[3, 16]\n[-1, 0]\t1\t-\tConv\t[16, 16]\n", "line 3: .*takes one input and got 2"),
        (MODULES + "-1\t1\t-\tConv\t['a', 'b']\n", "line 2: row '0': Conv's out is 'b'; write a whole number"),
        (MODULES + "-1\t1\t-\tConv\t[3, -4]\n", "line 2: row '0': Conv's out is -4; write 1 or more"),
        (MODULES + "-1\t1\t-\tC3k2\t[3, 'x']\n", "check the arguments of its blocks"),
        ("Input\t8x8\nConvolution\t11x11@4\n", "line 2: row 'conv1' .*the kernel covers 11 cells"),
        ("Input\t8x8\nConvolushun\t3x3@4\n", "line 2: the layer 'Convolushun' .*Did you mean 'convolution'"),
        ("Convolution\t3x3@4\nInput\t8x8\n", "does not begin with its input"),
        ("Input\t8x8\nConvolution\t3x3\n", "line 2: .*write its kernel and its number of filters, as 3x3@16"),
        ("Слой\tТип\tКарты\tРазмер\nF\tПолносвязный\t—\t10\n", "no input row stands first or last"),
        ("a\tb\tc\td\n1\t2\t3\t4\n", "the table's form is not known"),
        ("# nothing but a comment\n", "holds no table"),
        (MODULES, "a header and no rows"),
        ("Input\t64\x00x64\n", "is not a text file"),
    ],
)  # fmt: skip
def test_errors_name_the_line_and_the_remedy(text, says):
    with pytest.raises(UserError, match=says) as caught:
        parse_table(text, ".tsv", "my_net.tsv", vocab=VOCAB)
    assert "my_net.tsv" in str(caught.value)


@pytest.mark.parametrize(
    ("text", "suffix", "says"),
    [
        ('[[row]]\nrow = "Conv"\nout = 4\n', ".toml", "does not begin with an Input row"),
        (INPUT + '[[row]]\nrow = "Konv"\n', ".toml", "line 4: .*Did you mean 'Conv'"),
        (INPUT + '[[row]]\nrow = "Conv"\nwidth = 3\n', ".toml", "line 4: Conv has no 'width'"),
        (INPUT + '[[row]]\nrow = "Fc"\nout = "ten"\n', ".toml", "line 4: row '1': Fc's out"),
        (INPUT + '[[row]]\nrow = "Drop"\np = 1.5\n', ".toml", "line 4: .*write a share"),
        (INPUT + '[[row]]\nrow = "Conv"\nout = 4\ng = 0\n', ".toml", "line 4: .*write 1 or more"),
        ("[[row]\n", ".toml", "is not TOML"),
        ("row = 3\n", ".toml", r"has no \[\[row\]\]"),
        ("[" * 50_000, ".json", "is not JSON"),
        ("x = " + "[" * 50_000, ".toml", "is not TOML"),
        ('{"rows": []}', ".json", "holds no table"),
        ('{"row": "Seq", "rows": [["a", {"row": "os.system"}]]}', ".json", "not known"),
        ('a,"b\nc', ".csv", "not a line of CSV"),
        ("no table here", ".md", "holds no table"),
    ],
)  # fmt: skip
def test_errors_of_other_kinds_of_file(text, suffix, says):
    with pytest.raises(UserError, match=says):
        parse_table(text, suffix, "my_net" + suffix)


def test_bounds_are_kept(tmp_path):
    rows = "Input\t8x8\n" + "ReLU\t-\n" * 10_001
    with pytest.raises(UserError, match="more than 10,000 rows"):
        parse_table(rows, ".tsv")
    big = tmp_path / "big.tsv"
    big.write_text("ReLU\t-\n" * 200_000)
    with pytest.raises(UserError, match="larger than 1,000 kB"):
        read_table(big)
    with pytest.raises(UserError, match="n is 101"):
        parse_table(MODULES + "-1\t101\t-\tConv\t[3, 3]\n")
    with pytest.raises(UserError, match="longer than"):
        parse_table("Input\t" + "8" * 5000)


def test_files_that_are_not_there(tmp_path):
    (tmp_path / "mynet.tsv").write_text("Input\t8x8\nConv\t3x3@4\n")
    with pytest.raises(UserError, match=r"Did you mean 'mynet.tsv'\?"):
        read_table(tmp_path / "mynte.tsv")
    with pytest.raises(UserError, match="is a folder"):
        read_table(tmp_path)
    with pytest.raises(UserError, match=r"cannot be read|there is no file"):
        read_table("a\0b.tsv")
    (tmp_path / "x.tsv").write_bytes("Вход\t8x8\n".encode("cp1251"))
    with pytest.raises(UserError, match="save it as UTF-8"):
        read_table(tmp_path / "x.tsv")
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe.tsv")  # must not wait for a writer
        with pytest.raises(UserError, match="not a plain file"):
            read_table(tmp_path / "pipe.tsv")


@pytest.mark.parametrize("what", ["classes", "channels"])
@pytest.mark.parametrize("number", [0, -1, 10**9])
def test_classes_and_channels_are_bounded(what, number):
    with pytest.raises(UserError, match=f"{what} is"):
        parse_table("Input\t8x8\nFC\t10\n", **{what: number})
