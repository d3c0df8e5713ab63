"""A table written down as JSON and read back: leaf rows only, so that no later change of a block alters it.

Only rows of the vocabulary (and those handed in by the caller) are ever made; nothing is evaluated.
"""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from vzor.spec.errors import TableError
from vzor.spec.fields import check_fields
from vzor.spec.row import Row
from vzor.spec.rows import LEAVES
from vzor.spec.tables import Add, Cat, Each, From, Mul, Out, Rows, Seq, Side
from vzor.spec.trace import Node, Trace

TABLES: dict[str, type[Rows]] = {"Seq": Seq, "Cat": Cat, "Add": Add, "Mul": Mul}
MAX_ROWS = 100_000


def expanded(opened: Trace) -> Row:
    """The opened table with every block replaced by its rows, and the Input row's size as it was opened."""
    return _expand(opened.root)


def _expand(node: Node) -> Row:
    row: Row
    if isinstance(node.row, Side):
        row = Side(node.row.name, _expand(node.kids[0]))
    elif isinstance(node.row, Each):
        row = Each(_expand(node.kids[0]))
    elif node.table is not None:
        label = getattr(node.row, "label", None)
        row = type(node.table)(label=label, **{kid.name: _placed(kid, node) for kid in node.kids})
    elif node.row.kind == "Input":
        row = LEAVES["Input"](*node.out)
    else:
        row = node.row
    return row


def _placed(kid: Node, parent: Node) -> Row:
    """The kid's rows, with the From around them that it stood in."""
    row = _expand(kid)
    assert parent.table is not None
    written = parent.table.rows[kid.name]
    return From(written.names, row) if isinstance(written, From) else row


def to_json(row: Row) -> Any:
    """A row as plain data: ``{"row": "Conv", "out": 64, "k": 3}``, fields at their default left out."""
    if isinstance(row, Rows):
        found: dict[str, Any] = {"row": type(row).__name__}
        if row.label:
            found["label"] = row.label
        return found | {"rows": [[name, to_json(inner)] for name, inner in row.rows.items()]}
    if isinstance(row, From):
        return {"row": "From", "names": list(row.names), "of": to_json(row.row)}
    if isinstance(row, Each):
        return {"row": "Each", "of": to_json(row.row)}
    if isinstance(row, Side):
        return {"row": "Side", "name": row.name, "of": to_json(row.table)}
    if isinstance(row, Out):
        return {"row": "Out", "named": row.named}
    return {"row": row.kind} | {name: _value(value) for name, value in row.given().items()}


def _value(value: Any) -> Any:
    return to_json(value) if isinstance(value, Row) else list(value) if isinstance(value, tuple) else value


def from_json(data: Any, vocab: dict[str, type[Row]] | None = None) -> Row:
    """The row that :func:`to_json` wrote.  ``vocab`` adds rows of the caller's own.

    Raises TableError for anything that is not such data: unknown rows or fields, sizes out of bounds.
    """
    row = _Reader(LEAVES | (vocab or {})).row(data)
    check_fields(row)
    return row


class _Reader:
    def __init__(self, vocab: dict[str, type[Row]]) -> None:
        self.vocab, self.count = vocab, 0

    def row(self, data: Any, depth: int = 0) -> Row:
        self.count += 1
        if self.count > MAX_ROWS or depth > 100:
            raise TableError("the stored table is larger than any network; the file is damaged or hostile")
        if not isinstance(data, dict):
            raise TableError(f"the stored table holds {str(data)[:40]!r} where a row should be; the file is damaged")
        try:
            name = data["row"]
            if name in TABLES:
                rows = {str(key): self.row(inner, depth + 1) for key, inner in data["rows"]}
                return TABLES[name](label=data.get("label"), **rows)
            if name == "From":
                return From(tuple(map(str, data["names"])), self.row(data["of"], depth + 1))
            if name == "Each":
                return Each(self.row(data["of"], depth + 1))
            if name == "Side":
                return Side(str(data["name"]), self.row(data["of"], depth + 1))
            if name == "Out":
                return Out(**{str(k): str(v) for k, v in data["named"].items()})
            return self.leaf(dict(data))
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            if isinstance(error, TableError):
                raise
            raise TableError(f"the stored table is not one of ours ({error}); use a file that vzor wrote") from None

    def leaf(self, data: dict[str, Any]) -> Row:
        name = data.pop("row")
        if name not in self.vocab:
            raise TableError(f"the stored table has a row '{name}' that is not known; pass it in vocab=")
        cls = self.vocab[name]
        known = {f.name for f in fields(cls)}
        if unknown := set(data) - known:
            raise TableError(f"row {name} has no field '{min(unknown)}'; the file is from another version or damaged")
        values = {key: self.value(value) for key, value in data.items()}
        return cls(*values["size"]) if name == "Input" else cls(**values)

    def value(self, value: Any) -> Any:
        if isinstance(value, dict):
            return self.row(value)
        if isinstance(value, list):
            return tuple(self.value(item) for item in value)
        return value
