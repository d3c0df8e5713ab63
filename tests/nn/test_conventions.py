"""Keras' conventions, row by row, against a few loops in NumPy that share nothing with torch: float64.

Pictures are height × width × channels here, as in Keras; kernels are height × width × in × out.
"""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from vzor.nn.build import build
from vzor.spec.rows import Act, Conv, Fc, Norm, Pad, Pool, Row, Seq
from vzor.weights.keys.turns import GROUPED, HWIO, IN_OUT_1X1, depthwise, flattened

Array = NDArray[np.float64]
Sides = tuple[tuple[int, int], tuple[int, int]]

SIDES = st.integers(1, 9)
CHANNELS = st.integers(1, 4)
KERNELS = st.integers(1, 5)
STRIDES = st.integers(1, 3)
SEEDS = st.integers(0, 999)


def same(n: int, k: int, s: int) -> tuple[int, int]:
    """TensorFlow's SAME: as many windows as strides begin inside; what is missing is padded, the odd cell after."""
    missing = max(k - s if n % s == 0 else k - n % s, 0)
    return missing // 2, missing - missing // 2


def correct_pad(n: int, k: int) -> tuple[int, int]:
    """Keras' padding by hand before a valid window: half the kernel, and one less before an even size."""
    return k // 2 - (1 - n % 2), k // 2


def windows(x: Array, k: tuple[int, int], s: int, pads: Sides, fill: float) -> Array:
    """(rows, columns, height, width, channels): what each place of a window sees."""
    h, w = x.shape[:2]
    (top, bottom), (left, right) = pads
    larger = np.full((top + h + bottom, left + w + right, x.shape[2]), fill)
    larger[top : top + h, left : left + w] = x
    rows, columns = ((n - k1) // s + 1 for n, k1 in zip(larger.shape, k, strict=False))
    seen = np.empty((rows, columns, *k, x.shape[2]))
    for i in range(rows):
        for j in range(columns):
            seen[i, j] = larger[i * s : i * s + k[0], j * s : j * s + k[1]]
    return seen


def convolved(x: Array, kernel: Array, s: int, pads: Sides) -> Array:
    return np.einsum("ijklc,klco->ijo", windows(x, kernel.shape[:2], s, pads, 0.0), kernel)


def convolved_depthwise(x: Array, kernel: Array, s: int, pads: Sides) -> Array:
    """Kernel height × width × in × multiplier; the answers of a channel stand one after another."""
    y = np.einsum("ijklc,klcm->ijcm", windows(x, kernel.shape[:2], s, pads, 0.0), kernel)
    return y.reshape(*y.shape[:2], -1)


def pooled(x: Array, k: int, s: int, pads: Sides, op: Callable[..., Array]) -> Array:
    """Cells of the padding are not there: neither the largest nor part of the mean."""
    return op(windows(x, (k, k), s, pads, np.nan), axis=(2, 3))


def normalised(x: Array, mean: Array, var: Array, gamma: Array, beta: Array, eps: float) -> Array:
    return (x - mean) / np.sqrt(var + eps) * gamma + beta


def drawn(seed: int, *shape: int) -> Array:
    return np.random.default_rng(seed).normal(size=shape)


def ours(row: Row, x: Array, state: dict[str, torch.Tensor] | None = None) -> Array:
    """What ``row`` makes of the picture ``x`` with the weights ``state``."""
    net = build(Seq(row=row), (x.shape[2], *x.shape[:2])).double().eval()
    net.load_state_dict({f"row.{name}": value for name, value in (state or {}).items()})
    with torch.no_grad():
        y = net(torch.from_numpy(x).permute(2, 0, 1)[None])[0]
    return (y.permute(1, 2, 0) if y.dim() == 3 else y).numpy()


def assert_equal(a: Array, b: Array) -> None:
    assert a.shape == b.shape
    np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-12)


def tensor(x: Array) -> torch.Tensor:
    return torch.from_numpy(np.ascontiguousarray(x))


@given(h=SIDES, w=SIDES, c=CHANNELS, out=CHANNELS, k=st.tuples(KERNELS, KERNELS), s=STRIDES, seed=SEEDS)
def test_same_convolution(h: int, w: int, c: int, out: int, k: tuple[int, int], s: int, seed: int) -> None:
    x, kernel = drawn(seed, h, w, c), drawn(seed + 1, *k, c, out)
    weight = HWIO.back(tensor(kernel), (out, c, *k))
    y = ours(Conv(out, k, s, "same", bias=False, act=None), x, {"conv.weight": weight})
    assert y.shape[:2] == (-(-h // s), -(-w // s))
    assert_equal(y, convolved(x, kernel, s, (same(h, k[0], s), same(w, k[1], s))))


@given(h=SIDES, w=SIDES, c=CHANNELS, m=st.integers(1, 3), k=KERNELS, s=STRIDES, seed=SEEDS)
def test_depthwise_convolution_with_a_multiplier(h: int, w: int, c: int, m: int, k: int, s: int, seed: int) -> None:
    x, kernel = drawn(seed, h, w, c), drawn(seed + 1, k, k, c, m)
    weight = depthwise(m).back(tensor(kernel), (c * m, 1, k, k))
    y = ours(Conv(dw=m, k=k, s=s, p="same", bias=False, act=None), x, {"conv.weight": weight})
    assert_equal(y, convolved_depthwise(x, kernel, s, (same(h, k, s), same(w, k, s))))


@given(h=SIDES, w=SIDES, groups=st.integers(1, 3), c=st.integers(1, 3), seed=SEEDS)
def test_grouped_convolution_as_keras_resnext_computes_it(h: int, w: int, groups: int, c: int, seed: int) -> None:
    """A zero on every side, depthwise with c answers per map, every c-th answer of a group added."""
    x, kernel = drawn(seed, h, w, groups * c), drawn(seed + 1, 3, 3, groups * c, c)
    weight = GROUPED.back(tensor(kernel), (groups * c, c, 3, 3))
    y = ours(Conv(groups * c, 3, g=groups, bias=False, act=None), x, {"conv.weight": weight})
    answers = convolved_depthwise(x, kernel, 1, ((1, 1), (1, 1)))
    assert_equal(y, answers.reshape(h, w, groups, c, c).sum(3).reshape(h, w, -1))


@given(h=st.integers(2, 9), w=st.integers(2, 9), k=st.sampled_from([3, 5, 7]), seed=SEEDS)
def test_padding_by_hand_is_same_padding_where_the_stride_is_2(h: int, w: int, k: int, seed: int) -> None:
    """Keras' `correct_pad` and a valid window (MobileNetV2, NASNet) see what TensorFlow's SAME shows them."""
    x, kernel = drawn(seed, h, w, 2), drawn(seed + 1, k, k, 2, 1)
    weight = depthwise().back(tensor(kernel), (2, 1, k, k))
    y = ours(Conv(dw=1, k=k, s=2, p="same", bias=False, act=None), x, {"conv.weight": weight})
    assert_equal(y, convolved_depthwise(x, kernel, 2, (correct_pad(h, k), correct_pad(w, k))))


@given(h=st.integers(2, 9), w=st.integers(2, 9), seed=SEEDS)
def test_padding_after_the_picture_only(h: int, w: int, seed: int) -> None:
    """Keras' MobileNet pads below and to the right at every size; TensorFlow would pad all sides of an odd one."""
    x, kernel = drawn(seed, h, w, 2), drawn(seed + 1, 3, 3, 2, 1)
    weight = depthwise().back(tensor(kernel), (2, 1, 3, 3))
    y = ours(Conv(dw=1, k=3, s=2, p=((0, 1), (0, 1)), bias=False, act=None), x, {"conv.weight": weight})
    assert_equal(y, convolved_depthwise(x, kernel, 2, ((0, 1), (0, 1))))
    even = h % 2 == w % 2 == 0
    assert even == ((same(h, 3, 2), same(w, 3, 2)) == ((0, 1), (0, 1)))


@pytest.mark.parametrize(("op", "numpy"), [("max", np.nanmax), ("avg", np.nanmean)])
@given(h=SIDES, w=SIDES, c=CHANNELS, k=KERNELS, s=STRIDES, seed=SEEDS)
def test_same_pooling_leaves_the_padding_out(
    op: str, numpy: Callable[..., Array], h: int, w: int, c: int, k: int, s: int, seed: int
) -> None:
    """Also where all that a window sees is negative, and zeros of a padding would be the largest."""
    x = drawn(seed, h, w, c) - 3
    y = ours(Pool(op, k, s, "same", count_pad=False), x)  # type: ignore[arg-type]
    assert_equal(y, pooled(x, k, s, (same(h, k, s), same(w, k, s)), numpy))


@given(h=SIDES, w=SIDES, c=CHANNELS, seed=SEEDS)
def test_average_over_3x3_does_not_count_what_lies_outside(h: int, w: int, c: int, seed: int) -> None:
    """Inception v3's pooling, written with a padding of 1: the same as SAME, as the stride is 1."""
    x = drawn(seed, h, w, c)
    y = ours(Pool("avg", 3, 1, 1, count_pad=False), x)
    assert_equal(y, pooled(x, 3, 1, ((1, 1), (1, 1)), np.nanmean))


@given(h=st.integers(2, 9), w=st.integers(2, 9), c=CHANNELS, seed=SEEDS)
def test_zeros_before_max_pooling_can_be_the_largest(h: int, w: int, c: int, seed: int) -> None:
    """Keras' ResNet v2: its convolution goes to the pooling without a ReLU."""
    x = drawn(seed, h, w, c) - 1
    y = ours(Seq(pad=Pad(1), pool=Pool("max", 3, 2)), x)
    assert_equal(y, windows(x, (3, 3), 2, ((1, 1), (1, 1)), 0.0).max((2, 3)))
    assert (ours(Seq(pad=Pad(1), pool=Pool("max", 3, 2)), -np.abs(x))[0, 0] == 0).all()  # every window has a zero


@pytest.mark.parametrize("eps", [1e-3, 1.001e-5])
@pytest.mark.parametrize("gamma", [True, False])
@given(c=CHANNELS, out=CHANNELS, seed=SEEDS)
def test_normalisation_after_a_convolution_with_biases(eps: float, gamma: bool, c: int, out: int, seed: int) -> None:
    """A small variance, so that eps shows: with 1e-5 for 1.001e-5 the answers differ by more than is allowed."""
    x, kernel, bias = drawn(seed, 4, 5, c), drawn(seed + 1, 1, 1, c, out), drawn(seed + 2, out)
    mean, scale, beta = drawn(seed + 3, out), drawn(seed + 4, out), drawn(seed + 5, out)
    var = np.abs(drawn(seed + 6, out)) * 1e-4
    state = {
        "conv.weight": HWIO.back(tensor(kernel), (out, c, 1, 1)),
        "conv.bias": tensor(bias),
        "bn.running_mean": tensor(mean),
        "bn.running_var": tensor(var),
        "bn.bias": tensor(beta),
        "bn.num_batches_tracked": torch.tensor(0),
    } | ({"bn.weight": tensor(scale)} if gamma else {})
    y = ours(Conv(out, 1, bias=True, bn=Norm(eps=eps, gamma=gamma), act=None), x, state)
    expected = convolved(x, kernel, 1, ((0, 0), (0, 0))) + bias
    one = np.ones(out)
    assert_equal(y, normalised(expected, mean, var, scale if gamma else one, beta, eps))


@given(h=SIDES, w=SIDES, c=CHANNELS, seed=SEEDS)
def test_relu6(h: int, w: int, c: int, seed: int) -> None:
    x = 6 * drawn(seed, h, w, c)
    assert_equal(ours(Act("relu6"), x), np.minimum(np.maximum(x, 0), 6))


@given(h=SIDES, w=SIDES, c=CHANNELS, out=CHANNELS, seed=SEEDS)
def test_a_dense_row_reads_channels_last(h: int, w: int, c: int, out: int, seed: int) -> None:
    x, kernel, bias = drawn(seed, h, w, c), drawn(seed + 1, h * w * c, out), drawn(seed + 2, out)
    state = {"weight": flattened(c).back(tensor(kernel), (out, c * h * w)), "bias": tensor(bias)}
    assert_equal(ours(Fc(out), x, state), x.reshape(-1) @ kernel + bias)


@given(c=CHANNELS, out=CHANNELS, seed=SEEDS)
def test_a_dense_row_is_a_1x1_convolution(c: int, out: int, seed: int) -> None:
    """The classifier of Keras' MobileNet."""
    x, kernel = drawn(seed, 1, 1, c), drawn(seed + 1, 1, 1, c, out)
    y = ours(Fc(out, bias=False), x, {"weight": IN_OUT_1X1.back(tensor(kernel), (out, c))})
    assert_equal(y, convolved(x, kernel, 1, ((0, 0), (0, 0)))[0, 0])
