"""One suite over every network of the index: whoever adds a network adds a line there, and the rest follows.

Networks are made small, or two cores would take an hour (`tiny.py`): the smallest input that a table allows and,
to be trained, an eighth of its widths; never its depth, its rows or their order.  What depends on true widths
(counts, shapes, names) is tested in `tests/zoo` and `tests/parity`, which have all networks, too.
"""

import shutil
from collections.abc import Iterator

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

import vzor
from vzor.api.build import tap_name
from vzor.measure import measure
from vzor.nn.build import Network, build
from vzor.nn.eject import eject
from vzor.nn.weighted import ConvUnit
from vzor.spec.edit import with_channels, with_input
from vzor.spec.rows import Norm
from vzor.spec.trace import Trace, trace
from vzor.tasks.classify.loss import Loss
from vzor.training.task import Step
from vzor.zoo.index import ZOO, table

from .tiny import CLASSES, alike, drawn, light, narrow, smallest, undrawn

#: Learning rates to begin with, in turn: with batch normalisation, and without.
RATES = {True: (0.01, 0.003), False: (0.003, 0.0003, 0.01)}
LOUD = 4  # nats: where scores begin as large as this, the smaller rate is tried first
STEPS = 40
LEARNT = 0.1  # nats; who guesses among four classes has 1.39
DEEP = 1500  # operations of a table: a step of training takes half a second
#: The smallest network of each set of kinds of rows: what export and eject have to know.
EXAMPLES = alike(ZOO)


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Small maps run no faster on many threads."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def outputs(raw: object) -> tuple[Tensor, ...]:
    """All tensors that a network gives: one, several, or those of its sides in training."""
    if isinstance(raw, dict):
        return tuple(raw.values())
    return raw if isinstance(raw, tuple) else (raw,)  # type: ignore[return-value]


def loss_of(task: str, raw: object, target: Tensor, net: Network) -> Tensor:
    """The task's loss; of a detector, whose task is not here yet, the class and one distance in every cell."""
    if task == "classify":
        return sum(Loss()(raw, {"label": target}, {"net": net}, Step(0, 0, True)).values(), torch.zeros(()))
    total = torch.zeros(())
    for level in outputs(raw):
        distances, scores = level[:, :4], level[:, 4 : 4 + CLASSES]
        wanted = F.one_hot(target, CLASSES).float()[:, :, None, None].expand_as(scores)
        total = total + F.binary_cross_entropy_with_logits(scores, wanted)
        total = total + F.smooth_l1_loss(distances, (5.0 + target)[:, None, None, None].expand_as(distances))
    return total / len(outputs(raw))


def right(task: str, raw: object) -> list[int]:
    """The class that the main output names for each sample; of a detector, that of its coarsest map."""
    if task == "detect":
        return outputs(raw)[-1][:, 4 : 4 + CLASSES].mean((2, 3)).argmax(1).tolist()
    return outputs(raw)[0].argmax(1).tolist()


def begin(opened: Trace) -> Network:
    """Built with He's initialisation.

    NiN and SqueezeNet send the scores themselves through ReLU: a class that begins below zero for all four
    samples has no gradient.  Their last row begins small and well above zero.
    """
    net = build(opened, seed=0)
    last = [module for module in net.modules() if isinstance(module, ConvUnit)][-1]
    if isinstance(last.act, nn.ReLU) and last.conv.out_channels == CLASSES and isinstance(last.conv.bias, Tensor):
        with torch.no_grad():
            last.conv.weight.mul_(0.01)
            last.conv.bias.fill_(5.0)
    return net.train()


def has_gradient(weight: Tensor) -> bool:
    return weight.grad is not None and bool(weight.grad.any())


def slow_ones(names: list[str]) -> list[object]:
    return [pytest.param(n, marks=pytest.mark.slow) if len(trace(table(n)).ops) > DEEP else n for n in names]


@pytest.mark.parametrize("name", slow_ones(list(ZOO)))
def test_four_samples_are_learnt_by_heart_and_every_weight_is_reached(name: str) -> None:
    task = ZOO[name].task
    opened = trace(narrow(smallest(table(name, classes=CLASSES))))
    size = opened.ops[0].out
    rough = torch.randn(4, size[0], 4, 4, generator=torch.Generator().manual_seed(1))
    x, target = F.interpolate(rough, size[1:]), torch.arange(4)
    reached: set[str] = set()
    last = float("inf")
    normalised = any(isinstance(node.row, Norm) or getattr(node.row, "bn", None) for node in opened.ops)
    net = begin(opened)
    with torch.no_grad():
        loud = normalised and float(loss_of(task, net(x), target, net)) > LOUD
    for rate in sorted(RATES[normalised]) if loud else RATES[normalised]:
        net = begin(opened)
        weights = {key: p for key, p in net.named_parameters() if p.requires_grad}
        optimizer = torch.optim.Adam(weights.values(), 3 * rate if task == "detect" else rate)
        for _ in range(STEPS):
            raw = net(x)
            loss = loss_of(task, raw, target, net)
            last = float(loss.detach())
            if last < LEARNT:
                break
            optimizer.zero_grad()
            loss.backward()
            reached |= {key for key in weights.keys() - reached if has_gradient(weights[key])}
            optimizer.step()
        if last < LEARNT:
            break
    assert last < LEARNT
    assert right(task, raw) == target.tolist()
    assert reached == set(weights), "no gradient"


@torch.no_grad()
@pytest.mark.parametrize("name", ZOO)
def test_it_takes_other_channels_classes_and_sizes(name: str) -> None:
    """And in eval mode gives each sample the same, whatever else is in the batch."""
    made = smallest(table(name, classes=7))
    side = measure(made).input[1]
    size = (5, side + 32, side)
    changed = with_input(with_channels(made, 5), size)
    expected = [(7,)]
    if ZOO[name].task == "detect":
        expected = [(4 + 7 + 64, size[1] // stride, size[2] // stride) for stride in (8, 16, 32)]
    assert [value.shape for value in trace(changed).root.outs] == expected
    net = drawn(trace(narrow(changed))).eval().double()  # random weights magnify rounding
    x = torch.rand(2, *size, dtype=torch.double)
    found = outputs(net(x))
    assert [tuple(y.shape[1:]) for y in found] == expected
    for both, alone in zip(found, outputs(net(x[:1])), strict=True):
        assert both.isfinite().all() and both.std() > 0
        assert (both[:1] - alone).abs().max() <= 1e-8 * both.abs().max()


@torch.no_grad()
@pytest.mark.parametrize("name", ZOO)
def test_taps_give_maps_of_their_strides(name: str) -> None:
    """A map of stride s grows by exactly one cell when the input grows by s, whatever is padded; here in grey."""
    made = with_channels(smallest(table(name)), 1)
    small = vzor.table(name, input=measure(made).input)
    top = max(small.taps)
    assert list(small.taps) == [s for s in (1, 2, 4, 8, 16, 32) if min(small.taps) <= s <= top] and len(small.taps) > 2
    larger = small.at(input=small.input[1] + 2 * top)
    shapes = {line.path: line.outs[0] for line in small.rows}
    grown = {line.path: line.outs[0] for line in larger.rows}
    for stride, path in small.taps.items():
        assert grown[path] == (shapes[path][0], *(n + 2 * top // stride for n in shapes[path][1:])), path
        assert tap_name(small, stride) == tap_name(small, path) == path
    opened = trace(narrow(made))
    x = torch.rand(2, *small.input)
    found = drawn(opened, list(small.taps.values())).eval()(x)
    assert list(found) == list(small.taps.values())
    for path, y in found.items():
        assert tuple(y.shape) == (2, *opened.find(path).out) and y.shape[2:] == shapes[path][1:]


@torch.no_grad()
@pytest.mark.parametrize("name", ZOO)
def test_the_ejected_file_takes_the_same_weights_and_gives_the_same(name: str) -> None:
    """All blocks at their true widths, to the bit, in eval mode, and in training mode with its sides' outputs."""
    opened = trace(light(smallest(table(name, classes=CLASSES))))
    net = drawn(opened)
    scope: dict[str, type[nn.Module]] = {}
    exec(eject(opened, name), scope)
    with undrawn():
        twin = list(scope.values())[-1]()
    twin.load_state_dict(net.state_dict())
    x = torch.rand(2, *opened.ops[0].out)
    for mode in (False, True):
        torch.manual_seed(0)
        ours = net.train(mode)(x)
        torch.manual_seed(0)
        theirs = twin.train(mode)(x)
        if isinstance(ours, dict):
            assert list(ours) == list(theirs)
        for one, two in zip(outputs(ours), outputs(theirs), strict=True):
            assert torch.equal(one, two) and one.isfinite().all() and one.std() > 0


@torch.no_grad()
@pytest.mark.parametrize("name", [n if n in EXAMPLES else pytest.param(n, marks=pytest.mark.long) for n in ZOO])
def test_torch_exports_it_for_any_batch(name: str) -> None:
    """torch.export sees operations one by one: a network stands for all with the same kinds of them.

    Exporting takes some ten milliseconds an operation, and all networks have tens of thousands; `EXAMPLES` are the
    smallest of each set, and no other network has a kind of operation that its example has not.  The others are
    exported when they are asked for: ``pytest tests/contract -m long -n 2``, 127 networks in 322 s on two cores, all
    equal.
    """
    opened = trace(light(smallest(table(name, classes=CLASSES))))
    net = drawn(opened).eval()
    x = torch.rand(3, *opened.ops[0].out)
    batch = torch.export.Dim("batch", min=1, max=64)
    exported = torch.export.export(net, (x[:2],), dynamic_shapes=((({0: batch}),),), strict=False).module()
    for one, two in zip(outputs(net(x)), outputs(exported(x)), strict=True):
        torch.testing.assert_close(two, one, rtol=1e-6, atol=1e-6)


def test_every_network_has_an_example_that_is_exported() -> None:
    assert sorted(name for group in EXAMPLES.values() for name in group) == list(ZOO)


@pytest.mark.slow
@torch.no_grad()
def test_torch_compiles_one() -> None:
    if shutil.which("g++") is None and shutil.which("clang++") is None:
        pytest.skip("torch.compile needs a C++ compiler")
    opened = trace(smallest(table("nin_cifar", classes=CLASSES)))
    net = drawn(opened).eval()
    x = torch.rand(2, *opened.ops[0].out)
    torch.testing.assert_close(torch.compile(net)(x), net(x), rtol=1e-4, atol=1e-4)
