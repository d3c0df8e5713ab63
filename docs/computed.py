"""Write the tables of principles.md and networks.md anew: `python docs/computed.py`, when networks or limits change.

Tests compare the pages with what this gives.
"""

import re
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import vzor
from vzor.measure.principles import balance, bottleneck, embedding, kernel, waste
from vzor.measure.principles.finding import percent
from vzor.measure.totals import Counter
from vzor.spec.render.cells import grouped, human
from vzor.spec.row import text
from vzor.weights.keys import publishers
from vzor.zoo.index import ZOO, Entry
from vzor.zoo.index import table as rows_of

DOCS = Path(__file__).parent
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


def networks() -> str:
    """A line for every network of the zoo, family by family, older ones first."""
    counter = Counter()
    lines = []
    for names in families():
        title = family(ZOO[names[0]])
        for name in names:
            known, counts = ZOO[name], counter.totals(rows_of(name))
            lines.append(
                (
                    *(title, f"`{name}`", paper(known), str(known.year)),
                    *(grouped(counts.parameters), human(counts.macs), text(counts.input)),
                    ", ".join(publishers(name)),
                )
            )
            title = ""
    heads = ("family", "network", "paper", "year", "parameters", "mult-adds", "input", "names known of")
    return table(heads, lines)


def families() -> list[list[str]]:
    """Names by file of the zoo, a paper each: by year, and in a family by the numbers in the names."""
    found: dict[str, list[str]] = {}
    for name, known in ZOO.items():
        found.setdefault(known.module, []).append(name)
    by_year = sorted(found, key=lambda module: (min(ZOO[name].year for name in found[module]), module))
    return [sorted(found[module], key=natural) for module in by_year]


def natural(name: str) -> list[tuple[int, str]]:
    """Sorts numbers in names as numbers."""
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", name)]


def family(known: Entry) -> str:
    """What the network's file says before its paper: ``GoogLeNet (Inception v1)``."""
    doc = import_module(f"vzor.zoo.{known.module}").__doc__
    assert doc is not None
    return doc.partition(":")[0]


def paper(known: Entry) -> str:
    """Where the table is printed, as a link where it is open."""
    archive, _, number = known.paper.partition(":")
    return f"[{number}](https://arxiv.org/abs/{number})" if archive == "arXiv" else known.paper


def table(heads: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    """A pipe table."""
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (heads, ("---",) * len(heads), *rows))


#: What is written where: the page, and its tables by name.
PAGES: dict[str, dict[str, Callable[[], str]]] = {
    "principles.md": {"limits": limits, "verdicts": verdicts},
    "networks.md": {"networks": networks},
}


def page(file: str) -> str:
    """The page with its tables as they are now."""
    text = (DOCS / file).read_text("utf-8")
    for name, made in PAGES[file].items():
        begin, end = f"<!-- {name}: made by docs/computed.py -->", f"<!-- end of {name} -->"
        before, rest = text.split(begin)
        _, after = rest.split(end)
        text = f"{before}{begin}\n\n{made()}\n\n{end}{after}"
    return text


if __name__ == "__main__":
    for file in PAGES:
        (DOCS / file).write_text(page(file), "utf-8")
