"""The kinds of thing a sample holds. Each kind owns its collation, geometry, mixing, words and csv form.

No torch: `loader` turns the arrays that `collate` gives into tensors. A new kind is one class here (or in a
user's own file: nothing looks kinds up by name).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from vzor.spec.errors import UserError, did_you_mean


@dataclass(frozen=True)
class Field:
    """Base of all kinds; as it stands, something that is carried along as it is."""

    mixable = False  # whether mixup and cutmix may blend it

    def collate(self, values: Sequence[Any]) -> Any:
        """The batch's form of several samples' values: an array, or a list."""
        return list(values)

    def flip(self, value: Any) -> Any:
        """The value after the picture was mirrored left to right."""
        return value

    def mix(self, value: Any, other: Any, share: Any) -> Any:
        """`share` of the batch `value` and the rest of `other`; for mixable kinds only."""
        raise NotImplementedError(f"{type(self).__name__} is not mixable")

    def caption(self, value: Any, classes: Sequence[str] = ()) -> str:
        """A few words for under the picture; "" for nothing."""
        return ""

    def to_csv(self, value: Any, classes: Sequence[str] = ()) -> str:
        """The value as one csv cell."""
        return str(value)

    def from_csv(self, text: str, classes: Sequence[str] = ()) -> Any:
        """The inverse of `to_csv`."""
        return text


@dataclass(frozen=True)
class Image(Field):
    """A picture: HWC in memory, CHW once it is on its way to the network; in csv a path."""

    mixable = True

    def collate(self, values: Sequence[np.ndarray]) -> np.ndarray:
        """(N, ...) of pictures of one size and type."""
        return np.stack(values)

    def flip(self, value: np.ndarray) -> np.ndarray:
        """HWC mirrored."""
        return value[:, ::-1]

    def mix(self, value: np.ndarray, other: np.ndarray, share: Any) -> np.ndarray:
        """Blended pixels; 8-bit pictures stay 8-bit, rounded."""
        out = value.astype(np.float32) * share + other.astype(np.float32) * (1 - share)
        return np.rint(out).astype(value.dtype) if value.dtype.kind == "u" else out


@dataclass(frozen=True)
class Label(Field):
    """A class: its number in memory, its name in csv and under a picture."""

    mixable = True

    def collate(self, values: Sequence[int]) -> np.ndarray:
        """(N,) int64."""
        return np.asarray(values, np.int64).reshape(len(values))

    def mix(self, value: np.ndarray, other: np.ndarray, share: Any) -> np.ndarray:
        """Blended one-hot rows, (N, classes)."""
        return value * share + other * (1 - share)

    def caption(self, value: int, classes: Sequence[str] = ()) -> str:
        """The class's name; its number where names are not given."""
        return classes[value] if 0 <= value < len(classes) else str(value)

    def to_csv(self, value: int, classes: Sequence[str] = ()) -> str:
        """The class's name."""
        return self.caption(value, classes)

    def from_csv(self, text: str, classes: Sequence[str] = ()) -> int:
        """The number of the class of this name. Raises UserError for a name that is not a class."""
        if text not in classes:
            raise UserError(
                f"There is no class '{text}'.{did_you_mean(text, classes)} Give one of {', '.join(classes)}."
            )
        return list(classes).index(text)


@dataclass(frozen=True)
class Meta(Field):
    """Anything that only travels along (an id, a path, the size before preprocessing)."""

    def caption(self, value: Any, classes: Sequence[str] = ()) -> str:
        """The value itself, as text."""
        return str(value)
