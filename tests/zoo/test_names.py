"""The names of networks and of their weights are frozen: changing one would lose people's files.

`keys.lock` has a line per network: name, number of tensors, sha256 of the sorted lines ``name shape``.
"""

from hashlib import sha256
from pathlib import Path

import pytest
import torch

from vzor.measure import measure
from vzor.nn.build import build
from vzor.zoo.index import ZOO, table

LOCK = Path(__file__).with_name("keys.lock")
LOCKED = {line.split()[0]: line for line in LOCK.read_text("utf-8").splitlines() if line}


def weights_line(name: str) -> str:
    with torch.device("meta"):
        state = build(table(name)).state_dict()
    lines = sorted(f"{key} {tuple(value.shape)}" for key, value in state.items())
    return f"{name} {len(lines)} {sha256(chr(10).join(lines).encode()).hexdigest()}"


def test_no_name_is_gone_and_none_is_unlocked() -> None:
    assert list(LOCKED) == list(ZOO)


@pytest.mark.parametrize("name", ZOO)
def test_names_of_weights_are_as_locked(name: str) -> None:
    """A change that is meant needs an alias for the old names and this line in keys.lock."""
    assert weights_line(name) == LOCKED.get(name)


@pytest.mark.parametrize("name", ZOO)
def test_the_module_has_the_parameters_that_the_table_counts(name: str) -> None:
    with torch.device("meta"):
        net = build(table(name))
    sheet = measure(table(name))
    trainable = [p for p in net.parameters() if p.requires_grad]
    assert sum(p.numel() for p in net.parameters()) == sheet.parameters + sheet.aux
    assert sum(p.numel() for p in trainable) == sheet.trainable + sheet.aux
    stored = {key: b for key, b in net.state_dict().items() if not key.endswith("num_batches_tracked")}
    beside = sheet.aux + sum(line.buffers for line in sheet.lines if line.side and line.leaf)
    assert sum(b.numel() for b in stored.values()) == sheet.parameters + sheet.buffers + beside


@pytest.mark.parametrize("name", ZOO)
def test_every_row_of_the_module_has_the_parameters_of_its_line(name: str) -> None:
    with torch.device("meta"):
        net = build(table(name))
    counted: set[str] = set()
    for line in measure(table(name)).lines:
        if line.path in counted:  # Each: the same row on a further input, counted with the first
            assert not line.params, line.path
            continue
        counted.add(line.path)
        own = net.get_submodule(line.path)
        assert sum(p.numel() for p in own.parameters()) == line.params, line.path
