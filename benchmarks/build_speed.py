"""What building costs: `vzor.build` against torchvision's constructor, for every network that both have.

    python benchmarks/build_speed.py [--rounds 7] [--threads 1] [NAME ...]

Both take turns in one process, after a round that is not counted; medians by the clock and their ratio, and the
least processor time of each, which other work on the machine disturbs less.  torchvision's
GoogLeNet and Inception v3 are asked for their initialisation (``init_weights=True``), as they will be by default.
Results are in benchmarks/README.md.
"""

from __future__ import annotations

import argparse
import gc
import statistics
import time
import warnings
from collections.abc import Callable

import torch
import torchvision

import vzor

ASKED = {"googlenet": {"init_weights": True}, "inception_v3": {"init_weights": True}}


def seconds(make: Callable[[], object]) -> tuple[float, float]:
    """(on the clock, of the processor)."""
    gc.collect()
    clock, processor = time.perf_counter(), time.process_time()
    made = make()
    spent = time.perf_counter() - clock, time.process_time() - processor
    del made
    return spent


def main() -> None:
    parser = argparse.ArgumentParser(description="What building costs, against torchvision.")
    parser.add_argument("names", nargs="*")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    asked = parser.parse_args()
    torch.set_num_threads(asked.threads)
    warnings.simplefilter("ignore")
    both = [name for name in torchvision.models.list_models(torchvision.models) if name in vzor.networks()]
    print(f"{asked.threads} thread(s), {asked.rounds} rounds; medians in ms; quickest processor time in ms")
    for name in asked.names or both:
        theirs = torchvision.models.get_model_builder(name)
        spent: tuple[list[tuple[float, float]], ...] = ([], [])
        for turn in range(asked.rounds + 1):
            pair = (seconds(lambda: vzor.build(name)), seconds(lambda: theirs(**ASKED.get(name, {}))))  # noqa: B023
            if turn:
                for kept, now in zip(spent, pair, strict=True):
                    kept.append(now)
        ours, peer = (statistics.median(clock for clock, _ in each) * 1e3 for each in spent)
        mine, others = (min(processor for _, processor in each) * 1e3 for each in spent)
        print(
            f"{name:<20} vzor {ours:8.1f}   torchvision {peer:8.1f}   {ours / peer:.2f}"
            f"      processor {mine:8.1f} {others:8.1f}   {mine / others:.2f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
