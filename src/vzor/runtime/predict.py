"""The one predictor: pictures from anywhere, the evaluation preprocessing, batches, typed results."""

from __future__ import annotations

import inspect
import json
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from vzor.data.fields import Image as ImageField
from vzor.data.pixels import prepare
from vzor.runtime.sources import AS_EVER, Item, Shares, gather
from vzor.spec.errors import UserError, did_you_mean
from vzor.spec.preprocess import Preprocess

if TYPE_CHECKING:
    from PIL.Image import Image
    from torch import nn

    from vzor.training.task import Task

MOST = 64  # pictures in a batch; more gains nothing on any machine tried
ROOM = 64 << 20  # bytes of prepared pictures in one batch


@dataclass(frozen=True, eq=False, repr=False)
class Prediction:
    """What a network says about one picture.

    `value` is the task's own typed result (NumPy, no torch); its attributes can be asked here, too:
    `prediction.label` is `prediction.value.label`.  `source` is the picture's file, or its name.
    """

    source: str
    value: Any
    item: Item = field(repr=False)
    draw: Callable[[Mapping[str, Any], Any], Image] | None = field(default=None, repr=False)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or name == "value":
            raise AttributeError(name)
        return getattr(self.value, name)

    def __repr__(self) -> str:
        said = (
            f"{key} {value:.4g}" if isinstance(value, float) else str(value)
            for key, value in self.to_dict().items()
            if key != "source" and isinstance(value, str | int | float)
        )
        return f"<{self.source}: {', '.join(said)}>"

    def to_dict(self) -> dict[str, Any]:
        """Plain values: `source`, and what the result itself gives."""
        own = self.value.to_dict() if hasattr(self.value, "to_dict") else {"value": str(self.value)}
        return {"source": self.source} | {key: value for key, value in own.items() if key != "id"}

    def json(self) -> str:
        """`to_dict` as JSON text."""
        return json.dumps(self.to_dict(), ensure_ascii=False)

    def picture(self) -> Image:
        """The picture with the result drawn on it.  UserError where the task draws nothing."""
        if self.draw is None:
            raise UserError("This task draws no pictures; give its Task a function draw=.")
        return self.draw({**self.item.sample, "image": self.item.pixels.load(), "id": self.source}, self.value)

    def save(self, folder: str | os.PathLike[str]) -> Path:
        """Write `picture()` into a folder as PNG, named after the source, numbered where the name is taken."""
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        stem = re.sub(r"[^\w.-]+", "-", Path(self.source).stem if "[" not in self.source else self.source).strip("-.")
        path, number = folder / f"{stem or 'picture'}.png", 1
        while path.exists():
            number += 1
            path = folder / f"{stem or 'picture'}-{number}.png"
        self.picture().save(path)
        return path

    def _repr_png_(self) -> bytes | None:
        if self.draw is None:
            return None
        from io import BytesIO

        out = BytesIO()
        self.picture().save(out, "PNG")
        return out.getvalue()


class Predictions(list[Prediction]):
    """Predictions in the order of the sources.  `problems`: (name, reason) of pictures that could not be used."""

    def __init__(self, found: Sequence[Prediction] = (), problems: Sequence[tuple[str, str]] = ()) -> None:
        super().__init__(found)
        self.problems = list(problems)

    def json(self) -> str:
        """All of them as one JSON list."""
        return json.dumps([one.to_dict() for one in self], ensure_ascii=False, indent=1)

    def save(self, folder: str | os.PathLike[str]) -> list[Path]:
        """Write every picture into a folder; the paths."""
        return [one.save(folder) for one in self]


class Predictor:
    """Networks of a task, ready to predict: copies in evaluation mode with batch normalisation folded.

    nets        {"net": module}; they stay as they are
    classes     names, in the order of the outputs
    pre         the preprocessing that the networks were trained with: the only one used
    device      auto, cpu, cuda:0, mps
    precision   fp32, or bf16 to compute under autocast where the chip has it
    shares      how data sets were split for training, so that their test part is the same
    """

    def __init__(
        self,
        nets: Mapping[str, nn.Module],
        task: Task,
        classes: Sequence[str],
        pre: Preprocess,
        device: str = "auto",
        precision: str = "fp32",
        shares: Shares = AS_EVER,
    ) -> None:
        from vzor.nn.fold import fold
        from vzor.training.speed import has_bf16, pick_device

        self.task, self.classes, self.pre, self.shares = task, list(classes), pre, shares
        self.device = pick_device(device)
        self.precision = precision if precision != "bf16" or has_bf16(self.device) else "fp32"
        self.nets = {name: fold(net).to(self.device) for name, net in nets.items()}
        for net in self.nets.values():
            net.requires_grad_(False)
        self.image = next((n for n, f in task.fields.items() if isinstance(f, ImageField)), "image")

    def __call__(
        self,
        source: Any,
        *,
        batch: int | None = None,
        progress: Callable[[int, int], object] | None = None,
        **options: Any,
    ) -> Predictions:
        """Predict on every picture of `source` (see `vzor.runtime.sources.gather`).

        batch     pictures at a time; None: by their size
        progress  called with (pictures done, of how many)
        options   for the task's `decode`

        Pictures that cannot be read are left out and named in `.problems`.  UserError where none can.
        """
        self._check(options)
        if batch is not None and batch < 1:
            raise UserError(f"batch is {batch}; give 1 or more.")
        items = gather(source, self.pre.channels, classes=self.classes, shares=self.shares)
        size = batch or max(1, min(MOST, ROOM // (4 * int(np.prod(self.pre.shape)))))
        found: list[Prediction] = []
        problems: list[tuple[str, str]] = []
        done = 0
        for part, arrays in self._prepared(items, size):
            good = [(item, x) for item, x in zip(part, arrays, strict=True) if isinstance(x, np.ndarray)]
            problems += [(item.name, x) for item, x in zip(part, arrays, strict=True) if isinstance(x, str)]
            if good:
                values = self.run(np.stack([x for _, x in good]), [item.name for item, _ in good], **options)
                found += [
                    Prediction(item.name, value, item, self.task.draw)
                    for (item, _), value in zip(good, values, strict=True)
                ]
            done += len(part)
            if progress is not None:
                progress(done, len(items))
        if not found:
            name, reason = problems[0]
            more = f" (and {len(problems) - 1} more pictures)" if len(problems) > 1 else ""
            remedy = "" if reason.endswith(".") else ". Give pictures that can be read."  # some reasons bring their own
            raise UserError(f"{name}{more} cannot be used: {reason}{remedy}")
        return Predictions(found, problems)

    def run(self, images: np.ndarray, ids: Sequence[str] = (), **options: Any) -> list[Any]:
        """Results for prepared pictures, (N, C, H, W) float32."""
        import torch

        from vzor.training.feed import map_tensors

        x = torch.from_numpy(np.ascontiguousarray(images)).to(self.device)
        batch: dict[str, Any] = {self.image: x, "id": list(ids) or [""] * len(images)}
        try:
            with (
                torch.inference_mode(),
                torch.autocast(self.device.type, torch.bfloat16, enabled=self.precision == "bf16"),
            ):
                raw = self.task.forward(self.nets, batch)
        except torch.OutOfMemoryError:
            raise UserError(
                f"The device's memory does not hold a batch of {len(images)}; give a smaller batch."
            ) from None
        arrays = map_tensors(raw, lambda t: (t.float() if t.is_floating_point() else t).cpu().numpy())
        return self.task.decode(arrays, {"classes": self.classes, "id": batch["id"]}, **options)

    def _prepared(self, items: Sequence[Item], size: int) -> Iterator[tuple[Sequence[Item], list[np.ndarray | str]]]:
        """Batches of prepared pictures, or of reasons; the next one is decoded while the network is at work."""
        parts = [items[i : i + size] for i in range(0, len(items), size)]
        with ThreadPoolExecutor(min(8, os.cpu_count() or 1)) as pool:

            def begin(part: Sequence[Item]) -> list[Future[np.ndarray | str]]:
                return [pool.submit(self._one, item) for item in part]

            ahead = begin(parts[0])
            try:
                for i, part in enumerate(parts):
                    arrays = [future.result() for future in ahead]
                    ahead = begin(parts[i + 1]) if i + 1 < len(parts) else []
                    yield part, arrays
            finally:
                pool.shutdown(wait=True, cancel_futures=True)

    def _one(self, item: Item) -> np.ndarray | str:
        """A picture through the evaluation preprocessing, or why it cannot be used."""
        try:
            return prepare(item.pixels.load(), self.pre)
        except UserError as error:
            return str(getattr(error, "reason", error))
        except MemoryError:
            return "it does not fit into memory"

    def _check(self, options: Mapping[str, Any]) -> None:
        parameters = inspect.signature(self.task.decode).parameters.values()
        if any(p.kind is p.VAR_KEYWORD for p in parameters):
            return
        known = [p.name for p in list(parameters)[2:]]
        for name in options:
            if name not in known:
                raise UserError(
                    f"Task {self.task.name} has no option '{name}' for prediction.{did_you_mean(name, known)}"
                    f" It has {', '.join(known) or 'none'}."
                )
