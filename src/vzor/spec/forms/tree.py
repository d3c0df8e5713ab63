"""Our own complete form: TOML, with every row and combinator; and the JSON that `spec.record` writes.

[[row]]
name = "conv1"          # left out: the row's number
row = "Conv"
out = 64
bn = true               # or {row = "Norm", eps = 1e-3}
act = "none"            # TOML has no null

[[row]]
table = "Add"           # Seq, Cat, Add, Mul, with rows = [...] or [[row.rows]]
rows = [{name = "main", row = "Conv", out = 64}, {name = "same", row = "Id"}]

[[row]]
from = ["conv1", "prev"]
row = "Concat"
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Sequence
from dataclasses import fields
from inspect import signature
from typing import Any

from vzor.spec.errors import TableError, did_you_mean
from vzor.spec.forms.grid import MAX_ROWS, Line
from vzor.spec.forms.parsed import Parsed, Vocab
from vzor.spec.record import TABLES, from_json, to_json
from vzor.spec.row import Row
from vzor.spec.rows import LEAVES, Norm
from vzor.spec.tables import Each, From, Out, Rows, Seq, Side

TOML, JSON = "TOML rows", "JSON rows"
_OWN = {"name", "row", "table", "rows", "from", "of", "output", "label"}
_NAME = re.compile(r"\w{1,100}")


def read_toml(text: str, file: str, vocab: Vocab) -> Parsed:
    """Rows from TOML."""
    try:
        data = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        said = str(error) if isinstance(error, ValueError) else "it is nested too deeply"
        raise TableError(f"{file} is not TOML: {said}; correct it there") from None
    title, entries = data.pop("name", None), data.pop("row", None)
    label = data.pop("label", None)
    if not isinstance(entries, list) or not entries:
        raise TableError(f"{file} has no [[row]]; write one for every row, beginning with Input")
    if data:
        near = did_you_mean(min(data), ["name", "label", "row"])
        raise TableError(
            f"{file} has '{min(data)}', which is not known.{near} At the top stand name, label and [[row]]"
        )
    heads = [n for n, line in enumerate(text.split("\n"), 1) if re.match(r"\s*\[\[\s*row\s*\]\]", line)]
    reader = _Reader(vocab)
    parsed = Parsed(TOML, title=_word(title, file), label=_word(label, file))
    for i, entry in enumerate(entries):
        line = Line(file, heads[i] if len(heads) == len(entries) else 0, ())
        try:
            name, row = reader.named(entry, i)
        except (TableError, TypeError, ValueError) as error:
            raise _at(line, i, error) from None
        parsed.add(name, row, line)
    return parsed


def read_json(text: str, file: str, vocab: Vocab) -> Parsed:
    """Rows from the JSON of `spec.record`, bare or as the ``table`` of an object."""
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        said = str(error) if isinstance(error, ValueError) else "it is nested too deeply"
        raise TableError(f"{file} is not JSON: {said}; correct it there") from None
    title = None
    if isinstance(data, dict) and "table" in data and "row" not in data:
        title, data = data.get("title") or data.get("name"), data["table"]
    if not isinstance(data, dict) or "row" not in data:
        raise TableError(f'{file} holds no table; write {{"row": "Seq", "rows": [["input", …], …]}}, or TOML')
    try:
        row = from_json(data, {word: make for word, make in vocab.items() if isinstance(make, type)})
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        raise TableError(f"{file}: {error}") from None
    if not isinstance(row, Seq):
        raise TableError(f"{file} holds a row {row.kind} where a whole table should be; put it into a Seq")
    line = Line(file, 0, ())
    parsed = Parsed(JSON, title=_word(title, file), label=row.label)
    for name, inner in row.rows.items():
        parsed.add(name, inner, line)
    return parsed


def _word(value: Any, file: str) -> str | None:
    if value is not None and not isinstance(value, str):
        raise TableError(f"{file}: the table's name is not a word; write it in quotation marks")
    return value[:200] if value else None


def _at(line: Line, i: int, error: Exception) -> TableError:
    place = f", line {line.number}" if line.number else f", row {i}"
    end = "" if isinstance(error, TableError) else "; correct its values"
    return TableError(f"{line.file}{place}: {error}{end}")


class _Reader:
    def __init__(self, vocab: Vocab) -> None:
        self.known: Vocab = {**LEAVES, **vocab}
        self.count = 0

    def named(self, entry: Any, i: int) -> tuple[str, Row]:
        """(name, row) of an entry; without a name its number."""
        if not isinstance(entry, dict):
            raise TableError(f'row {i} is {str(entry)[:40]!r} and not a table; write {{row = "Conv", out = 64}}')
        name = entry.get("name", str(i))
        if not isinstance(name, str) or not _NAME.fullmatch(name) or name in ("self", "label"):
            raise TableError(f"a row cannot be called {str(name)[:40]!r}; take letters, digits and _")
        return name, self.row(entry)

    def row(self, entry: Any) -> Row:
        """The row of an entry, with the From around it where it reads other rows than the one before."""
        self.count += 1
        if self.count > MAX_ROWS:
            raise TableError(f"more than {MAX_ROWS:,} rows; keep a table below that")
        if not isinstance(entry, dict):
            raise TableError(f'{str(entry)[:40]!r} stands where a row should; write {{row = "Conv", out = 64}}')
        word = entry.get("row", entry.get("table"))
        if not isinstance(word, str):
            raise TableError('an entry has no row; write row = "Conv", or table = "Add" with rows')
        row = self.made(word, entry)
        refs = entry.get("from")
        if refs is None:
            return row
        refs = [refs] if isinstance(refs, str) else refs
        if not isinstance(refs, list) or not all(isinstance(ref, str) for ref in refs):
            raise TableError('from is not a list of names; write from = ["conv1", "prev"]')
        return From(tuple(refs), row)

    def made(self, word: str, entry: dict[str, Any]) -> Row:
        if word in TABLES:
            return self.table(word, entry)
        if word == "Each":
            return Each(self.row(entry.get("of")))
        if word == "Side":
            output = entry.get("output")
            if not isinstance(output, str):
                raise TableError('a Side has no output; write output = "aux1"')
            return Side(output, self.row(entry.get("of")))
        given = {key: value for key, value in entry.items() if key not in _OWN or (key == "of" and word in _PARTS)}
        if word == "Act" and "act" in given:
            given["name"] = given.pop("act")  # an entry's `name` is the row's own
        if word == "Out":
            named = given.get("named")
            if not isinstance(named, dict) or not named or not all(isinstance(ref, str) for ref in named.values()):
                raise TableError('Out has no names; write named = {boxes = "head.boxes"}')
            return Out(**named)
        return self.leaf(word, given)

    def table(self, word: str, entry: dict[str, Any]) -> Row:
        inner = entry.get("rows")
        if not isinstance(inner, list) or not inner:
            raise TableError(f'{word} has no rows; write rows = [{{row = "Conv", out = 64}}, …]')
        rows: dict[str, Row] = {}
        for i, one in enumerate(inner):
            name, row = self.named(one, i)
            if name in rows:
                raise TableError(f"a second row in {word} is called '{name}'; give every row a name of its own")
            rows[name] = row
        label = entry.get("label")
        if label is not None and not isinstance(label, str):
            raise TableError("a label is not a word; write it in quotation marks")
        return TABLES[word](label=label, **rows)

    def leaf(self, word: str, given: dict[str, Any]) -> Row:
        if word not in self.known:
            near = did_you_mean(word, [*self.known, *TABLES, "Each", "Side"])
            raise TableError(f"the row '{word[:60]}' is not known.{near} Pass a block of your own in vocab=")
        make = self.known[word]
        values = {key: self.value(key, value) for key, value in given.items()}
        if make is LEAVES["Input"]:
            size = values.get("size")
            if not isinstance(size, tuple) or not all(type(n) is int for n in size):
                raise TableError("Input has no size; write size = [3, 224, 224]")
            return LEAVES["Input"](*size)
        known = [f.name for f in fields(make)] if isinstance(make, type) else list(signature(make).parameters)
        for key in values:
            if key not in known:
                near = did_you_mean(key, known)
                raise TableError(f"{word} has no '{key[:40]}'.{near} It takes {', '.join(known) or 'nothing'}")
        if not isinstance(make, type):
            # Functions for `from n module arguments` begin with the width that arrives, which is not written here.
            values = {key: None for key in ("c", "cs") if key in known} | values
        try:
            row = make(**values)
        except TableError:
            raise
        except Exception as error:  # values of the wrong kind, or a user's own function, may fail in any way
            raise TableError(f"{word} cannot be made ({error}); it takes {', '.join(known)}") from error
        if not isinstance(row, Row):
            raise TableError(f"what vocab= has for '{word}' gives {type(row).__name__} and not a row; return a row")
        return row

    def value(self, key: str, value: Any) -> Any:
        if key == "bn" and isinstance(value, bool):
            return Norm() if value else None
        if isinstance(value, dict):
            return self.row(value)
        if isinstance(value, list):
            return tuple(self.value(key, item) for item in value)
        if not isinstance(value, int | float | str):
            raise TableError(f"{key} is {str(value)[:40]}; write a number, a word, true or false, or a list")
        return None if value == "none" else value


_PARTS = ("Slice", "Split")  # leaf rows whose own field is called `of`


def to_toml(table: Rows, name: str | None = None) -> str:
    """A table of leaf rows as TOML that :func:`vzor.spec.read.read_table` reads back to an equal one."""
    lines = [f"name = {_text(name)}"] if name else []
    lines += [f"label = {_text(table.label)}"] if table.label else []
    for key, row in table.rows.items():
        lines += ["", "[[row]]", *(f"{field} = {value}" for field, value in _entry(key, row))]
    return "\n".join(lines).lstrip("\n") + "\n"


def _entry(name: str | None, row: Row) -> list[tuple[str, str]]:
    pairs = [("name", _text(name))] if name is not None else []
    if isinstance(row, From):
        pairs.append(("from", _list([_text(ref) for ref in row.names])))
        row = row.row
        if isinstance(row, From):
            raise TableError("a From stands directly in a From, which TOML rows cannot say; name the places once")
    if isinstance(row, Rows):
        pairs.append(("table", _text(type(row).__name__)))
        pairs += [("label", _text(row.label))] if row.label else []
        return [*pairs, ("rows", _list([_inline(_entry(key, inner)) for key, inner in row.rows.items()]))]
    if isinstance(row, Each):
        return [*pairs, ("row", '"Each"'), ("of", _inline(_entry(None, row.row)))]
    if isinstance(row, Side):
        return [
            *pairs,
            ("row", '"Side"'),
            ("output", _text(row.name)),
            ("of", _inline(_entry(None, row.table))),
        ]
    if isinstance(row, Out):
        named = _inline([(_text(key), _text(ref)) for key, ref in row.named.items()])
        return [*pairs, ("row", '"Out"'), ("named", named)]
    if row.kind not in LEAVES:
        raise TableError(f"row '{name}' is a block {row.kind}; open it with `spec.record.expanded` before writing TOML")
    return [*pairs, *_fields(to_json(row))]


def _fields(data: dict[str, Any]) -> list[tuple[str, str]]:
    """A leaf row's fields; Act's own field `name` is written `act`, for `name` is that of the entry."""
    return [("act" if key == "name" else key, _value(value)) for key, value in data.items()]


def _value(value: Any) -> str:
    if value is None:
        return '"none"'
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return _inline(_fields(value))
    if isinstance(value, list | tuple):
        return _list([_value(item) for item in value])
    return _text(value) if isinstance(value, str) else repr(value)


def _text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)


def _list(items: Sequence[str]) -> str:
    return f"[{', '.join(items)}]"


def _inline(pairs: Sequence[tuple[str, str]]) -> str:
    return "{" + ", ".join(f"{key} = {value}" for key, value in pairs) + "}"
