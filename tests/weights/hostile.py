"""Files that mean harm, in every format: ``corpus(folder, alarm)`` writes them.  Run by test_hostile.py.

``alarm`` is a path that comes to exist if any file's code is run.
"""

import io
import json
import pickle
import struct
import warnings
import zipfile
from collections.abc import Iterator
from pathlib import Path

import h5py
import numpy as np
import torch

from . import caffe_proto


class Alarm:
    """An object whose unpickling creates a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple:
        return (Path.touch, (self.path,))


def corpus(folder: Path, alarm: Path) -> list[Path]:
    """Every file, written into ``folder``."""
    paths = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # TorchScript is deprecated
        for part in (_safetensors(), _torch(alarm), _keras(folder), _caffe(), _npz(alarm), _others()):
            for name, data in part:
                (folder / name).write_bytes(data)
                paths.append(folder / name)
    return paths


def _head(header: object, data: bytes = b"", length: int | None = None) -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text) if length is None else length) + text + data


def _safetensors() -> Iterator[tuple[str, bytes]]:
    def entry(shape: list, start: int, end: int, kind: str = "F32") -> dict:
        return {"dtype": kind, "shape": shape, "data_offsets": [start, end]}

    good = {"a": entry([2], 0, 8)}
    yield "st-cut.safetensors", _head(good, b"1234")
    yield "st-header-longer-than-file.safetensors", _head(good, b"12345678", 1 << 40)
    yield "st-header-of-2-to-the-63.safetensors", _head(good, b"12345678", 1 << 63)
    yield "st-header-not-json.safetensors", _head(b"{" * 50)
    yield "st-header-deep.safetensors", _head(b'{"a":' * 100_000)
    yield "st-no-offsets.safetensors", _head({"a": {"dtype": "F32", "shape": [2]}}, b"12345678")
    yield "st-shape-too-large.safetensors", _head({"a": entry([1 << 40, 1 << 40], 0, 8)}, b"12345678")
    yield "st-shape-negative.safetensors", _head({"a": entry([-1, -2], 0, 8)}, b"12345678")
    yield "st-shape-of-text.safetensors", _head({"a": entry(["2"], 0, 8)}, b"12345678")
    yield "st-unknown-kind.safetensors", _head({"a": entry([2], 0, 8, "F31")}, b"12345678")
    yield "st-offsets-turned.safetensors", _head({"a": entry([2], 8, 0), "b": entry([2], 0, 8)}, b"12345678")
    many = {f"t{i}": entry([0], 0, 0) for i in range(100_000)}
    yield "st-100000-tensors.safetensors", _head(many | good, b"12345678")
    yield "st-empty-header.safetensors", _head({})


def _saved(thing: object, **options: bool) -> bytes:
    buffer = io.BytesIO()
    torch.save(thing, buffer, **options)
    return buffer.getvalue()


def _zip(entries: dict[str, bytes], kind: int = zipfile.ZIP_STORED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", kind) as archive:
        for name, data in entries.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def _torch(alarm: Path) -> Iterator[tuple[str, bytes]]:
    good = {"a": torch.ones(1000)}
    modern, old = _saved(good), _saved(good, _use_new_zipfile_serialization=False)
    yield "torch-payload.pth", _saved({"a": torch.ones(2), "b": Alarm(alarm)})
    yield "torch-payload-old.pth", _saved({"b": Alarm(alarm)}, _use_new_zipfile_serialization=False)
    yield "torch-plain-pickle.pth", pickle.dumps(Alarm(alarm))
    yield "torch-plain-pickle-0.pth", b"\x80\x02" + pickle.dumps(Alarm(alarm), protocol=0)
    yield "torch-eval.pth", pickle.dumps(None)[:2] + b"cbuiltins\neval\n(S'open(%r, \"w\")'\ntR." % str(alarm).encode()
    yield "torch-payload.bin", _zip({"x/data.pkl": pickle.dumps(Alarm(alarm)), "x/version": b"3"})
    yield "torch-cut.pth", modern[: len(modern) // 2]
    yield "torch-cut-old.pth", old[: len(old) // 2]
    yield "torch-no-storage.pth", _without(modern, "data/0")
    yield "torch-expanded.pth", _saved({"a": torch.zeros(1).expand(1 << 20, 1 << 20)})
    yield "torch-bomb.pth", _zip({"x/data.pkl": b"\0" * (1 << 28), "x/version": b"3"}, zipfile.ZIP_DEFLATED)
    yield "torch-many-words.pth", _zip({"x/data.pkl": b"\x80\x02]" + b"K\x01a" * 1_000_000 + b".", "x/version": b"3"})
    yield "torch-not-a-dict.pth", _saved([1, 2, 3])
    yield "torch-a-dict-of-numbers.pth", _saved({"a": 1.0, "b": [2, 3]})
    yield "torch-sparse.pth", _saved({"a": torch.eye(3).to_sparse()})
    yield "torch-script.pt", _script()
    huge = old.replace(b"X\x07\x00\x00\x00storage", b"X\x07\x00\x00\x00storage")
    yield "torch-storage-of-terabytes.pth", huge.replace(b"M\xe8\x03", b"J\xff\xff\xff\x7f")


def _without(archive: bytes, ending: str) -> bytes:
    with zipfile.ZipFile(io.BytesIO(archive)) as source:
        return _zip({name: source.read(name) for name in source.namelist() if not name.endswith(ending)})


def _script() -> bytes:
    buffer = io.BytesIO()
    torch.jit.save(torch.jit.script(torch.nn.Linear(2, 2)), buffer)
    return buffer.getvalue()


def _keras(folder: Path) -> Iterator[tuple[str, bytes]]:
    (folder / "secret.bin").write_bytes(b"\1" * 400)

    def h5(fill) -> bytes:
        buffer = io.BytesIO()
        with h5py.File(buffer, "w") as file:
            file.attrs["layer_names"] = [b"conv"]
            group = file.create_group("conv")
            group.attrs["weight_names"] = [b"conv/kernel:0"]
            fill(file, group)
        return buffer.getvalue()

    good = h5(lambda file, group: group.create_dataset("conv/kernel:0", data=np.ones((100, 100), "f4")))
    yield "keras-cut.h5", good[: len(good) // 2]
    yield "keras-head-only.h5", good[:100]
    yield "keras-scrambled.h5", good[:48] + bytes(reversed(good[48:1000])) + good[1000:]
    yield "keras-missing-variable.h5", h5(lambda file, group: None)
    elsewhere = h5py.ExternalLink(str(folder / "keras-cut.h5"), "/conv")
    yield "keras-link-to-a-file.h5", h5(lambda file, group: group.__setitem__("conv", elsewhere))
    yield "keras-soft-link.h5", h5(lambda file, group: group.__setitem__("conv", h5py.SoftLink("/conv")))
    outside = [(str(folder / "secret.bin"), 0, 400)]
    yield (
        "keras-data-of-a-file.h5",
        h5(lambda file, group: group.create_dataset("conv/kernel:0", (100,), "f4", external=outside)),
    )
    layout = h5py.VirtualLayout((10,), "f4")
    layout[:] = h5py.VirtualSource(str(folder / "keras-cut.h5"), "x", (10,))
    yield "keras-virtual.h5", h5(lambda file, group: group.create_virtual_dataset("conv/kernel:0", layout))
    bomb = {"shape": (1 << 33,), "dtype": "f4", "chunks": (1 << 20,), "compression": "gzip"}
    yield "keras-bomb.h5", h5(lambda file, group: group.create_dataset("conv/kernel:0", **bomb))
    words = h5py.string_dtype()
    yield "keras-text.h5", h5(lambda file, group: group.create_dataset("conv/kernel:0", (3,), words))
    yield "keras-a-group-for-numbers.h5", h5(lambda file, group: group.create_group("conv/kernel:0"))
    yield "keras-nothing.h5", _empty_h5()
    yield "keras-bomb.keras", _zip({"model.weights.h5": b"\0" * (1 << 28)}, zipfile.ZIP_DEFLATED)
    yield "keras-not-h5.keras", _zip({"model.weights.h5": b"hello"})


def _empty_h5() -> bytes:
    buffer = io.BytesIO()
    h5py.File(buffer, "w").close()
    return buffer.getvalue()


def _field(number: int, data: bytes, length: int | None = None) -> bytes:
    def varint(value: int) -> bytes:
        out = b""
        while True:
            value, low = value >> 7, value & 127
            out += bytes([low | (128 if value else 0)])
            if not value:
                return out

    return varint(number << 3 | 2) + varint(len(data) if length is None else length) + data


def _caffe() -> Iterator[tuple[str, bytes]]:
    good = caffe_proto.net([("conv", "Convolution", [np.ones((4, 3, 2, 2), np.float32)])])
    yield "caffe-cut.caffemodel", good[:-20]
    yield "caffe-length-of-exabytes.caffemodel", _field(100, b"hello", 1 << 60)
    yield "caffe-endless-number.caffemodel", b"\xff" * 100
    yield "caffe-text.caffemodel", b"name: 'net' layer { }" * 10
    shape = _field(7, _field(1, b"\x80\x80\x80\x80\x40" * 3))
    yield "caffe-shape-without-numbers.caffemodel", _field(100, _field(1, b"conv") + _field(7, shape))
    yield (
        "caffe-shape-unlike-numbers.caffemodel",
        good.replace(b"\x0a\x04\x04\x03\x02\x02", b"\x0a\x04\x04\x03\x02\x7f"),
    )
    yield "caffe-name-not-text.caffemodel", _field(100, _field(1, b"\xff\xfe") + _field(7, b""))
    yield "caffe-100000-layers.caffemodel", _field(100, _field(1, b"l") + _field(7, b"")) * 100_000
    yield "caffe-loose-numbers.caffemodel", _field(100, _field(1, b"c") + _field(7, b"\x2d\0\0\x80\x3f" * 9))


def _npz(alarm: Path) -> Iterator[tuple[str, bytes]]:
    def npy(head: str, data: bytes = b"") -> bytes:
        return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(head)) + head.encode() + data

    buffer = io.BytesIO()
    np.savez(buffer, a=np.array([Alarm(alarm)], object))
    yield "npz-payload.npz", buffer.getvalue()
    yield "npz-cut.npz", buffer.getvalue()[:60]
    huge = "{'descr': '<f4', 'fortran_order': False, 'shape': (1099511627776,)}"
    yield "npz-shape-too-large.npz", _zip({"a.npy": npy(huge, b"1234")})
    yield "npz-code-for-a-head.npz", _zip({"a.npy": npy(f"open({str(alarm)!r}, 'w')")})
    yield "npz-bomb.npz", _zip({"a.npy": npy(huge) + b"\0" * (1 << 28)}, zipfile.ZIP_DEFLATED)
    yield "npz-100000-arrays.npz", _zip({f"{i}.npy": b"" for i in range(100_000)})


def _others() -> Iterator[tuple[str, bytes]]:
    yield "darknet-cut.weights", struct.pack("<3iq", 0, 2, 0, 0) + b"123"
    yield "darknet-head-only.weights", struct.pack("<3iq", 0, 2, 0, 0)
    yield "darknet-version.weights", struct.pack("<3iq", -5, 1 << 30, 0, 0) + b"1234" * 4
    yield "deep-counts-too-large.net", b"\xff" * 200
    yield "deep-short.net", b"\0" * 50
    yield "noise.pth", bytes(range(256)) * 8
    yield "noise.safetensors", bytes(range(255, -1, -1)) * 8
    yield "noise.h5", bytes(range(256)) * 8
