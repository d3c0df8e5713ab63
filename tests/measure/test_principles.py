"""Design principles: for each a small table that offends, with the figure known, and the one that does not."""

from __future__ import annotations

import random
import runpy
from itertools import combinations
from pathlib import Path

import pytest

from vzor.measure.principles import PRINCIPLES, Finding, check
from vzor.measure.principles.bottleneck import cuts
from vzor.measure.principles.graph import Graph
from vzor.measure.principles.kernel import strides
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
    Mul,
    Norm,
    Out,
    Pad,
    Pool,
    Seq,
    Side,
    Split,
    Sum,
    Up,
)
from vzor.spec.trace import trace
from vzor.zoo.index import ZOO, table

COMPUTED = Path(__file__).parents[2] / "docs" / "computed.py"


def told(rows: Row, principle: str, *inputs: Shape) -> list[Finding]:
    return [finding for finding in check(trace(rows, *inputs)) if finding.principle == principle]


def one(rows: Row, principle: str) -> Finding:
    (finding,) = told(rows, principle)
    return finding


def headed(**rows: Row) -> Seq:
    return Seq(**rows, gap=Gap(), fc=Fc(10))


# --- no representational bottleneck -----------------------------------------------------------


def test_figure_9_of_inception_v3() -> None:
    """35×35×320 to 17×17×640: pooling first is the bottleneck; widening first, or beside it, is none."""
    grid = Input(320, 35, 35)
    pool = Pool("max", 3, 2)
    finding = one(headed(input=grid, pool=pool, conv=Conv(640)), "bottleneck")
    assert (finding.row, finding.severity) == ("pool", "warning")
    assert finding.value == pytest.approx(35 * 35 / 17**2)
    assert "320×17×17 = 92,480" in finding.figure and "320×35×35 = 392,000 of input: 4.2 times" in finding.figure
    assert told(headed(input=grid, conv=Conv(640), pool=pool), "bottleneck") == []
    beside = Cat(pool=pool, conv=Conv(320, 3, 2, p=0))  # Figure 10
    assert told(headed(input=grid, beside=beside), "bottleneck") == []


def test_what_is_lost_is_told_once_and_widening_does_not_bring_it_back() -> None:
    rows = headed(input=Input(8, 16, 16), a=Conv(2, 1), b=Conv(64), c=Conv(3, 1), d=Conv(64))
    assert one(rows, "bottleneck").row == "a"  # c passes more than a did
    assert told(headed(input=Input(8, 16, 16), a=Conv(4, 1), b=Conv(2, 1), c=Conv(1, 1)), "bottleneck") == []


def test_a_narrow_branch_is_no_bottleneck_while_another_carries_the_rest() -> None:
    narrow = Seq(Conv(2, 1), Conv(64))
    inside = headed(input=Input(64, 8, 8), block=Add(main=narrow, skip=Id()))
    assert told(inside, "bottleneck") == []
    gated = headed(input=Input(64, 8, 8), block=Mul(x=Id(), gate=Seq(Gap(), Conv(4, 1), Conv(64, 1))))
    assert told(gated, "bottleneck") == []
    far = Seq(input=Input(64, 8, 8), a=Conv(2, 1), b=Conv(64), c=From(("input", "b"), Sum()), gap=Gap(), fc=Fc(9))
    assert told(far, "bottleneck") == []


def test_branches_that_are_narrow_together_are_one() -> None:
    both = Cat(x=Seq(Conv(3, 1), Conv(32)), y=Seq(Act(), Conv(5, 1), Conv(32)))
    finding = one(headed(input=Input(64, 8, 8), block=both), "bottleneck")
    assert set(finding.rows) == {"block.x.0", "block.y.1"} and finding.row == "block.x.0"
    assert finding.value == pytest.approx(64 / (3 + 5))
    wide = Cat(x=Seq(Conv(12, 1), Conv(32)), y=Seq(Conv(12, 1), Conv(32)))
    assert told(headed(input=Input(64, 8, 8), block=wide), "bottleneck") == []


def test_late_is_a_note_and_the_head_is_not_judged() -> None:
    late = headed(input=Input(16, 16, 16), a=Conv(16), b=Conv(16), pool=Pool(), c=Conv(32, 1))
    assert one(late, "bottleneck").severity == "note"
    early = headed(input=Input(16, 16, 16), pool=Pool(), a=Conv(64), b=Conv(64))
    assert one(early, "bottleneck").severity == "warning"
    flat = Seq(input=Input(16, 16, 16), a=Conv(16), fc1=Fc(100, "relu"), fc2=Fc(2))
    assert told(flat, "bottleneck") == []
    mask = Seq(input=Input(16, 16, 16), a=Conv(16), mask=Conv(1, 1, act=None), act=Act("sigmoid"), up=Up(2))
    assert told(mask, "bottleneck") == []


def test_paths_that_join_after_several_grids_may_lose_as_much_at_each() -> None:
    def net(width: int) -> Seq:
        two = {f"{side}{i}": Conv(width << i, s=2) for side in "ab" for i in range(3)}
        branches = (Seq(**{n: r for n, r in two.items() if n[0] == side}) for side in "ab")
        return headed(input=Input(8, 32, 32), ways=Cat(*branches))

    assert told(net(8), "bottleneck") == []  # halves three times: 8 times fewer, 27 allowed
    assert one(net(2), "bottleneck").limit == 27.0


def some_graph(rng: random.Random) -> Seq:
    """A random table without blocks: rows that read one or two earlier ones; the last reads all loose ends."""
    rows: dict[str, Row] = {"r0": Input(6, 4, 4)}
    unread = {"r0"}
    for i in range(1, 8):
        names = rng.sample(sorted(rows, reverse=True)[:3], min(len(rows), rng.choice((1, 1, 2))))
        unread -= set(names)
        rows[f"r{i}"] = From(tuple(names), Concat()) if len(names) > 1 else From(names[0], Conv(rng.randint(1, 9), 1))
        unread.add(f"r{i}")
    rows["end"] = From(tuple(sorted(unread)), Concat())
    return Seq(**rows, last=Conv(4, 1), fc=Fc(3))


def connected(graph: Graph, first: int, last: int, without: set[int]) -> bool:
    seen, waiting = {first}, [first]
    while waiting:
        for i in graph.readers[waiting.pop()]:
            if i not in seen and i not in without:
                seen.add(i)
                waiting.append(i)
    return last in seen


@pytest.mark.parametrize("seed", range(30))
def test_places_that_all_paths_pass_and_least_cuts_are_those_of_trying_all(seed: int) -> None:
    graph = Graph(trace(some_graph(random.Random(seed))))
    last = graph.live[-1]
    inner = [i for i in graph.live if 0 < i < last]
    assert graph.passed == [0, *(i for i in inner if not connected(graph, 0, last, {i})), last]
    for a, b in zip(graph.passed, graph.passed[1:], strict=False):
        between = [i for i in inner if a < i < b]
        sets = (set(c) for n in range(1, len(between) + 1) for c in combinations(between, n))
        sizes = [sum(graph.sizes[i] for i in c) for c in sets if not connected(graph, a, b, c)]
        cut = graph.between(a, b, 10**9)
        assert (cut.size if cut else None) == min(sizes, default=None)
        if cut:
            assert not connected(graph, a, b, set(cut.ops))
            assert cut.size == sum(graph.sizes[i] for i in cut.ops)
            assert graph.between(a, b, cut.size) is None


# --- high dimensions locally ------------------------------------------------------------------


def test_a_wide_kernel_is_told_with_what_a_reduction_saves() -> None:
    finding = one(headed(input=Input(3, 14, 14), a=Conv(256, 1), b=Conv(256), c=Conv(256)), "embedding")
    assert (finding.row, finding.rows, finding.severity) == ("b", ("b", "c"), "warning")
    now, stem, fc = 2 * 9 * 256 * 256 * 196, 3 * 256 * 196, 2560
    assert finding.value == pytest.approx(now / (now + stem + fc))
    assert "231 M mult-adds" in finding.figure
    assert "64.2 M with" in finding.figure  # 2 × 196 × (256 × 64 + 9 × 64 × 256)


@pytest.mark.parametrize(
    "rows",
    [
        headed(input=Input(256, 14, 14), a=Conv(64, 1), b=Conv(256)),
        headed(input=Input(768, 17, 17), a=Conv(192, 1), n=Norm(), b=Conv(192, (1, 7)), c=Conv(224, (7, 1))),
        headed(input=Input(256, 14, 14), a=Conv(256, 3, g=32)),
        headed(input=Input(256, 14, 14), a=Conv(dw=1, k=3)),
        headed(input=Input(191, 14, 14), a=Conv(191)),
        headed(input=Input(256, 3, 3), a=Conv(256, 3, p=0)),  # sees the whole map: a fully connected row
        headed(input=Input(256, 14, 14), a=Conv(8), b=Conv(128, 1), c=Conv(128), d=Conv(128)),
    ],
    ids=["reduced", "chain", "groups", "depthwise", "narrow", "whole", "small share"],
)
def test_what_keeps_high_dimensions_local(rows: Seq) -> None:
    assert told(rows, "embedding") == []


def test_a_1x1_that_does_not_narrow_is_no_reduction() -> None:
    assert told(headed(input=Input(256, 14, 14), a=Conv(256, 1), b=Conv(256)), "embedding")
    assert told(headed(input=Input(256, 14, 14), a=Conv(128, 1), b=Conv(256, 1), c=Conv(256)), "embedding")


# --- large kernels ----------------------------------------------------------------------------


def test_a_5x5_costs_25_18ths_of_its_stack() -> None:
    finding = one(headed(input=Input(3, 8, 8), a=Conv(64), b=Conv(64, 5)), "kernel")
    assert (finding.row, finding.severity, finding.value) == ("b", "warning", pytest.approx(25 / 18))
    assert told(headed(input=Input(3, 8, 8), a=Conv(64), b=Conv(64), c=Conv(64)), "kernel") == []
    assert told(headed(input=Input(3, 8, 8), a=Conv(64), b=Conv(64, (1, 7)), c=Conv(64, (7, 1))), "kernel") == []
    assert one(headed(input=Input(3, 9, 9), a=Conv(64), b=Conv(64, 7)), "kernel").value == pytest.approx(49 / 27)


def test_widths_of_the_stack_grow_evenly() -> None:
    """16 to 36 in two steps: 24 between, by √α."""
    finding = one(headed(input=Input(3, 8, 8), a=Conv(16), b=Conv(36, 5)), "kernel")
    assert finding.value == pytest.approx(25 * 16 * 36 / (9 * 16 * 24 + 9 * 24 * 36))


def test_a_stem_is_a_note_and_its_stack_has_its_stride() -> None:
    finding = one(headed(input=Input(3, 32, 32), a=Conv(48, 7, 2), b=Conv(64)), "kernel")
    stack = 9 * 3 * 12 + 9 * 12 * 48  # 3×3 of stride 2, then 3×3: the field of 7×7 of stride 2
    assert (finding.row, finding.severity, finding.value) == ("a", "note", pytest.approx(49 * 3 * 48 / stack))


@pytest.mark.parametrize(
    ("k", "s", "expected"),
    [(5, 1, [1, 1]), (7, 1, [1, 1, 1]), (7, 2, [2, 1]), (11, 4, [2, 2, 1]), (5, 3, [3, 1]), (7, 4, [2, 2])],
)
def test_strides_of_a_stack(k: int, s: int, expected: list[int]) -> None:
    assert strides(k, s) == expected


def test_depthwise_kernels_are_judged_by_their_figure() -> None:
    block = {"a": Conv(64), "b": Conv(dw=1, k=7), "c": Conv(256, 1), "d": Conv(64, 1)}
    finding = one(headed(input=Input(3, 8, 8), **block), "kernel")
    assert (finding.row, finding.severity, finding.value) == ("b", "note", pytest.approx(49 / 27))
    wide = {"a": Conv(64), "b": Conv(dw=1, k=7), "c": Conv(4096, 1), "d": Conv(64, 1)}
    assert told(headed(input=Input(3, 8, 8), **wide), "kernel") == []


# --- depth and width --------------------------------------------------------------------------


def test_one_row_with_most_of_the_parameters() -> None:
    flat = Seq(input=Input(3, 8, 8), a=Conv(16), fc1=Fc(100, "relu"), fc2=Fc(10))
    finding = one(flat, "balance")
    assert (finding.row, finding.severity) == ("fc1", "warning")
    assert finding.value == pytest.approx(102_500 / (448 + 102_500 + 1010))
    averaged = headed(input=Input(3, 8, 8), a=Conv(16), b=Conv(32, s=2))
    assert told(averaged, "balance") == []  # b has most, as widths double
    many = Seq(input=Input(3, 8, 8), a=Conv(16), b=Conv(16, s=2), gap=Gap(), fc=Fc(1000))
    assert [(f.row, f.severity) for f in told(many, "balance")] == [("fc", "note")]


def test_one_grid_with_most_of_the_mult_adds() -> None:
    uneven = headed(input=Input(8, 8, 8), a=Conv(8), b=Conv(8), c=Conv(8), d=Conv(8), e=Conv(8, s=2))
    (finding,) = [f for f in told(uneven, "balance") if "grid" in f.figure]
    assert set(finding.rows) == {"a", "b", "c", "d"} and finding.value == pytest.approx(4 / 4.25, rel=0.01)
    even = headed(input=Input(8, 8, 8), a=Conv(8), b=Conv(16, s=2), c=Conv(16))
    assert told(even, "balance") == []


def test_depth_without_width() -> None:
    def stack(depth: int) -> Seq:
        return headed(input=Input(4, 4, 4), **{f"c{i}": Conv(4) for i in range(depth)})

    finding = one(stack(24), "balance")
    assert "25 weight layers" in finding.figure and finding.value == 25 / 4 and finding.severity == "warning"
    assert told(stack(23), "balance") == []


# --- work that nothing uses -------------------------------------------------------------------


def test_a_field_smaller_than_the_input() -> None:
    rows = headed(input=Input(3, 16, 16), a=Conv(8), b=Conv(8, s=2), c=Conv(8))
    finding = one(rows, "field")
    assert finding.row == "c" and "sees 9×9 of the input's 16×16" in finding.figure
    assert told(rows, "field", (3, 9, 9)) == []
    assert told(Seq(input=Input(3, 16, 16), a=Conv(8), fc=Fc(10)), "field") == []  # fc sees it all


def test_cells_that_nothing_reads() -> None:
    def block(main: Row, skip: Row) -> Seq:
        return headed(input=Input(3, 8, 8), a=Conv(8), b=Add(main=main, skip=skip))

    finding = one(block(Seq(Conv(4, 1, 2), Conv(8)), Conv(8, 1, 2)), "stride")
    assert (finding.row, finding.severity, finding.value) == ("a", "warning", 0.75)
    assert told(block(Seq(Conv(4, 1), Conv(8, s=2)), Conv(8, 1, 2)), "stride") == []
    shifted = block(Pool("avg", 1, 2), Seq(Pad(((-1, 1), (-1, 1))), Pool("avg", 1, 2)))  # NASNet's way to halve
    assert told(shifted, "stride") == []
    gaps = headed(input=Input(3, 8, 8), a=Conv(8), b=Pool("max", 2, 4))
    assert one(gaps, "stride").value == 0.75


def test_idle_biases() -> None:
    rows = headed(input=Input(3, 8, 8), a=Conv(8, bias=True, bn=Norm()), b=Conv(6, act=None), n=Norm())
    finding = one(rows, "bias")
    assert finding.rows == ("a", "b") and finding.figure.startswith("14 biases of 2 rows")
    assert told(headed(input=Input(3, 8, 8), a=Conv(8, bn=Norm()), b=Conv(6), n=Norm()), "bias") == []


def test_rows_that_nothing_reads() -> None:
    rows = Seq(input=Input(3, 8, 8), a=Conv(8), lost=Conv(4), b=From("a", Conv(8)), gap=Gap(), fc=Fc(10))
    finding = one(rows, "unread")
    assert (finding.row, finding.severity) == ("lost", "warning")
    assert "292 parameters, 18.4 K mult-adds" in finding.figure
    read = From(("lost", "a"), Concat())
    assert told(Seq(input=Input(3, 8, 8), a=Conv(8), lost=Conv(4), b=read, gap=Gap(), fc=Fc(10)), "unread") == []
    aux = Side("aux", Seq(r=From("lost", Id()), g=Gap(), f=Fc(10)))  # an auxiliary head reads it
    rows = Seq(input=Input(3, 8, 8), a=Conv(8), lost=Conv(4), s=aux, b=From("a", Conv(8)), gap=Gap(), fc=Fc(10))
    assert told(rows, "unread") == []


# --- all of it --------------------------------------------------------------------------------


ODD: dict[str, tuple[Row, tuple[Shape, ...]]] = {
    "vectors": (Seq(input=Input(784), a=Fc(100, "relu"), b=Fc(10)), ()),
    "no rows": (Seq(input=Input(3, 8, 8)), ()),
    "one row": (Conv(8), ((3, 8, 8),)),
    "signal": (headed(input=Input(1, 100), a=Conv(8, 9), b=Conv(8, 9)), ()),
    "volume": (headed(input=Input(1, 8, 8, 8), a=Conv(8, 5), b=Conv(8, 5)), ()),
    "siamese": (Seq(t=Each(Seq(a=Conv(8), p=Pool())), c=Concat(), f=Fc(2)), ((3, 32, 32), (3, 32, 32))),
    "split": (headed(input=Input(4, 8, 8), s=Split(), a=Each(Conv(8)), c=Concat()), ()),
    "named": (Seq(input=Input(3, 64, 64), a=Conv(8), b=Conv(8, s=2), o=Out(x="a", y="b")), ()),
}


@pytest.mark.parametrize("case", ODD)
def test_any_table_can_be_checked(case: str) -> None:
    rows, inputs = ODD[case]
    opened = trace(rows, *inputs)
    paths = {node.path for node in opened.root.walk()}
    for finding in check(opened):
        assert set(finding.rows) <= paths and finding.rows[0] == finding.row


@pytest.mark.parametrize("name", ZOO)
def test_findings_on_the_zoo_are_whole(name: str) -> None:
    opened = trace(table(name))
    found = check(opened)
    paths = {node.path for node in opened.root.walk()}
    for finding in found:
        assert finding.principle in PRINCIPLES and set(finding.rows) <= paths and finding.row == finding.rows[0]
        assert finding.row in str(finding) and finding.why.endswith(".") and finding.source
    assert sorted(found, key=lambda f: f.severity, reverse=True) == found  # warnings first
    assert "unread" not in {finding.principle for finding in found}


def verdict(name: str) -> set[tuple[str, str, str]]:
    return {(f.severity, f.principle, f.row) for f in check(trace(table(name)))}


def test_verdicts_that_the_papers_foretell() -> None:
    assert ("warning", "kernel", "conv2") in verdict("alexnet_2012")  # 5×5
    assert ("note", "kernel", "conv1") in verdict("alexnet_2012")  # 11×11
    assert ("warning", "balance", "fc6") in verdict("vgg16")
    assert ("warning", "bottleneck", "fire2.squeeze") in verdict("squeezenet1_0")
    assert {p for _, p, _ in verdict("inception_v3")} == {"kernel"}  # 5×5 in its first modules only
    assert verdict("googlenet") == {("note", "kernel", "conv1")} == verdict("resnet50")
    assert verdict("inception_v4") == verdict("xception") == verdict("mobilenet_v2") == verdict("yolo11n") == set()
    assert ("warning", "stride", "layer1.2.relu") in verdict("resnet50_v1") - verdict("resnet50")
    assert "embedding" in {p for _, p, _ in verdict("resnet34")}
    naive = next(f for f in check(trace(table("googlenet_naive"))) if f.principle == "embedding")
    assert naive.severity == "warning" and naive.value == pytest.approx(0.92, abs=0.005)
    assert {p for _, p, _ in verdict("densenet100_k12_cifar")} == {"embedding"}
    assert verdict("densenet_bc100_k12_cifar") == set()
    assert {p for _, p, _ in verdict("resnet1202_cifar")} == {"balance"} and not verdict("resnet110_cifar")


def test_figures_that_the_thresholds_were_chosen_by() -> None:
    by_row = {f.row: f for f in check(trace(table("vgg16")))}
    assert by_row["fc6"].value == pytest.approx(0.74, abs=0.005)
    assert by_row["pool5"].value == 4.0
    graph = Graph(trace(table("resnet152")))
    third = sum(graph.costs[i].macs for i in graph.live if graph.ops[i].out[1:] == (14, 14))
    assert third / graph.macs == pytest.approx(0.70, abs=0.005)
    conv2 = next(f for f in check(trace(table("alexnet"))) if f.row == "conv2")
    macs = Graph(trace(table("alexnet"))).macs
    saved = 27 * 27 * 25 * 64 * 192 * (1 - 1 / conv2.value) / macs
    assert saved == pytest.approx(0.053, abs=0.0005)
    first = next(cut for cut in cuts(Graph(trace(table("vgg16")))) if cut.ops == (3,))
    assert first.size == 802_816  # pool1


def test_the_page_has_the_verdicts() -> None:
    """After a change of networks or thresholds: python docs/computed.py."""
    script = runpy.run_path(str(COMPUTED))
    assert script["page"]("principles.md") == (COMPUTED.parent / "principles.md").read_text("utf-8")
