"""The table as text, Markdown, CSV, JSON and HTML."""

from __future__ import annotations

import csv
import io
import json
import re
from html.parser import HTMLParser

import pytest

from vzor.measure import measure
from vzor.spec.errors import UserError
from vzor.spec.render import FORMATS, render
from vzor.spec.render.cells import human, shapes
from vzor.spec.rows import Concat, Conv, Each, Fc, From, Gap, Input, Norm, Pool, Seq, Side, Split

BN = Norm()
TABLE = Seq(
    input=Input(3, 32, 32),
    conv1=Conv(8, 3, 2, bn=BN),
    layer1=Seq(a=Conv(8), b=Seq(c=Conv(16, (1, 3)), d=Pool()), label="conv2_x"),
    aux=Side("aux1", Seq(pool=Gap(), fc=Fc(5))),
    parts=Split(2),
    cat=From(("parts", "layer1.b"), Concat()),
    fc=Fc(10),
)
SHEET = measure(TABLE)


@pytest.mark.parametrize("fmt", FORMATS)
@pytest.mark.parametrize("depth", ["auto", 0, 1, None])
def test_every_form_of_every_depth(fmt, depth):
    shown = render(SHEET, fmt, title="t<est", depth=depth, notes=("a & b",))
    assert shown.endswith("\n") and "\x00" not in shown


def test_text_is_aligned_and_indented():
    shown = render(SHEET, "text", title="net", depth=None)
    lines = shown.splitlines()
    assert lines[0] == "net: 3×32×32 → 10"
    rules = [i for i, line in enumerate(lines) if line.startswith("──")]
    body = lines[rules[0] + 1 : rules[1]]
    assert [re.match(r" *\S+", line)[0] for line in body] == [
        *("input", "conv1", "layer1", "  a", "  b", "    c", "    d"),
        *("aux", "  aux1", "    pool", "    fc", "parts", "cat", "fc"),
    ]
    at = lines[2].index("output")
    assert all(line[at - 1] == " " and line[at] != " " for line in body)
    ends = lines[2].index("params") + len("params")
    assert all(line[ends - 1].isdigit() and line[ends : ends + 2] == "  " for line in body)


def test_text_says_what_the_row_is_called_reads_and_costs():
    shown = render(SHEET, "text", depth=1)
    rows = {line.split()[0]: line for line in shown.splitlines() if line.strip()}
    assert "layer1 (conv2_x)" in shown
    assert "Concat ← parts, layer1.b" in rows["cat"]
    assert "2 of 8×8×8" in rows["parts"]
    assert "aux †" in rows["aux"] and "† runs in training only" in shown
    assert "Conv 3×3, 8, /2, bn, relu" in rows["conv1"]
    assert f"{3 * 9 * 8 + 16:,}" in rows["conv1"] and "3 /2" in rows["conv1"]
    assert rows["fc"].endswith("all")


def test_depth_folds_and_opens():
    def names(depth):
        return [row["path"] for row in json.loads(render(SHEET, "json", depth=depth))["rows"]]

    assert names(0) == ["input", "conv1", "layer1", "aux", "parts", "cat", "fc"]
    assert "layer1.b" in names(1) and "layer1.b.c" not in names(1)
    assert "layer1.b.c" in names(None) and names("auto") == names(None)
    assert "layer1.b" in render(SHEET, "markdown") and "layer1.b.c" not in render(SHEET, "markdown")


def test_totals_are_those_of_the_sheet():
    shown = render(SHEET, "text")
    totals = json.loads(render(SHEET, "json"))["totals"]
    for key in ("parameters", "trainable", "buffers", "aux", "macs", "flops", "keras_total", "bytes"):
        assert totals[key] == getattr(SHEET, key)
    for key in ("memory_inference", "memory_training", "layers", "weight_layers", "longest_path"):
        assert totals[key] == getattr(SHEET, key)
    assert re.search(rf"^parameters +{SHEET.parameters:,}$", shown, re.M)
    assert re.search(rf"^Keras-style total +{SHEET.parameters + SHEET.buffers:,} ", shown, re.M)
    assert re.search(rf"^memory, training +{SHEET.memory_training / 1e6:.2f} MB ", shown, re.M)
    assert re.search(r"^receptive field +\S+ +step", shown, re.M)
    assert "auxiliary heads" not in render(measure(Seq(input=Input(1, 4, 4), fc=Fc(2))), "text")


def test_json_is_exact_and_its_keys_stay():
    data = json.loads(render(SHEET, "json", title="net", notes=("one",)))
    assert list(data) == ["title", "input", "output", "totals", "rows", "notes"]
    assert data["input"] == [3, 32, 32] and data["output"] == [10] and data["notes"] == ["one"]
    row = next(row for row in data["rows"] if row["path"] == "layer1.b.c")
    assert list(row) == [
        *("path", "name", "label", "kind", "detail", "depth", "leaf", "side", "from", "inputs", "outputs"),
        *("params", "trainable", "buffers", "macs", "memory", "field"),
    ]
    assert row["inputs"] == [[8, 16, 16]] and row["outputs"] == [[16, 16, 16]]
    assert row["params"] == 8 * 16 * 3 + 16 and row["macs"] == 8 * 16 * 3 * 256 and row["memory"] == 16 * 256 * 4
    assert row["field"] == {"size": [7, 11], "stride": [2, 2], "offset": [-3, -5], "whole": False}


def test_csv_has_the_same_figures():
    rows = list(csv.DictReader(io.StringIO(render(SHEET, "csv"))))
    records = json.loads(render(SHEET, "json"))["rows"]
    assert [row["path"] for row in rows] == [record["path"] for record in records]
    for row, record in zip(rows, records, strict=True):
        for key in ("params", "trainable", "buffers", "macs", "memory", "depth"):
            assert int(row[key]) == record[key]
        assert row["outputs"] == " ".join("x".join(map(str, shape)) for shape in record["outputs"])
    assert {row["path"]: row["from"] for row in rows}["cat"] == "parts layer1.b"
    assert {row["path"]: row["field_size"] for row in rows}["layer1.b.c"] == "7x11"


def test_markdown_is_a_table_whatever_the_names():
    odd = Seq(**{"in": Input(1, 4, 4), "a|b": Conv(2), "c*d": Fc(2)})
    shown = render(measure(odd), "markdown", title="x|y")
    cells = [re.sub(r"\\.", "", line).count("|") for line in shown.splitlines() if line.startswith("| ")]
    assert cells[: cells.index(4)] == [8] * 5  # heads, the rule and three rows; then the totals
    assert r"a\|b" in shown and r"c\*d" in shown and "### x\\|y" in shown


def test_html_is_closed_and_escaped():
    odd = Seq(input=Input(1, 4, 4), **{"<script>": Conv(2)}, fc=Fc(2))
    shown = render(measure(odd), "html", title="<b>&", notes=("<i>",))
    assert "<script" not in shown and "&lt;script&gt;" in shown and "&lt;b&gt;&amp;" in shown and "<i>" not in shown
    open_: list[str] = []

    class Parser(HTMLParser):
        def handle_starttag(self, tag, attrs):
            open_.append(tag)

        def handle_endtag(self, tag):
            assert open_.pop() == tag

    Parser().feed(shown)
    assert open_ == []


def test_shared_weights_are_listed_once_on_a_page():
    table = Seq(input=Input(2, 8, 8), a=Conv(2), b=Conv(2), head=From(("a", "b"), Each(Conv(3))), cat=Concat())
    shown = render(measure(table), "text", depth=None)
    assert len(re.findall(r"^  row ", shown, re.M)) == 1


@pytest.mark.parametrize(
    ("number", "words"),
    [(0, "0"), (999, "999"), (1000, "1.00 K"), (9_996, "10.0 K"), (99_960, "100 K"), (4_089_184_256, "4.09 G")],
)
def test_human_numbers(number, words):
    assert human(number) == words


def test_human_bytes_and_shapes():
    assert human(802_816, "B") == "803 KB" and human(12, "B") == "12 B"
    assert shapes(((2, 3, 3), (2, 3, 3))) == "2 of 2×3×3" and shapes(((2, 3), (4,))) == "2×3, 4"


def test_wrong_forms_are_refused_with_a_remedy():
    with pytest.raises(UserError, match=r"'markdwn'.*Did you mean 'markdown'"):
        render(SHEET, "markdwn")
    with pytest.raises(UserError, match="negative"):
        render(SHEET, "text", depth=-1)
