"""What it takes to repeat a run: the command, the machine. No torch unless a GPU is asked for its name."""

from __future__ import annotations

import os
import platform
import shlex
from collections.abc import Mapping
from typing import Any

from vzor.training.settings import Settings


def command(args: Mapping[str, Any]) -> str:
    """The command line of a run from its args.yaml: `command` where the caller wrote it down, else made anew.

    Every setting that is not the default is spelled out, as it was resolved, so that another machine does
    not choose otherwise.
    """
    given = args.get("command")
    if given:
        return given if isinstance(given, str) else shlex.join(map(str, given))
    words = ["vzor", "train", source_of(args) or "DATA"]
    task = args.get("task") or {}
    shares = args["data"] if isinstance(args.get("data"), Mapping) else {}
    pre = args.get("preprocess") or {}
    told: dict[str, Any] = {"network": args.get("network"), "task": task.get("name"), "weights": args.get("weights")}
    if pre.get("size"):
        told["input"] = "x".join(map(str, (pre["channels"], *pre["size"])))
    told |= {name: shares.get(name) for name in ("val", "test") if shares.get(name) not in (None, 0.2)}
    told |= _unusual(task.get("options") or {}, _usual(task.get("name")))
    told |= _unusual(args.get("settings") or {}, Settings().to_dict())
    for name, value in told.items():
        if value in (None, ""):
            continue
        flag = name.replace("_", "-")
        if isinstance(value, bool):
            words.append(f"--{flag}" if value else f"--no-{flag}")
        else:
            words += [f"--{flag}", _joined(value)]
    return shlex.join(words)


def _unusual(values: Mapping[str, Any], usual: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name in usual and value != usual[name]}


def _usual(task: str | None) -> Mapping[str, Any]:
    """The options of a task as they are when none is given; a user's own task has no flags."""
    from vzor.tasks.index import make, names

    return make(task).options if task in names() else {}


def _joined(value: Any) -> str:
    """Numbers with all their digits: the run is to be repeated to the last bit."""
    return ",".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def source_of(args: Mapping[str, Any]) -> str:
    """What a run was trained on, as it was named; "" where that was not written down."""
    data = args.get("data") or {}
    inside = {"source": data} if isinstance(data, str) else data
    return str(args.get("source") or inside.get("source") or inside.get("root") or "")


def machine(device: str) -> dict[str, str]:
    """The processor and the device by name, cores, memory; nothing that tells whose machine it is."""
    cores = os.cpu_count() or 1
    found = {"processor": f"{_processor()}, {cores} core{'s' if cores > 1 else ''}"}
    memory = _memory()
    if memory:
        found["memory"] = f"{memory / 2**30:.0f} GiB"
    if device.startswith("cuda"):
        import torch

        if torch.cuda.is_available():
            found["accelerator"] = torch.cuda.get_device_name(device)
    return found


def _processor() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            for line in file:
                if line.startswith(("model name", "Model")) and ":" in line:
                    return " ".join(line.split(":", 1)[1].split())
    except OSError:
        pass
    return platform.processor() or platform.machine()


def _memory() -> int:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return 0
