"""Pieces of Python source with holes for the numbers in which equal blocks differ, and lines kept short."""

from __future__ import annotations

import keyword
import re
from dataclasses import dataclass
from typing import Any

WIDTH = 110
#: A number in the source: role, what it belongs to, its value, and for a keyword argument its name and default.
_HOLE = re.compile("\x00([^|]*)\\|([^|]*)\\|([^|]*)\\|([^|]*)\\|([^\x01]*)\x01")


def channels(value: int, owner: str = "") -> str:
    """A number of channels, written by position."""
    return f"\x00c|{owner}|{value}||\x01"


def owner(path: str) -> str:
    """What a row's numbers are called after: its name, with that of the rows around where it is a number."""
    name, around = path.rpartition(".")[2], path.rpartition(".")[0]
    return name if name.isidentifier() or not around else f"{owner(around)}_{name}"


def option(name: str, value: Any, default: Any, role: str = "") -> str:
    """``, name=value``, or nothing where it is the default everywhere."""
    return f"\x00{role or name}||{short(value)}|{name}|{short(default)}\x01"


def setting(role: str, value: Any) -> str:
    """A number such as a kernel, written by position."""
    return f"\x00{role}||{short(value)}||\x01"


def short(value: Any) -> str:
    """A size as source; ``(3, 3)`` is ``3``."""
    if isinstance(value, tuple) and len(set(value)) == 1:
        return str(value[0])
    return str(value)


@dataclass(frozen=True)
class Hole:
    """One hole of a text, as it was written."""

    role: str
    owner: str
    value: str
    keyword: str
    default: str


def holes(text: str) -> list[Hole]:
    return [Hole(*found) for found in _HOLE.findall(text)]


def shape_of(text: str) -> str:
    """The text without its numbers: equal for blocks that one class can stand for."""
    return _HOLE.sub(lambda m: f"\x00{m[1]}|{m[4]}\x01", text)


def fill(text: str, values: list[str] | None = None) -> str:
    """The text with its numbers, or with what stands for them."""
    given = iter(values) if values is not None else None

    def put(match: re.Match[str]) -> str:
        _, _, value, name, default = match.groups()
        written = value if given is None else next(given)
        if not name:
            return written
        return "" if written == default else f", {name}={written}"

    return _HOLE.sub(put, text)


@dataclass(frozen=True)
class Parameter:
    """An argument of a class that stands for several blocks: one value for each of them."""

    name: str
    role: str
    values: tuple[str, ...]


def parameters(columns: list[tuple[Hole, tuple[str, ...]]]) -> tuple[list[Parameter], list[str]]:
    """The fewest arguments from which all holes follow, and what to write into each hole.

    ``columns``: for every hole its value in each block.  Equal columns share an argument; channels that are a
    multiple of others in every block are written as that multiple.
    """
    bases: dict[tuple[str, tuple[str, ...]], str] = {}
    varying = [(hole, values) for hole, values in columns if len(set(values)) > 1]
    wide = [values for hole, values in varying if hole.role == "c" and hole.owner != "inputs"]
    wide += [values for hole, values in varying if hole.role == "c"]
    multiples: dict[tuple[str, ...], tuple[str, tuple[str, ...]]] = {}  # values -> ("4 * {}", of these values)
    own: list[tuple[str, ...]] = []
    for values in dict.fromkeys(wide):
        ways = ((base, way) for base in own if (way := _multiple(values, base)))
        base, way = next(ways, (values, ""))
        if way:
            multiples[values] = (way, base)
        else:
            own.append(values)
    found: list[Parameter] = []
    for hole, values in varying:
        values = multiples[values][1] if hole.role == "c" and values in multiples else values
        if (hole.role, values) not in bases:
            bases[hole.role, values] = _argument(hole, values, varying, multiples, {p.name for p in found})
            found.append(Parameter(bases[hole.role, values], hole.role, values))
    texts = []
    for hole, values in columns:
        if len(set(values)) == 1:
            texts.append(values[0])
        elif hole.role == "c" and values in multiples:
            way, base = multiples[values]
            texts.append(way.format(bases["c", base]))
        else:
            texts.append(bases[hole.role, values])
    return sorted(found, key=lambda p: p.role != "c"), texts


def _multiple(values: tuple[str, ...], base: tuple[str, ...]) -> str:
    """How ``values`` follow from ``base``: ``4 * {}``, ``{} // 2``; "" where they do not."""
    pairs = [(int(n), int(m)) for n, m in zip(values, base, strict=True)]
    n, m = pairs[0]
    if n % m == 0 and all(a == b * (n // m) for a, b in pairs):
        return f"{n // m} * {{}}"
    if m % n == 0 and all(b == a * (m // n) for a, b in pairs):
        return f"{{}} // {m // n}"
    return ""


def _argument(
    hole: Hole,
    values: tuple[str, ...],
    varying: list[tuple[Hole, tuple[str, ...]]],
    multiples: dict[tuple[str, ...], tuple[str, tuple[str, ...]]],
    taken: set[str],
) -> str:
    """A name for an argument: ``inputs``, ``width``, ``stride``, or the name of the row it belongs to."""
    if hole.role != "c":
        name = hole.role
    else:
        mine = [h.owner for h, v in varying if h.role == "c" and multiples.get(v, ("", v))[1] == values]
        others = {multiples.get(v, ("", v))[1] for h, v in varying if h.role == "c" and h.owner != "inputs"}
        owners = [owner for owner in mine if owner != "inputs"]
        name = "inputs" if not owners else "width" if len(others) == 1 else owners[0]
    name = identifier(name)
    return unique(name, taken)


def unique(name: str, taken: set[str]) -> str:
    """``name``, numbered where it is taken."""
    found, i = name, 2
    while found in taken:
        found, i = f"{name}_{i}" if name[:1].islower() else f"{name}{i}", i + 1
    return found


def identifier(name: str) -> str:
    """``name`` as a Python name."""
    name = re.sub(r"\W+", "_", name).strip("_") or "value"
    return f"n{name}" if name[0].isdigit() else f"{name}_" if keyword.iskeyword(name) else name


def camel(name: str) -> str:
    """``inception_v3`` as a class is named: ``InceptionV3``."""
    words = re.split(r"[\W_]+", name)
    found = "".join(word[:1].upper() + word[1:] for word in words)
    return identifier(found or "Net")


def attribute(name: str) -> bool:
    """Whether a row's name can be written after a dot."""
    return name.isidentifier() and not keyword.iskeyword(name)


def fold(line: str, indent: int, comment: str = "") -> list[str]:
    """``line`` indented; its outermost brackets opened where it is too long, as ruff writes it.

    The comment is left out where it does not fit.
    """
    whole = " " * indent + line
    if len(whole) <= WIDTH:
        noted = f"{whole}  # {comment}"
        return [noted if comment and len(noted) <= WIDTH else whole]
    start, end = _outermost(line)
    if start is None or end is None:
        return [whole]
    parts = split(line[start + 1 : end])
    inner = ", ".join(parts)
    head, tail = whole[: indent + start + 1], " " * indent + line[end:]
    alone = len(parts) == 1 and (" for " in inner or line[start] == "[")
    if len(inner) + indent + 4 <= WIDTH and line[start] == "(" and _called(line, start):
        return [head, " " * (indent + 4) + inner, tail]
    rows = []
    for part in parts:
        rows += fold(part, indent + 4)
        rows[-1] += "" if alone else ","
    return [head, *rows, tail]


def _called(line: str, start: int) -> bool:
    return start > 0 and (line[start - 1].isalnum() or line[start - 1] in "_)]")


def _outermost(line: str) -> tuple[int | None, int | None]:
    """The last pair of brackets that is not inside another one."""
    depth, start, found = 0, None, (None, None)
    for i, char in enumerate(line):
        if char in "([{":
            if depth == 0:
                start = i
            depth += 1
        elif char in ")]}":
            depth -= 1
            if depth == 0:
                found = (start, i)  # type: ignore[assignment]
    return found


def split(words: str) -> list[str]:
    """Arguments at the commas that stand in no brackets."""
    parts, depth, last = [], 0, 0
    for i, char in enumerate(words):
        depth += (char in "([{") - (char in ")]}")
        if char == "," and depth == 0:
            parts.append(words[last:i].strip())
            last = i + 1
    return [part for part in (*parts, words[last:].strip()) if part]
