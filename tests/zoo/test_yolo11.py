"""YOLO11's blocks: their parameters as printed, and what the head gives; the networks: the lecture's 24 rows."""

import re
from itertools import product
from pathlib import Path

import pytest
import torch
from torch import nn

import vzor
from vzor.cli.main import main
from vzor.measure import measure
from vzor.nn.build import build
from vzor.spec.errors import TableError, UserError
from vzor.spec.read import read_table
from vzor.spec.rows import Input, Pool, Seq
from vzor.zoo.vocabulary import VOCAB
from vzor.zoo.yolo11 import C2PSA, SIZES, SPPF, C3k2, Detect, yolo11

from .figures import FIGURES

EXAMPLE = Path(__file__).parents[2] / "examples" / "yolo11n.tsv"
#: Lecture 001: the parameters of rows 0 to 23, for 5 classes.
PRINTED = (
    *(464, 4672, 6640, 36992, 26080, 147712, 87040, 295424, 346112, 164608, 249728, 0),
    *(0, 111296, 0, 0, 32096, 36992, 0, 86720, 147712, 0, 378880, 431647),
)
#: Published for 80 classes and 640×640: parameters, 10⁹ operations.
PUBLISHED = {
    "n": (2_624_080, 6.6),
    "s": (9_458_752, 21.7),
    "m": (20_114_688, 68.5),
    "l": (25_372_160, 87.6),
    "x": (56_966_176, 196.0),
}


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


def test_every_row_of_yolo11n_has_the_printed_parameters() -> None:
    sheet = measure(yolo11("n", 5))
    rows = {line.path: line.params for line in sheet.lines if line.depth == 0 and line.kind != "Input"}
    assert rows == {str(i): params for i, params in enumerate(PRINTED)}
    assert f"{sheet.parameters} / {sheet.trainable}" == FIGURES["yolo11n", "per-row params, total, gradients"][0]
    assert round(sheet.flops / 1e9, 3) == 6.376
    convolutions = [line for line in sheet.lines if line.kind == "Conv"]
    assert round(2 * sum(line.macs for line in convolutions) / 1e9, 3) == 6.315
    assert "6.376" in FIGURES["yolo11n", "6.4 GFLOPs"][1] and "6.315" in FIGURES["yolo11n", "6.4 GFLOPs"][1]


def test_show_prints_the_lectures_table_row_by_row(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", "yolo11n", "--classes", "5", "--depth", "0"]) == 0
    lines = [line for line in capsys.readouterr().out.splitlines() if line.strip()]
    head = next(line for line in lines if line.startswith("name"))
    end = head.index("params") + len("params")
    rows = {line.split()[0]: line[:end].split()[-1] for line in lines if line[0].isdigit()}
    assert rows == {str(i): f"{params:,}" for i, params in enumerate(PRINTED)}
    printed = dict(re.findall(r"(?m)^(parameters|trainable) +([\d,]+)", "\n".join(lines)))
    assert printed == {"parameters": "2,590,815", "trainable": "2,590,799"}


def test_the_printed_319_layers_are_181_modules_and_their_containers() -> None:
    """A convolution is three modules there: convolution, normalisation, and SiLU or, without one, an identity.

    SiLU and SPPF's pooling are one module each, used again.  Fused, the normalisations are gone.
    """
    with torch.device("meta"):
        modules = list(build(yolo11("n", 5)).modules())
    convolutions = sum(isinstance(module, nn.Conv2d) for module in modules)
    normalisations = sum(isinstance(module, nn.BatchNorm2d) for module in modules)
    rows = [line for line in measure(yolo11("n", 5)).lines if line.leaf]
    identities = sum("bn" in line.detail and "silu" not in line.detail for line in rows if line.kind == "Conv")
    top = [line.kind for line in rows if line.depth == 0]
    assert (top.count("Up"), top.count("Concat")) == (2, 4)
    leaves = convolutions + normalisations + identities + 1 + 1 + 2 + 4
    assert f"{leaves} leaves" in FIGURES["yolo11n", "319 layers"][1]
    assert f"{319 - normalisations} after fusing" in FIGURES["yolo11n", "319 layers"][1]


def test_the_network_is_the_one_that_the_printed_table_is_read_as() -> None:
    assert yolo11("n", 5) == read_table(EXAMPLE, vocab=VOCAB).root


@pytest.mark.parametrize("size", PUBLISHED)
def test_sizes(size: str) -> None:
    parameters, gflops = PUBLISHED[size]
    sheet = measure(yolo11(size))
    assert sheet.parameters == parameters
    # Published operations count normalisation and nonlinearities, too.
    assert 0.988 < sheet.flops / 1e9 / gflops <= 1


def test_no_other_table_of_this_form_has_a_published_number_of_parameters() -> None:
    """What the notes on s, m, l and x rest on: widths that double, cut off at a greatest one; chains of 1 or 2."""
    found = {}
    for a, n, deep in product(range(16, 129, 16), (1, 2), (False, True)):
        for most in (4 * a, 8 * a, 16 * a):
            SIZES["tried"] = (a, 2 * a, 4 * a, min(8 * a, most), min(16 * a, most), n, deep)
            if SIZES["tried"][4] % 128 == 0:  # C2PSA's heads
                found[SIZES["tried"]] = measure(yolo11("tried")).parameters
    del SIZES["tried"]
    for size, (parameters, _) in PUBLISHED.items():
        assert [form for form, count in found.items() if count == parameters] == [SIZES[size]]


def test_a_size_whose_maps_do_not_meet_again_is_refused() -> None:
    with pytest.raises(TableError, match=r"row '12' \(Concat"):
        measure(yolo11("n"), (3, 656, 640))


def test_classification_refuses_a_detector_before_anything_is_built(tmp_path: Path) -> None:
    for network in ("yolo11n", EXAMPLE):
        with pytest.raises(UserError, match=r"78×8×8, .* not one score per class.*`vzor list --task classify`") as said:
            vzor.train("digits", network=network, input=64, out=tmp_path / "run", quiet=True)
        assert str(said.value).startswith("yolo11n gives") and not (tmp_path / "run").exists()
