"""Tables as people ask them: by name, by file, from rows; for other sizes; in every form."""

import json
from pathlib import Path

import pytest

import vzor
from vzor.spec.rows import Conv, Fc, Gap, Input, Norm, Pool, Seq, Side

OWN = "Input\t8x8\nConvolution 1\t3x3@16\nPooling\t2x2\nFully-connected\t10\n"


@pytest.fixture
def own(tmp_path: Path) -> Path:
    path = tmp_path / "my_net.tsv"
    path.write_text(OWN, encoding="utf-8")
    return path


def test_totals_of_a_network_with_published_figures() -> None:
    table = vzor.table("resnet50")
    assert (table.parameters, table.trainable, table.buffers) == (25_557_032, 25_557_032, 53_120)
    assert table.macs == 4_089_184_256
    assert table.flops == 2 * table.macs
    assert (table.input, table.output) == ((3, 224, 224), (1000,))
    assert table.memory.training > table.memory.inference > 0
    assert table.rows[0].kind == "Input" and table.rows[-1].outs == ((1000,),)
    assert any("1×1" in note for note in table.notes)


def test_networks_by_pattern_and_task() -> None:
    assert "resnet50" in vzor.networks("resnet*")
    assert all(name.startswith("resnet") for name in vzor.networks("resnet*"))
    assert vzor.networks(task="classify") and vzor.networks(task="no such task") == []


@pytest.mark.parametrize("size", [(1, 64, 96), "1x64x96", "1×64×96", "1, 64, 96", [1, 64, 96]])
def test_other_inputs(size: object) -> None:
    assert vzor.table("resnet18", input=size).input == (1, 64, 96)


def test_one_number_stands_for_every_side() -> None:
    table = vzor.table("resnet18", input=96, channels=5)
    assert table.input == (5, 96, 96)
    assert table.at(input=64).input == (5, 64, 64)


def test_at_leaves_the_table_alone_and_keeps_what_is_not_asked_for() -> None:
    table = vzor.table("resnet18", classes=7)
    other = table.at(channels=1)
    assert table.input == (3, 224, 224)
    assert (other.input, other.output) == ((1, 224, 224), (7,))
    assert table.parameters - other.parameters == 2 * 7 * 7 * 64
    wide = other.at(classes=3, input=(1, 96, 96))
    assert (wide.input, wide.output) == ((1, 96, 96), (3,))


def test_classes_of_a_network_with_auxiliary_heads() -> None:
    rows = Seq(Input(3, 8, 8), conv=Conv(4), aux=Side("aux1", Seq(gap=Gap(), fc=Fc(10))), gap=Gap(), fc=Fc(10))
    table = vzor.table(rows, classes=6)
    assert table.output == (6,)
    assert table.aux == 4 * 6 + 6


def test_a_file_of_ones_own(own: Path) -> None:
    table = vzor.table(own)
    assert table.parameters == 16 * 9 + 16 + 144 * 10 + 10
    assert table.defaults
    assert vzor.table(str(own), classes=3).output == (3,)
    assert table.at(classes=4, channels=3).input == (3, 8, 8)
    assert table.at(classes=4, channels=3).output == (4,)


def test_a_file_with_a_block_of_ones_own(tmp_path: Path) -> None:
    path = tmp_path / "net.tsv"
    path.write_text("from\tn\tmodule\targuments\n-1\t1\tTwice\t[1, 8]\n-1\t1\tConv\t[8, 16, 3, 2]\n", encoding="utf-8")
    rows = {"Twice": lambda c, out: Seq(a=Conv(out, 3, bn=Norm()), b=Conv(out, 3))}
    table = vzor.table(path, vocab=rows, input=(1, 16, 16))
    assert table.output == (16, 8, 8)
    with pytest.raises(vzor.UserError, match="Twice"):
        vzor.table(path)


def test_disagreements_of_a_file_are_told(tmp_path: Path) -> None:
    path = tmp_path / "net.tsv"
    text = "from\tn\tparams\tmodule\targuments\n-1\t1\t464\tConv\t[3, 16, 3, 2]\n-1\t1\t9\tConv\t[16, 32, 3, 2]\n"
    path.write_text(text, encoding="utf-8")
    table = vzor.table(path)
    assert len(table.checks) == 1
    assert str(table.checks[0]) in table.remarks
    assert "4672" in table.to("text").replace(",", "")


@pytest.mark.parametrize("form", ["text", "markdown", "csv", "json", "svg", "mermaid", "html"])
def test_every_form(form: str) -> None:
    page = vzor.table("lenet5").to(form)
    assert "c3" in page
    assert page == vzor.table("lenet5").to(form)


def test_the_json_form_holds_exact_numbers() -> None:
    data = json.loads(vzor.table("lenet5").to("json"))
    assert data["totals"]["parameters"] == 61_706


def test_show_prints_and_notebooks_show(capsys: pytest.CaptureFixture[str]) -> None:
    table = vzor.table("lenet5")
    table.show()
    assert "61,706" in capsys.readouterr().out
    assert "<table" in table._repr_html_()
    assert "61,706" in repr(table)


def test_impossible_sizes_name_the_row_and_the_repr_does_not_fail() -> None:
    table = vzor.table("lenet5", input=8)
    with pytest.raises(vzor.TableError, match="row 'c3'"):
        _ = table.parameters
    assert "c3" in repr(table)


def test_taps_are_the_last_rows_of_each_stride() -> None:
    assert vzor.table("resnet18").taps == {2: "conv1", 4: "layer1", 8: "layer2", 16: "layer3", 32: "layer4"}
    assert vzor.table("vgg16").taps[8] == "conv4_3"
    branches = Seq(Input(3, 32, 32), stem=Seq(a=Conv(4, s=2), b=Conv(4)), down=Pool("max", 2), fc=Fc(2))
    assert vzor.table(branches).taps == {2: "stem", 4: "down"}


def test_taps_see_through_gates_and_leave_out_the_scores() -> None:
    assert vzor.table("seresnet50").taps == vzor.table("resnet50").taps
    assert vzor.table("yolo11n").taps == {2: "0", 4: "2", 8: "16", 16: "19", 32: "22"}
    for name in ("squeezenet1_1", "nin", "darknet19"):  # whose last convolution gives the scores
        few, many = (vzor.table(name, classes=classes) for classes in (2, 37))
        last = max(few.taps)
        assert few.taps == many.taps and shape_at(few, last) == shape_at(many, last)
    assert vzor.table("squeezenet1_1").taps[16] == "fire9"
    padded = vzor.table("resnet50v2_keras")
    assert padded.taps[2] == "stem.conv"  # and not the zeros around it


def shape_at(table: vzor.Table, stride: int) -> tuple[int, ...]:
    """The shape that leaves the row of that stride."""
    return next(line.outs[0] for line in table.rows if line.path == table.taps[stride])


def test_compare() -> None:
    few = vzor.compare(["lenet5", vzor.table("resnet18")], input="1x32x32")
    assert [table.name for table in few] == ["lenet5", "resnet18"]
    assert {table.input for table in few} == {(1, 32, 32)}


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("resnet51", "Did you mean 'resnet50'"),
        ("no/such.tsv", "There is no table file no/such.tsv"),
        (3.5, "not a network"),
        (None, "not a network"),
        (".", "is a folder"),
        ("", "network"),
    ],
)
def test_what_is_not_a_network(asked: object, said: str) -> None:
    with pytest.raises(vzor.UserError, match=said) as error:
        vzor.table(asked)
    assert str(error.value).strip().endswith((".", "?"))


def test_a_mistyped_file_is_guessed(own: Path) -> None:
    with pytest.raises(vzor.UserError, match=r"Did you mean '.*my_net\.tsv'"):
        vzor.table(own.with_name("my_nte.tsv"))


@pytest.mark.parametrize(
    "wrong",
    [{"classes": 0}, {"classes": -1}, {"channels": 0}, {"input": 0}, {"input": "3x0x5"}, {"input": "abc"},
     {"input": (3, 64, 64), "channels": 1}, {"input": True}],
)  # fmt: skip
def test_numbers_that_cannot_be(wrong: dict[str, object]) -> None:
    with pytest.raises(vzor.UserError):
        vzor.table("resnet18", **wrong)


def test_options_of_a_named_network_stay_with_its_table() -> None:
    made = vzor.table("inception_v3", aux=False, input=96)
    assert made.aux == 0 and vzor.table("inception_v3").aux > 0
    assert made.at(classes=7).aux == 0 and made.at(classes=7).output == (7,)
    assert vzor.table("alexnet_2012", norm="paper").rows != vzor.table("alexnet_2012").rows
    assert vzor.check("inception_v3", aux=False, input=96)
    with pytest.raises(vzor.UserError, match=r"no option 'naiv'\. Did you mean 'naive'"):
        vzor.table("googlenet", naiv=True)
    for source in (made, made.root, "mine.tsv"):
        with pytest.raises(vzor.UserError, match="only named networks have options"):
            vzor.table(source, aux=False)
