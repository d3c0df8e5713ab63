"""Atomic files and checkpoints: round trips, layouts, and files that mean harm."""

import json
import os
import pickle
import struct
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch import nn

from vzor.spec.errors import UserError
from vzor.weights.atomic import SUFFIX, remove_leftovers, write_atomic, write_text
from vzor.weights.checkpoint import load_checkpoint, read_tensors, save_checkpoint, write_tensors


def net(seed=0):
    torch.manual_seed(seed)
    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Flatten(), nn.Linear(16, 2))


META = {
    "tables": {"net": {"rows": [1, 2, "три"]}},
    "task": {"name": "classify", "options": {}},
    "classes": ["кот", "dog"],
    "preprocess": {"size": [4, 4]},
    "metrics": {"val/top1": 0.5},
}


def test_round_trip_of_weights_and_meta(tmp_path):
    one, two = net(), net(1)
    one[1].running_mean.fill_(3)
    saved = load_checkpoint(save_checkpoint(tmp_path / "a.safetensors", {"net": one}, META))
    assert {k: saved.meta[k] for k in META} == META
    assert saved.networks == ["net"] and set(saved.names) == set(one.state_dict())  # no prefix
    saved.load_into({"net": two})
    assert all(torch.equal(a, b) for a, b in zip(one.state_dict().values(), two.state_dict().values(), strict=True))


def test_same_content_is_the_same_bytes(tmp_path):
    a = save_checkpoint(tmp_path / "a", {"net": net()}, META).read_bytes()
    assert a == save_checkpoint(tmp_path / "b", {"net": net()}, dict(reversed(META.items()))).read_bytes()


def test_several_networks_carry_their_names(tmp_path):
    nets = {"G": net(0), "D": net(1)}
    saved = load_checkpoint(save_checkpoint(tmp_path / "gan", nets, {}))
    assert saved.networks == ["G", "D"] and "D.0.weight" in saved.names
    again = {"G": net(2), "D": net(3)}
    saved.load_into(again)
    assert torch.equal(again["D"][0].weight, nets["D"][0].weight)
    with pytest.raises(UserError, match="no network 'E'"):
        saved.state_dict("E")


def test_channels_last_and_shared_tensors_are_taken(tmp_path):
    shared = torch.arange(6.0)
    last = torch.randn(2, 3, 4, 4).to(memory_format=torch.channels_last)
    write_tensors(tmp_path / "t", {"a": shared, "b": shared, "half": shared[:3], "last": last}, {})
    got = read_tensors(tmp_path / "t")
    assert torch.equal(got["a"], got["b"]) and torch.equal(got["half"], shared[:3]) and torch.equal(got["last"], last)


def test_wrong_network_names_the_tensor(tmp_path):
    saved = load_checkpoint(save_checkpoint(tmp_path / "a", {"net": net()}, {}))
    with pytest.raises(UserError, match=r"'0.weight' is \(4, 3, 3, 3\), the network has \(5, 3, 3, 3\)"):
        saved.load_into({"net": nn.Sequential(nn.Conv2d(3, 5, 3), nn.BatchNorm2d(5), nn.Flatten(), nn.Linear(16, 2))})
    with pytest.raises(UserError, match="has no place"):
        saved.load_into({"net": nn.Sequential(nn.Conv2d(3, 4, 3))})


def header(text, body=b""):
    data = text if isinstance(text, bytes) else text.encode()
    return struct.pack("<Q", len(data)) + data + body


HOSTILE = {
    "empty": (b"", "empty"),
    "short": (b"\x01\x00", "not a safetensors"),
    "pickle": (pickle.dumps({"a": 1}), "pickle"),
    "zip": (b"PK\x03\x04" + b"\0" * 64, "zip"),
    "jpeg": (b"\xff\xd8\xff\xe0" + b"\0" * 100, "not a safetensors"),
    "bomb": (struct.pack("<Q", 1 << 62) + b"{}" * 50, "not a safetensors"),
    "deep": (header("[" * 100_000), "damaged header"),
    "not utf-8": (header(b"{\xff\xfe}"), "damaged header"),
    "list": (header("[1, 2]"), "damaged header"),
    "no offsets": (header('{"a": {"dtype": "F32", "shape": [1]}}'), "damaged header"),
    "meta is not text": (header('{"__metadata__": {"vzor": {"a": 1}}}'), "damaged header"),
    "cut": (header('{"a": {"dtype": "F32", "shape": [4], "data_offsets": [0, 16]}}', b"\0" * 9), "cut short"),
    "negative": (header('{"a": {"dtype": "F32", "shape": [1], "data_offsets": [0, -8]}}'), "cut short"),
    "foreign": (header('{"a": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}', b"\0" * 4), "no vzor"),
    "bad meta": (header(json.dumps({"__metadata__": {"vzor": "{"}})), "damaged"),
    "odd meta": (header(json.dumps({"__metadata__": {"vzor": "[3]"}})), "damaged"),
    "newer": (header(json.dumps({"__metadata__": {"vzor": '{"format": 99, "networks": ["net"]}'}})), "newer"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files_are_one_sentence(name, tmp_path):
    content, words = HOSTILE[name]
    path = tmp_path / "x.safetensors"
    path.write_bytes(content)
    with pytest.raises(UserError, match=words) as error:
        load_checkpoint(path)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    "entry",
    [
        '{"dtype": "F32", "shape": [9], "data_offsets": [0, 4]}',
        '{"dtype": "Q7", "shape": [1], "data_offsets": [0, 4]}',
        '{"dtype": "F32", "shape": [-1], "data_offsets": [0, 4]}',
    ],
)
def test_tensors_that_lie_about_themselves(entry, tmp_path):
    path = tmp_path / "x.safetensors"
    path.write_bytes(header(f'{{"a": {entry}}}', b"\0" * 4))
    with pytest.raises(UserError, match="damaged"):
        read_tensors(path)


def test_missing_folder_and_unreadable(tmp_path):
    with pytest.raises(UserError, match="no file"):
        load_checkpoint(tmp_path / "none")
    with pytest.raises(UserError, match="folder"):
        load_checkpoint(tmp_path)


def test_every_truncation_is_refused(tmp_path):
    path = save_checkpoint(tmp_path / "a", {"net": net()}, META)
    whole = path.read_bytes()
    for length in [*range(0, 200, 7), len(whole) // 2, len(whole) - 1]:
        path.write_bytes(whole[:length])
        with pytest.raises(UserError):
            load_checkpoint(path)


def test_metadata_is_read_without_torch(tmp_path):
    path = save_checkpoint(tmp_path / "a", {"net": net()}, META)
    code = (
        f"import sys; from vzor.weights.checkpoint import load_checkpoint; c = load_checkpoint({str(path)!r});"
        " assert c.meta['classes'][1] == 'dog'; sys.exit('torch' in sys.modules)"
    )
    source = str(Path(__file__).parents[2] / "src")
    assert subprocess.run([sys.executable, "-c", code], env={**os.environ, "PYTHONPATH": source}).returncode == 0


def test_a_write_that_fails_leaves_the_old_file(tmp_path):
    path = write_text(tmp_path / "f.txt", "old")

    def fail(temporary):
        temporary.write_text("half")
        raise RuntimeError("disk")

    with pytest.raises(RuntimeError):
        write_atomic(path, fail)
    assert path.read_text() == "old" and [p.name for p in tmp_path.iterdir()] == ["f.txt"]


def test_a_killed_write_leaves_the_old_file_and_a_leftover_that_is_cleared(tmp_path):
    path = write_text(tmp_path / "f.txt", "old")
    code = (
        "import os, signal, sys; from vzor.weights.atomic import write_atomic\n"
        f"write_atomic({str(path)!r}, lambda t: (t.write_text('half'), os._exit(9)))"
    )
    source = str(Path(__file__).parents[2] / "src")
    subprocess.run([sys.executable, "-c", code], env={**os.environ, "PYTHONPATH": source})
    assert path.read_text() == "old"
    left = [p.name for p in tmp_path.iterdir() if p.name.endswith(SUFFIX)]
    assert len(left) == 1 and remove_leftovers(tmp_path) == left
    assert [p.name for p in tmp_path.iterdir()] == ["f.txt"]
