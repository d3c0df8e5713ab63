"""LeNet-5 on scikit-learn's digits, five seeds: the mean on the test split, and on other people's writing.

Each seed splits the 1,797 digits 60/20/20 by class, trains with the settings of examples/demo.py, keeps the
epoch that is best on validation and looks at the test digits once.  Beside it the same settings trained
without the file's last 360 digits, whose writers appear nowhere else, and scored on those.

    python benchmarks/digits.py [--seeds 5] [--first-seed 0] [--threads N]

Measured (torch 2.15, one thread of an x86-64 with AVX-512, 2026-11): seeds 0 to 4, with which the settings were
chosen: validation 99.4 %, test 98.8 % (97.2 to 99.4), other writers 97.4 %; seeds 10 to 14, run once afterwards:
99.1 %, 99.3 %, 97.4 %. 11 to 22 s a training.

Exit code 1 where the mean on the test split is below 98.5 %.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from pathlib import Path

import vzor

sys.path.insert(0, str(Path(__file__).parents[1] / "examples"))
from demo import SETTINGS

GOAL = 0.985


def one(data: str, seed: int, folder: Path, threads: int | None) -> tuple[float, float, float]:
    """Share right on validation and on test, and the seconds that training took."""
    begun = time.monotonic()
    told = {} if threads is None else {"threads": threads}
    run = folder / f"{data.replace(':', '-')}-{seed}"
    model = vzor.train(data, network="lenet5", out=run, seed=seed, quiet=True, **SETTINGS | told)
    seconds = time.monotonic() - begun
    return model.metrics["val/top1"], model.evaluate(data).metrics["top1"], seconds


def main() -> int:
    """Print a table; 0 where the goal is reached."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=None)
    given = parser.parse_args()
    columns: list[tuple[float, ...]] = []
    print("seed     val    test   others  seconds")
    with tempfile.TemporaryDirectory() as place:
        for seed in range(given.first_seed, given.first_seed + given.seeds):
            val, test, seconds = one("digits", seed, Path(place), given.threads)
            _, others, _ = one("digits:writers", seed, Path(place), given.threads)
            columns.append((val, test, others, seconds))
            print(f"{seed:>4}  {val:.4f}  {test:.4f}   {others:.4f}  {seconds:7.1f}", flush=True)
    means = [statistics.mean(column) for column in zip(*columns, strict=True)]
    print(f"mean  {means[0]:.4f}  {means[1]:.4f}   {means[2]:.4f}  {means[3]:7.1f}")
    print(f"goal          {GOAL:.4f}          30.0 (on 2 cores)")
    return 0 if means[1] >= GOAL else 1


if __name__ == "__main__":
    sys.exit(main())
