"""What a principle has to say about a table: the row, the figure, and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Severity = Literal["warning", "note"]


@dataclass(frozen=True)
class Finding:
    """A place where a table departs from a design principle: advice, not an error.

    principle  its name: bottleneck, embedding, kernel, balance, field, stride, bias or unread
    severity   "warning", or "note" where it is customary or costs little
    row        path of the row that offends; where many do, of the one that offends most
    rows       paths of all that do, ``row`` first
    label      the paper's name of the row's stage, where the table gives one
    figure     what was measured
    value      the same as a number          limit  what it is measured against
    why        the reason, and what would be better
    source     where the principle is written
    """

    principle: str
    severity: Severity
    row: str
    rows: tuple[str, ...]
    label: str | None
    figure: str
    value: float
    limit: float
    why: str
    source: str

    def __str__(self) -> str:
        more = f" and {len(self.rows) - 1} more" if len(self.rows) > 1 else ""
        return f"{self.severity} ({self.principle}): {self.place}{more}: {self.figure}. {self.why} [{self.source}]"

    @property
    def place(self) -> str:
        """The row with the paper's name: ``layer3.0.conv1 (conv4_x)``."""
        return f"{self.row} ({self.label})" if self.label and self.label != self.row else self.row


def counted(rows: Sequence[object]) -> str:
    """``1 row``, ``7 rows``."""
    return f"{len(rows)} row{'s' if len(rows) != 1 else ''}"


def percent(share: float) -> str:
    """``74 %``; ``2.9 %`` where it is small."""
    return f"{100 * share:.0f} %" if share >= 0.0995 else f"{100 * share:.2g} %"
