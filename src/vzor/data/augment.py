"""Augmentation: what may be done to a training picture, chosen by input size and classes, and doing it.

Every random number comes from the caller as `draws` in [0, 1), a function of (seed, epoch, sample index); the
global generators are never touched. Kernels are torch's, whole batches at a time; every step is elementwise
or per picture, so that results do not depend on threads, workers or batch mates.
"""

from __future__ import annotations

import math
import random
import re
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import torch
from torch.nn.functional import grid_sample, interpolate

from vzor.data.pixels import fit_image, full_scale, resize, to_channels
from vzor.data.samples import Data, Pixels, Sample
from vzor.spec.errors import UserError
from vzor.spec.preprocess import Preprocess, one_of

LEVELS = ("auto", "none", "light", "strong")
LARGE = 96  # pixels of the input's short side from which pictures are cropped, not just moved
SPARE = 1.25  # how much larger than the input's short side a picture is kept for cropping
DRAWS = 16
SIDES = re.compile(r"(left|right)(wards?)?|(в|на|с)?(лев|прав)(о|а|ый|ая|ое|ые|ой|ого)")
Images = np.ndarray | Sequence[np.ndarray]


@dataclass(frozen=True)
class Augment:
    """One policy. All fields at their defaults do nothing but the evaluation's geometry.

    shift    up to this share of the side, each way          turn    up to this many degrees, each way
    scale    range of enlargement, drawn evenly in its logarithm
    crop     range of the share of the area that is cut out (ratio 3/4 to 4/3) and resized to the input;
             None: the picture is fitted as for evaluation, then moved
    mirror   left-right, for half of the pictures              why: the reason for mirroring or not
    colour   brightness, contrast and saturation by up to this share; 3 channels only
    erase    probability that a rectangle of 2 to 20 % of the area is blanked with the mean colour
    """

    pre: Preprocess
    level: str = "none"
    shift: float = 0.0
    turn: float = 0.0
    scale: tuple[float, float] = (1.0, 1.0)
    crop: tuple[float, float] | None = None
    mirror: bool = False
    why: str = ""
    colour: float = 0.0
    erase: float = 0.0

    draws = DRAWS  # numbers that `apply` takes per picture

    @property
    def short(self) -> int:
        """Pixels of the short side that a picture to be cropped is kept at."""
        return math.ceil(SPARE * min(self.pre.size))

    def staged_shape(self, size: tuple[int, ...]) -> tuple[int, int, int]:
        """(height, width, channels) that `stage` gives for a picture of `size`."""
        if self.crop is None:
            return (*self.pre.size, self.pre.channels)
        factor = min(1.0, self.short / min(size[0], size[1]))
        return (max(1, round(size[0] * factor)), max(1, round(size[1] * factor)), self.pre.channels)

    def stage(self, pixels: Pixels | np.ndarray) -> np.ndarray:
        """The HWC picture that `apply` starts from, the same in every epoch, and so what a cache keeps.

        Fitted to the input as for evaluation; or, before cropping, only shrunk to `short`.
        """
        short = None if self.crop is None else self.short
        image = pixels if isinstance(pixels, np.ndarray) else pixels.load(short=short)
        image = to_channels(image, self.pre.channels)
        if self.crop is None:
            return fit_image(image, self.pre)
        height, width, _ = self.staged_shape(image.shape)
        return resize(image, (height, width), self.pre.interpolation)

    def __call__(self, sample: Sample, rng: np.random.Generator) -> Sample:
        """A sample whose image (Pixels or HWC) becomes a CHW tensor of `pre.size`, drawn from `rng`."""
        draws = rng.random((1, self.draws))
        return {**sample, "image": self.apply([self.stage(sample["image"])], draws)[0]}

    def mirrored(self, draws: np.ndarray) -> np.ndarray:
        """(N,) bool: which pictures are mirrored, for the fields that turn with them."""
        return (draws[:, 0] < 0.5) & self.mirror

    def apply(self, images: Images, draws: np.ndarray) -> torch.Tensor:
        """Staged HWC pictures, draws (N, DRAWS) in [0, 1) -> NCHW of `pre.size`.

        8-bit pictures stay uint8; 16-bit ones become float32 in 0..1.
        """
        if self.crop is not None:
            batch = torch.stack(
                [cut_out(as_tensor(i[None])[0], d, self.crop, self.pre) for i, d in zip(images, draws, strict=True)]
            )
        else:
            batch = as_tensor(images if isinstance(images, np.ndarray) else np.stack(images))
        mirrored = self.mirrored(draws)
        moves = self.shift or self.turn or self.scale != (1.0, 1.0)
        if not moves and mirrored.any():
            where = torch.from_numpy(mirrored)
            batch = torch.where(where[:, None, None, None], batch.flip(3), batch)
        colours = self.colour > 0 and batch.shape[1] == 3
        if not moves and not colours and not self.erase:
            return batch
        # In pieces that stay in the processor's cache.
        piece = max(1, (1 << 18) // max(1, batch[0].numel()))
        return torch.cat(
            [
                self._pixels(batch[i : i + piece], draws[i : i + piece], mirrored[i : i + piece])
                for i in range(0, len(batch), piece)
            ]
        )

    def _pixels(self, batch: torch.Tensor, draws: np.ndarray, mirrored: np.ndarray) -> torch.Tensor:
        """Movement, colour and erasing of a few pictures, in float32."""
        eight = batch.dtype == torch.uint8
        x = batch.float()
        if self.shift or self.turn or self.scale != (1.0, 1.0):
            x = moved(x, self.matrices(draws, mirrored), "zeros" if self.pre.fit == "pad" else "border")
        if self.colour > 0 and x.shape[1] == 3:
            x = recoloured(
                x,
                torch.from_numpy(1 + self.colour * (2 * draws[:, 8:11] - 1)).float(),
                255.0 if eight else 1.0,
            )
        if self.erase:
            mean = torch.tensor(self.pre.mean[::-1] if self.pre.order == "BGR" else self.pre.mean)
            x = erased(x, draws[:, 11:16], self.erase, mean * (255.0 if eight else 1.0))
        return x.round_().clamp_(0, 255).to(torch.uint8) if eight else x

    def matrices(self, draws: np.ndarray, mirrored: np.ndarray) -> torch.Tensor:
        """(N, 2, 3) from output to source coordinates, in pixels from the centre."""
        height, width = self.pre.size
        angle = np.radians(self.turn) * (2 * draws[:, 1] - 1)
        low, high = (math.log(s) for s in self.scale)
        zoom = np.exp(-(low + (high - low) * draws[:, 2]))
        dx, dy = (self.shift * n * (2 * draws[:, k] - 1) for n, k in ((width, 3), (height, 4)))
        sign = np.where(mirrored, -1.0, 1.0)
        cos, sin = np.cos(angle) * zoom, np.sin(angle) * zoom
        rows = np.stack([np.stack([cos * sign, -sin, dx], 1), np.stack([sin * sign, cos, dy], 1)], 1)
        return torch.from_numpy(rows).float()

    def describe(self) -> str:
        """What is done, in one line."""
        words = []
        if self.crop:
            words.append(f"random crops of {self.crop[0]:.0%} to {self.crop[1]:.0%} of the area")
        if self.shift:
            words.append(f"shift up to {self.shift:.0%}")
        if self.turn:
            words.append(f"turn up to {self.turn:g}°")
        if self.scale != (1.0, 1.0):
            words.append(f"scale {self.scale[0]:g} to {self.scale[1]:g}")
        if self.colour and self.pre.channels == 3:
            words.append(f"colour ±{self.colour:.0%}")
        if self.erase:
            words.append(f"erasing of {self.erase:.0%}")
        if self.level != "none":
            words.append(("mirroring" if self.mirror else "no mirroring") + (f" ({self.why})" if self.why else ""))
        return f"{self.level}: {', '.join(words)}" if words else "none"

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for the run's record."""
        return {k: v for k, v in asdict(self).items() if k != "pre"}


def plan(pre: Preprocess, data: Data, level: str = "auto", mirror: bool | None = None) -> Augment:
    """The policy for this input and these classes.

    Inputs under 96 pixels are moved (light: shift 10 %, turn 10°, scale 0.9 to 1.1), larger ones cropped at
    random (light: 35 to 100 % of the area). Colour pictures get mild colour changes. "strong" does more and
    erases; "auto" is light; "none" is evaluation's geometry. `mirror` None: yes, unless classes are single
    letters or numbers or speak of left and right; True and False force it.
    """
    one_of("augment", level, LEVELS)
    if level == "none":
        return Augment(pre, mirror=bool(mirror), why="asked for" if mirror else "")
    allowed, why = mirror_decision(data.classes)
    strong = level == "strong"
    policy = Augment(
        pre,
        "strong" if strong else "light",
        mirror=allowed if mirror is None else mirror,
        why=why if mirror is None else "asked for",
        colour=(0.4 if strong else 0.2) if pre.channels == 3 else 0.0,
        erase=0.25 if strong else 0.0,
    )
    if min(pre.size) >= LARGE:
        return replace(policy, crop=(0.2 if strong else 0.35, 1.0))
    return replace(
        policy,
        shift=0.15 if strong else 0.1,
        turn=15.0 if strong else 10.0,
        scale=(0.8, 1.25) if strong else (0.9, 1.1),
    )


def mirror_decision(classes: Sequence[str]) -> tuple[bool, str]:
    """Whether a mirrored picture still belongs to its class, and why (not)."""
    words = {c: words_of(c) for c in classes}
    whole = set(words.values())
    for c, parts in words.items():
        pair = tuple("r" if w == "l" else w for w in parts)  # hand_l and hand_r
        if any(SIDES.fullmatch(w) for w in parts) or (pair != parts and pair in whole):
            return False, f"class '{c}' speaks of left and right"
    if classes and all(len(c.strip()) == 1 or c.strip().isdigit() for c in classes):
        return False, "classes are single letters or numbers"
    return True, ""


def words_of(name: str) -> tuple[str, ...]:
    """The words of a class name, in lower case: turnLeft and turn_left are both turn, left."""
    return tuple(w.lower() for w in re.split(r"[\W_]+|(?<=[a-zа-яё])(?=[A-ZА-ЯЁ])", name) if w)


def as_tensor(images: np.ndarray) -> torch.Tensor:
    """NHWC array -> NCHW tensor, strides as they fall (a view for 8 bits); 16 bits become float32 in 0..1."""
    if images.dtype != np.uint8:
        images = images.astype(np.float32) / np.float32(full_scale(images))
    if not images.flags.writeable:  # torch wants to be able to write, though nobody does
        images = images.copy()
    if images.shape[3] == 1:  # in the ordinary layout, or torch would take it for channels-last
        return torch.from_numpy(images[..., 0])[:, None]
    return torch.from_numpy(images).permute(0, 3, 1, 2)


def cut_out(image: torch.Tensor, draws: np.ndarray, share: tuple[float, float], pre: Preprocess) -> torch.Tensor:
    """A random rectangle of a CHW picture, resized with antialiasing to `pre.size` (RandomResizedCrop)."""
    height, width = image.shape[1:]
    area = height * width * (share[0] + (share[1] - share[0]) * draws[1])
    ratio = math.exp(math.log(3 / 4) + 2 * math.log(4 / 3) * draws[2]) * pre.size[1] / pre.size[0]
    # Where the shape does not fit, the side that sticks out is cut, so every draw gives a crop.
    w = min(width, max(1, round(math.sqrt(area * ratio))))
    h = min(height, max(1, round(math.sqrt(area / ratio))))
    top, left = int(draws[3] * (height - h + 1)), int(draws[4] * (width - w + 1))
    part = image[None, :, top : top + h, left : left + w]
    if pre.interpolation == "nearest":
        return interpolate(part, pre.size, mode="nearest-exact")[0]
    out = interpolate(part, pre.size, mode=pre.interpolation, antialias=True, align_corners=False)[0]
    return out if out.dtype == torch.uint8 else out.clamp_(0, 1)


def moved(x: torch.Tensor, matrices: torch.Tensor, outside: str) -> torch.Tensor:
    """NCHW float under (N, 2, 3) maps, bilinear; `outside`: "zeros" or "border"."""
    height, width = x.shape[2:]
    px = torch.arange(width, dtype=torch.float32)[None, None, :] + (0.5 - width / 2)
    py = torch.arange(height, dtype=torch.float32)[None, :, None] + (0.5 - height / 2)
    m = matrices[:, :, :, None, None]
    grid = torch.stack(
        [
            (m[:, 0, 0] * px + m[:, 0, 1] * py + m[:, 0, 2]) * (2 / width),
            (m[:, 1, 0] * px + m[:, 1, 1] * py + m[:, 1, 2]) * (2 / height),
        ],
        dim=-1,
    )
    return grid_sample(x, grid, mode="bilinear", padding_mode=outside, align_corners=False)


def recoloured(x: torch.Tensor, factors: torch.Tensor, full: float) -> torch.Tensor:
    """N3HW with brightness, contrast and saturation multiplied by factors (N, 3)."""
    bright, contrast, saturation = (factors[:, k, None, None, None] for k in range(3))
    grey = (0.299 * x[:, 0] + 0.587 * x[:, 1] + 0.114 * x[:, 2])[:, None]
    # Picture by picture: a sum over several could be cut up differently by other numbers of threads.
    pivot = torch.tensor([float(g.double().numpy().mean()) for g in grey])[:, None, None, None]
    x = grey + (x - grey) * saturation
    return (((x - pivot) * contrast + pivot) * bright).clamp_(0, full)


def erased(x: torch.Tensor, draws: np.ndarray, probability: float, colour: torch.Tensor) -> torch.Tensor:
    """NCHW with a rectangle blanked in a share of the pictures; draws (N, 5)."""
    height, width = x.shape[2:]
    for i in np.flatnonzero(draws[:, 0] < probability):
        area = height * width * (0.02 + 0.18 * draws[i, 1])
        ratio = math.exp(math.log(0.4) + 2 * math.log(2.5) * draws[i, 2])
        h = min(height, max(1, round(math.sqrt(area / ratio))))
        w = min(width, max(1, round(math.sqrt(area * ratio))))
        top, left = int(draws[i, 3] * (height - h + 1)), int(draws[i, 4] * (width - w + 1))
        x[i, :, top : top + h, left : left + w] = colour[:, None, None]
    return x


@dataclass(frozen=True)
class Custom:
    """A user's own transform, picture to picture (torchvision v2 or any callable), in place of a policy.

    It gets the picture as a uint8 CHW tensor (16 bits: float32 in 0..1) of its own size and may return a
    tensor, an HWC array or a PIL image; another size than the input's is fitted as for evaluation. torch's,
    Python's and NumPy's global generators are seeded from the sample's own draw around it, and put back.
    """

    transform: Callable[[Any], Any]
    pre: Preprocess

    def __call__(self, sample: Sample, rng: np.random.Generator) -> Sample:
        """The sample with its image transformed: a CHW tensor of `pre.size`."""
        image = sample["image"] if isinstance(sample["image"], np.ndarray) else sample["image"].load()
        tensor = as_tensor(np.ascontiguousarray(to_channels(image, self.pre.channels))[None])[0]
        seed = int(rng.integers(1 << 32))
        python, numpy = random.getstate(), np.random.get_state()
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            random.seed(seed)
            np.random.seed(seed)
            try:
                result = self.transform(tensor)
            finally:
                random.setstate(python)
                np.random.set_state(numpy)
        return {**sample, "image": self.fitted(result)}

    def fitted(self, result: Any) -> torch.Tensor:
        """What the transform returned, as a CHW tensor of the input's size."""
        if not isinstance(result, torch.Tensor):
            array = np.asarray(result)
            result = as_tensor((array[:, :, None] if array.ndim == 2 else array)[None])[0]
        if result.ndim != 3:
            raise UserError(
                f"The augmentation returned a tensor of shape {tuple(result.shape)}: return a picture, "
                "(channels, height, width)."
            )
        if tuple(result.shape) == self.pre.shape:
            return result.as_subclass(torch.Tensor)
        array = np.ascontiguousarray(result.permute(1, 2, 0).numpy())
        return as_tensor(np.ascontiguousarray(fit_image(to_channels(array, self.pre.channels), self.pre))[None])[0]
