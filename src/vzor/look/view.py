"""What stands on the report page, from a run's files: plain values for the template. No torch."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from markupsafe import Markup

from vzor.look.chart import columns
from vzor.look.gather import read, read_args
from vzor.look.history import panels, read_results
from vzor.look.repeat import command, source_of
from vzor.look.trained import find, tables_of
from vzor.measure import measure
from vzor.spec.render import render
from vzor.spec.render.cells import human
from vzor.spec.sheet import Sheet
from vzor.training.run import Run
from vzor.training.sections import Form, Section, table

BARS = 60  # classes whose histogram has names
HALF = 12  # rows or classes up to which two sections stand side by side
OPEN_LINES = 40  # a network's table with more lines is folded


def view(run: Run) -> dict[str, Any]:
    """Everything the template names."""
    args, record, rows, events = read_args(run), read(run), read_results(run.results), _events(run)
    _, checkpoint = find(run.path)
    meta = checkpoint.meta if checkpoint else {}
    sheets = {name: measure(t) for name, t in tables_of(checkpoint).items()} if checkpoint else {}
    network = str(args.get("network") or meta.get("network") or ", ".join(sheets) or "network")
    test = _json(run.test)
    data = record.get("data")
    source = str(data["root"] if data else source_of(args) or "its data")
    root = Path(source).name or source
    charts = [{"title": p.title, "lines": p.lines, "log": p.log} for p in panels(rows)]
    return {
        "title": f"{network} on {root}",
        "network": network,
        "root": root,
        "lede": _lede(args, record, rows),
        "when": _when(events),
        "run": str(run.path),
        "state": _state(events, rows, record),
        "tiles": _tiles(record, meta, rows, test, sheets, events),
        "numbers": _numbers(record, meta, test, network),
        "protocol": record.get("protocol", ""),
        "charts": charts,
        "mark": float(meta["epoch"]) if meta.get("epoch") else None,
        "sections": [{**s, "half": _half(s)} for s in record.get("sections", [])],
        "batch": record.get("batch"),
        "networks": [_network(name if len(sheets) > 1 else network, sheet) for name, sheet in sheets.items()],
        "data": data,
        "bars": _bars(data) if data else None,
        "facts": _facts(data) if data else [],
        "command": command(args),
        "own": ", ".join(args.get("own") or ()),
        "resume": f"vzor train --resume {run.path}",
        "versions": args.get("versions") or {},
        "machine": _machine(args, record),
        "settings": args.get("settings") or {},
        "fingerprint": args.get("fingerprint"),
        "preprocess": args.get("preprocess") or {},
    }


def seconds(value: float) -> str:
    """8.4 s, 3 min 20 s, 2 h 05 min."""
    if value < 60:
        return f"{value:.1f} s"
    if value < 3600:
        return f"{int(value // 60)} min {int(value % 60)} s"
    return f"{int(value // 3600)} h {int(value % 3600 // 60):02d} min"


def short(value: float) -> str:
    """Four digits that matter."""
    return f"{value:.4f}" if 0.001 <= abs(value) < 10 else f"{value:.4g}"


def _lede(args: Mapping[str, Any], record: Mapping[str, Any], rows: Sequence[Mapping[str, float]]) -> str:
    words = []
    task = (args.get("task") or {}).get("name")
    if task:
        words.append(f"Task: {task}")
    data = record.get("data")
    if data:
        words.append(f"{data['classes']:,} classes" if data["classes"] else data["kind"])
        words.append(", ".join(f"{n:,} {name}" for name, n in data["splits"].items() if n) + " images")
    epochs = (args.get("settings") or {}).get("epochs")
    if rows:
        words.append(f"{int(rows[-1]['epoch'])} of {epochs} epochs" if epochs else f"{int(rows[-1]['epoch'])} epochs")
    return " · ".join(words)


def _state(events: Sequence[Mapping[str, Any]], rows: Sequence[Any], record: Mapping[str, Any]) -> str:
    """A sentence for a run that is not finished; "" for one that is."""
    if not rows:
        return "No epoch is done yet."
    last = next((e["event"] for e in reversed(events) if e["event"] != "epoch"), "")
    if last == "interrupted":
        return "This run was interrupted; it goes on with the command below."
    if not record:
        return "Training had not ended when this page was written: what its end adds is missing here."
    return ""


def _tiles(
    record: Mapping[str, Any],
    meta: Mapping[str, Any],
    rows: Sequence[Mapping[str, float]],
    test: Mapping[str, Any],
    sheets: Mapping[str, Sheet],
    events: Sequence[Mapping[str, Any]],
) -> list[dict[str, str]]:
    """The few numbers at the top: {label, value, note}."""
    found = []
    key, how = record.get("key") or ("", "max")
    metrics = meta.get("metrics") or {}
    if key in metrics:
        n = f", {record['n']:,} images" if "n" in record else ""
        found.append({"label": key, "value": short(metrics[key]), "note": f"best epoch: {meta.get('epoch')}{n}"})
    plain = key.partition("/")[2]
    if plain in test:
        found.append({"label": f"test/{plain}", "value": short(test[plain]), "note": f"{test.get('n', 0):,} images"})
    base = {k: v for k, v in (record.get("baseline") or {}).items() if k.rpartition("/")[2] == plain}
    if base:
        name = (min if how == "min" else max)(base, key=lambda k: base[k])
        who = name.rpartition("/")[0] or "trivial answer"
        found.append({"label": f"baseline {plain}", "value": short(base[name]), "note": who})
    if sheets:
        found.append(
            {
                "label": "parameters",
                "value": human(sum(s.parameters for s in sheets.values())),
                "note": f"{human(sum(s.macs for s in sheets.values()))} mult-adds",
            }
        )
    if rows and "seconds" in rows[-1]:
        device = next((e.get("settings", {}).get("device") for e in events if e["event"] == "begun"), None)
        found.append(
            {"label": "training", "value": seconds(rows[-1]["seconds"]), "note": f"on {device}" if device else ""}
        )
    return found


def _numbers(
    record: Mapping[str, Any], meta: Mapping[str, Any], test: Mapping[str, Any], network: str
) -> Section | None:
    """The metric's numbers beside its baselines', validation first."""
    kept = meta.get("metrics") or {}
    metrics = record.get("metrics") or {k.partition("/")[2]: v for k, v in kept.items() if k.startswith("val/")}
    if not metrics:
        return None
    split = record.get("split", "val")
    names = [m for m in metrics if m != "loss"]
    loss = record.get("loss", metrics.get("loss"))
    rows: list[list[Any]] = [[network, split, record.get("n"), loss, *(metrics[m] for m in names)]]
    rows += _baselines(record.get("baseline") or {}, split, record.get("n"), names)
    if test:
        rows.append([network, "test", test.get("n"), test.get("loss"), *(test.get(m) for m in names)])
        rows += _baselines(test.get("baseline") or {}, "test", test.get("n"), names)
    heads: dict[str, Form] = {"answers by": "text", "split": "text", "images": "count", "loss": "number"}
    return table("Numbers", heads | {name: "number" for name in names}, rows)


def _baselines(given: Mapping[str, float], split: str, n: int | None, names: Sequence[str]) -> list[list[Any]]:
    """{"majority/top1": 0.1, …} as a row per trivial predictor."""
    who = list(dict.fromkeys(key.rpartition("/")[0] for key in given))
    return [[w or "baseline", split, n, None, *(given.get(f"{w}/{m}" if w else m) for m in names)] for w in who]


def _half(section: Section) -> bool:
    """Whether a section is small enough to share a line of the page with another such."""
    if section["kind"] == "matrix":
        return len(section["names"]) <= HALF
    return section["kind"] == "table" and len(section["rows"]) <= HALF


def _network(name: str, sheet: Sheet) -> dict[str, Any]:
    lines = sum(line.depth <= 1 for line in sheet.lines)
    return {
        "name": name,
        "table": Markup(render(sheet, "html", title=name)),
        "scheme": Markup(render(sheet, "svg", title=name)),
        "lines": lines,
        "open": lines <= OPEN_LINES,
    }


def _bars(data: Mapping[str, Any]) -> dict[str, Any] | None:
    """The class histogram: named bars, or, of many classes, columns in falling order."""
    counts = {split: held for split, held in data["histogram"].items() if any(held.values())}
    if not counts:
        return None
    names = list(dict.fromkeys(c for held in counts.values() for c in held))
    top = max(max(held.values()) for held in counts.values())
    if len(names) > BARS:
        split = next(iter(counts))
        ordered = sorted(counts[split].items(), key=lambda item: -item[1])
        words = (
            f"{split} images per class, from {ordered[0][1]:,} ({ordered[0][0]}) down to"
            f" {ordered[-1][1]:,} ({ordered[-1][0]})"
        )
        svg = Markup(columns([n for _, n in ordered], title=words))
        return {"rows": [], "splits": [], "svg": svg, "words": words}
    rows = [
        {"name": c, "parts": [(s, held.get(c, 0), 100 * held.get(c, 0) / top) for s, held in counts.items()]}
        for c in names
    ]
    return {"rows": rows, "splits": list(counts), "svg": "", "words": ""}


def _facts(data: Mapping[str, Any]) -> list[tuple[str, str]]:
    small, median, large = ([f"{w}×{h}" for h, w in data["sizes"]] + ["", "", ""])[:3]
    sizes = small if small == large else f"{small} to {large}, median {median}"
    drawn = [s for s, n in data["splits"].items() if n and s not in data["given"]]
    found = [
        ("source", data["root"]),
        ("kind", data["kind"]),
        ("images", ", ".join(f"{n:,} {s}" for s, n in data["splits"].items() if n)),
        (
            "pixels",
            f"{sizes} (width × height), {data['channels']} channel{'s' if data['channels'] != 1 else ''},"
            f" {data['bits']} bits",
        ),
    ]
    if drawn and data["given"]:
        found.append(("splits", f"{', '.join(data['given'])} as given; {', '.join(drawn)} drawn by the seed"))
    elif drawn:
        found.append(("splits", "drawn by the seed"))
    if data["mean"]:
        found.append(("mean", ", ".join(f"{m:.3f}" for m in data["mean"])))
        found.append(("deviation", ", ".join(f"{s:.3f}" for s in data["std"])))
    return found


def _machine(args: Mapping[str, Any], record: Mapping[str, Any]) -> dict[str, str]:
    s = args.get("settings") or {}
    found = dict(record.get("machine") or {})
    if s:
        layout = ", channels-last" if s.get("channels_last") else ""
        compiled = ", compiled" if s.get("compile") else ""
        found |= {
            "device": str(s.get("device")),
            "threads": str(s.get("threads")),
            "precision": f"{s.get('precision')}{layout}{compiled}",
        }
    return found


def _when(events: Sequence[Mapping[str, Any]]) -> str:
    """The day and hour of the last event, UTC: the page's date is the run's, not that of writing it."""
    times = [e["time"] for e in events if isinstance(e.get("time"), int | float)]
    return datetime.fromtimestamp(times[-1], UTC).strftime("%d %B %Y, %H:%M UTC").lstrip("0") if times else ""


def _events(run: Run) -> list[dict[str, Any]]:
    """events.jsonl; a line that a killed process left half written is passed over."""
    found = []
    if run.events.is_file():
        for line in run.events.read_text("utf-8", errors="replace").splitlines():
            try:
                event = json.loads(line)
            except ValueError:
                continue
            if isinstance(event, dict) and "event" in event:
                found.append(event)
    return found


def _json(path: Any) -> dict[str, Any]:
    try:
        held = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return held if isinstance(held, dict) else {}
