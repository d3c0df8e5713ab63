"""What measuring costs: `vzor.measure` from the table against torchinfo on a network that is built already.

    pip install torchinfo==1.8.0 timm; python benchmarks/measure_speed.py [--rounds 5]

torchinfo runs the network forward on one picture (on the CPU) to learn what the table says without; building
the peer's network is not counted, opening our table is.  Both take turns; medians, and the ratio of medians.
Results are in benchmarks/README.md.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from typing import Any

import torchinfo
import torchvision

from vzor.measure import measure
from vzor.zoo.index import ZOO, table


def large_nasnet() -> Any:
    import timm

    return timm.create_model("nasnetalarge", pretrained=False)


CASES: dict[str, Callable[[], Any]] = {"resnet152": torchvision.models.resnet152, "nasnetalarge": large_nasnet}


def seconds(call: Callable[[], object]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser(description="What measuring costs, against torchinfo.")
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    for name, make in CASES.items():
        if name not in ZOO:
            print(f"{name}: not among the networks")
            continue
        net, sheet = make().eval(), measure(table(name))
        size = (1, *sheet.input)
        theirs = torchinfo.summary(net, input_size=size, verbose=0)
        print(f"{name}: vzor {sheet.parameters:,} parameters, torchinfo {theirs.total_params:,}")
        ours, peer = [], []
        for _ in range(rounds):
            peer.append(seconds(lambda: torchinfo.summary(net, input_size=size, verbose=0)))  # noqa: B023
            ours.append(statistics.median(seconds(lambda: measure(table(name))) for _ in range(5)))  # noqa: B023
        mine, others = statistics.median(ours), statistics.median(peer)
        print(f"  vzor {mine * 1e3:.2f} ms   torchinfo {others * 1e3:.0f} ms   {others / mine:.0f} times")


if __name__ == "__main__":
    main()
