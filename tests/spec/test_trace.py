"""Names, blocks, branches and errors of an opened table."""

from __future__ import annotations

import json
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vzor.spec.edit import cut, rewrite, widen, with_channels, with_classes, with_input, with_norm
from vzor.spec.errors import TableError
from vzor.spec.record import expanded, from_json, to_json
from vzor.spec.row import Row, Shape
from vzor.spec.rows import (
    Act,
    Add,
    Cat,
    Concat,
    Conv,
    Each,
    Fc,
    From,
    Gap,
    Id,
    Input,
    Loss,
    Mul,
    Norm,
    Out,
    Pool,
    Seq,
    Side,
    Split,
    Sum,
)
from vzor.spec.trace import trace


@dataclass(frozen=True)
class Cell(Row):
    """A block with two inputs, as NASNet's cells have."""

    width: int

    def expand(self, *xs: Shape) -> Row:
        left = From("in0", Conv(self.width, 1))
        right = From("in1", Conv(self.width, 1))
        return Seq(left=left, right=right, sum=From(("left", "right"), Sum()), out=Add(a=Conv(self.width), b=Id()))


TABLE = Seq(
    input=Input(3, 16, 16),
    stem=Conv(8, 3, bn=Norm()),
    body=Seq(one=Conv(8), two=Seq(deep=Conv(4), back=From("stem", Conv(6)))),
    cell=From(("body", "body.one"), Cell(12)),
    side=Side("aux1", Seq(gap=Gap(), fc=Fc(5), loss=Loss(0.3))),
    parts=Split((4, 8)),
    joined=From(("parts", "prev"), Concat()),
    branches=Cat(a=Conv(4, 1), b=Seq(Conv(4), Conv(4))),
    gate=Mul(map=Id(), weight=Seq(gap=Gap(), conv=Conv(8, 1, act="sigmoid"))),
    fc=Fc(5),
)


def test_names_resolve_here_then_outward_and_dots_reach_inward() -> None:
    opened = trace(TABLE)
    assert opened.find("body.two.back").refs == ("stem",)
    assert opened.find("cell").refs == ("body", "body.one")
    assert opened.find("cell").xs == ((6, 16, 16), (8, 16, 16))
    assert opened.find("cell.left").refs == ("cell.in0",)
    assert opened.find("cell.right").xs == ((8, 16, 16),)
    assert opened.find("joined").xs == ((4, 16, 16), (8, 16, 16)) * 2
    assert opened.find("side.aux1.fc").aux and opened.find("parts").xs == ((12, 16, 16),)
    assert opened.root.out == (5,)


def test_a_block_sees_nothing_outside() -> None:
    @dataclass(frozen=True)
    class Leaky(Row):
        def expand(self, *xs: Shape) -> Row:
            return Seq(a=From("stem", Id()))

    with pytest.raises(TableError, match="no earlier row is called 'stem'"):
        trace(Seq(input=Input(3, 8, 8), stem=Conv(4), block=Leaky()))


def test_each_shares_weights_and_gives_as_many_outputs() -> None:
    table = Seq(
        input=Input(3, 16, 16),
        a=Conv(8),
        b=Pool(),
        heads=From(("a", "b"), Each(Seq(x=Conv(4), y=Conv(2)))),
        out=Out(fine="a", levels="heads"),
    )
    opened = trace(table)
    assert [value.shape for value in opened.find("heads").outs] == [(2, 16, 16), (2, 8, 8)]
    assert [value.shape for value in opened.root.outs] == [(8, 16, 16), (2, 16, 16), (2, 8, 8)]
    assert sum(node.shared for node in opened.ops) == 2


@pytest.mark.parametrize(
    ("table", "words"),
    [
        (Seq(Conv(3)), "no Input row"),
        (Seq(Input(1, 5, 5), big=Conv(4, 7, p=0)), r"row 'big' \(Conv 7×7, 4, relu\) got 1×5×5: the kernel covers"),
        (Seq(Input(1, 5, 5), a=Conv(4), b=From("aa", Id())), "row 'b': no earlier row is called 'aa'. Did you mean"),
        (Seq(Input(1, 5, 5), a=Seq(b=Conv(4)), c=From("a.d", Id())), "'a.d' does not exist: inside 'a' are b"),
        (Seq(Input(1, 5, 5), a=Add(x=Conv(4), y=Conv(5))), "its branches give x 4×5×5, y 5×5×5"),
        (Seq(Input(1, 5, 5), a=From("in3", Id())), "'in3' does not exist"),
    ],
)
def test_errors_name_the_row_and_what_arrived(table: Seq, words: str) -> None:
    with pytest.raises(TableError, match=words):
        trace(table)


def test_a_block_that_opens_itself_ends_in_a_sentence() -> None:
    @dataclass(frozen=True)
    class Endless(Row):
        def expand(self, *xs: Shape) -> Row:
            return Seq(again=Endless())

    with pytest.raises(TableError, match="blocks inside one another"):
        trace(Seq(Input(1, 5, 5), Endless()))


@pytest.mark.parametrize("bad", [{"a.b": Conv(3)}, {"": Conv(3)}, {"x": 3}])
def test_bad_row_names_and_rows_are_refused(bad: dict[str, Row]) -> None:
    with pytest.raises(TableError):
        Seq(**bad)


def test_written_down_and_read_back_it_is_the_same_table() -> None:
    opened = trace(TABLE)
    leaves = expanded(opened)
    data = json.loads(json.dumps(to_json(leaves)))
    again = from_json(data)
    assert again == leaves
    reopened = trace(again)
    assert [(n.path, n.xs, n.refs) for n in reopened.ops] == [(n.path, n.xs, n.refs) for n in opened.ops]


json_like = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["row", "rows", "of", "names", "k", "out", "size", "named", "label"]), inner)
    ),
    max_leaves=12,
)


@given(json_like)
def test_hostile_json_never_raises_anything_but_a_sentence(data: object) -> None:
    for attempt in (data, {"row": "Conv", "out": data}, {"row": "Seq", "rows": [["a", data]]}):
        try:
            row = from_json(attempt)
            if isinstance(row, Seq):
                trace(row, (3, 8, 8))
        except TableError:
            pass


def test_input_channels_and_classes_are_replaced() -> None:
    assert trace(with_input(TABLE, (3, 20, 24))).find("stem").out == (8, 20, 24)
    assert trace(with_channels(TABLE, 1)).find("stem").xs == ((1, 16, 16),)
    eleven = trace(with_classes(TABLE, 11))
    assert eleven.root.out == (11,) and eleven.find("side.aux1.fc").out == (11,)
    with pytest.raises(TableError, match="ends in a block"):
        with_classes(Seq(Input(3, 8, 8), c=Add(a=Conv(3))), 4)


def test_cut_keeps_everything_up_to_the_row() -> None:
    assert list(cut(TABLE, "body.one").rows) == ["input", "stem", "body"]
    assert trace(cut(TABLE, "body.one")).root.out == (8, 16, 16)
    with pytest.raises(TableError, match="no row 'nothing'"):
        cut(TABLE, "nothing")
    with pytest.raises(TableError, match="lies in a branch"):
        cut(TABLE, "branches.a")


@dataclass(frozen=True)
class Pair(Row):
    """A block with a normalisation of its own."""

    width: int
    bn: Norm | None = None
    bias: bool | None = None

    def expand(self, *xs: Shape) -> Seq:
        row = Conv(self.width, bn=self.bn, bias=self.bias)
        return Seq(a=row, b=row)


def test_with_norm_reaches_rows_blocks_branches_and_sides() -> None:
    new = Norm(eps=1e-3, gamma=False)
    table = Seq(
        Input(3, 8, 8),
        a=Conv(4, bn=Norm()),
        b=Pair(4, Norm()),
        c=Cat(a=Norm(), b=Conv(2)),
        d=From("a", Conv(2, bn=Norm())),
        side=Side("aux", Seq(conv=Conv(2, bn=Norm(), bias=False))),
    )
    for bias in (None, True):
        rows = [op.row for op in trace(with_norm(table, new, bias)).ops]
        normalised = [row for row in rows if isinstance(row, Conv) and row.bn]
        assert {row for row in rows if isinstance(row, Norm)} | {row.bn for row in normalised} == {new}
        assert [row.biased for row in normalised] == [bool(bias)] * len(normalised) and len(normalised) == 5
        assert sum(isinstance(row, Conv) and row.bn is None for row in rows) == 1  # one without stays so


def test_widen_doubles_every_width_but_the_classes() -> None:
    table = Seq(input=Input(3, 8, 8), a=Conv(16), b=Add(x=Conv(16), y=Id()), act=Act(), fc=Fc(10))
    wide = trace(widen(table, 2))
    assert (wide.find("a").out, wide.find("b").out, wide.root.out) == ((32, 8, 8), (32, 8, 8), (10,))
    assert trace(widen(table, 0.25)).find("a").out[0] == 8
    assert rewrite(table, lambda row: row) == table
