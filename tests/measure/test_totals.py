"""Totals of many networks at once: the same as measuring each by itself."""

from dataclasses import dataclass

import pytest

from vzor.measure import Counter, Totals, measure
from vzor.spec.row import Row, Shape
from vzor.spec.rows import Concat, Conv, Each, Fc, From, Gap, Input, Pool, Seq, Side, Sum
from vzor.zoo.index import ZOO, table


def counted(rows: Row, *inputs: Shape) -> Totals:
    sheet = measure(rows, *inputs)
    return Totals(sheet.input, sheet.parameters, sheet.macs)


def test_one_counter_for_all_networks() -> None:
    counter = Counter()
    names = [name for name in ZOO if ZOO[name].args.get("depth", 0) < 200]
    assert {name: counter.totals(table(name)) for name in names} == {name: counted(table(name)) for name in names}


@dataclass(frozen=True)
class Twice(Row):
    """A block with a way out beside it: its inside is read from outside."""

    out: int

    def expand(self, *xs: Shape) -> Row:
        return Seq(first=Conv(self.out), second=Conv(self.out), sum=From(("first", "prev"), Sum()))


def test_what_is_read_inside_a_closed_block_is_known() -> None:
    rows = Seq(
        input=Input(4, 8, 8), a=Twice(4), b=Twice(4), both=From(("a.first", "b.first", "b"), Concat()), last=Twice(12)
    )
    assert Counter().totals(rows) == counted(rows)


def test_equal_blocks_on_other_inputs_are_counted_anew() -> None:
    counter = Counter()
    rows = Seq(input=Input(4, 8, 8), a=Twice(4), pool=Pool(), b=Twice(4), c=Twice(8))
    for size in (8, 12, 8):
        assert counter.totals(rows, (4, size, size)) == counted(rows, (4, size, size))


def test_heads_beside_the_main_path_and_shared_ones() -> None:
    @dataclass(frozen=True)
    class WithSide(Row):
        def expand(self, *xs: Shape) -> Row:
            return Seq(side=Side("aux", Seq(gap=Gap(), fc=Fc(5))), conv=Conv(4))

    rows = Seq(
        input=Input(4, 8, 8),
        a=WithSide(),
        b=WithSide(),
        coarse=Pool(),
        head=From(("b", "coarse"), Each(Twice(3))),
    )
    assert Counter().totals(rows) == counted(rows)


def test_a_block_that_holds_a_list_is_counted_too() -> None:
    @dataclass(frozen=True)
    class Widths(Row):
        widths: list[int]

        def expand(self, *xs: Shape) -> Row:
            return Seq(**{f"conv{i}": Conv(width) for i, width in enumerate(self.widths)})

    rows = Seq(input=Input(3, 8, 8), a=Widths([2, 3]), b=Widths([2, 3]))
    assert Counter().totals(rows) == counted(rows)


def test_impossible_sizes_are_said_here_as_well() -> None:
    from vzor.spec.errors import TableError

    with pytest.raises(TableError, match=r"row 'a\.first'"):
        Counter().totals(Seq(input=Input(4), a=Twice(4)))
