"""Single rows against torch's own, or against their formula written in NumPy."""

from itertools import product

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from vzor.nn.build import build
from vzor.spec.rows import LRN, RBF, Act, Conv, Fc, Gain, Input, LayerNorm, Pool, Seq
from vzor.zoo.index import table
from vzor.zoo.lenet import C3_READS

from .helpers import TOLERANCE, difference, picture, random_network


@pytest.mark.parametrize("n", [1, 2, 3, 4, 5, 11])
@pytest.mark.parametrize("size", [(7, 9, 5), (16, 6), (12,), (6, 3, 4, 5)])
def test_lrn_is_torchs(n: int, size: tuple[int, ...]) -> None:
    x = 3 * picture(*size)
    ours = random_network(Seq(Input(*size), LRN(n, 0.3, 0.6, 1.5)))
    if len(size) == 1:  # torch wants a spatial axis
        theirs = nn.LocalResponseNorm(n, 0.3, 0.6, 1.5)(x[..., None])[..., 0]
    else:
        theirs = nn.LocalResponseNorm(n, 0.3, 0.6, 1.5)(x)
    assert difference(ours(x), theirs) <= TOLERANCE


def same_padding(n: int, k: int, s: int, d: int = 1) -> tuple[int, int]:
    """TensorFlow's rule as its documentation gives it, in its two cases."""
    span = (k - 1) * d + 1
    total = max(span - s, 0) if n % s == 0 else max(span - n % s, 0)
    return total // 2, total - total // 2


def windows(x: np.ndarray, k: tuple[int, int], s: tuple[int, int], d: int, fill: float) -> np.ndarray:
    """(C, H', W', kh, kw): every window of SAME-padded ``x``."""
    pads = [same_padding(n, a, b, d) for n, a, b in zip(x.shape[1:], k, s, strict=True)]
    x = np.pad(x, [(0, 0), *pads], constant_values=fill)
    seen = np.lib.stride_tricks.sliding_window_view(x, [(a - 1) * d + 1 for a in k], axis=(1, 2))
    return seen[:, :: s[0], :: s[1], ::d, ::d]


SIZES = st.tuples(st.integers(1, 19), st.integers(1, 19))
KERNELS = st.tuples(st.integers(1, 6), st.integers(1, 6))
STRIDES = st.tuples(st.integers(1, 4), st.integers(1, 4))


@settings(max_examples=60, deadline=None, derandomize=True)
@given(size=SIZES, k=KERNELS, s=STRIDES, d=st.integers(1, 2))
def test_same_convolution(size: tuple[int, int], k: tuple[int, int], s: tuple[int, int], d: int) -> None:
    row = Conv(3, k, s, "same", d, act=None)
    pads = [same_padding(n, kernel, stride, d) for n, kernel, stride in zip(size, k, s, strict=True)]
    assert [(axis.before, axis.after) for axis in row.window((2, *size))] == pads
    ours = random_network(Seq(Input(2, *size), conv=row))
    x = picture(2, *size, batch=1)
    weight, bias = (p.detach().numpy() for p in ours.parameters())
    expected = np.einsum("chwij,ocij->ohw", windows(x[0].numpy(), k, s, d, 0.0), weight) + bias[:, None, None]
    assert expected.shape[1:] == tuple(-(-n // t) for n, t in zip(size, s, strict=True))
    np.testing.assert_allclose(ours(x)[0].detach(), expected, rtol=1e-10, atol=1e-10)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(size=SIZES, k=KERNELS, s=STRIDES, op=st.sampled_from(["max", "avg"]), count_pad=st.booleans())
def test_same_pooling(size: tuple[int, int], k: tuple[int, int], s: tuple[int, int], op: str, count_pad: bool) -> None:
    """TensorFlow's average leaves the padding out; ours can count it too."""
    x = picture(2, *size, batch=1) - 3  # below zero, so that a padding of zeros would win
    ours = random_network(Seq(Input(2, *size), Pool(op, k, s, "same", count_pad=count_pad)))
    if op == "max":
        expected = windows(x[0].numpy(), k, s, 1, -np.inf).max((3, 4))
    else:
        total = windows(x[0].numpy(), k, s, 1, 0.0).sum((3, 4))
        share = windows(np.ones((2, *size)), k, s, 1, 0.0).sum((3, 4))
        expected = total / (k[0] * k[1] if count_pad else share)
    np.testing.assert_allclose(ours(x)[0], expected, rtol=1e-10)


@pytest.mark.parametrize("s", [1, 2])
def test_c3_is_a_masked_convolution(s: int) -> None:
    ours = random_network(Seq(Input(6, 14, 14), c3=Conv(16, 5, s, 0, act=None, connect=C3_READS)))
    sparse, bias = ours.c3.conv.weight, ours.c3.conv.bias
    assert sparse.shape == (60, 25)
    dense = torch.zeros(16, 6, 5, 5, dtype=torch.float64)
    places = [(out, reads) for out, maps in enumerate(C3_READS) for reads in maps]
    for (out, reads), weights in zip(places, sparse.detach(), strict=True):
        dense[out, reads] = weights.view(5, 5)
    dense.requires_grad_()
    x = picture(6, 14, 14)
    expected = F.conv2d(x, dense, bias, s)
    assert difference(ours(x), expected) <= TOLERANCE
    ours(x).square().sum().backward()
    expected.square().sum().backward()
    assert dense.grad is not None and sparse.grad is not None
    wanted = torch.stack([dense.grad[out, reads].flatten() for out, reads in places])
    assert difference(sparse.grad, wanted) <= TOLERANCE


def test_rbf_is_minus_the_squared_distance_to_its_code() -> None:
    ours = random_network(Seq(Input(84), out=RBF(10, seed=3)))
    codes = ours.out.codes
    assert codes.shape == (10, 84) and set(codes.unique().tolist()) == {-1.0, 1.0}
    assert len({tuple(code) for code in codes.tolist()}) == 10
    x = picture(84)
    expected = -((x[:, None] - codes[None]) ** 2).sum(2)
    assert difference(ours(x), expected) <= TOLERANCE
    assert not list(ours.parameters())
    other = random_network(Seq(Input(84), out=RBF(10, seed=4)))
    assert not torch.equal(other.out.codes, codes)


@pytest.mark.parametrize("classes", [2, 10, 137])
def test_codes_are_the_same_every_time_for_any_number_of_classes(classes: int) -> None:
    a, b = (random_network(table("lenet5_1998", classes=classes), seed=seed) for seed in (0, 1))
    assert torch.equal(a.out.codes, b.out.codes)
    assert a.eval()(picture(1, 32, 32)).shape == (2, classes)


def test_trainable_subsampling_is_the_papers_sum_times_coefficient_plus_bias() -> None:
    """The coefficient is a quarter of the gain, because the paper adds where we average."""
    row = Seq(pool=Pool("avg", 2), gain=Gain(bias=True), act=Act("stanh"))
    ours = random_network(Seq(input=Input(6, 28, 28), s2=row))
    with torch.no_grad():
        ours.s2.gain.weight.uniform_(0.5, 2, generator=torch.Generator().manual_seed(0))
    x = picture(6, 28, 28)
    coefficient, bias = ours.s2.gain.weight / 4, ours.s2.gain.bias
    total = sum(x[:, :, i::2, j::2] for i, j in product((0, 1), repeat=2))
    assert difference(ours(x), 1.7159 * torch.tanh(2 / 3 * (coefficient * total + bias))) <= TOLERANCE


@pytest.mark.parametrize(
    ("name", "size", "padding", "squash", "squash_pooled"),
    [("lenet5", 32, 0, torch.tanh, torch.tanh), ("lenet5_sigmoid", 28, 2, torch.sigmoid, nn.Identity())],
)
def test_the_simple_forms_of_lenet5(name: str, size: int, padding: int, squash, squash_pooled) -> None:
    ours = random_network(table(name))
    w1, b1, w2, b2, w3, b3, w4, b4, w5, b5 = ours.parameters()
    x = picture(1, size, size)
    y = squash_pooled(F.avg_pool2d(squash(F.conv2d(x, w1, b1, padding=padding)), 2))
    y = squash_pooled(F.avg_pool2d(squash(F.conv2d(y, w2, b2)), 2))
    y = squash(F.linear(y.flatten(1), w3.flatten(1), b3))  # C5 sees 5×5, all there is
    y = F.linear(squash(F.linear(y, w4, b4)), w5, b5)
    assert difference(ours.eval()(x), y) <= TOLERANCE


@pytest.mark.parametrize("eps", [1e-6, 0.3])
@pytest.mark.parametrize("size", [(7, 9, 5), (16, 6), (12,), (6, 3, 4, 5)])
def test_layer_normalisation_is_of_the_channels_of_every_place(size: tuple[int, ...], eps: float) -> None:
    ours = random_network(Seq(Input(*size), norm=LayerNorm(eps)))
    x = 3 * picture(*size) + 1
    gamma, beta = (p.view(-1, *(1,) * (len(size) - 1)) for p in ours.parameters())
    expected = (x - x.mean(1, keepdim=True)) / (x.var(1, keepdim=True, correction=0) + eps).sqrt() * gamma + beta
    assert difference(ours.train()(x), expected) <= TOLERANCE
    assert torch.equal(ours(x), ours.eval()(x))


def test_layer_normalisation_has_torchs_gradients() -> None:
    ours = random_network(Seq(Input(7, 4, 5), norm=LayerNorm(1e-6)))
    theirs = nn.LayerNorm(7, 1e-6, dtype=torch.float64)
    theirs.load_state_dict(ours.norm.state_dict())
    inputs = [picture(7, 4, 5).requires_grad_() for _ in range(2)]
    ours(inputs[0]).square().sum().backward()
    theirs(inputs[1].permute(0, 2, 3, 1)).square().sum().backward()
    assert difference(inputs[0].grad, inputs[1].grad) <= TOLERANCE
    for mine, other in zip(ours.parameters(), theirs.parameters(), strict=True):
        assert difference(mine.grad, other.grad) <= TOLERANCE


def test_a_gain_begins_where_it_is_told() -> None:
    """Layer scale of ConvNeXt."""
    weight = build(Seq(Input(5, 4, 4), gain=Gain(init=1e-6)), seed=0).gain.weight
    assert torch.equal(weight, torch.full((5, 1, 1), 1e-6))


def test_dense_rows_flatten_as_torch_does() -> None:
    ours = random_network(Seq(Input(3, 4, 5), fc=Fc(6, "relu")))
    x = picture(3, 4, 5)
    assert difference(ours(x), F.relu(F.linear(x.flatten(1), ours.fc.weight, ours.fc.bias))) <= TOLERANCE
