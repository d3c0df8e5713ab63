"""Numbers and rows as people read them; what all tables on a page or a screen share."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple

from vzor.spec.row import Shape, text
from vzor.spec.sheet import Field, Line, Sheet

HEADS = ("name", "row", "output", "params", "mult-adds", "memory", "field")
#: Which of them are numbers, and stand to the right.
RIGHT = (False, False, False, True, True, True, True)
SIDE = "†"
SIDE_NOTE = f"{SIDE} runs in training only; not in the totals"
FIELD_NOTE = "field: receptive field in input cells / its step; all: the whole input"


def grouped(number: int) -> str:
    """``1,234,567``."""
    return f"{number:,}"


def human(number: int, unit: str = "") -> str:
    """Three digits that matter: ``4.09 G``, ``86.7 M``, ``512``; with ``unit="B"``, ``12.8 MB``."""
    for prefix, size in (("T", 10**12), ("G", 10**9), ("M", 10**6), ("K", 10**3)):
        if number >= size:
            value = number / size
            digits = 2 if value < 9.995 else 1 if value < 99.95 else 0
            return f"{value:.{digits}f} {prefix}{unit}"
    return f"{number} {unit}" if unit else str(number)


def megabytes(count: int) -> str:
    """``102.23 MB``, of 10^6 bytes."""
    return f"{count / 1e6:,.2f} MB"


def shapes(values: Sequence[Shape]) -> str:
    """``64×56×56``; equal ones counted, ``2 of 32×56×56``; different ones listed."""
    if len(values) > 1 and len(set(values)) == 1:
        return f"{len(values)} of {text(values[0])}"
    return ", ".join(map(text, values))


def plain(values: Sequence[int | Fraction]) -> str:
    """One number where all axes agree, else ``3×7``."""
    return "×".join(map(str, values if len(set(values)) > 1 else values[:1]))


def field(seen: Field | None) -> str:
    """``195 /16``: size and step of the receptive field."""
    if seen is None or not seen.size:
        return ""
    return "all" if seen.whole else f"{plain(seen.size)} /{plain(seen.stride)}"


def named(line: Line) -> str:
    """The row's name, with the paper's where it differs."""
    label = f" ({line.label})" if line.label and line.label != line.name else ""
    return line.name + label


def inside(path: str) -> str:
    """The path of the row around ``path``."""
    return path.rpartition(".")[0]


def nearby(ref: str, line: Line) -> str:
    """A path as ``line`` can write it: short within its own table."""
    around = inside(line.path) + "."
    return ref[len(around) :] if ref.startswith(around) else ref


def described(line: Line) -> str:
    """Kind, settings and what a From reads: ``Concat ← up1, layer3``."""
    words = f"{line.kind} {line.detail}".rstrip()
    return words if line.reads is None else f"{words} ← {', '.join(nearby(ref, line) for ref in line.reads)}"


def visible(sheet: Sheet, depth: int | None) -> list[Line]:
    """The lines down to ``depth``; further uses of shared weights once only."""
    found = {}
    for line in sheet.lines:
        if (depth is None or line.depth <= depth) and line.path not in found:
            found[line.path] = line
    return list(found.values())


def only_training(line: Line) -> bool:
    return line.side or line.kind == "Side"


def cells(line: Line) -> tuple[str, ...]:
    """The cells of HEADS for one line, without indentation."""
    return (
        named(line) + (f" {SIDE}" if only_training(line) else ""),
        described(line),
        shapes(line.outs),
        grouped(line.params) if line.params else "0",
        human(line.macs),
        human(line.memory, "B"),
        field(line.field),
    )


class Total(NamedTuple):
    """One figure of the whole table."""

    key: str
    label: str
    value: int
    shown: str
    note: str


def totals(sheet: Sheet) -> list[Total]:
    """The figures of the whole table in the order of reading."""
    found = [
        Total("parameters", "parameters", sheet.parameters, grouped(sheet.parameters), ""),
        Total("trainable", "trainable", sheet.trainable, grouped(sheet.trainable), "without frozen ones"),
        Total("buffers", "buffers", sheet.buffers, grouped(sheet.buffers), "running means and variances, fixed codes"),
        Total("keras_total", "Keras-style total", sheet.keras_total, grouped(sheet.keras_total), "with buffers"),
        Total("aux", "auxiliary heads", sheet.aux, grouped(sheet.aux), "in training only, not counted above"),
        Total("macs", "mult-adds", sheet.macs, human(sheet.macs), grouped(sheet.macs)),
        Total("flops", "FLOPs", sheet.flops, human(sheet.flops), "two per mult-add"),
        Total("bytes", "weights", sheet.bytes, megabytes(sheet.bytes), "32-bit"),
        Total(
            "memory_inference",
            "memory, inference",
            sheet.memory_inference,
            megabytes(sheet.memory_inference),
            "activations of one sample: most alive at once",
        ),
        Total(
            "memory_training",
            "memory, training",
            sheet.memory_training,
            megabytes(sheet.memory_training),
            "activations of one sample: all that the backward pass needs",
        ),
        Total("layers", "leaf layers", sheet.layers, grouped(sheet.layers), "rows that are no blocks"),
        Total(
            "weight_layers",
            "weight layers",
            sheet.weight_layers,
            grouped(sheet.weight_layers),
            "of them convolutions and fully connected",
        ),
        Total("longest_path", "longest path", sheet.longest_path, grouped(sheet.longest_path), "leaf layers and joins"),
    ]
    return [total for total in found if total.value or total.key != "aux"]


def whole_field(sheet: Sheet) -> tuple[str, str]:
    """The network's receptive field, and its step and beginning, in words."""
    seen = sheet.field
    if seen is None or not seen.size:
        return "-", ""
    if seen.whole:
        return "whole input", ""
    return plain(seen.size), f"step {plain(seen.stride)}, from {plain(seen.offset)}"


def heading(sheet: Sheet, title: str) -> str:
    """``vgg16: 3×224×224 → 1000``."""
    sizes = f"{text(sheet.input)} → {text(sheet.output)}"
    return f"{title}: {sizes}" if title else sizes
