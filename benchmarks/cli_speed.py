"""What `vzor list` and its kin cost: CPU time against `python -c "import typer, rich"`, and measuring in-process.

    python benchmarks/cli_speed.py

User and system time of the quickest of several runs, bytecode cached.  Results are in benchmarks/README.md.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time

from vzor.measure import measure
from vzor.zoo.index import table

VERBS = (
    *(["--help"], ["list"], ["list", "lenet5", "--json"], ["list", "--json"]),
    *(["show", "resnet152"], ["compare", "alexnet", "vgg16"], ["eject", "resnet50"]),
)


def cpu_seconds(command: list[str], env: dict[str, str], times: int = 9) -> float:
    """User and system time of the quickest of several runs, after one that fills the cache."""
    spent = []
    for _ in range(times + 1):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(command, env=env, check=True, capture_output=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        spent.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return min(spent[1:])


def main() -> None:
    with tempfile.TemporaryDirectory() as cache:
        env = os.environ | {"PYTHONPYCACHEPREFIX": cache}
        env.pop("PYTHONDONTWRITEBYTECODE", None)  # what is installed has its bytecode
        bare = cpu_seconds([sys.executable, "-c", "pass"], env)
        print(f"python -c pass                   {bare:.3f} s")
        floor = cpu_seconds([sys.executable, "-c", "import typer, rich"], env)
        print(f"python -c 'import typer, rich'   {floor:.3f} s")
        for words in VERBS:
            spent = cpu_seconds([sys.executable, "-m", "vzor", *words], env)
            print(f"vzor {' '.join(words):<27} {spent:.3f} s   {spent / floor:.1f} times")
    for name in ("vgg16", "resnet18", "resnet152"):
        rows = table(name)
        best = min(timed(rows) for _ in range(30))
        print(f"measuring {name:<22} {best * 1e3:.2f} ms")


def timed(rows: object) -> float:
    start = time.perf_counter()
    measure(rows)  # type: ignore[arg-type]
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
