"""YOLO11's blocks: their parameters as printed, and what the head gives."""

import pytest
import torch

from vzor.measure import measure
from vzor.nn.build import build
from vzor.spec.errors import TableError
from vzor.spec.rows import Input, Pool, Seq
from vzor.zoo.yolo11 import C2PSA, SPPF, C3k2, Detect


@pytest.mark.parametrize(
    ("block", "width", "params"),
    [
        (C3k2(64, 1, False, 0.25), 32, 6_640),
        (C3k2(128, 1, True), 128, 87_040),
        (C3k2(64, 1, False), 256, 32_096),
        (SPPF(256, 5), 256, 164_608),
        (C2PSA(256, 1), 256, 249_728),
    ],
)
def test_blocks_have_the_printed_parameters(block, width, params):
    sheet = measure(Seq(Input(width, 8, 8), block))
    assert (sheet.parameters, sheet.output) == (params, (block.out, 8, 8))


def test_two_inner_blocks_keep_every_intermediate():
    one, two = (measure(Seq(Input(32, 8, 8), C3k2(64, n))).parameters for n in (1, 2))
    inner = 2 * (32 * 16 * 9) + 2 * (16 + 32)
    assert two - one == inner + 32 * 64, "another bottleneck, and its maps in the last 1×1"


def test_the_heads_distances_are_the_mean_of_its_bins_and_their_weights_are_never_trained():
    net = build(Seq(input=Input(64, 16, 16), pool=Pool(), detect=Detect(5)), seed=0).eval()
    fixed = [p for p in net.parameters() if not p.requires_grad]
    assert len(fixed) == 1 and fixed[0].flatten().tolist() == list(range(16))
    with torch.no_grad():
        raw = net(torch.randn(2, 64, 16, 16, generator=torch.Generator().manual_seed(1)))
    assert raw.shape == (2, 4 + 5 + 64, 8, 8)
    bins = raw[:, 9:].unflatten(1, (4, 16)).softmax(2)
    mean = (bins * torch.arange(16.0).view(1, 1, 16, 1, 1)).sum(2)
    torch.testing.assert_close(raw[:, :4], mean)


def test_one_set_of_bin_weights_serves_all_levels():
    sheet = measure(Seq(Input(64, 8, 8), Detect(5)))
    assert sheet.parameters - sheet.trainable == 16


def test_an_attention_block_runs():
    net = build(Seq(input=Input(128, 4, 4), block=C2PSA(256, 2)), seed=0).eval()
    with torch.no_grad():
        assert net(torch.zeros(1, 128, 4, 4)).shape == (1, 256, 4, 4)


@pytest.mark.parametrize(
    ("block", "says"), [(C2PSA(96), "128 divides"), (C3k2(8, 0), "inner blocks"), (Detect(0), "one class")]
)
def test_impossible_blocks(block, says):
    with pytest.raises(TableError, match=says):
        measure(Seq(Input(16, 8, 8), block))
