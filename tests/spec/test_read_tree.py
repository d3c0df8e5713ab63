"""Our own complete form: what is written as TOML or JSON reads back as the same table."""

import json
from pathlib import Path

import pytest

from vzor.measure import measure
from vzor.spec.errors import UserError
from vzor.spec.plain import Pad, Take, Up
from vzor.spec.read import parse_table, read_table, to_toml
from vzor.spec.record import expanded, to_json
from vzor.spec.rows import (
    Act,
    Add,
    Cat,
    Concat,
    Conv,
    Each,
    Fc,
    From,
    Id,
    Input,
    Loss,
    Norm,
    Out,
    Pool,
    Row,
    Seq,
    Side,
    Slice,
    Split,
)
from vzor.spec.trace import trace
from vzor.zoo import index
from vzor.zoo.vocabulary import VOCAB

EXAMPLES = Path(__file__).parents[2] / "examples"
ALL = Seq(
    label="everything",
    input=Input(4, 9, 8),
    conv=Conv(8, (3, 5), 2, ((1, 0), (2, 2)), bn=Norm(eps=1e-3), act=Act("leaky", 0.2)),
    parts=Split((2, 6)),
    each=Each(Seq(Conv(3, 1, act=None), Act("silu"), label="shared")),
    join=Concat(),
    both=Add(main=Seq(Conv(6, p="same")), same=Id()),
    wide=Cat(a=Slice(1, 2), b=From(("conv", "join"), Concat())),
    aux=Side("aux1", Seq(fc=Fc(2, drop=0.5))),
    up=Up((2, 1)),
    pad=Pad(((0, 1), (-1, 0)), channels=20),
    take=Take((0, 3)),
    pool=Pool("avg", 2, count_pad=False),
    out=Out(boxes="pool", name="wide.b"),
)


def test_every_kind_of_row_survives_toml_and_json():
    assert trace(ALL).root.out == (2, 4, 1)
    toml = parse_table(to_toml(ALL, "all"), ".toml", "other.toml")
    assert toml.root == ALL and toml.name == "all" and toml.root.label == "everything"
    assert parse_table(json.dumps(to_json(ALL)), ".json").root == ALL


@pytest.mark.parametrize("name", ["lenet5_1998", "alexnet_2012", "vgg16_bn", "resnet50", "resnet34_a"])
def test_networks_survive_toml_and_json(name):
    table = expanded(trace(index.table(name)))
    assert parse_table(to_toml(table, name), ".toml").root == table
    assert parse_table(json.dumps({"title": name, "table": to_json(table)}), ".json").root == table


def test_yolo11n_survives_with_its_frozen_weights():
    table = expanded(trace(read_table(EXAMPLES / "yolo11n.tsv", vocab=VOCAB).root))
    again = parse_table(to_toml(table), ".toml").root
    assert again == table and measure(again).trainable == 2_590_799


def test_the_example():
    table = read_table(EXAMPLES / "residual.toml")
    assert table.name == "residual" and table.form == "TOML rows"
    # 1·9·16 + 32, twice 16·9·16 + 32, 16·9·32 + 64, 48·10 + 10
    assert measure(table.root).parameters == 176 + 2 * 2336 + 4672 + 490
    assert trace(table.root).find("both").out == (48, 14, 14)
    assert measure(read_table(EXAMPLES / "residual.toml", classes=3, channels=3).root).output == (3,)


def test_what_toml_lacks_is_written_otherwise():
    text = '[[row]]\nrow = "Input"\nsize = [1, 8, 8]\n[[row]]\nrow = "Conv"\nout = 2\nact = "none"\nbn = true\n'
    text += '[[row]]\ntable = "Add"\n[[row.rows]]\nrow = "Id"\n[[row.rows]]\nrow = "Act"\nact = "tanh"\n'
    rows = parse_table(text, ".toml").root.rows
    assert rows["1"] == Conv(2, act=None, bn=Norm())
    assert rows["2"] == Add(Id(), Act("tanh"))


def test_a_softmax_at_the_end_is_the_losss():
    text = '[[row]]\nrow = "Input"\nsize = [1, 8, 8]\n[[row]]\nrow = "Act"\nact = "softmax"\n'
    text += '[[row]]\nrow = "Fc"\nout = 2\nact = "softmax"\n'
    table = parse_table(text, ".toml")
    assert table.root.rows["2"] == Fc(2) and table.root.rows["1"] == Act("softmax"), "only the last one"
    assert any("softmax" in line for line in table.defaults)
    table = parse_table(text + '[[row]]\nrow = "Act"\nact = "softmax"\n', ".toml")
    assert table.root.rows["3"] == Loss()


def test_blocks_come_in_by_vocab():
    text = '[[row]]\nrow = "Input"\nsize = [16, 8, 8]\n[[row]]\nrow = "C3k2"\nout = 32\n'
    text += '[[row]]\nrow = "Stem"\nout = 4\n'
    table = parse_table(text, ".toml", vocab={**VOCAB, "Stem": Stem})
    assert measure(table.root).output == (4, 8, 8)
    with pytest.raises(UserError, match="vocab="):
        parse_table(text, ".toml")
    with pytest.raises(UserError, match="is a block C3k2"):
        to_toml(table.root)


class Stem(Conv):
    """A row of the user's own."""


def test_rows_are_never_made_from_other_names():
    for word in ("Row", "Rows", "__class__", "os.system", "Seq.__init__"):
        with pytest.raises(UserError):
            parse_table(f'[[row]]\nrow = "Input"\nsize = [1, 8, 8]\n[[row]]\nrow = "{word}"\n', ".toml")
    assert Row not in VOCAB.values()
