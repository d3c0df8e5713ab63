"""Networks as tables that can be asked things: the public face of `spec`, `zoo` and `measure`.  No torch."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from vzor.measure import measure, principles
from vzor.measure.principles import Finding
from vzor.spec.edit import input_of, with_channels, with_classes, with_input
from vzor.spec.errors import UserError, did_you_mean
from vzor.spec.record import expanded, to_json
from vzor.spec.render import render
from vzor.spec.row import Row, Shape
from vzor.spec.sheet import Field, Line, Sheet
from vzor.spec.tables import Rows, Seq
from vzor.spec.trace import trace
from vzor.zoo import index
from vzor.zoo.notes import notes

Vocabulary = Mapping[str, Any]
#: Rows whose maps are no features of their own.
NO_FEATURES = ("Input", "Gap", "Drop", "Pad")


class Memory(NamedTuple):
    """Bytes of the activations of one sample, 32-bit: most alive at once; all that the backward pass needs."""

    inference: int
    training: int


@dataclass(frozen=True, eq=False, repr=False)
class Table:
    """A network as a table, with everything one can ask about it.  Made by :func:`table`.

    name      what it was asked for by: a network's name, or a file's
    root      the rows (``vzor.spec.rows``)
    notes     how the paper, the published weights and printed figures differ
    checks    where a user's file disagrees with what follows from its rows
    defaults  what was assumed where a user's file is silent

    Counts are without the auxiliary heads (``aux``); those of ``memory`` are bytes for one sample.
    """

    name: str
    root: Rows
    notes: tuple[str, ...] = ()
    checks: tuple[Any, ...] = ()
    defaults: tuple[str, ...] = ()
    #: Where the rows came from and with what options, so that other classes can be had from the maker.
    origin: str | None = field(default=None, repr=False)
    vocab: Vocabulary | None = field(default=None, repr=False)
    options: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @cached_property
    def sheet(self) -> Sheet:
        """All sizes and costs.  TableError, naming the row, where the sizes are impossible."""
        return measure(self.root)

    @property
    def rows(self) -> list[Line]:
        """Every row with its shapes and costs, whatever its depth."""
        return self.sheet.lines

    @property
    def input(self) -> Shape:
        """What goes in: ``(3, 224, 224)``."""
        return input_of(self.root)

    @property
    def output(self) -> Shape:
        """What comes out: ``(1000,)``."""
        return self.sheet.output

    @property
    def parameters(self) -> int:
        """Every parameter, frozen ones too."""
        return self.sheet.parameters

    @property
    def trainable(self) -> int:
        """The parameters that training changes."""
        return self.sheet.trainable

    @property
    def buffers(self) -> int:
        """Running means and variances, fixed codes."""
        return self.sheet.buffers

    @property
    def aux(self) -> int:
        """Parameters of the auxiliary heads, beside ``parameters``."""
        return self.sheet.aux

    @property
    def macs(self) -> int:
        """Multiply-adds of convolutions and matrix products for one sample."""
        return self.sheet.macs

    @property
    def flops(self) -> int:
        """Two operations per multiply-add."""
        return self.sheet.flops

    @property
    def keras_total(self) -> int:
        """Parameters and buffers, which Keras prints as total parameters."""
        return self.sheet.keras_total

    @property
    def layers(self) -> int:
        """Leaf layers: rows that are no blocks."""
        return self.sheet.layers

    @property
    def weight_layers(self) -> int:
        """Convolutions and fully connected rows among them."""
        return self.sheet.weight_layers

    @property
    def longest_path(self) -> int:
        """Most leaf layers and joins on a way from input to output."""
        return self.sheet.longest_path

    @property
    def memory(self) -> Memory:
        """``.inference`` and ``.training``, in bytes."""
        return Memory(self.sheet.memory_inference, self.sheet.memory_training)

    @property
    def field(self) -> Field | None:
        """The receptive field of the last row whose cells have places in the input; whole behind a gate."""
        return self.sheet.field

    @cached_property
    def taps(self) -> dict[int, str]:
        """{stride: the last row of the main path with it}: where a feature pyramid is taken.

        ``{2: "conv1", 4: "layer1", 8: "layer2", …}``; rows inside blocks and branches are left out, and so is the
        row that gives the scores where that is a convolution.
        """
        found: dict[int, str] = {}
        opened: set[str] = {""}
        scores = self._scores()
        for line in self.rows:
            inside = line.path.rpartition(".")[0] in opened
            if not inside or line.side or line.kind == "Side":
                continue
            if line.kind == "Seq":
                opened.add(line.path)
            seen = line.field
            if seen is None or not seen.stride or len(line.outs) != 1 or len(line.outs[0]) < 2:
                continue
            stride = seen.stride[0]
            if not stride or stride.denominator != 1 or set(seen.stride) != {stride} or line.kind in NO_FEATURES:
                continue
            if f"{scores}.".startswith(f"{line.path}."):
                continue
            known = found.get(int(stride))
            if known is None or not line.path.startswith(known + "."):
                found[int(stride)] = line.path
        return dict(sorted(found.items()))

    def _scores(self) -> str:
        """The path of the convolution whose maps are the classes' scores; "" where a vector's row gives them."""
        last = next((line for line in reversed(self.rows) if line.leaf and line.params and not line.side), None)
        return last.path if last is not None and len(self.output) == 1 and len(last.outs[0]) > 1 else ""

    def at(
        self,
        input: Shape | int | str | None = None,
        channels: int | None = None,
        classes: int | None = None,
    ) -> Table:
        """The same network for another input size, number of channels or of classes; this one stays as it is.

        ``input``: ``(3, 320, 320)``, ``"3x320x320"``, or one number for every side.
        """
        root = self.root if classes is None else self._of_classes(classes)
        if input is not None:
            root = with_input(root, self._shape(input, channels))
        elif channels is not None:
            root = with_channels(root, positive("channels", channels))
        return replace(self, root=root)

    def _of_classes(self, classes: int) -> Rows:
        positive("classes", classes)
        if self.origin in index.ZOO:
            return with_input(index.table(self.origin, classes=classes, **self.options), self.input)
        if self.origin is not None and Path(self.origin).is_file():
            return with_input(_read(Path(self.origin), classes, self.vocab).root, self.input)
        return self.root if self.output[0] == classes else with_classes(self.root, classes)

    def _shape(self, wanted: Shape | int | str, channels: int | None) -> Shape:
        """The input's full shape from what the user wrote."""
        if isinstance(wanted, int):
            own = self.input
            return (channels or own[0], *(positive("input", wanted),) * (len(own) - 1))
        shape = shape_of(wanted)
        if channels is not None and channels != shape[0]:
            raise UserError(
                f"input {'x'.join(map(str, shape))} has {shape[0]} channels and channels is {channels};"
                " give one of them."
            )
        return shape

    def to(self, form: str = "text", depth: int | str | None = "auto") -> str:
        """The table as text, markdown, csv, json, svg, mermaid or html.

        ``depth`` opens that many levels of blocks: 0 folds all, None opens all; "auto" fits the form.
        """
        record = self.record() if form == "json" else None
        return render(self.sheet, form, title=self.name, depth=depth, notes=self.remarks, record=record)  # type: ignore[arg-type]

    @property
    def remarks(self) -> tuple[str, ...]:
        """Notes, defaults and disagreements, one sentence each."""
        return (*self.notes, *self.defaults, *map(str, self.checks))

    def show(self, depth: int | str | None = "auto") -> None:
        """Print the table."""
        print(self.to("text", depth))

    def record(self) -> Any:
        """The table as plain data, every block expanded to leaf rows: what a checkpoint keeps."""
        return to_json(expanded(trace(self.root)))

    def _repr_html_(self) -> str:
        return self.to("html")

    def __repr__(self) -> str:
        try:
            sizes = ", ".join("×".join(map(str, shape)) for shape in (self.input, self.output))
        except UserError as error:
            return f"<Table {self.name}: {error}>"
        return f"<Table {self.name}: {sizes.replace(', ', ' → ')}, {self.parameters:,} parameters>"


def networks(pattern: str = "*", task: str | None = None) -> list[str]:
    """Names of networks that match a shell pattern (``"resnet*"``); of one task, when it is given."""
    return index.networks(pattern, task)


def table(
    name_or_path: str | os.PathLike[str] | Table | Row,
    *,
    classes: int | None = None,
    channels: int | None = None,
    input: Shape | int | str | None = None,
    vocab: Vocabulary | None = None,
    **options: Any,
) -> Table:
    """The table of a network: by name, from your own file (.tsv .csv .md .toml .json), or from rows.

    classes   width of the output         channels  of the input
    input     ``(3, 320, 320)``, ``"3x320x320"``, or one number for every side
    vocab     blocks of your own for a file: ``{"MyBlock": function or class that gives a row}``
    options   of a named network: ``table("inception_v3", aux=False)`` leaves the auxiliary head out

    Raises UserError for an unknown name or option or a missing file, TableError for impossible rows.
    """
    found = _find(name_or_path, classes, vocab, options)
    ready = classes is None or not isinstance(name_or_path, Table | Row)  # a name's maker was told already
    return found.at(input=input, channels=channels, classes=None if ready else classes)


def check(
    name_or_path: str | os.PathLike[str] | Table | Row,
    *,
    classes: int | None = None,
    channels: int | None = None,
    input: Shape | int | str | None = None,
    vocab: Vocabulary | None = None,
    **options: Any,
) -> list[Finding]:
    """Where a network departs from the design principles of lecture 002; [] where it keeps to them.

    Takes what :func:`table` takes.  Findings are advice, warnings first; each names the row and the figure that
    offends, and says why with its source.  ``docs/principles.md`` has the principles and their thresholds.

    Raises UserError for an unknown name or a missing file, TableError for impossible rows.
    """
    found = table(name_or_path, classes=classes, channels=channels, input=input, vocab=vocab, **options)
    return principles.check(trace(found.root))


def compare(
    names: Sequence[str | os.PathLike[str] | Table | Row], input: Shape | int | str | None = None
) -> list[Table]:
    """The tables of several networks, on the same input where one is given."""
    return [table(name, input=input) for name in names]


def _find(
    source: str | os.PathLike[str] | Table | Row,
    classes: int | None,
    vocab: Vocabulary | None,
    options: Mapping[str, Any],
) -> Table:
    if options and not (isinstance(source, str) and source in index.ZOO):
        option = next(iter(options))
        raise UserError(f"'{option}' is no option of a table; only named networks have options. Leave it out.")
    if isinstance(source, Table):
        return source
    if isinstance(source, Row):
        return Table("table", source if isinstance(source, Rows) else Seq(source), vocab=vocab)
    if not isinstance(source, str | os.PathLike):
        raise UserError(f"{source!r} is not a network: give a name, the path of a table file, a Table or rows.")
    name = os.fspath(source)
    if name in index.ZOO:
        return Table(name, index.table(name, classes=classes, **options), notes(name), origin=name, options=options)
    path = Path(name).expanduser()
    if path.is_file():
        return _read(path, classes, vocab)
    if path.is_dir():
        raise UserError(f"{name} is a folder; give a network's name, or the path of a table file such as my_net.tsv.")
    from vzor.spec.read import is_table_file

    if is_table_file(path) or os.sep in name:
        beside = [str(p) for p in path.parent.iterdir() if is_table_file(p)] if path.parent.is_dir() else []
        raise UserError(f"There is no table file {name}.{did_you_mean(str(path), beside)} Check the path.")
    index.entry(name)  # raises, with the nearest name
    raise AssertionError(name)


def _read(path: Path, classes: int | None, vocab: Vocabulary | None) -> Table:
    from vzor.spec.read import read_table
    from vzor.zoo.vocabulary import VOCAB

    words = {**VOCAB, **(vocab or {})}
    read = read_table(path, classes=classes, vocab=words)
    return Table(
        read.name,
        read.root,
        notes=tuple(read.notes),
        checks=tuple(read.checks),
        defaults=tuple(read.defaults),
        origin=str(path),
        vocab=words,
    )


def shape_of(words: Shape | Sequence[int] | str) -> Shape:
    """``(3, 224, 224)`` from ``"3x224x224"``, ``"3×224×224"``, ``"3,224,224"`` or a sequence of numbers."""
    parts = re.split(r"\s*[x×х,* ]\s*", words.strip().strip("()")) if isinstance(words, str) else list(words)
    try:
        shape = tuple(int(part) for part in parts)
    except (TypeError, ValueError):
        shape = ()
    if not shape or min(shape) < 1:
        raise UserError(f"input {words!r} is not a size: write channels, height and width, such as 3x224x224.")
    return shape


def positive(name: str, value: int) -> int:
    """`value`, if it is a whole number above 0."""
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise UserError(f"{name} is {value!r}; give a whole number of 1 or more.")
    return value
