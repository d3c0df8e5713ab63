"""`list`, `show`, `compare` and `eject` print what the Python interface knows."""

import csv
import io
import json
import sys
from fnmatch import fnmatchcase
from pathlib import Path

import pytest
from PIL import Image

import vzor
from vzor.zoo.index import ZOO


def test_list_names_every_network_and_few_with_their_counts(cli) -> None:
    done = cli("list")
    assert (done.code, done.err) == (0, "")
    lines = {line.split()[0]: line for line in done.out.splitlines() if line}
    assert set(ZOO) <= set(lines)
    lines = {line.split()[0]: line for line in cli("list", "vgg*").out.splitlines() if line}
    assert "138,357,544" in lines["vgg16"] and "2014" in lines["vgg16"] and "3×224×224" in lines["vgg16"]


def test_list_json_is_the_python_interface(cli) -> None:
    rows = json.loads(cli("list", "resnet*", "--json").out)
    assert [row["name"] for row in rows] == vzor.networks("resnet*")
    assert all(fnmatchcase(row["name"], "resnet*") for row in rows)
    for row in rows:
        table = vzor.table(row["name"])
        assert (row["parameters"], row["macs"], tuple(row["input"])) == (table.parameters, table.macs, table.input)


@pytest.mark.parametrize("form", ["text", "markdown", "csv", "json", "svg", "mermaid", "html"])
def test_show_prints_the_tables_own_form(cli, form: str) -> None:
    done = cli("show", "lenet5", "--format", form)
    assert (done.code, done.err) == (0, "")
    assert done.out.rstrip("\n") == vzor.table("lenet5").to(form).rstrip("\n")


def test_show_takes_sizes_classes_and_depth(cli) -> None:
    found = json.loads(cli("show", "resnet18", "--input", "3x96x128", "--classes", "7", "--json").out)
    table = vzor.table("resnet18", input=(3, 96, 128), classes=7)
    assert found == json.loads(table.to("json"))
    assert cli("show", "resnet18", "input=96").out == vzor.table("resnet18", input=96).to().rstrip("\n") + "\n"
    folded, opened = (len(cli("show", "resnet18", "--depth", depth).out.splitlines()) for depth in ("0", "all"))
    assert opened > folded + 40


def test_show_prints_how_paper_and_weights_differ_unless_told_not_to(cli) -> None:
    assert "resnet50_v1" in cli("show", "resnet50").out
    assert "resnet50_v1" not in cli("show", "resnet50", "--no-notes").out


def test_notes_alone_are_the_tables_own(cli) -> None:
    notes = vzor.table("googlenet").remarks
    done = cli("show", "googlenet", "--notes")
    assert (done.code, done.err) == (0, "")
    assert done.out.splitlines() == ["googlenet", "", *(f"- {note}" for note in notes)]
    assert cli("show", "googlenet", "notes=yes").out == done.out
    found = json.loads(cli("show", "googlenet", "--notes", "--json").out)
    assert found == {"title": "googlenet", "notes": list(notes)}
    assert found["notes"] == json.loads(cli("show", "googlenet", "--json").out)["notes"]
    rows = list(csv.DictReader(io.StringIO(cli("show", "googlenet", "--notes", "--format", "csv").out)))
    assert [row["note"] for row in rows] == list(notes)
    for form in ("markdown", "html"):
        shown = cli("show", "googlenet", "--notes", "--format", form).out
        assert "12 times fewer" in shown and "inception3a" not in shown
    assert "inception3a" in cli("show", "googlenet").out


def test_notes_are_words_and_no_picture(cli) -> None:
    done = cli("show", "googlenet", "--notes", "--format", "svg")
    assert (done.code, done.out) == (2, "") and "text, markdown, csv, json, html" in done.err
    assert cli("show", "vgg13", "--notes").out == "vgg13: there is nothing to note.\n"


def test_notes_are_wrapped_to_the_screen(cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    lines = cli("show", "googlenet", "--notes").out.splitlines()
    assert max(map(len, lines)) <= 60 and any(line.startswith("  ") for line in lines)
    cli("show", "googlenet", "--notes", "--out", "notes.txt")
    assert max(map(len, Path("notes.txt").read_text("utf-8").splitlines())) > 100


def test_show_reads_a_users_table_and_reports_what_does_not_follow(cli) -> None:
    rows = [
        "from\tn\tparams\tmodule\targuments",
        "-1\t1\t464\tConv\t[3, 16, 3, 2]",
        "-1\t1\t4700\tConv\t[16, 32, 3, 2]",
    ]
    Path("net.tsv").write_text("\n".join(rows) + "\n", "utf-8")
    done = cli("show", "net.tsv")
    assert done.code == 0
    notes = [line for line in done.out.splitlines() if line.startswith("note:")]
    assert any("SiLU" in note for note in notes)  # a default of the form
    assert any("4,700" in note.replace("4700", "4,700") and "4,672" in note.replace("4672", "4,672") for note in notes)


def test_out_writes_the_file_and_leaves_standard_output_empty(cli) -> None:
    done = cli("show", "vgg11", "--format", "svg", "--out", "vgg.svg")
    assert (done.code, done.out) == (0, "")
    assert "vgg.svg" in done.err
    assert Path("vgg.svg").read_text("utf-8").startswith("<svg")


def test_compare_has_one_column_for_each_network(cli) -> None:
    done = cli("compare", "lenet5", "alexnet", "vgg16")
    assert done.code == 0
    heads, *rows = done.out.splitlines()
    assert heads.split() == ["lenet5", "alexnet", "vgg16"]
    row = next(line for line in rows if line.startswith("parameters"))
    assert row.split()[1:] == ["61,706", "61,100,840", "138,357,544"]


def test_compare_for_machines(cli) -> None:
    found = json.loads(cli("compare", "resnet18", "resnet50", "--input", "3x64x64", "--classes", "9", "--json").out)
    for row, name in zip(found, ("resnet18", "resnet50"), strict=True):
        table = vzor.table(name, input=(3, 64, 64), classes=9)
        assert (row["name"], row["parameters"], row["macs"]) == (name, table.parameters, table.macs)
        assert (row["input"], row["memory_training"]) == ([3, 64, 64], table.memory.training)
    rows = list(csv.DictReader(io.StringIO(cli("compare", "lenet5", "vgg11", "--format", "csv").out)))
    assert [(row["name"], row["input"]) for row in rows] == [("lenet5", "1x32x32"), ("vgg11", "3x224x224")]


def test_compare_draws(cli) -> None:
    done = cli("compare", "lenet5", "vgg11", "--picture", "c.png")
    assert done.code == 0 and "c.png" in done.err
    with Image.open("c.png") as picture:
        assert min(picture.size) > 300


def test_eject_writes_what_nn_eject_gives(cli) -> None:
    from vzor.nn.eject import eject

    done = cli("eject", "lenet5", "--classes", "4", "--out", "net.py")
    assert (done.code, done.out) == (0, "")
    table = vzor.table("lenet5", classes=4)
    assert Path("net.py").read_text("utf-8").rstrip("\n") == eject(table.root, table.name).rstrip("\n")
    assert "import vzor" not in cli("eject", "lenet5").out
    assert json.loads(cli("eject", "lenet5", "--json").out)["source"] == eject(vzor.table("lenet5").root, "lenet5")


def test_check_prints_every_finding_with_its_row_figure_and_why(cli) -> None:
    done = cli("check", "vgg16", "inception_v4")
    assert (done.code, done.err) == (0, "")
    said = " ".join(done.out.split())
    found = vzor.check("vgg16")
    assert {finding.row for finding in found} == {"conv3_2", "fc6", "pool5"}
    for finding in found:
        assert f"{finding.severity} {finding.principle} {finding.row} {finding.figure} {finding.why}" in said
        assert all(row in said for row in finding.rows)
    assert "vgg16: 2 warnings, 1 note" in said
    assert done.out.splitlines()[-1] == "inception_v4: no findings"


def test_check_names_few_of_many_rows_and_json_all(cli) -> None:
    assert "and 6 more (--json names all)" in " ".join(cli("check", "resnet34").out.split())
    rows = json.loads(cli("check", "resnet34", "lenet5", "--json").out)
    assert [row["name"] for row in rows] == ["resnet34", "lenet5"]
    for row in rows:
        found = vzor.check(row["name"])
        assert [finding["row"] for finding in row["findings"]] == [finding.row for finding in found]
        assert [finding["value"] for finding in row["findings"]] == [finding.value for finding in found]
    assert len(rows[0]["findings"][0]["rows"]) == 17


def test_check_takes_a_users_table_and_another_size(cli) -> None:
    rows = ["-1\t1\t448\tConv\t[3, 16, 3, 2]", "-1\t1\t896\tConv\t[16, 256, 3, 2]", "-1\t1\t0\tConv\t[256, 256, 3]"]
    lines = ["from\tn\tparams\tmodule\targuments", *(row.replace("\t448\t", "\t464\t") for row in rows)]
    Path("net.tsv").write_text("\n".join(lines) + "\n", "utf-8")
    assert "embedding  2" in cli("check", "net.tsv", "input=3x64x64").out
    assert vzor.check("net.tsv", input=64)[0].row == "2"
    for size, seen in (("24", False), ("32", True)):
        (row,) = json.loads(cli("check", "nin_cifar", "--json", f"input={size}").out)
        assert ("field" in {finding["principle"] for finding in row["findings"]}) is seen
    assert "1280×1×1 → 7" not in cli("check", "mobilenetv2_035", "classes=7", "channels=1").out
    assert "1280×1×1 → 1000" in cli("check", "mobilenetv2_035").out


@pytest.mark.parametrize(
    ("words", "remedy"),
    [
        (["vgg17"], "Did you mean 'vgg1"),
        (["nowhere.tsv"], "Check the path"),
        (["vgg16", "--input", "3x9"], "input"),
        ([], "NETWORK is missing"),
    ],
)
def test_check_refuses_in_one_sentence(cli, words: list[str], remedy: str) -> None:
    done = cli("check", *words)
    assert (done.code, done.out) == (2, "") and remedy in done.err and "Traceback" not in done.err
