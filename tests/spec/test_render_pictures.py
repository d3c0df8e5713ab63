"""The scheme of a network: SVG and Mermaid."""

from __future__ import annotations

import re
from dataclasses import dataclass
from xml.etree import ElementTree

import pytest

from vzor.measure import measure
from vzor.spec.render import render
from vzor.spec.render.mermaid import escaped
from vzor.spec.render.scheme import branched, scheme
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
    Pool,
    Row,
    Seq,
    Shape,
    Side,
    Split,
    Sum,
    Up,
)
from vzor.zoo import index

SVG = "{http://www.w3.org/2000/svg}"


@dataclass(frozen=True)
class Block(Row):
    """A residual block as the zoo writes it: From, not Add."""

    out: int
    s: int = 1

    def expand(self, *xs: Shape) -> Seq:
        rows: dict[str, Row] = {"conv1": Conv(self.out, 3, self.s), "conv2": Conv(self.out, 3, act=None)}
        if self.s > 1 or xs[0][0] != self.out:
            rows["down"] = From("in0", Conv(self.out, 1, self.s, act=None))
        return Seq(**rows, sum=From(("conv2", "down" if "down" in rows else "in0"), Sum()), relu=Act())


RES = Seq(
    input=Input(3, 32, 32),
    conv=Conv(8, bn=Norm()),
    layer1=Seq(Block(8), Block(8), Block(8), label="conv2_x"),
    layer2=Seq(Block(16, 2), Block(16)),
    gap=Gap(),
    fc=Fc(10),
)
BRANCHES = Seq(
    input=Input(3, 16, 16),
    inc=Cat(a=Conv(4), b=Seq(Conv(4, 1), Conv(4)), c=Seq(Pool("max", 3, 1, 1), Conv(2, 1)), d=Id()),
    aux=Side("aux1", Seq(pool=Gap(), fc=Fc(5))),
    res=Add(main=Seq(Conv(13), Conv(13)), skip=Seq()),
    se=Mul(x=Id(), gate=Seq(Gap(), Conv(13, 1, act="sigmoid"))),
    fc=Fc(2),
)
FAR = Seq(
    Input(3, 16, 16),
    **{"a": Conv(4), "b": Conv(4, 3, 2), "c": Split(2), "d": Concat(), "e": Up()},
    f=From(("prev", "a"), Concat()),
    g=From(("b", "d"), Each(Conv(2))),
    h=From("f", Conv(2)),
    out=Out(one="h", two="b"),
)
NO_INPUT = Seq(a=Conv(4), b=From(("a", "in0"), Concat()))


def names(box):
    return [kid.name for kid in box.kids]


def parsed(svg):
    return ElementTree.fromstring(svg)


def test_equal_blocks_are_drawn_once_and_counted():
    root = scheme(measure(RES), 1)
    layer1, layer2 = root.kids[2:4]
    assert [(kid.name, kid.times) for kid in layer1.kids] == [("0", 3)]
    assert [(kid.name, kid.times) for kid in layer2.kids] == [("0", 1), ("1", 1)]
    assert layer1.kids[0].called == "0…2" and layer1.called == "layer1 · conv2_x"
    assert layer1.kids[0].listed == ["3×3, 8", "3×3, 8"]
    svg = render(measure(RES), "svg", depth=1)
    assert svg.count("×3<") == 1 and "×2<" not in svg


def test_a_block_that_others_read_is_not_folded_away():
    table = Seq(input=Input(8, 8, 8), s=Seq(Block(8), Block(8), Block(8)), x=From(("s", "s.1"), Sum()))
    assert [kid.times for kid in scheme(measure(table), 1).kids[1].kids] == [2, 1]


def test_a_fork_made_by_from_is_recognised():
    root = scheme(measure(RES), None)
    plain, down = root.kids[2].kids[0], root.kids[3].kids[0]
    fork, relu = branched(plain.kids, plain.path)
    assert fork.how == "Add" and [names(kid) for kid in fork.kids] == [["conv1", "conv2"], []]
    assert relu.name == "relu"
    fork = branched(down.kids, down.path)[0]
    assert [kid.name or names(kid) for kid in fork.kids] == [["conv1", "conv2"], "down"]


def test_what_is_no_fork_stays_as_it_is():
    root = scheme(measure(FAR), None)
    drawn = branched(root.kids, "")
    assert [box.name for box in drawn] == ["0", "a", "f", "g", "h", "out"]  # b to e lie between a and f


@pytest.mark.parametrize("table", [RES, BRANCHES, FAR], ids=["res", "branches", "far"])
@pytest.mark.parametrize("depth", [0, 1, None])
def test_svg_is_well_formed_and_everything_lies_on_the_page(table, depth):
    root = parsed(render(measure(table), "svg", title="a <net> & co", depth=depth, notes=("a note",)))
    width, height = float(root.get("width")), float(root.get("height"))
    assert root.get("viewBox") == f"0 0 {width:g} {height:g}"
    for rect in root.iter(f"{SVG}rect"):
        x, y = float(rect.get("x", 0)), float(rect.get("y", 0))
        assert x >= 0 and x + float(rect.get("width")) <= width
        assert y >= 0 and y + float(rect.get("height")) <= height
    for path in root.iter(f"{SVG}path"):
        numbers = [float(n) for n in re.findall(r"-?[\d.]+", path.get("d").split("l")[0])]
        assert min(numbers) >= 0 and max(numbers[::2]) <= width and max(numbers[1::2]) <= height
    words = [text.text or "" for text in root.iter(f"{SVG}text")]
    assert "a <net> & co" in words and "a note" in words


@pytest.mark.parametrize("table", [RES, BRANCHES, FAR], ids=["res", "branches", "far"])
def test_boxes_do_not_lie_on_one_another(table):
    root = parsed(render(measure(table), "svg", depth=None))
    boxes = [rect for rect in root.iter(f"{SVG}rect") if rect.get("class") not in ("page", "frame")]
    places = [[float(rect.get(name)) for name in ("x", "y", "width", "height")] for rect in boxes]
    for i, (x, y, w, h) in enumerate(places):
        for u, v, p, q in places[:i]:
            assert x >= u + p or u >= x + w or y >= v + q or v >= y + h


def test_svg_shows_rows_sizes_and_joins():
    words = [text.text for text in parsed(render(measure(BRANCHES), "svg", depth=None)).iter(f"{SVG}text")]
    for expected in (
        "inc",
        "concat",
        "+",
        "×",
        "4×16×16",
        "13×16×16",
        "aux1 (training only)",
        "b.0",
        "Conv 3×3, 4, relu",
    ):
        assert expected in words
    svg = render(measure(BRANCHES), "svg", depth=None)
    assert "stroke-dasharray" in svg and "prefers-color-scheme:dark" in svg
    assert not re.search(r"(href|src|url)[=(]", svg) and "<script" not in svg


def test_a_large_network_is_folded_until_it_fits():
    sheet = measure(index.table("resnet152"))
    picture = parsed(render(sheet, "svg", title="resnet152"))
    assert float(picture.get("height")) < 2000
    assert "×35" in [text.text for text in picture.iter(f"{SVG}text")]


def test_a_folded_stage_says_which_blocks_it_has():
    folded = [kid.words for kid in scheme(measure(RES), 0).kids]
    assert folded[2:4] == ["Block ×3", "Block ×2"]  # layer1, layer2
    opened = [kid.words for kid in scheme(measure(RES), 1).kids]
    assert opened[2:4] == ["", ""]  # its blocks stand inside
    mixed = Seq(input=Input(8, 8, 8), a=Seq(Block(8), Conv(8)), b=Seq(Conv(8), Conv(8)), c=Seq(Block(8)))
    assert [kid.words for kid in scheme(measure(mixed), 0).kids][1:] == ["", "", "Block"]
    chart = render(measure(index.table("efficientnet_b7")), "mermaid")
    assert "1<br/>MBConv ×4" in nodes(chart).values()


@pytest.mark.parametrize("name", ["lenet5_1998", "alexnet_2012", "vgg16", "resnet18", "resnet50"])
def test_networks_of_the_lectures(name):
    sheet = measure(index.table(name))
    words = [text.text for text in parsed(render(sheet, "svg", title=name)).iter(f"{SVG}text")]
    assert name in words and len(words) > 15


def arrows(chart):
    return re.findall(r"^  (n\d+) (-->|-\.->)(?:\|\"([^\"]*)\"\|)? (n\d+)$", chart, re.M)


def nodes(chart):
    return dict(re.findall(r"^ +(n\d+)(?:\[|\(\()\"([^\"]*)\"(?:\]|\)\)):::\w+$", chart, re.M))


@pytest.mark.parametrize("table", [RES, BRANCHES, FAR], ids=["res", "branches", "far"])
@pytest.mark.parametrize("depth", [0, 1, None])
def test_every_line_of_a_mermaid_chart_is_one_of_its_forms(table, depth):
    chart = render(measure(table), "mermaid", title="t\nflowchart LR", depth=depth)
    lines = chart.splitlines()
    assert lines[0].startswith("%%") and lines[1] == "flowchart TD"
    known, drawn = nodes(chart), arrows(chart)
    assert len(lines) == 2 + len(known) + len(drawn) + sum(
        bool(re.fullmatch(r' *(subgraph b\d+\["[^"]*"\]|end|classDef \w+ \S+)', line)) for line in lines
    )
    assert chart.count("subgraph ") == len(re.findall(r"^ *end$", chart, re.M))
    assert {a for a, *_ in drawn} | {b for *_, b in drawn} == set(known)


def test_mermaid_draws_the_same_flow():
    chart = render(measure(RES), "mermaid", depth=None)
    label = {key: words.split("<br/>")[0] for key, words in nodes(chart).items()}
    flow = {(label[a], label[b]) for a, _, _, b in arrows(chart)}
    assert {("conv", "conv1"), ("conv", "sum"), ("conv2", "sum"), ("sum", "relu"), ("down", "sum")} <= flow
    assert ("conv2", "down") not in flow


def test_mermaid_joins_sides_and_inputs():
    chart = render(measure(BRANCHES), "mermaid", depth=None)
    assert '(("concat"))' in chart and '(("+"))' in chart and '(("×"))' in chart and "-.->" in chart
    chart = render(measure(NO_INPUT, (3, 8, 8)), "mermaid", depth=None)
    label = nodes(chart)
    assert sorted((label[a].split("<")[0], label[b].split("<")[0]) for a, _, _, b in arrows(chart)) == [
        *(("a", "b"), ("input", "a"), ("input", "b"))
    ]


def test_mermaid_labels_are_escaped():
    odd = Seq(input=Input(1, 4, 4), **{'end"]\n n1-->n9': Conv(2), "<b>#`": Fc(2)})
    chart = render(measure(odd), "mermaid")
    assert len(nodes(chart)) == 3 and len(arrows(chart)) == 2
    assert escaped('"<#>`') == "#quot;#lt;#35;#gt;#96;"
