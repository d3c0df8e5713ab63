"""NASNet-A: Zoph, Vasudevan, Shlens, Le 2017, "Learning transferable architectures for scalable image recognition".

arXiv:1707.07012, Figure 4 and Appendix A.4.  Row names are timm's, which are those of Cadene, who carried the
authors' weights over from TF-slim.  Everything is padded as TensorFlow pads.  The published networks differ in what
the zeros around a map do when a reduction cell pools it with stride 2 (`FORMS`).
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

from vzor.spec.errors import UserError
from vzor.spec.row import Row, Shape, axes
from vzor.spec.rows import Act, Concat, Conv, Drop, DropPath, Fc, From, Gap, Input, Loss, Norm, Pad, Pool, Seq, Sum
from vzor.spec.tables import Side

# Figure 4.  A line is two operations, each on one state, and their sum, a new state that has the line's number.
# h is the cell's input and p the one before it, both brought to the width and the size of the cell.
CELLS: dict[str, tuple[tuple[tuple[str, str], tuple[str, str]], ...]] = {
    "normal": (
        # operation    of     operation    of
        (("sep 5×5",  "h"),  ("sep 3×3",  "p")),  # 0
        (("sep 5×5",  "p"),  ("sep 3×3",  "p")),  # 1
        (("avg 3×3",  "h"),  ("identity", "p")),  # 2
        (("avg 3×3",  "p"),  ("avg 3×3",  "p")),  # 3
        (("sep 3×3",  "h"),  ("identity", "h")),  # 4
    ),
    "reduction": (  # what reads h or p has stride 2
        (("sep 5×5",  "h"),  ("sep 7×7",  "p")),  # 0
        (("max 3×3",  "h"),  ("sep 7×7",  "p")),  # 1
        (("avg 3×3",  "h"),  ("sep 5×5",  "p")),  # 2
        (("identity", "1"),  ("avg 3×3",  "0")),  # 3
        (("sep 3×3",  "0"),  ("max 3×3",  "h")),  # 4
    ),
}
#: The states that a cell's output is made of: what no line reads, and in the authors' normal cell p as well.
OUTPUT = {"normal": "p01234", "reduction": "1234"}


class Network(NamedTuple):
    """"NASNet-A (N @ filters)", Tables 2 and 3; what they do not print is the authors' TF-slim's."""

    n: int  # normal cells in each of three stages
    filters: int  # "in the penultimate layer": 24 times the width of the first stage's cells
    stem: int  # filters of the first 3×3
    skip: bool  # after a reduction cell p stays what it was; else it is that cell's input
    drop_path: float
    size: int  # of the input


NETWORKS = {
    #                 N  filters  stem  skip   drop path  input
    "large":  Network(6, 4032,    96,   True,  0.3,       331),
    "mobile": Network(4, 1056,    32,   False, 0.0,       224),
}
#: Normalisation; zeros around a map with stride 2: whether an average counts them, whether they can be a maximum.
FORMS = {
    "slim":  (Norm(eps=1e-3),                False, False),  # the authors', and Cadene's at 224
    "timm":  (Norm(eps=1e-3),                True,  False),
    "keras": (Norm(eps=1e-3, momentum=3e-4), True,  True),
}


@dataclass(frozen=True)
class Separable(Row):
    """Appendix A.4: ReLU, separable convolution, batch normalisation; then all of it again, with stride 1."""

    out: int
    k: int
    s: int
    form: str = "slim"

    def expand(self, *xs: Shape) -> Seq:
        def once(s: int) -> Seq:
            return Seq(act=Act(),
                       depthwise_conv2d=Conv(dw=1, k=self.k, s=s, p="same", bias=False, act=None),
                       pointwise_conv2d=Conv(self.out, 1, bn=FORMS[self.form][0], act=None))

        return Seq(separable_1=once(self.s), separable_2=once(1))


@dataclass(frozen=True)
class Pooling(Row):
    """3×3, at the size that arrives or half of it."""

    op: Any  # "max" or "avg"
    s: int
    form: str = "slim"

    def expand(self, *xs: Shape) -> Seq:
        _, counted, maximum = FORMS[self.form]
        if self.op == "max" and maximum:
            pads = tuple((axis.before, axis.after) for axis in axes(xs[0][1:], 3, self.s, "same"))
            return Seq(pad=Pad(pads), pool=Pool("max", 3, self.s))
        return Seq(pool=Pool(self.op, 3, self.s, "same", count_pad=counted and self.s == 2))


@dataclass(frozen=True)
class Cell(Row):
    """Figure 4 from two inputs, h[i] and h[i-1]; the first cell of a network has one, which is both."""

    type: str
    out: int
    drop: float = 0.0
    form: str = "slim"

    def conv(self) -> Seq:
        return Seq(act=Act(), conv=Conv(self.out, 1, bn=FORMS[self.form][0], act=None))

    def fit(self, h: Shape, p: Shape) -> dict[str, Any]:
        """Rows that bring p to the width of the cell and the size of h."""
        if p[1:] == h[1:]:
            return {"conv_prev_1x1": From("in1", self.conv())} if p[0] != self.out else {}
        every_second, half = Pool("avg", 1, 2), Conv(self.out // 2, 1, bias=False, act=None)
        return {
            "path_act": From("in1", Act()),
            "path_1": From("path_act", Seq(avgpool=every_second, conv=half)),
            "path_2": From("path_act", Seq(pad=Pad(((-1, 1),) * (len(p) - 1)), avgpool=every_second, conv=half)),
            "paths": From(("path_1", "path_2"), Concat()),
            "final_path_bn": FORMS[self.form][0],
        }

    def operation(self, name: str, s: int) -> Row:
        op, k = name.split()
        return Separable(self.out, int(k[0]), s, self.form) if op == "sep" else Pooling(op, s, self.form)

    def expand(self, *xs: Shape) -> Seq:
        rows = self.fit(xs[0], xs[-1]) if len(xs) > 1 else {}
        states = {"h": "conv_1x1", "p": next(reversed(rows), f"in{len(xs) - 1}")}
        rows["conv_1x1"] = From("in0", self.conv())
        for i, pair in enumerate(CELLS[self.type]):
            terms = []
            for side, (operation, of) in zip(("left", "right"), pair, strict=True):
                term = states[of]
                if operation != "identity":
                    stride = 2 if self.type == "reduction" and of in "hp" else 1
                    term = f"comb_iter_{i}_{side}"
                    rows[term] = From(states[of], self.operation(operation, stride))
                    if self.drop:
                        rows[f"{term}_drop"] = DropPath(self.drop)
                        term += "_drop"
                terms.append(term)
            rows[f"comb_iter_{i}"] = From(tuple(terms), Sum())
            states[str(i)] = f"comb_iter_{i}"
        return Seq(**rows, concat=From(tuple(states[name] for name in OUTPUT[self.type]), Concat()))


@dataclass(frozen=True)
class Whole(Row):
    """A convolution as large as the map that arrives."""

    out: int
    bn: Norm

    def expand(self, *xs: Shape) -> Seq:
        return Seq(conv=Conv(self.out, xs[0][1:], 1, 0, bn=self.bn))


def plan(net: Network) -> list[tuple[str, str, int, tuple[str, ...]]]:
    """Every cell in order: its name, which of `CELLS` it is, its width, the rows that are its h and p."""
    width, h, p = net.filters // 24, "cell_stem_1", "cell_stem_0"
    cells: list[Any] = [(p, "reduction", width // 4, ("conv0",)), (h, "reduction", width // 2, (p, "conv0"))]
    for stage in range(3):
        if stage:
            name = f"reduction_cell_{stage - 1}"
            cells.append((name, "reduction", width * 2**stage, (h, p)))
            h, p = name, p if net.skip else h
        for i in range(net.n):
            name = f"cell_{6 * stage + i}"  # Mobile's weights leave the numbers 4, 5, 10 and 11 out
            cells.append((name, "normal", width * 2**stage, (h, p)))
            h, p = name, h
    return cells


def nasnet(
    network: str, classes: int = 1000, form: str = "slim", aux: bool = False, drop_path: float | None = None
) -> Seq:
    """A line of the table above.  Large has 88,753,150 parameters, Mobile 5,289,978.

    form       "slim", "timm" or "keras": how published weights pool
    aux        with the authors' auxiliary head after the second stage, whose loss counts 0.4; it is made for one
               size of input, and published weights are without it
    drop_path  share of an operation's outputs left out in training, in the last cell; it grows from the first on.
               None: the network's own, which Keras leaves out
    """
    if network not in NETWORKS or form not in FORMS:
        raise UserError("NASNet-A has the networks large and mobile, and the forms slim, timm and keras.")
    net, bn, cells = NETWORKS[network], FORMS[form][0], plan(NETWORKS[network])
    drop = drop_path if drop_path is not None else net.drop_path * (form != "keras")
    rows: dict[str, Any] = {"conv0": Conv(net.stem, 3, 2, 0, bn=bn, act=None)}
    for i, (name, type_, out, reads) in enumerate(cells, 1):
        rows[name] = From(reads, Cell(type_, out, drop * i / len(cells), form))
        if aux and name == f"cell_{5 + net.n}":
            head = Seq(act=Act(), pool=Pool("avg", 5, 3), proj=Conv(128, 1, bn=bn), whole=Whole(768, bn),
                       fc=Fc(classes), loss=Loss(0.4))
            rows["aux_logits"] = Side("aux1", head)
    rows |= {"act": Act(), "global_pool": Gap()} | ({} if form == "keras" else {"head_drop": Drop(0.5)})
    return Seq(input=Input(3, net.size, net.size), **rows, last_linear=Fc(classes))
