"""A run's folder: runs/<task>/<name>/ with its settings, results, events, weights and resume state."""

from __future__ import annotations

import csv
import io
import json
import os
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from vzor.spec.errors import UserError
from vzor.weights.atomic import remove_leftovers, write_text

FIRST = ("epoch", "step", "seconds", "lr", "train/loss", "val/loss")  # results.csv begins with these


@dataclass(frozen=True)
class Run:
    """The folder `path` and what lies where in it. Folders are made when first written to."""

    path: Path

    @property
    def args(self) -> Path:
        """What the run was told, for people to read."""
        return self.path / "args.yaml"

    @property
    def results(self) -> Path:
        """One row per epoch."""
        return self.path / "results.csv"

    @property
    def events(self) -> Path:
        """One JSON line per event: begun, resumed, epoch, interrupted, finished; only ever appended to."""
        return self.path / "events.jsonl"

    @property
    def best(self) -> Path:
        """The weights that the task's one number chose."""
        return self.path / "weights" / "best.safetensors"

    @property
    def last(self) -> Path:
        """The weights after the last whole epoch."""
        return self.path / "weights" / "last.safetensors"

    @property
    def test(self) -> Path:
        """Numbers of the best weights on the test split, where the data have one."""
        return self.path / "test.json"

    @property
    def pictures(self) -> Path:
        """Folder for pictures."""
        return self.path / "pictures"

    @property
    def resume(self) -> Path:
        """All that is needed to go on."""
        return self.path / "state" / "resume.safetensors"

    def write_args(self, record: Mapping[str, Any]) -> None:
        """Write args.yaml: plain values in the order given."""
        import yaml

        text = yaml.safe_dump(plain(record), sort_keys=False, allow_unicode=True)
        write_text(self.args, text)

    def write_results(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Write results.csv whole, from all rows so far, atomically: never a doubled or a missing one."""
        rows = list(rows)
        keys = {key: None for row in rows for key in row}
        columns = [c for c in FIRST if c in keys or not rows] + [k for k in keys if k not in FIRST]
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows([_cell(row.get(c)) for c in columns] for row in rows)
        write_text(self.results, out.getvalue())

    def event(self, kind: str, **values: Any) -> None:
        """Append one line to events.jsonl."""
        self.path.mkdir(parents=True, exist_ok=True)
        line = json.dumps({"event": kind, "time": round(time.time(), 3), **plain(values)}, ensure_ascii=False)
        with self.events.open("ab+") as file:
            # A line that a killed process left half written must not swallow this one.
            if file.tell() and (file.seek(-1, os.SEEK_END), file.read(1))[1] != b"\n":
                file.write(b"\n")
            file.write(line.encode() + b"\n")

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the run for this process. The system drops the lock when the process dies, however it dies.

        Raises UserError if another process (or another training in this one) holds it. Temporary files
        that killed writers left are removed once it is held.
        """
        self.resume.parent.mkdir(parents=True, exist_ok=True)
        key = os.path.realpath(self.path)
        busy = UserError(f"Another process is training in {self.path}; wait for it, or choose another --out.")
        if key in _HELD:
            raise busy
        with (self.resume.parent / "lock").open("a+") as file:
            if not _take(file):
                raise busy
            _HELD.add(key)
            try:
                for folder in (self.path, self.resume.parent, self.best.parent):
                    remove_leftovers(folder)
                yield
            finally:
                _HELD.discard(key)  # closing the file lets the lock go


_HELD: set[str] = set()  # record locks are per process, so within one this set does their work


def _take(file: IO[str]) -> bool:
    """Lock an open file for this process, without waiting. Loader processes forked later do not hold it."""
    try:
        if os.name == "nt":
            import msvcrt

            file.seek(0)
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]
        else:
            import fcntl

            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def new_run(
    task: str, name: str, root: str | os.PathLike[str] = "runs", out: str | os.PathLike[str] | None = None
) -> Run:
    """Make the folder of a new run: `out`, or runs/<task>/<name>, numbered -2, -3, … when taken.

    An `out` that already holds something is refused with a UserError, and so is a place where nothing
    can be written.
    """
    try:
        if out is not None:
            path = Path(out)
            path.mkdir(parents=True, exist_ok=True)
            if any(path.iterdir()):
                raise UserError(f"{path} is not empty; give another --out, or go on with `vzor train --resume {path}`.")
            return Run(path)
        number = 1
        while True:
            safe = "".join(c if c.isalnum() or c in "-_." else "-" for c in name).strip(".") or "run"
            path = Path(root) / task / (safe if number == 1 else f"{safe}-{number}")
            try:
                path.mkdir(parents=True)  # made, not looked for: two processes cannot get the same name
                return Run(path)
            except FileExistsError:
                number += 1
    except (NotADirectoryError, FileExistsError, PermissionError) as error:
        raise UserError(
            f"Cannot make the run's folder {error.filename} ({error.strerror}); give another --out."
        ) from None


def open_run(path: str | os.PathLike[str]) -> Run:
    """The run at `path`: its folder, or any file of it. UserError where there is none."""
    start = Path(path)
    for folder in (start, *list(start.parents)[:2]):
        if (folder / "args.yaml").is_file() or (folder / "state").is_dir():
            return Run(folder)
    what = "is not a run's folder" if start.exists() else "does not exist"
    raise UserError(f"{path} {what}; give a folder that `vzor train` made, such as runs/classify/lenet5.")


def plain(value: Any) -> Any:
    """Tuples to lists, paths to text, NumPy numbers to Python's: what JSON and YAML take."""
    if isinstance(value, Mapping):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [plain(v) for v in value]
    if isinstance(value, str):
        return str(value)  # YAML's safe writer refuses subclasses, such as torch's version
    if isinstance(value, int | float | bool) or value is None:
        return value
    if hasattr(value, "item"):
        return value.item()
    return str(value)


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return format(value, ".6g") if isinstance(value, float) else str(value)
