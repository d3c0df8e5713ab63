"""What every form gives: rows by name, the figures printed beside them, and the defaults that were taken."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from math import prod
from typing import Any

from vzor.spec.errors import TableError
from vzor.spec.forms.grid import Line
from vzor.spec.row import Row, Shape, text
from vzor.spec.tables import Rows, Seq
from vzor.spec.trace import Node

#: The user's own words: each a function of a row's arguments that gives a row.
Vocab = dict[str, Callable[..., Row]]


@dataclass(frozen=True)
class Printed:
    """A figure that the file gives: for the row ``row`` the ``what`` is ``value``."""

    row: str
    what: str
    value: Any
    line: int


@dataclass
class Parsed:
    """A file's table before it is opened."""

    form: str
    rows: dict[str, Row] = field(default_factory=dict)
    lines: dict[str, Line] = field(default_factory=dict)
    printed: list[Printed] = field(default_factory=list)
    defaults: list[str] = field(default_factory=list)
    title: str | None = None
    label: str | None = None

    def add(self, name: str, row: Row, line: Line) -> None:
        """Append a row; its name must be new."""
        if name in self.rows:
            raise line.error(f"a second row is called '{name}'; give every row a name of its own")
        self.rows[name], self.lines[name] = row, line

    def expect(self, name: str, what: str, value: Any, line: Line) -> None:
        """Note a printed figure, to be compared once the sizes are known."""
        self.printed.append(Printed(name, what, value, line.number))

    @property
    def root(self) -> Seq:
        return Seq(label=self.label, **self.rows)


@dataclass(frozen=True)
class Check:
    """A disagreement between the file and what its rows give."""

    row: str
    what: str
    printed: str
    computed: str
    line: int = 0

    def __str__(self) -> str:
        place = f" (line {self.line})" if self.line else ""
        return f"row '{self.row}'{place}: {self.what} is printed as {self.printed} and computed as {self.computed}"


def _params(node: Node) -> int:
    return sum(k.row.params(*k.xs) for k in node.walk() if k.leaf and not k.shared and not isinstance(k.row, Rows))


def _arrives(node: Node) -> Shape:
    return node.xs[0] if node.xs else ()


#: what is printed -> the same figure of an opened row.
FIGURES: dict[str, Callable[[Node], Any]] = {
    "output C×H×W": lambda node: node.out,
    "output W×H×N": lambda node: (*reversed(node.out[1:]), node.out[0]),
    "output H×W×N": lambda node: (*node.out[1:], node.out[0]),
    "size": lambda node: node.out[1:] or node.out,
    "maps": lambda node: node.out[0],
    "params": _params,
    "input width": lambda node: _arrives(node)[0],
    "inputs": lambda node: prod(_arrives(node)),  # numbers that a fully connected row reads
    "input widths": lambda node: tuple(x[0] for x in node.xs),
}


def disagreements(printed: Iterable[Printed], nodes: dict[str, Node]) -> list[Check]:
    """Every printed figure that the opened rows do not give."""
    found = []
    for given in printed:
        computed = FIGURES[given.what](nodes[given.row])
        if computed != given.value:
            found.append(Check(given.row, given.what, _words(given.value), _words(computed), given.line))
    return found


def _words(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int) else text(value)


class Namer:
    """Names such as conv1, pool2: the kind and its number among its kind, or the number that is printed."""

    def __init__(self) -> None:
        self.count: dict[str, int] = {}
        self.taken: set[str] = set()

    def name(self, kind: str, number: int | None = None) -> str:
        self.count[kind] = self.count.get(kind, 0) + 1
        name = kind if kind in ("input", "softmax") else f"{kind}{number or self.count[kind]}"
        while name in self.taken:
            name += "_"
        self.taken.add(name)
        return name


def need(condition: object, line: Line, problem: str) -> None:
    """TableError with the line's place unless ``condition`` holds."""
    if not condition:
        raise line.error(problem)


def placed(error: TableError, line: Line) -> TableError:
    """An error with its place before it, unless it has one."""
    said = str(error)
    return error if said.startswith(line.file) else line.error(said)
