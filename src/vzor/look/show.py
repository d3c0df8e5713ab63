"""Everything that can be looked at, by name: what `vzor look RUN` calls."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vzor.spec.errors import UserError, did_you_mean
from vzor.weights.atomic import write_atomic, write_text

if TYPE_CHECKING:
    from PIL.Image import Image

    from vzor.training.run import Run
    from vzor.weights.checkpoint import Checkpoint


@dataclass(frozen=True)
class Ask:
    """One wish: of which run and checkpoint, where to, and the picture and row it is about."""

    run: Run | None
    checkpoint: Checkpoint | None
    folder: Path
    out: Path | None
    image: Any = None
    row: str | None = None

    def weights(self) -> Checkpoint:
        """The checkpoint. UserError where the run has none yet."""
        if self.checkpoint is None:
            raise UserError(f"{self.folder.parent} has no weights yet; let one epoch of training end first.")
        return self.checkpoint

    def whole(self, what: str) -> Run:
        """The run. UserError for a checkpoint that stands alone."""
        if self.run is None:
            raise UserError(f"A checkpoint alone has no {what}; give the folder of the run that it came from.")
        return self.run

    def to(self, name: str) -> Path:
        """Where a picture of this name goes."""
        return self.out or self.folder / name


def look(
    path: str | os.PathLike[str],
    what: str = "report",
    *,
    image: Any = None,
    row: str | None = None,
    out: str | os.PathLike[str] | None = None,
) -> list[Path]:
    """Make one thing to look at, and return the files that were written.

    path   a run's folder, or a checkpoint
    what   report    the run's page, report.html
           curves    pictures/curves.png, from results.csv
           batch     pictures/batch.png: training pictures as the network saw them (made when training ended)
           filters   pictures/filters.png: the first convolution's, or those of `row`
           features  pictures/features-ROW.png: what `row` (default: the first) makes of `image`
           table     pictures/network.svg and network.md
    out    another file to write to; without a run, pictures go beside the checkpoint
    Raises UserError, one sentence with the remedy.
    """
    if what not in LOOKS:
        raise UserError(f"There is no {what!r} to look at.{did_you_mean(what, LOOKS)} Choose from {', '.join(LOOKS)}.")
    from vzor.look.trained import find

    run, checkpoint = find(path)
    folder = run.pictures if run is not None else Path(path).parent
    return LOOKS[what](Ask(run, checkpoint, folder, Path(out) if out is not None else None, image, row))


def _report(ask: Ask) -> list[Path]:
    from vzor.look.report import write_report

    return [write_report(ask.whole("report").path, ask.out)]


def _curves(ask: Ask) -> list[Path]:
    from vzor.look.curves import draw_curves
    from vzor.look.history import read_results

    run = ask.whole("curves")
    mark = ask.checkpoint.meta.get("epoch") if ask.checkpoint else None
    return [draw_curves(read_results(run.results), ask.to("curves.png"), title=run.path.name, mark=mark)]


def _batch(ask: Ask) -> list[Path]:
    run = ask.whole("batch")
    made = run.pictures / "batch.png"
    if not made.is_file():
        raise UserError(
            f"{run.path} has no pictures/batch.png, which the end of training makes; end it with"
            f" `vzor train --resume {run.path}`."
        )
    if ask.out is None:
        return [made]
    return [write_atomic(ask.out, lambda temporary: temporary.write_bytes(made.read_bytes()))]


def _filters(ask: Ask) -> list[Path]:
    from vzor.look.filters import filter_sheet

    net = _net(ask)
    return [_save(filter_sheet(net, ask.row), ask.to("filters.png"))]


def _features(ask: Ask) -> list[Path]:
    from vzor.look.features import feature_sheet, first_row
    from vzor.look.trained import prepared

    if ask.image is None:
        raise UserError("Features are those of one picture; give it with image=, or --image on the command line.")
    net = _net(ask)
    row = ask.row or first_row(net)
    sheet = feature_sheet(net, prepared(ask.weights(), ask.image), row)
    return [_save(sheet, ask.to(f"features-{row}.png"))]


def _table(ask: Ask) -> list[Path]:
    from vzor.look.trained import tables_of
    from vzor.measure import measure
    from vzor.spec.render import render

    checkpoint = ask.weights()
    found = []
    for name, table in tables_of(checkpoint).items():
        sheet, title = measure(table), str(checkpoint.meta.get("network") or name)
        stem = "network" if len(checkpoint.networks) == 1 else f"network-{name}"
        for form, suffix in (("svg", ".svg"), ("markdown", ".md")):
            place = ask.out.with_suffix(suffix) if ask.out else ask.folder / f"{stem}{suffix}"
            found.append(write_text(place, render(sheet, form, title=title)))
    if not found:
        raise UserError(f"{checkpoint.path} holds no table: its networks were modules of their own.")
    return found


def _net(ask: Ask) -> Any:
    from vzor.look.trained import nets_of

    return next(iter(nets_of(ask.weights()).values()))


def _save(picture: Image, path: Path) -> Path:
    if path.suffix.lower() != ".png":
        raise UserError(f"{path} does not end in .png; give --out a name that does.")
    return write_atomic(path, lambda temporary: picture.save(temporary, "PNG"))


LOOKS: dict[str, Callable[[Ask], list[Path]]] = {
    "report": _report,
    "curves": _curves,
    "batch": _batch,
    "filters": _filters,
    "features": _features,
    "table": _table,
}
