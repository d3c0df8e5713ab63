"""A user's own table file: read, opened, and every printed figure compared with what its rows give.

Files are parsed and never evaluated, and everything in them is bounded.  docs/user-tables.md has the forms.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from vzor.spec.act import named_act
from vzor.spec.edit import with_channels, with_classes
from vzor.spec.errors import TableError, UserError, did_you_mean
from vzor.spec.fields import MAX_NUMBER, check_fields
from vzor.spec.forms import maps, modules, outputs, pairs, tree
from vzor.spec.forms.grid import MAX_BYTES, MAX_ROWS, grid
from vzor.spec.forms.header import detect
from vzor.spec.forms.parsed import Check, Parsed, Vocab, disagreements
from vzor.spec.forms.tree import to_toml
from vzor.spec.row import Row, text
from vzor.spec.rows import Act, Conv, Fc, Input, Loss
from vzor.spec.tables import From, Rows, Seq
from vzor.spec.trace import Node, Trace, trace

#: Endings of table files; anything else is a network's name.
SUFFIXES = (".tsv", ".csv", ".md", ".markdown", ".txt", ".toml", ".json")

__all__ = ["SUFFIXES", "Check", "UserTable", "is_table_file", "parse_table", "read_table", "to_toml"]

_SOFTMAX = "the last softmax is applied by the loss and by prediction, not by the network"
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")


@dataclass(frozen=True)
class UserTable:
    """A table from a file.

    root      the table, beginning with its Input row
    form      how the file is written, in the words of its header
    checks    printed figures that the rows do not give, one Check each; empty: all that is printed holds
    defaults  what the form leaves unsaid, and what was taken for it; one sentence each
    name      the table's name: the file's own, or the file's
    notes     what looks wrong although no printed figure says so; one sentence each
    """

    root: Seq
    form: str
    checks: list[Check]
    defaults: list[str]
    name: str
    notes: list[str] = field(default_factory=list)


def is_table_file(name: str | Path) -> bool:
    """Whether ``name`` is meant as a table file and not as a network's name: by its ending."""
    return Path(name).suffix.lower() in SUFFIXES


def read_table(
    path: str | Path,
    *,
    classes: int | None = None,
    channels: int | None = None,
    vocab: Mapping[str, Callable[..., Row]] | None = None,
    strict: bool = False,
) -> UserTable:
    """Read a table file: TSV, CSV, Markdown, TOML, or the JSON that vzor writes.

    ``classes`` and ``channels`` replace the table's own, after the file's figures are checked as printed.
    ``vocab``: the caller's own blocks, each a function of a row's arguments (named ``c``: the width that
    arrives, ``cs``: the widths; both are checked) that gives a row.  ``strict``: a disagreement is an error.

    Raises UserError naming the file, the line and the remedy.
    """
    path = Path(path)
    return parse_table(
        _text(path),
        path.suffix.lower(),
        path.name,
        classes=classes,
        channels=channels,
        vocab=vocab,
        strict=strict,
    )


def parse_table(
    content: str,
    suffix: str = ".tsv",
    file: str = "table",
    *,
    classes: int | None = None,
    channels: int | None = None,
    vocab: Mapping[str, Callable[..., Row]] | None = None,
    strict: bool = False,
) -> UserTable:
    """As :func:`read_table`, for text at hand; ``suffix`` says how it is written, ``file`` names it in errors."""
    for what, number in (("classes", classes), ("channels", channels)):
        if number is not None and not 1 <= number <= MAX_NUMBER:
            raise UserError(f"{what} is {number}; give a number from 1 to {MAX_NUMBER:,}")
    if found := _CONTROL.search(content):
        raise TableError(f"{file} is not a text file (it holds the character {ord(found[0])}); save it as UTF-8 text")
    parsed = _parse(content, suffix, file, classes, dict(vocab or {}))
    root, opened = _opened(parsed, file)
    checks = disagreements(parsed.printed, {kid.name: kid for kid in opened.root.kids})
    if strict and checks:
        raise TableError(f"{file}: {'; '.join(map(str, checks))}; correct the file, or leave strict out")
    root = _logits(root, parsed)
    notes = _notes(opened)
    if classes is not None or channels is not None:
        root = _replaced(root, classes, channels, file)
    name = parsed.title or Path(file).stem or "table"
    return UserTable(root, parsed.form, checks, parsed.defaults, name, notes)


def _text(path: Path) -> str:
    """The file's text; UserError for what is no readable text file of a table's size."""
    try:
        if path.is_dir():
            raise UserError(f"{path} is a folder; name a table file in it")
        if not path.exists():
            near = did_you_mean(path.name, [p.name for p in path.parent.glob("*") if is_table_file(p)])
            raise UserError(f"there is no file {path}.{near} Check the path")
        if not path.is_file():
            raise UserError(f"{path} is not a plain file; name a table file")
        with path.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        if isinstance(error, UserError):
            raise
        raise UserError(
            f"{path} cannot be read ({getattr(error, 'strerror', None) or error}); check the path"
        ) from None
    if len(data) > MAX_BYTES:
        raise TableError(f"{path.name} is larger than {MAX_BYTES // 1000:,} kB; a table is smaller: name another file")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise TableError(f"{path.name} is not UTF-8 text; save it as UTF-8") from None


def _parse(content: str, suffix: str, file: str, classes: int | None, vocab: Vocab) -> Parsed:
    if suffix == ".toml":
        return tree.read_toml(content, file, vocab)
    if suffix == ".json":
        return tree.read_json(content, file, vocab)
    if suffix not in SUFFIXES:
        raise TableError(f"{file} does not end in {', '.join(SUFFIXES)}; rename it to what it is")
    lines = grid(content.removeprefix("\ufeff"), suffix, file)
    form, at, rows = detect(lines)
    if not rows:
        raise TableError(f"{file} has a header and no rows; write one row per line below it")
    if form == "modules":
        return modules.read(rows, at, vocab, lines[0])
    if form == "pairs":
        return pairs.read(rows)
    return maps.read(rows, at) if form == "maps" else outputs.read(rows, at, classes)


def _opened(parsed: Parsed, file: str) -> tuple[Seq, Trace]:
    """The table with its sizes; errors name the file and, where it is known, the line."""
    try:
        root = parsed.root
        first = next(iter(root.rows.values()))
        if not isinstance(first, Input):
            raise TableError("the table does not begin with an Input row; write one such as Input(3, 224, 224)")
        if check_fields(root) > MAX_ROWS:
            raise TableError(f"more than {MAX_ROWS:,} rows; keep a table below that")
        return root, _trace(root)
    except TableError as error:
        named = re.search(r"row '([^'.]+)", str(error))
        line = parsed.lines.get(named[1]) if named else None
        place = f"{file}, line {line.number}" if line is not None and line.number else file
        raise TableError(f"{place}: {error}") from None


def _trace(root: Rows) -> Trace:
    try:
        opened = trace(root)
    except TableError:
        raise
    except (ArithmeticError, AttributeError, IndexError, TypeError, ValueError, RecursionError) as error:
        # Rows of the vocabulary are checked field by field; a user's block with unfit arguments ends here.
        raise TableError(f"the rows do not make a table ({error}); check the arguments of its blocks") from error
    for node in opened.ops:
        for value in node.outs:
            if not value.shape or min(value.shape) < 1:
                gives = text(value.shape) or "nothing"
                raise TableError(f"row '{node.path}' gives {gives}; change it so that every size is 1 or more")
    return opened


def _logits(root: Seq, parsed: Parsed) -> Seq:
    """The table without a softmax at its end: the loss and prediction apply it, and it must not act twice.

    A row that is only a softmax becomes the marker Loss, so that the table still shows its place.
    """
    name = next((n for n, row in reversed(root.rows.items()) if row.kind not in ("Loss", "Id", "Flatten")), "")
    row = root.rows.get(name)
    inner = row.row if isinstance(row, From) else row
    new: Row
    if isinstance(inner, Act) and inner.name == "softmax":
        new = Loss()
    elif isinstance(inner, Fc | Conv) and getattr(named_act(inner.act), "name", "") == "softmax":
        new = replace(inner, act=None)
    else:
        return root
    parsed.defaults.append(_SOFTMAX)
    new = From(row.names, new) if isinstance(row, From) else new
    return Seq(label=root.label, **(root.rows | {name: new}))


def _notes(opened: Trace) -> list[str]:
    """A fully connected row on a large map that holds most of the weights: a pooling row is likely missing."""
    leaves = [node for node in opened.ops if node.leaf and not node.shared]
    total = sum(node.row.params(*node.xs) for node in leaves)
    first: Node | None = next((node for node in leaves if isinstance(node.row, Fc)), None)
    if first is None or len(first.xs[0]) < 3:
        return []
    x, weights = first.xs[0], first.row.params(*first.xs)
    if x[1] * x[2] <= 100 or 2 * weights <= total:
        return []
    return [
        f"row '{first.path}' reads a map of {text(x[1:])} and alone holds {weights:,} of {total:,} parameters; "
        "a pooling row before it may be missing"
    ]


def _replaced(root: Seq, classes: int | None, channels: int | None, file: str) -> Seq:
    """The table for another number of classes and of input channels."""
    try:
        changed: Rows = root if classes is None else with_classes(root, classes)
        changed = changed if channels is None else with_channels(changed, channels)
        _trace(changed)
    except TableError as error:
        asked = ", ".join(f"{k}={v}" for k, v in (("classes", classes), ("channels", channels)) if v is not None)
        raise TableError(f"{file} with {asked}: {error}") from None
    assert isinstance(changed, Seq)
    return changed
