"""Which form a table has, from its header or, where none is printed, from its shape."""

from __future__ import annotations

from vzor.spec.errors import TableError
from vzor.spec.forms.grid import Line
from vzor.spec.forms.words import KINDS, plain

_COLUMNS = {
    "index": "|#|index|row|idx|i|№|номер",
    "from": "from",
    "n": "n|repeats",
    "params": "params|param|parameters|parameter|#params|#parameters|number of parameters|параметры|параметров|"
    "число параметров",
    "module": "module",
    "arguments": "arguments|args",
    "layer": "layer|layers|layer name|name|слой|слои|имя",
    "value": "value|values|size / filters|значение|параметр",
    "type": "type|layer type|тип|тип слоя",
    "maps": "maps|feature maps|карты|карты признаков|число карт",
    "size": "size|output size|размер",
    "kernel": "kernel|kernel size|размер ядра|ядро",
    "stride": "stride|страйд|шаг|шаг фильтра",
    "padding": "padding|pad|дополнение|заполнение",
    "activation": "activation|activation function|активация|функция активации",
    "filter": "filter|filter size|filter size, stride|filter size / stride|filter size/stride|filter, stride|"
    "размер фильтра, страйд|размер фильтра, шаг|размер фильтра",
    "out_w": "out w|output w",
    "out_h": "out h|output h",
    "out_n": "out n|output n|out c",
}
_WORDS = {word: column for column, words in _COLUMNS.items() for word in words.split("|")}
_ORDERS = {"whn": "WHN", "whc": "WHN", "hwn": "HWN", "hwc": "HWN", "шву": "WHN", "": "WHN"}

KNOWN = (
    "vzor reads 'from n module arguments', 'Convolution 1 | 3x3@16', 'Layer | Filter size, stride | Output W×H×N', "
    "and 'Layer Type Maps Size Kernel Stride Activation'; give the table one of these headers"
)


def columns(line: Line) -> dict[str, int]:
    """column -> its place, for a header; ``output`` also tells the order: ``output:WHN`` or ``output:HWN``."""
    found: dict[str, int] = {}
    for at, cell in enumerate(line.cells):
        word = plain(cell)
        key = _WORDS.get(word) or _output(word)
        if key and key not in found:
            found[key] = at
    return found


def _output(word: str) -> str | None:
    for start in ("output size", "output", "выход", "размер выхода"):
        if word.startswith(start):
            letters = "".join(letter for letter in word[len(start) :] if letter.isalpha())
            # "W×H×N" may be written with the letter x between, Latin or Cyrillic.
            order = letters.replace("x", "").replace("х", "")
            return f"output:{_ORDERS[order]}" if order in _ORDERS else None
    return None


def detect(lines: list[Line]) -> tuple[str, dict[str, int], list[Line]]:
    """(form, columns, lines without the header).  Forms: modules, pairs, outputs, maps."""
    head, wide = lines[0], max(len(line.cells) for line in lines)
    found = columns(head)
    if {"module", "arguments"} <= found.keys():
        return "modules", found, lines[1:]
    if "type" in found and found.keys() & {"maps", "size"}:
        return "maps", found, lines[1:]
    output = found.keys() & {"out_n", "output:WHN", "output:HWN"}
    if {"layer", "filter"} <= found.keys() and output:
        return "outputs", found, lines[1:]
    named = _is_layer(head)
    if wide == 2:
        return "pairs", {"layer": 0, "value": 1}, lines if named else lines[1:]
    if wide == 3 and named:
        return "outputs", {"layer": 0, "filter": 1, "output:WHN": 2}, lines
    raise TableError(f"{head.file}, line {head.number}: the table's form is not known; {KNOWN}")


def _is_layer(line: Line) -> bool:
    """Whether the first cell is a layer, and so no header stands above it."""
    word = plain(line.cells[0].split("+")[0])
    return word in KINDS or word.rstrip("0123456789 ") in KINDS
