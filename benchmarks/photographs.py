"""Small real data sets, trained from nothing: what the shipped networks reach with the command line alone.

    python benchmarks/photographs.py fashion PATH/TO/fashion-mnist     lenet5, 5 epochs; a LeNet-size table, 12
    python benchmarks/photographs.py signs PATH/TO/sign-digits.zip     resnet18, 30 epochs of 64×64

Fashion-MNIST (Xiao et al. 2017; the four IDX files) and the Sign Language Digits (Mavi 2020, arXiv:2011.08927; class
folders) are not shipped.  Epochs are chosen on a validation split; the test split is looked at once, by the run
itself.  Each line is a command that can be typed; its result is in benchmarks/README.md.  Exit code 1 where a goal
is missed.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

TABLE = Path(__file__).parents[1] / "examples" / "lenet_modern.tsv"
#: what: [(goal, which number, options of `vzor train`)]
RUNS = {
    "fashion": [
        (0.89, "test", "--network lenet5 --epochs 5 --val 0.1 --optimizer sgd --lr 0.05 --batch 32"),
        (0.91, "test", f"--network {TABLE} --epochs 12 --val 0.1 --lr 0.004"),
    ],
    "signs": [(0.95, "val", "--network resnet18 --input 3x64x64 --epochs 30")],
}


def reached(data: str, options: str, split: str, run: Path) -> tuple[float, float]:
    """(top-1 on the split, seconds of training) of one run of the command."""
    command = [sys.executable, "-m", "vzor", "train", data, *options.split(), "--out", str(run)]
    print("vzor", *command[3:], flush=True)
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    rows = (run / "results.csv").read_text().splitlines()
    columns = [dict(zip(rows[0].split(","), row.split(","), strict=True)) for row in rows[1:]]
    if split == "test":
        score = float(json.loads((run / "test.json").read_text())["top1"])
    else:
        score = max(float(row["val/top1"]) for row in columns)
    return score, float(columns[-1]["seconds"])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=RUNS, nargs="?")
    parser.add_argument("data", nargs="?")
    given = parser.parse_args()
    if given.data is None:
        print("These data are not shipped: name them, as in `benchmarks/photographs.py fashion fashion-mnist/`.")
        return 0
    missed = 0
    with tempfile.TemporaryDirectory() as place:
        for i, (goal, split, options) in enumerate(RUNS[given.what]):
            score, seconds = reached(given.data, options, split, Path(place) / str(i))
            print(f"  {split} top-1 {score:.4f} (goal {goal}), {seconds:.0f} s", flush=True)
            missed += score < goal
    return int(missed > 0)


if __name__ == "__main__":
    sys.exit(main())
