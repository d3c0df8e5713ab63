"""Ctrl-C once: finish the batch, save, say how to go on. Twice: stop at once. SIGTERM counts as once."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType


class Interrupted(Exception):
    """Training was stopped by a signal after saving. `run` is the run's folder, `how` the command to go
    on, `code` the exit code that shells expect (130 for Ctrl-C, 143 for SIGTERM)."""

    def __init__(self, run: Path, number: int) -> None:
        self.run = run
        self.how = f"vzor train --resume {run}"
        self.code = 128 + number
        super().__init__(f"Stopped and saved; go on with `{self.how}`.")


class Stop:
    """What the handlers set and the loop asks: `number` of the first signal, or 0."""

    number = 0

    def __bool__(self) -> bool:
        return self.number != 0


@contextmanager
def listening() -> Iterator[Stop]:
    """Listen for SIGINT and SIGTERM inside the block; the handlers before are put back after it.

    Only the main thread may set handlers: in any other the block just runs.
    """
    stop = Stop()
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return

    def handle(number: int, frame: FrameType | None) -> None:
        if stop and number == signal.SIGINT:
            raise KeyboardInterrupt
        stop.number = stop.number or number

    before = {number: signal.signal(number, handle) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler if handler is not None else signal.SIG_DFL)
