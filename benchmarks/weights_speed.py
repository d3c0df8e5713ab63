"""What loading published weights costs, in time against torchvision and in memory against the weights themselves.

    python benchmarks/weights_speed.py [--rounds 5] [--threads 1]

Time: from the name to a ready network with the weights of a file, all of them read once (summed), ours and
torchvision's constructor, reader and ``load_state_dict`` in turns; medians, and the ratio of medians.  Memory: the peak
above the level after imports, of a fresh process per format.  Hostile files: the slowest and the largest of
tests/weights/hostile.py.  Weights are random; no network is needed.  Results are in benchmarks/README.md.
"""

from __future__ import annotations

import argparse
import gc
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import torch
import torchvision
from safetensors.torch import load_file, save_file

import vzor
from vzor.weights.formats import read
from vzor.weights.keys import find, to_theirs

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))

DEEP = "resnet152"
#: A file, and the network that it is for.
FILES = {
    "a.safetensors": DEEP,
    "zip.pth": DEEP,
    "old.pth": DEEP,
    "ours.npz": DEEP,
    "a.h5": "resnet152_keras",
    "vgg16.h5": "vgg16",
    "a.caffemodel": "resnet152_v1",
    "a.weights": "darknet19",
}
MEMORY = """
import sys
import h5py, numpy, torch, safetensors.torch
import vzor, vzor.api.build, vzor.nn.build, vzor.nn.init, vzor.weights.load, vzor.weights.keys
import vzor.weights.formats.safetensors, vzor.weights.formats.torchfile, vzor.weights.formats.keras
import vzor.weights.formats.npz, vzor.weights.formats.caffe, vzor.weights.formats.darknet, torch._weights_only_unpickler

def level(what):
    return next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith(what)) * 1024

torch.set_num_threads(1)
float(next(vzor.build("lenet5").parameters()).sum())
open("/proc/self/clear_refs", "w").write("5")  # the peak so far is forgotten
before = level("VmRSS")
net = vzor.build(sys.argv[1], weights=sys.argv[2])
sum(float(value.sum()) for value in net.state_dict().values())
size = sum(value.nbytes for value in net.state_dict().values())
print((level("VmHWM") - before) / size, size)
"""


def seconds(make: Callable[[], torch.nn.Module]) -> float:
    gc.collect()
    start = time.perf_counter()
    net = make()
    with torch.no_grad():
        for value in net.state_dict().values():
            value.sum()
    return time.perf_counter() - start


def write(folder: Path) -> None:
    """The files, each as the tool that publishes such files writes it."""
    from weights import caffe_proto

    peer = torchvision.models.resnet152().state_dict()
    save_file(peer, folder / "a.safetensors")
    torch.save(peer, folder / "zip.pth")
    torch.save(peer, folder / "old.pth", _use_new_zipfile_serialization=False)
    ours = vzor.build(DEEP).state_dict()
    np.savez(folder / "ours.npz", **{name: value.numpy() for name, value in ours.items()})
    for file in ("a.h5", "vgg16.h5"):
        keras = to_theirs(find(FILES[file], "keras"), vzor.build(FILES[file]).state_dict())
        layers = list(dict.fromkeys(name.rpartition("/")[0] for name in keras))
        with h5py.File(folder / file, "w") as h5:
            h5.attrs["layer_names"] = [layer.encode() for layer in layers]
            for layer in layers:
                names = [name for name in keras if name.rpartition("/")[0] == layer]
                h5.create_group(layer).attrs["weight_names"] = [f"{name}:0".encode() for name in names]
                for name in names:
                    h5[layer][f"{name}:0"] = keras[name].numpy()
    caffe = to_theirs(find("resnet152_v1", "caffe"), vzor.build("resnet152_v1").state_dict())
    blobs: dict[str, list[np.ndarray]] = {}
    for name, value in caffe.items():
        blobs.setdefault(name.rpartition("/")[0], []).append(value.numpy())
    kinds = {"bn": "BatchNorm", "sc": "Scale", "fc": "InnerProduct"}
    layered = []
    for layer, arrays in blobs.items():
        kind = kinds.get(layer[:2], "Convolution")
        layered.append((layer, kind, [*arrays, np.ones(1, np.float32)] if kind == "BatchNorm" else arrays))
    (folder / "a.caffemodel").write_bytes(caffe_proto.net(layered))
    count = sum(v.numel() for n, v in vzor.build("darknet19").state_dict().items() if not n.endswith("_tracked"))
    head = np.array([0, 1, 0, 0], "<i4").tobytes()
    (folder / "a.weights").write_bytes(head + np.random.default_rng(0).random(count, np.float32).tobytes())


def times(folder: Path, rounds: int) -> None:
    readers = {"a.safetensors": load_file, "zip.pth": lambda path: torch.load(path, weights_only=True)}
    for file, reader in readers.items():

        def theirs(path: Path = folder / file, reader: Callable = reader) -> torch.nn.Module:
            net = torchvision.models.resnet152()
            net.load_state_dict(reader(path))
            return net

        def ours(path: Path = folder / file) -> torch.nn.Module:
            return vzor.build(DEEP, weights=path)

        spent: list[tuple[float, float]] = [(seconds(ours), seconds(theirs)) for _ in range(rounds + 1)][1:]
        mine, peer = (statistics.median(each) for each in zip(*spent, strict=True))
        print(f"{DEEP} {file:<14} vzor {mine:6.2f} s   torchvision {peer:6.2f} s   {mine / peer:.2f}", flush=True)


def memory(folder: Path) -> None:
    for file, network in FILES.items():
        run = subprocess.run(
            [sys.executable, "-c", MEMORY, network, str(folder / file)], capture_output=True, text=True, check=False
        )
        if run.returncode:
            print(f"{file}: {run.stderr.strip().splitlines()[-1]}")
            continue
        ratio, size = map(float, run.stdout.split())
        print(f"{network:<16} {file:<14} {size / 1e6:6.0f} MB   peak {ratio:.2f} times", flush=True)


def hostile(folder: Path) -> None:
    """The slowest files of the corpus, in this process, by its processor time: the machine may be shared."""
    from weights.hostile import corpus

    spent = {}
    for path in corpus(folder, folder / "alarm"):
        start = time.process_time()
        try:
            file = read(path)
            for name in file.stored:
                file.tensors[name]
        except vzor.UserError:
            pass
        spent[path.name] = time.process_time() - start
    slowest = sorted(spent, key=lambda name: -spent[name])[:3]
    print(f"{len(spent)} hostile files; slowest: {', '.join(f'{name} {spent[name]:.2f} s' for name in slowest)}")


def main() -> None:
    parser = argparse.ArgumentParser(description="What loading published weights costs.")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=1)
    asked = parser.parse_args()
    torch.set_num_threads(asked.threads)
    warnings.simplefilter("ignore")
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        write(folder)
        times(folder, asked.rounds)
        memory(folder)
        (folder / "hostile").mkdir()
        hostile(folder / "hostile")


if __name__ == "__main__":
    main()
