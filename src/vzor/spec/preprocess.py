"""How a picture becomes a network's input: a record that lives in every checkpoint. No torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from vzor.spec.errors import UserError, did_you_mean

FITS = ("crop", "pad", "stretch")
INTERPOLATIONS = ("bilinear", "bicubic", "nearest")
IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)


@dataclass(frozen=True)
class Preprocess:
    """The one evaluation preprocessing: geometry first, then `(x / full - mean) / std`.

    channels       of the network's input; a grey picture is repeated to 3, a colour one becomes luma for 1
    size           (height, width) of the network's input, in pixels
    fit            "crop": short side to round(size / crop_pct), then the centre is cut out;
                   "pad": smaller pictures are centred on a zero background, larger ones are shrunk to fit;
                   "stretch": resized to `size`, whatever the sides
    mean, std      one number per channel, or one for all, in units of full scale (pixel / 255, or / 65535),
                   in the network's channel order; left out: ImageNet's for 3 channels, else 0.5
    bits           8 or 16: depth of the pictures the network was trained on
    order          "RGB", or "BGR" for weights that want the channels reversed

    Raises UserError for values that cannot be.
    """

    channels: int = 3
    size: tuple[int, int] = (224, 224)
    fit: str = "crop"
    crop_pct: float = 0.875
    interpolation: str = "bilinear"
    mean: tuple[float, ...] = ()
    std: tuple[float, ...] = ()
    bits: int = 8
    order: str = "RGB"

    def __post_init__(self) -> None:
        one_of("fit", self.fit, FITS)
        one_of("interpolation", self.interpolation, INTERPOLATIONS)
        one_of("order", self.order, ("RGB", "BGR"))
        one_of("bits", self.bits, (8, 16))
        if self.channels < 1:
            raise UserError(f"channels is {self.channels}: give 1 or more.")
        if len(self.size) != 2 or min(self.size) < 1:
            raise UserError(f"size is {self.size}: give (height, width), each 1 or more.")
        if not 0 < self.crop_pct <= 1:
            raise UserError(f"crop_pct is {self.crop_pct}: give a fraction above 0, at most 1.")
        rgb = self.channels == 3
        # A frozen dataclass sets its own fields this way.
        object.__setattr__(self, "size", (int(self.size[0]), int(self.size[1])))
        object.__setattr__(self, "mean", self._each("mean", self.mean or (IMAGENET_MEAN if rgb else (0.5,))))
        object.__setattr__(self, "std", self._each("std", self.std or (IMAGENET_STD if rgb else (0.5,))))
        if min(self.std) <= 0:
            raise UserError(f"std is {self.std}: every value must be above 0.")

    def _each(self, name: str, values: tuple[float, ...]) -> tuple[float, ...]:
        """One number per channel, from as many or from one."""
        if len(values) not in (1, self.channels):
            raise UserError(
                f"{name} has {len(values)} values for {self.channels} channels: give {self.channels}, or one for all."
            )
        return tuple(float(v) for v in (values * self.channels if len(values) == 1 else values))

    @property
    def shape(self) -> tuple[int, int, int]:
        """(C, H, W) of the network's input."""
        return (self.channels, *self.size)

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        return {k: list(v) if isinstance(v, tuple) else v for k, v in asdict(self).items()}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Preprocess:
        """The inverse of `to_dict`; an unknown key is a UserError."""
        known = [f.name for f in fields(cls)]
        for key in values:
            if key not in known:
                raise UserError(
                    f"Preprocessing has no field '{key}'.{did_you_mean(key, known)} Its fields are {', '.join(known)}."
                )
        kept: dict[str, Any] = {k: tuple(v) if isinstance(v, list | tuple) else v for k, v in values.items()}
        return cls(**kept)


def one_of(name: str, value: object, options: tuple[Any, ...]) -> None:
    """Refuse a value that is none of `options`."""
    if value not in options:
        raise UserError(f"{name} is {value!r}: give one of {', '.join(map(str, options))}.")
