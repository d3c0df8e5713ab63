"""Weights carried from our networks to a peer's, name by name, and outputs compared."""

import dataclasses
import re
from collections.abc import Callable, Iterator

import pytest
import torch
from torch import Tensor, nn

from vzor.nn.build import build
from vzor.spec.edit import rewrite
from vzor.spec.row import Row, Shape
from vzor.spec.rows import Fc
from vzor.spec.tables import Rows

State = dict[str, Tensor]
TOLERANCE = 1e-10  # relative to the largest output, in float64


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Small pictures run no faster on many threads, and sums come out in one order."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def random_network(table: Rows, *inputs: Shape, seed: int = 0) -> nn.Module:
    """``table`` in float64 with weights drawn, biases and running statistics too, so that none can hide."""
    net = build(table, *inputs, seed=seed).double()
    generator = torch.Generator().manual_seed(seed)
    for name, value in net.state_dict().items():
        if name.endswith(("bias", "running_mean")):
            value.normal_(0, 0.1, generator=generator)
        elif re.search(r"(running_var|bn\.weight|norm\d*\.weight)$", name):
            value.uniform_(0.5, 1.5, generator=generator)
    return net


def narrow(table: Rows, to: int = 24) -> Rows:
    """``table`` with its 4096-wide rows narrowed: the same network to compare, 100 million weights lighter."""

    def change(row: Row) -> Row:
        return dataclasses.replace(row, out=to) if isinstance(row, Fc) and row.out == 4096 else row

    return rewrite(table, change)


def by_order(ours: State, theirs: State) -> State:
    """Our tensors under the peer's names: plain chains match row for row."""
    assert len(ours) == len(theirs)
    return dict(zip(theirs, ours.values(), strict=True))


def by_rule(*rules: tuple[str, str]) -> Callable[[State, State], State]:
    """Our tensors under the peer's names: each of ours is renamed by every (pattern, replacement) in order."""

    def names(ours: State, theirs: State) -> State:
        renamed = {}
        for name, value in ours.items():
            for pattern, replacement in rules:
                name = re.sub(pattern, replacement, name)
            assert name not in renamed
            renamed[name] = value
        return renamed

    return names


def give(ours: nn.Module, peer: nn.Module, names: Callable[[State, State], State]) -> None:
    """Our weights to ``peer``: every tensor of both has exactly one partner, of the same shape.

    The peer may be on the meta device; it gets copies.
    """
    here, there = ours.state_dict(), peer.state_dict()
    mapped = names(here, there)
    assert set(mapped) == set(there)
    assert {key: tuple(value.shape) for key, value in mapped.items()} == {
        key: tuple(value.shape) for key, value in there.items()
    }
    peer.load_state_dict({key: value.clone() for key, value in mapped.items()}, assign=True)


def picture(*size: int, batch: int = 2, seed: int = 1) -> Tensor:
    return torch.randn(batch, *size, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def difference(a: Tensor, b: Tensor) -> float:
    """The largest difference, relative to the largest value of ``b``."""
    assert a.shape == b.shape
    assert b.abs().max() > 0 and b.std() > 0  # a constant output would compare nothing
    a, b = a.detach(), b.detach()
    return float((a - b).abs().max() / b.abs().max())


@torch.no_grad()
def assert_same(ours: nn.Module, peer: nn.Module, x: Tensor) -> None:
    assert difference(ours.eval()(x), peer.eval()(x)) <= TOLERANCE
