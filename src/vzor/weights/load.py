"""Weights of a file into a network: whose names they have, what stays at its beginning, what is adapted.

Names and shapes of both sides are accounted for before a number is copied.  Tensors are handed over and not copied:
what a file maps into memory is the network's memory.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vzor.spec.errors import UserError, did_you_mean
from vzor.spec.row import Shape
from vzor.spec.trace import Trace
from vzor.weights.formats import WeightsFile, darknet
from vzor.weights.formats.file import OURS
from vzor.weights.keys import find, publishers
from vzor.weights.keys.rules import COUNTER, Keys, to_ours
from vzor.zoo.index import ZOO

if TYPE_CHECKING:
    from torch import Tensor, nn

#: Our own names.
IDENTITY = Keys(OURS, ("*",))
#: Publishers whose files tell whose they are by their format.
BY_FORMAT = ("keras", "caffe", "darknet")
RGB = 3


@dataclass(frozen=True)
class Loaded:
    """What was done: whose names the file has, and what became of which tensors.

    left     as they were, as was asked for or for another number of classes
    lacking  as they were, for the publisher does not have them: side heads
    adapted  the first row's, if it was adapted
    """

    publisher: str
    left: tuple[str, ...] = ()
    lacking: tuple[str, ...] = ()
    adapted: str | None = None

    @property
    def rows(self) -> list[str]:
        """The rows whose weights stay as they were."""
        names = (name.rpartition(".")[0].removesuffix(".conv") for name in (*self.left, *self.lacking))
        return list(dict.fromkeys(names))


def load_into(
    net: nn.Module, file: WeightsFile, network: str | None, drop: Sequence[str] = (), anew: bool = False
) -> Loaded:
    """Hand the file's tensors to ``net``, a network of ours called ``network`` (None: the user's own).

    drop  rows that stay as they are: ``("fc",)``
    anew  whether the output row stays as it is, whatever its size

    The output row, and those of side heads, stay as they are where the file is for another number of classes.  The
    first convolution is adapted where the file's reads colours and the network's another number of channels: one
    channel gets the sum of the three, n get them in turn, times 3 / n, so that an input that is the same in all
    channels gives what it gave.  Raises UserError, and leaves the network alone, where a name or a shape is odd.
    """
    now = net.state_dict()
    shapes: dict[str, Shape] = {name: tuple(value.shape) for name, value in now.items()}
    opened: Trace | None = getattr(net, "opened", None)
    if file.publisher == "darknet" and opened is not None:
        file = darknet.named(file, opened)
    keys = suited(candidates(file, network), shapes, file)
    outputs = output_tensors(opened, shapes)
    left = set(dropped(shapes, drop))
    left |= set(outputs) if anew or _other_classes(outputs, keys, shapes, file) else set()
    first = _first(opened, keys, shapes, file)
    if first is not None:
        shapes[first] = (shapes[first][0], RGB, *shapes[first][2:])
    try:
        found = to_ours(keys, shapes, file.tensors, left)
    except UserError as error:
        raise UserError(f"{file.path}: {error}") from None
    if first is not None:
        found[first] = adapted(found[first], tuple(now[first].shape)[1])
    for name, value in found.items():
        if value.dtype != now[name].dtype or value.device != now[name].device:
            found[name] = value.to(now[name])
    net.load_state_dict({name: found.get(name, value) for name, value in now.items()}, strict=True, assign=True)
    lacking = (name for name in now if name not in found and name not in left and not name.endswith(COUNTER))
    return Loaded(keys.publisher, tuple(name for name in now if name in left), tuple(lacking), first)


def classes_in(net: nn.Module, file: WeightsFile, network: str | None) -> int | None:
    """The number of classes that the file is for; None where its output row is not to be told."""
    opened: Trace | None = getattr(net, "opened", None)
    if file.publisher == "darknet" or opened is None:
        return None
    shapes = {name: tuple(value.shape) for name, value in net.state_dict().items()}
    keys = suited(candidates(file, network), shapes, file)
    name = output_tensors(opened, shapes)[-1]
    stored = file.stored.get(keys.names(shapes).get(name, ""))
    return None if stored is None else _classes(keys, name, shapes[name], stored.shape)


def candidates(file: WeightsFile, network: str | None) -> list[Keys]:
    """Whose names the file's may be, for a network of that name."""
    if file.publisher == OURS:
        return [IDENTITY]
    if file.publisher is not None:
        if network not in ZOO:
            raise UserError(
                f"{file.path} has names of {file.publisher}, which are known for vzor's own networks only; build one "
                "of these by name."
            )
        return [find(network, file.publisher)]
    known = publishers(network).values() if network in ZOO else ()
    return [IDENTITY, *(keys for keys in known if keys.publisher not in BY_FORMAT)]


def suited(known: Sequence[Keys], ours: Mapping[str, Shape], file: WeightsFile) -> Keys:
    """Those whose names agree with the file's; where none do, those with the fewest that do not.

    Of those with the same names that whose shapes agree: Cadene's networks have timm's, and a class more.
    """
    odd = [sum(map(len, keys.odd(ours, file.stored))) for keys in known]
    near = [keys for keys, n in zip(known, odd, strict=True) if n == min(odd)]
    return near[0] if len(near) == 1 else min(near, key=lambda keys: _shapes_unlike(keys, ours, file))


def _shapes_unlike(keys: Keys, ours: Mapping[str, Shape], file: WeightsFile) -> int:
    names = keys.names(ours).items()
    held = {name: file.stored[theirs] for name, theirs in names if theirs in file.stored}
    return sum(stored.shape != keys.turn(name).shape(ours[name]) for name, stored in held.items())


def dropped(ours: Iterable[str], rows: Sequence[str]) -> list[str]:
    """The tensors of the rows named.  UserError for a row that has none."""
    names = list(ours)
    found = []
    for row in rows:
        mine = [name for name in names if name.startswith(row + ".")]
        if not mine:
            known = dict.fromkeys(name.rpartition(".")[0].removesuffix(".conv").removesuffix(".bn") for name in names)
            raise UserError(
                f"No row '{row}' with weights can be dropped.{did_you_mean(row, known)} `vzor show` lists the rows."
            )
        found += mine
    return found


def adapted(weight: Tensor, channels: int) -> Tensor:
    """A first convolution's weights (out, 3, …) for another number of input channels."""
    if channels == 1:
        return weight.sum(1, keepdim=True)
    return weight[:, [i % RGB for i in range(channels)]] * (RGB / channels)


def output_tensors(opened: Trace | None, names: Iterable[str]) -> list[str]:
    """Names of the tensors of the last row that has any: of every side head's, and of the output.

    opened  None for a module of the user's own, whose last tensors are taken for its output's
    """
    state = list(names)
    rows = [name.rpartition(".")[0] for name in state]
    if opened is None:
        return [name for name, row in zip(state, rows, strict=True) if row == rows[-1]]
    known = {*rows, *(row.rpartition(".")[0] for row in rows)}
    sides = [node.path for node in opened.root.walk() if node.row.kind == "Side"]
    last: dict[str, str] = {}  # head -> the row's path
    for node in opened.ops:
        if node.leaf and node.path in known:
            last[next((side for side in sides if node.path.startswith(side + ".")), "")] = node.path
    heads = sorted(last.items(), key=lambda item: item[0] == "")
    return [name for _, path in heads for name in state if name.startswith(path + ".")]


def _other_classes(outputs: Sequence[str], keys: Keys, ours: Mapping[str, Shape], file: WeightsFile) -> bool:
    """Whether the file has the output rows for another number of classes, and otherwise of the same shape."""
    names = keys.names(ours)
    held = {name: file.stored.get(names.get(name, "")) for name in outputs}
    found = {name: _classes(keys, name, ours[name], stored.shape) for name, stored in held.items() if stored}
    return None not in found.values() and any(n != ours[name][0] for name, n in found.items())


def _classes(keys: Keys, name: str, ours: Shape, stored: Shape) -> int | None:
    """The number of classes for which a tensor of an output row is stored; None where its shape is another's."""
    turn = keys.turn(name)
    wanted, more = turn.shape(ours), turn.shape((ours[0] + 1, *ours[1:]))
    if len(stored) != len(wanted):
        return None
    others = [i for i, (a, b) in enumerate(zip(stored, wanted, strict=True)) if a != b]
    axis = next(i for i, (a, b) in enumerate(zip(wanted, more, strict=True)) if a != b)
    return None if others and others != [axis] else ours[0] + stored[axis] - wanted[axis]


def _first(opened: Trace | None, keys: Keys, ours: Mapping[str, Shape], file: WeightsFile) -> str | None:
    """The weight of the convolution that reads the input, if the file's reads colours and the network's does not."""
    node = next((node for node in opened.ops if node.leaf and node.row.kind == "Conv"), None) if opened else None
    name = f"{node.path}.conv.weight" if node is not None else ""
    if name not in ours or ours[name][1] == RGB:
        return None
    shape = (ours[name][0], RGB, *ours[name][2:])
    stored = file.stored.get(keys.names(ours).get(name, ""))
    return name if stored is not None and stored.shape == keys.turn(name).shape(shape) else None


def numbers(file: WeightsFile) -> int:
    """How many numbers the file holds, counters of batch normalisation left out."""
    return sum(tensor.count for name, tensor in file.stored.items() if not name.endswith(COUNTER))
