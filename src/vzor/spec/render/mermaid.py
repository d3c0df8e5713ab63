"""A Mermaid flowchart: for READMEs and wikis that draw it themselves."""

from __future__ import annotations

from collections.abc import Sequence

from vzor.spec.render.cells import heading, shapes
from vzor.spec.render.scheme import FAMILY, JOIN_OF, Box, nearest, scheme
from vzor.spec.row import text
from vzor.spec.sheet import Sheet

COLOURS = {
    "conv": "fill:#dbe9f9,stroke:#3b76b8,color:#14304f",
    "pool": "fill:#fde3d3,stroke:#c8692b,color:#4f2508",
    "fc": "fill:#dff1df,stroke:#4a9150,color:#163c1a",
    "norm": "fill:#ece4f7,stroke:#8262b8,color:#32204f",
    "act": "fill:#fdf3cf,stroke:#b8962a,color:#463805",
    "move": "fill:#e6eaee,stroke:#6b7785,color:#242c35",
    "io": "fill:#f6f7f9,stroke:#8a94a0,color:#242c35",
    "block": "fill:#e3eaf1,stroke:#44546a,color:#1b2632",
}
SIGN = {"Cat": "concat", "Add": "+", "Mul": "×"}

Ends = list[tuple[str, str]]  # (node, the size that leaves it)


def as_mermaid(sheet: Sheet, title: str, depth: int | None, notes: Sequence[str]) -> str:
    """``flowchart TD``: opened blocks are subgraphs, sizes stand on the arrows."""
    chart = _Chart()
    root = scheme(sheet, depth)
    if not any(box.kind == "Input" for box in root.kids):
        chart.node("in0", f"input<br/>{text(sheet.input)}", "io")
        chart.ends["in0"] = [("n0", text(sheet.input))]
        chart.walk(root, chart.ends["in0"])
    else:
        chart.walk(root, [])
    used = sorted(set(chart.classes))
    parts = [f"%% {' '.join(line.split())}" for line in (heading(sheet, title), *notes)]
    parts += ["flowchart TD", *chart.nodes, *chart.arrows]
    parts += [f"  classDef {name} {COLOURS[name]}" for name in used]
    return "\n".join(parts) + "\n"


class _Chart:
    def __init__(self) -> None:
        self.nodes: list[str] = []
        self.arrows: list[str] = []
        self.classes: list[str] = []
        self.ends: dict[str, Ends] = {}  # by path: what a From that names it reads
        self.indent = 1
        self.blocks = 0

    def node(self, path: str, label: str, family: str, shape: str = "[]") -> str:
        """A node's line; its id, numbered so that no name can clash with Mermaid's own words."""
        name = f"n{len(self.classes)}"
        self.classes.append(family)
        left, right = {"[]": ("[", "]"), "()": ("((", "))")}[shape]
        self.nodes.append(f'{"  " * self.indent}{name}{left}"{label}"{right}:::{family}')
        return name

    def arrow(self, sources: Ends, target: str, dotted: bool = False) -> None:
        for source, size in sources:
            line = "-.->" if dotted else "-->"
            self.arrows.append(
                f'  {source} {line}|"{escaped(size)}"| {target}' if size else f"  {source} {line} {target}"
            )

    def walk(self, box: Box, arrive: Ends) -> Ends:
        """Draw ``box``; the ends that the next row reads."""
        if box.reads is not None:
            found = (nearest(ref, self.ends) for ref in box.reads)
            arrive = [end for path in found if path is not None for end in self.ends[path]]
        ends = self._draw(box, arrive)
        self.ends[box.exit] = ends
        return ends

    def _draw(self, box: Box, arrive: Ends) -> Ends:
        if box.wire:
            return arrive
        if not box.kids:
            name = self.node(box.path, _label(box), box.family)
            self.arrow(arrive, name, dotted=box.side)
            return arrive if box.side and box.how == "Side" else [(name, shapes(box.outs))]
        self.ends[f"{box.path}.in0" if box.path else "in0"] = arrive
        if box.framed:
            self.nodes.append(f'{"  " * self.indent}subgraph b{self.blocks}["{escaped(_title(box))}"]')
            self.blocks, self.indent = self.blocks + 1, self.indent + 1
        ends = self._inner(box, arrive)
        if box.framed:
            self.indent -= 1
            self.nodes.append(f"{'  ' * self.indent}end")
        return ends

    def _inner(self, box: Box, arrive: Ends) -> Ends:
        if box.how == "Side":
            self.walk(box.kids[0], arrive)
            return arrive
        if box.how in JOIN_OF:
            branches = [end for kid in box.kids for end in self.walk(kid, arrive)]
            name = self.node(box.path, SIGN[box.how], FAMILY["Concat"], "()")
            self.arrow(branches, name, dotted=box.side)
            return [(name, shapes(box.outs))]
        ends = arrive
        for kid in box.kids:
            ends = self.walk(kid, ends)
        return ends


def _title(box: Box) -> str:
    times = f" ×{box.times}" if box.times > 1 else ""
    kind = f": {box.kind}" if box.family == "block" and box.kind not in ("Seq", *JOIN_OF) else ""
    return f"{box.called}{kind}{times}" + (" (training only)" if box.side else "")


def _label(box: Box) -> str:
    first = box.called + (f" ×{box.times}" if box.times > 1 else "")
    return "<br/>".join(escaped(part) for part in (first, box.words) if part)


def escaped(words: str) -> str:
    """``words`` as Mermaid shows them inside quotes."""
    for mark, code in (("#", "#35;"), ('"', "#quot;"), ("<", "#lt;"), (">", "#gt;"), ("`", "#96;")):
        words = words.replace(mark, code)
    return " ".join(words.split())
