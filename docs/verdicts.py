"""Write the tables of docs/principles.md anew: `python docs/verdicts.py`, when networks or thresholds change.

A test compares the page with what this gives.
"""

from pathlib import Path

import vzor
from vzor.measure.principles import balance, bottleneck, embedding, kernel, waste
from vzor.measure.principles.finding import percent

PAGE = Path(__file__).with_name("principles.md")
COLUMNS = ("bottleneck", "embedding", "kernel", "balance")
#: What a verdict's cell shows of its figure.
SHORT = {
    "bottleneck": lambda finding: f"{finding.value:.1f}×",
    "embedding": lambda finding: percent(finding.value),
    "kernel": lambda finding: f"{finding.value:.2f}×",
    "balance": lambda finding: percent(finding.value) if finding.value <= 1 else f"{finding.value:.1f} to 1",
    "field": lambda finding: percent(finding.value),
    "stride": lambda finding: percent(finding.value),
    "bias": lambda finding: f"{len(finding.rows)} rows",
    "unread": lambda finding: f"{len(finding.rows)} rows",
}


def limits() -> str:
    """What is measured, against what."""
    rows = [
        (
            *("bottleneck", "numbers that pass before / here", f"above {bottleneck.SHARPEST:g}"),
            f"in the first {percent(bottleneck.EARLY)} of the mult-adds",
        ),
        ("embedding", "share of the mult-adds", f"from {percent(embedding.SHARE)}", f"from {percent(embedding.MOST)}"),
        ("kernel", "share of the mult-adds", f"from {percent(kernel.SHARE)}", f"{percent(kernel.MUCH)} could be saved"),
        (
            "balance",
            "one fully connected row's share of the parameters",
            f"above {percent(balance.HALF)}",
            "it flattens a map",
        ),
        ("balance", "one grid's share of the mult-adds", f"above {percent(balance.STAGE)}", "never"),
        ("balance", "weight layers per channel of the widest map", f"above {balance.THIN:g}", "always"),
        ("field", "receptive field / input", "below 1", "never"),
        ("stride", "cells that nothing reads", f"above {percent(waste.UNREAD_CELLS)}", "always"),
        ("bias", "biases before a batch normalisation", "any", "never"),
        ("unread", "rows on which no output depends", "any", "always"),
    ]
    return table(("principle", "figure", "told when", "warning when"), rows)


def verdicts() -> str:
    """A line for every network of the zoo; warnings in bold."""
    rows = []
    for name in vzor.networks():
        cells: dict[str, list[str]] = {column: [] for column in (*COLUMNS, "also")}
        for finding in vzor.check(name):
            known = finding.principle in COLUMNS
            words = f"`{finding.row}` {SHORT[finding.principle](finding)}"
            words = words if known else f"{finding.principle}: {words}"
            place = cells[finding.principle if known else "also"]
            place.append(f"**{words}**" if finding.severity == "warning" else words)
        rows.append((f"`{name}`", *("; ".join(cell) for cell in cells.values())))
    return table(("network", *COLUMNS, "also"), rows)


def table(heads: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    """A pipe table."""
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (heads, ("---",) * len(heads), *rows))


def page() -> str:
    """The page with its tables as they are now."""
    text = PAGE.read_text("utf-8")
    for name, made in (("limits", limits()), ("verdicts", verdicts())):
        begin, end = f"<!-- {name}: made by docs/verdicts.py -->", f"<!-- end of {name} -->"
        before, rest = text.split(begin)
        _, after = rest.split(end)
        text = f"{before}{begin}\n\n{made}\n\n{end}{after}"
    return text


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
