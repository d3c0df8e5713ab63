"""Leaf rows as source: the module that holds the weights, and the expression that runs the row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from vzor.nn.eject.helpers import HELPERS, conv_class
from vzor.nn.eject.text import channels, option, owner, setting, short, unique
from vzor.spec import rows as r
from vzor.spec.act import named_act
from vzor.spec.errors import TableError
from vzor.spec.trace import Node

ACT = {
    "relu": "F.relu",
    "relu6": "F.relu6",
    "leaky": "F.leaky_relu",
    "elu": "F.elu",
    "sigmoid": "torch.sigmoid",
    "tanh": "torch.tanh",
    "stanh": "scaled_tanh",
    "abstanh": "abs_tanh",
    "softmax": "F.softmax",
    "silu": "F.silu",
    "gelu": "F.gelu",
    "hswish": "F.hardswish",
    "hsigmoid": "F.hardsigmoid",
}
ACT_MODULE = {
    "relu": "nn.ReLU()",
    "relu6": "nn.ReLU6()",
    "sigmoid": "nn.Sigmoid()",
    "tanh": "nn.Tanh()",
    "silu": "nn.SiLU()",
    "gelu": "nn.GELU()",
    "hswish": "nn.Hardswish()",
    "hsigmoid": "nn.Hardsigmoid()",
}
Family = tuple[str, int, r.Norm | None, str]  # what one helper class for convolutions covers


class Leaves:
    """Leaf rows as source.  Remembers which helpers the source needs."""

    def __init__(self, ops: Iterable[Node], taken: set[str]) -> None:
        self.used: set[str] = set()
        self.constants: dict[str, str] = {}
        self.partial = False
        self.acts: dict[Family, Counter[str]] = {}
        self.biases: dict[Family, set[bool]] = {}
        for node in ops:
            if node.leaf and isinstance(node.row, r.Conv | r.ConvT):
                family = _family(node)
                self.acts.setdefault(family, Counter())[self.as_argument(node.row.act)] += 1
                self.biases.setdefault(family, set()).add(node.row.biased)
        self.names: dict[Family, str] = {}
        for family in self.acts:
            kind, rank, bn, pad = family
            name = {"": "Conv", "T": "Deconv", "C": "Connected"}[kind] + ("Bn" if bn else "") + pad
            ranks = {other[1] for other in self.acts}
            name += f"{rank}d" if len(ranks) > 1 else ""
            self.names[family] = unique(name, {*self.names.values(), *taken, *HELPERS})

    # --- helpers --------------------------------------------------------------------------------

    def need(self, name: str) -> str:
        """``name`` of a helper, which the source then holds."""
        self.used.add(name)
        return name

    def helpers(self) -> list[str]:
        """Source of the helpers that are used, in the order in which they are needed."""
        classes = []
        for family, acts in self.acts.items():
            acts_, biases = sorted(acts), self.biases[family]
            default = acts.most_common(1)[0][0]
            if family[3] == "Same":
                self.need("same")
            if family[0] == "C":
                self.need(f"ConnectedConv{family[1]}d")
            if family[2] is not None and family[2].gamma != family[2].beta:
                self.need("without")
            classes.append(conv_class(self.names[family], family, default, len(acts_) == 1, biases))
        if "inside_average" in self.used and "same_average" in self.used:
            self.need("same")
        return [*(HELPERS[name] for name in HELPERS if name in self.used), *classes]

    # --- nonlinearities -------------------------------------------------------------------------

    def as_argument(self, act: str | r.Act | None) -> str:
        """A nonlinearity as a function of one argument."""
        found = named_act(act)
        if found is None:
            return "None"
        self._need_act(found)
        name = ACT[found.name]
        if found.name == "softmax":
            self.partial = True
            return "partial(F.softmax, dim=1)"
        if found.name in ("leaky", "elu") and found.slope is not None:
            self.partial = True
            return f"partial({name}, {'negative_slope' if found.name == 'leaky' else 'alpha'}={found.alpha})"
        return name

    def activated(self, act: str | r.Act | None, x: str) -> str:
        """A nonlinearity applied."""
        found = named_act(act)
        if found is None:
            return x
        self._need_act(found)
        more = ", 1" if found.name == "softmax" else f", {found.alpha}" if found.slope is not None else ""
        return f"{ACT[found.name]}({x}{more})"

    def _need_act(self, act: r.Act) -> None:
        if ACT[act.name] in HELPERS:
            self.need(ACT[act.name])

    # --- modules --------------------------------------------------------------------------------

    def module(self, node: Node) -> str | None:
        """The module of a row that has weights or draws per sample; None for any other."""
        row, x = node.row, node.xs[0] if node.xs else ()
        match row:
            case r.Conv() | r.ConvT():
                return self._conv(node)
            case r.Fc():
                width = 1
                for n in x:
                    width *= n
                return f"nn.Linear({channels(width, 'inputs')}, {channels(row.out, owner(node.path))}{_bias(row.bias)})"
            case r.Norm():
                return self._norm(row, len(x) - 1, channels(x[0], "inputs"))
            case r.Local():
                window = row.window(x)
                k = tuple(axis.k for axis in window)
                s = tuple(axis.s for axis in window)
                places = row.shape(x)[1:]
                more = "" if row.bias else ", bias=False"
                act = "" if row.act is None else f", act={self.as_argument(row.act)}"
                args = f"{x[0]}, {row.out}, {k}, {s}, {_pads(window)}, {places}{more}{act}"
                return f"{self.need('Local')}({args})"
            case r.RBF():
                width = 1
                for n in x:
                    width *= n
                return f"{self.need('RBF')}({width}, {row.out}{f', seed={row.seed}' if row.seed else ''})"
            case r.LayerNorm():
                eps = f", eps={row.eps}" if row.eps != 1e-5 else ""
                return f"{self.need('LayerNorm')}({channels(x[0], 'inputs')}{eps})"
            case r.Gain():
                more = (", bias=True" if row.bias else "") + (f", init={row.init}" if row.init != 1 else "")
                return f"{self.need('Gain')}({channels(x[0], 'inputs')}, {len(x) - 1}{more})"
            case r.DropPath():  # a module, so that blocks which differ in p alone are one class
                return f"{self.need('DropPath')}({setting('p', row.p)})"
            case r.L2Norm():
                return f"{self.need('L2Norm')}({channels(x[0], 'inputs')}, {len(x) - 1}, {row.scale})"
        if type(row) not in r.LEAVES.values():
            raise TableError(f"row '{node.path}' ({row.kind}) is a module of your own; eject a table without it")
        return None

    def plain(self, node: Node) -> str | None:
        """A module that does all of the row, for use in nn.Sequential; None where there is none."""
        row = node.row
        match row:
            case r.Conv() | r.ConvT() | r.Norm() | r.Local() | r.RBF() | r.LayerNorm() | r.Gain() | r.L2Norm():
                return self.module(node)
            case r.DropPath():
                return self.module(node)
            case r.Fc():
                return self.module(node) if len(node.xs[0]) == 1 and row.act is None and not row.drop else None
            case r.Act() if row.name in ACT_MODULE:
                return ACT_MODULE[row.name]
            case r.Drop() if not row.maps:
                return f"nn.Dropout({row.p})"
            case r.Flatten():
                return "nn.Flatten()"
            case r.Pool() if _even(node):
                rank = len(node.xs[0]) - 1
                kind = "MaxPool" if row.op == "max" else "AvgPool"
                return f"nn.{kind}{rank}d({_pool_settings(node)})"
        return None

    def _conv(self, node: Node) -> str:
        row, x = node.row, node.xs[0]
        assert isinstance(row, r.Conv | r.ConvT)
        family = _family(node)
        biases = self.biases[family]
        args = [channels(x[0], "inputs")]
        if isinstance(row, r.Conv) and row.connect:
            name = f"{node.name.upper()}_READS" if node.name.isidentifier() else "READS"
            self.constants.setdefault(f"{name} = {row.connect}", name)
            args.append(self.constants[f"{name} = {row.connect}"])
        else:
            args.append(channels(node.out[0], owner(node.path)))
        if isinstance(row, r.Conv):
            window = row.window(x)
            k, s, d = (tuple(getattr(axis, name) for axis in window) for name in ("k", "s", "d"))
            args.append(str(k) if row.connect else setting("kernel", k))
            if family[3] == "Padded":
                args.append(str(_pads(window)))
            inside = 0 if family[3] else tuple(axis.before for axis in window)
            more = option("stride", s, 1)
            more += "" if family[3] or row.connect else option("padding", inside, 0)
            more += option("dilation", d, 1)
            more += option("groups", row.groups(x), 1, "c") if row.groups(x) == x[0] > 1 else _groups(row.g)
        else:
            args.append(setting("kernel", row.k))
            more = option("stride", row.s, 1) + option("padding", row.p, 0)
            more += option("output_padding", row.op, 0) + option("dilation", row.d, 1) + _groups(row.g)
        if len(biases) > 1:
            more += _bias(row.biased)
        acts = self.acts[family]
        act = self.as_argument(row.act)
        if len(acts) > 1 and act != acts.most_common(1)[0][0]:
            more += f", act={act}"
        made = f"{self.names[family]}({', '.join(args)}{more})"
        if isinstance(row, r.Conv) and row.fixed is not None:
            return f"{self.need('fixed')}({made}, {[float(value) for value in row.fixed]})"
        return made

    def _norm(self, row: r.Norm, rank: int, width: str) -> str:
        made = f"nn.BatchNorm{max(rank, 1)}d({width}{norm_settings(row)})"
        if row.gamma != row.beta:
            return f'{self.need("without")}({made}, "{"bias" if row.gamma else "weight"}")'
        return made

    # --- expressions ----------------------------------------------------------------------------

    def call(self, node: Node, me: str, xs: list[str]) -> str:
        """The expression that runs a row; ``me`` is its module."""
        row = node.row
        x = xs[0] if xs else ""
        shape = node.xs[0] if node.xs else ()
        rank = len(shape) - 1
        match row:
            case r.Input() | r.Id() | r.Loss():
                return x
            case r.Fc():
                made = self.activated(row.act, f"{me}({x}.flatten(1))" if rank > 0 else f"{me}({x})")
                return f"F.dropout({made}, {row.drop}, self.training)" if row.drop else made
            case r.Act():
                return self.activated(row, x)
            case r.Pool():
                return self._pool(node, x)
            case r.Gap():
                if row.size == 1 and row.op == "avg":
                    return f"{x}.mean({_axes(rank)}, keepdim=True)"
                return f"F.adaptive_{row.op}_pool{rank}d({x}, {short(row.size)})"
            case r.LRN():
                return f"{self.need('lrn')}({x}, {row.n}, {row.alpha}, {row.beta}, {row.k})"
            case r.Drop():
                kind = f"dropout{rank}d" if row.maps and rank > 0 else "dropout"
                return f"F.{kind}({x}, {row.p}, self.training)"
            case r.Concat():
                return f"torch.cat(({', '.join(xs)}{',' if len(xs) == 1 else ''}), 1)"
            case r.Sum():
                return " + ".join(xs)
            case r.Product():
                return " * ".join(xs)
            case r.Slice():
                parts = row.parts(shape)
                return f"{x}.narrow(1, {sum(parts[: row.i])}, {parts[row.i]})"
            case r.Split():
                return f"{x}.split({list(r.Slice(0, row.of).parts(shape))}, 1)"
            case r.Take():
                return f"{x}[:, {list(row.indices)}]"
            case r.Scale():
                return f"{x} * {row.by}" if row.by >= 0 else f"{x} * ({row.by})"
            case r.Shift():
                return f"{x} + {row.by}" if row.by >= 0 else f"{x} + ({row.by})"
            case r.Power():
                return f"{x}.pow({row.to})"
            case r.Flatten():
                return f"{x}.flatten(1)"
        return self._moved(node, me, x, rank)

    def _moved(self, node: Node, me: str, x: str, rank: int) -> str:
        row = node.row
        match row:
            case r.Up():
                by = [float(n) for n in (row.by if isinstance(row.by, tuple) else (row.by,) * rank)]
                mode = "nearest" if row.mode == "nearest" else {1: "linear", 2: "bilinear", 3: "trilinear"}[rank]
                corners = "" if row.mode == "nearest" else ", align_corners=False"
                return f'F.interpolate({x}, scale_factor={by}, mode="{mode}"{corners})'
            case r.Pad():
                pads = [n for side in reversed(row.sides(node.xs[0])) for n in side]
                extra = (row.channels or node.xs[0][0]) - node.xs[0][0]
                return f"F.pad({x}, {[*pads, 0, extra] if extra else pads})"
            case r.Reorg():
                return f"{self.need('space_to_depth')}({x}, {row.s})"
            case r.Attention():
                return f"{self.need('attention')}({x}, {row.heads}, {row.key})"
        return f"{me}({x})"

    def _pool(self, node: Node, x: str) -> str:
        row, rank = node.row, len(node.xs[0]) - 1
        assert isinstance(row, r.Pool)
        if _even(node):
            return f"F.{row.op}_pool{rank}d({x}, {_pool_settings(node)})"
        window = row.window(*node.xs)
        k, s = short(tuple(a.k for a in window)), short(tuple(a.s for a in window))
        fill = ', value=float("-inf")' if row.op == "max" else ""
        ceil = ", ceil_mode=True" if row.ceil else ""
        same = row.p == "same"
        if row.op == "avg" and not row.count_pad:
            pads = '"same"' if same else str(_pads(window))
            if same:
                self.need("same")
            k, s = str(tuple(a.k for a in window)), str(tuple(a.s for a in window))
            return f"{self.need('inside_average')}({x}, {k}, {s}, {pads}, {row.ceil})"
        if same:
            padded = f"{self.need('same')}({x}, {tuple(a.k for a in window)}, {tuple(a.s for a in window)}{fill})"
        else:
            padded = f"F.pad({x}, {_pads(window)}{fill})"
        return f"F.{row.op}_pool{rank}d({padded}, {k}, {s}{ceil})"


def norm_settings(row: r.Norm) -> str:
    """What differs from torch's batch normalisation."""
    more = f", eps={row.eps}" if row.eps != 1e-5 else ""
    more += f", momentum={row.momentum}" if row.momentum != 0.1 else ""
    return more + (", affine=False" if not (row.gamma or row.beta) else "")


def _family(node: Node) -> Family:
    row, x = node.row, node.xs[0]
    if isinstance(row, r.ConvT):
        return ("T", len(x) - 1, row.bn, "")
    assert isinstance(row, r.Conv)
    window = row.window(x)
    pad = ""
    if row.p == "same":
        pad = "Same"
    elif (row.connect and any(_pads(window))) or any(a.before != a.after for a in window):
        pad = "Padded"
    return ("C" if row.connect else "", len(x) - 1, row.bn, pad)


def _pads(window: tuple[r.Shape, ...] | tuple[object, ...]) -> tuple[int, ...]:
    """Padding in torch's order: last axis first."""
    return tuple(n for axis in reversed(window) for n in (axis.before, axis.after))  # type: ignore[attr-defined]


def _even(node: Node) -> bool:
    row = node.row
    assert isinstance(row, r.Pool)
    return row.p != "same" and all(a.before == a.after <= a.k // 2 for a in row.window(*node.xs))


def _pool_settings(node: Node) -> str:
    row = node.row
    assert isinstance(row, r.Pool)
    window = row.window(*node.xs)
    k, s, p = (short(tuple(getattr(axis, name) for axis in window)) for name in ("k", "s", "before"))
    more = f", {s}" if s != k or p != "0" else ""
    more += f", {p}" if p != "0" else ""
    more += ", ceil_mode=True" if row.ceil else ""
    return k + more + (", count_include_pad=False" if row.op == "avg" and not row.count_pad else "")


def _groups(g: int) -> str:
    return option("groups", g, 1)


def _bias(bias: bool) -> str:
    return "" if bias else ", bias=False"


def _axes(rank: int) -> str:
    axes = tuple(range(2, 2 + rank))
    return str(axes) if rank > 1 else "2"
