"""The shapes that a table is measured to have are those that flow through its module, at any size of input."""

import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from vzor.measure import measure
from vzor.nn.build import build
from vzor.spec.errors import TableError
from vzor.spec.row import Shape
from vzor.spec.rows import Add, Cat, Conv, ConvT, Fc, From, Gap, Input, Norm, Pool, Seq, Sum, Up
from vzor.spec.tables import Rows
from vzor.zoo.index import ZOO, table
from vzor.zoo.resnet import Basic, Bottleneck


@torch.no_grad()
def assert_measured(made: Rows, *inputs: Shape, device: str = "meta") -> None:
    """Every row's shape, by hooks on its module."""
    sheet = measure(made, *inputs)
    with torch.device(device):
        net = build(made, *inputs).eval()
        x = torch.zeros(2, *sheet.input)
    lines = [line for line in sheet.lines if not line.side]  # a side runs in training only
    measured: dict[str, list[Shape]] = {line.path: [] for line in lines}
    seen: dict[str, list[Shape]] = {line.path: [] for line in lines}
    for line in lines:
        measured[line.path] += line.outs  # a row of Each has a line per input

    def watch(path: str, module: nn.Module) -> None:
        def hook(_module: nn.Module, _inputs: object, out: Tensor | tuple[Tensor, ...]) -> None:
            seen[path] += [tuple(one.shape[1:]) for one in (out if isinstance(out, tuple) else (out,))]

        module.register_forward_hook(hook)

    for path in seen:
        watch(path, net.get_submodule(path))
    net(x)
    assert seen == measured


@pytest.mark.parametrize("name", ZOO)
def test_at_its_own_size(name: str) -> None:
    assert_measured(table(name, classes=11))


@pytest.mark.parametrize("name", ["resnet18_a", "resnet50", "resnet50_v1", "vgg16_bn", "vgg11_lrn", "alexnet"])
@pytest.mark.parametrize("size", [(3, 97, 141), (3, 224, 33), (5, 255, 64)])
def test_at_odd_sizes(name: str, size: Shape) -> None:
    if name == "alexnet" and min(size[1:]) < 63:
        with pytest.raises(TableError, match="pool5"):
            measure(table(name), size)
    else:
        assert_measured(table(name), size)


def small(k: int, s: int, p: object, ceil: bool, d: int) -> Seq:
    """Every kind of row that changes a size."""
    return Seq(
        input=Input(3, 32, 32),
        conv=Conv(8, k, s, p, d, bn=Norm()),
        pool=Pool("max", 3, 2, 1, ceil=ceil),
        same=Pool("avg", 2, 2, "same", count_pad=False),
        fork=Cat(a=Conv(4, 1), b=Seq(Conv(4, 3), Conv(6, (3, 1)))),
        basic=Basic(10, 2),
        padded=Basic(12, 2, "A"),
        bottleneck=Bottleneck(3),
        up=Up(2),
        again=ConvT(12, 2, 2),
        twice=Add(a=Conv(12, 3), b=From("again", Conv(12, 5, dw=None))),
        sum=From(("twice", "again"), Sum()),
        cells=Gap((2, 3)),
        fc=Fc(5),
    )


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    height=st.integers(1, 70),
    width=st.integers(1, 70),
    k=st.integers(1, 7),
    s=st.integers(1, 3),
    p=st.sampled_from([None, "same", 0, 1, ((0, 2), 1)]),
    ceil=st.booleans(),
    d=st.integers(1, 2),
)
def test_at_any_size(height: int, width: int, k: int, s: int, p: object, ceil: bool, d: int) -> None:
    """Either both sides agree, or the table says that the size is impossible."""
    made = small(k, s, p, ceil, d)
    try:
        measure(made, (3, height, width))
    except TableError as error:
        assert "row '" in str(error)
        assume(False)
    assert_measured(made, (3, height, width), device="cpu")


@settings(max_examples=40, deadline=None, derandomize=True)
@given(
    n=st.integers(1, 40),
    k=st.integers(1, 7),
    s=st.integers(1, 5),
    p=st.integers(0, 3),
    ceil=st.booleans(),
    op=st.sampled_from(["max", "avg"]),
)
def test_pooling_sizes_are_torchs(n: int, k: int, s: int, p: int, ceil: bool, op: str) -> None:
    """The rule for a last window that hangs over the edge included."""
    assume(2 * p <= k and n + 2 * p >= k)
    pool = nn.MaxPool1d(k, s, p, ceil_mode=ceil) if op == "max" else nn.AvgPool1d(k, s, p, ceil_mode=ceil)
    expected = pool(torch.zeros(1, 1, n)).shape[-1]
    made = Seq(input=Input(1, n), pool=Pool(op, k, s, p, ceil=ceil))
    assert measure(made).output == (1, expected)
    assert_measured(made, device="cpu")
