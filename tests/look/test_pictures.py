"""Pictures: the same from the same numbers, of the expected size, and true to what they show."""

from __future__ import annotations

import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from vzor.look.batches import captions, visible
from vzor.look.chart import columns, line_chart, log_ticks, number, ticks
from vzor.look.curves import draw_curves
from vzor.look.features import feature_maps, feature_sheet, map_pictures
from vzor.look.filters import diverging, filter_pictures, filter_sheet, first_filters
from vzor.look.history import panels, read_results
from vzor.look.matrix import matrix_html, matrix_picture, shares
from vzor.look.scatter import draw_scatter
from vzor.look.thumbs import thumbnail
from vzor.measure import measure
from vzor.nn.build import build
from vzor.spec.errors import UserError
from vzor.spec.preprocess import Preprocess
from vzor.spec.rows import Act, Conv, Fc, Flatten, Input
from vzor.spec.tables import Add, Seq

ROWS = [
    {
        "epoch": float(e),
        "step": 10.0 * e,
        "seconds": float(e),
        "lr": 0.1 / e,
        "train/loss": 2.0 / e,
        "val/loss": 2.5 / e,
        "val/top1": 1 - 1 / e,
        "val/psnr": 20.0 + e,
    }
    for e in range(1, 6)
]


def size(path: Path) -> tuple[int, int]:
    with Image.open(path) as picture:
        return picture.size


# --- curves ---


def test_metrics_of_one_kind_share_a_panel() -> None:
    found = {p.title: list(p.lines) for p in panels(ROWS)}
    assert found == {
        "loss": ["train/loss", "val/loss"],
        "metrics, val": ["top1"],
        "val/psnr": ["val/psnr"],
        "learning rate": ["lr"],
    }


def test_a_loss_that_falls_far_is_logarithmic() -> None:
    assert not panels(ROWS)[0].log
    assert panels([{"epoch": 1, "train/loss": 100.0}, {"epoch": 2, "train/loss": 0.1}])[0].log
    assert not panels([{"epoch": 1, "train/loss": -100.0}, {"epoch": 2, "train/loss": 0.1}])[0].log


def test_results_are_read_with_empty_cells_left_out(tmp_path: Path) -> None:
    file = tmp_path / "results.csv"
    assert read_results(file) == []
    file.write_text("epoch,lr,val/loss\n1,0.1,\n2,0.05,nan\n")
    assert read_results(file)[0] == {"epoch": 1, "lr": 0.1}
    assert [p.title for p in panels(read_results(file))] == ["learning rate"]
    file.write_text("a,b\nx,y\n")
    with pytest.raises(UserError, match=r"results\.csv"):
        read_results(file)


@pytest.mark.parametrize("suffix", [".png", ".svg"])
def test_curves_are_the_same_each_time_and_leave_matplotlib_alone(tmp_path: Path, suffix: str) -> None:
    import matplotlib

    before = dict(matplotlib.rcParams.copy())  # of a copy: asking the original for its backend loads pyplot
    first = draw_curves(ROWS, tmp_path / f"a{suffix}", title="три <b>", mark=3)
    again = draw_curves(ROWS, tmp_path / f"b{suffix}", title="три <b>", mark=3)
    assert first.read_bytes() == again.read_bytes()
    assert dict(matplotlib.rcParams.copy()) == before
    assert "matplotlib.pyplot" not in sys.modules
    if suffix == ".png":
        assert size(first) == (round(4 * 4.2 * 110), round(3.4 * 110))


def test_curves_of_nothing_and_other_suffixes_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="No epoch"):
        draw_curves([], tmp_path / "a.png")
    with pytest.raises(UserError, match=r"\.png, \.svg or \.pdf"):
        draw_curves(ROWS, tmp_path / "a.gif")
    assert list(tmp_path.iterdir()) == []


# --- the page's own charts ---


@pytest.mark.parametrize(("low", "high"), [(0, 1), (0.213, 0.218), (-3, 1200), (1e-6, 3e-6), (5, 5)])
def test_ticks_are_round_and_within(low: float, high: float) -> None:
    found = ticks(low, high)
    assert found and all(low - 1e-9 <= t <= high + 1e-9 for t in found)
    assert len(found) <= 11 and len(set(map(number, found))) == len(found)


def test_logarithmic_ticks() -> None:
    assert log_ticks(0.05, 200) == [0.1, 1, 10, 100]
    assert log_ticks(0.4, 3) == pytest.approx([0.5, 1, 2])


def test_a_chart_places_its_points_by_value() -> None:
    import re

    svg = line_chart({"<i>": [(1, 0.0), (2, 0.5), (3, 1.0)]}, x="epoch")
    assert "<i>" not in svg and "&lt;i&gt;" in svg
    points = [tuple(map(float, p.split(","))) for p in re.search(r'points="([^"]*)"', svg)[1].split()]
    assert points[1] == pytest.approx(tuple(np.mean([points[0], points[2]], axis=0)), abs=0.1)
    assert points[0][1] > points[2][1]  # up is more


def test_a_chart_of_one_point_is_a_dot_and_of_none_says_so() -> None:
    assert "<circle" in line_chart({"a": [(1, 2.0)]})
    assert "nothing yet" in line_chart({}) and "nothing yet" in line_chart({"a": [(1, -1.0)]}, log=True)
    assert "<path" in columns([3, 2, 0], title="n") and columns([], title="none")


# --- the confusion matrix ---


def test_rows_of_the_matrix_are_shares() -> None:
    counts = np.array([[3, 1], [0, 0]])
    assert shares(counts).tolist() == [[0.75, 0.25], [0, 0]]


@pytest.mark.parametrize("classes", [2, 10, 25, 60])
def test_a_matrix_of_few_classes_is_drawn_cell_by_cell(classes: int) -> None:
    svg = matrix_html([f"c{i}" for i in range(classes)], [[i, i, 7] for i in range(classes)] + [[0, 1, 3]])
    assert svg.count("<rect") == classes**2
    assert svg.count('class="right"') == classes and svg.count('class="wrong"') == 1
    assert ('class="count' in svg) == (classes <= 25)
    assert "c0, answered c1: 3 of 10 (30.0%)" in svg


def test_a_matrix_of_many_classes_is_one_picture() -> None:
    html = matrix_html([f"c{i}" for i in range(1000)], [[i, i, 5] for i in range(1000)] + [[2, 999, 1]])
    assert html.count("<img") == 1 and len(html) < 100_000
    counts = np.zeros((1000, 1000), int)
    counts[2, 2], counts[2, 999] = 3, 1
    picture = np.asarray(matrix_picture(counts))
    assert picture.shape == (1000, 1000, 4)
    assert picture[2, 2, 3] > picture[2, 999, 3] > 2 * picture[0, 0, 3]  # even one count is visible
    assert np.asarray(matrix_picture(np.eye(100, dtype=int))).shape[0] == 700


# --- comparison ---


def test_a_scatter_needs_no_torch_and_is_the_same_each_time(tmp_path: Path) -> None:
    code = (
        "import sys; from vzor.look.scatter import draw_scatter; from vzor.measure import measure; "
        "from vzor.zoo import index; "
        "s = {n: measure(index.table(n)) for n in ('resnet18', 'vgg11', 'alexnet')}; "
        f"draw_scatter(s, r'{tmp_path}/a.svg'); draw_scatter(s, r'{tmp_path}/b.svg'); "
        "assert 'torch' not in sys.modules and 'matplotlib.pyplot' not in sys.modules"
    )
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True)
    svg = (tmp_path / "a.svg").read_text()
    assert svg == (tmp_path / "b.svg").read_text()
    # matplotlib writes every text as a comment beside its outlines
    assert all(f"<!-- {word} -->" in svg for word in ("resnet18", "vgg11", "alexnet", "parameters"))


def test_a_scatter_names_what_it_leaves_out(tmp_path: Path) -> None:
    full = measure(Seq(input=Input(1, 8, 8), conv=Conv(4, 3)))
    empty = measure(Seq(input=Input(1, 8, 8), act=Act()))
    path = draw_scatter({"one": full, "nothing": empty}, tmp_path / "a.svg")
    assert "no weights or mult-adds: nothing" in path.read_text()
    assert size(draw_scatter({"one": full}, tmp_path / "a.png")) == (880, 616)
    with pytest.raises(UserError, match="None of these"):
        draw_scatter({"nothing": empty}, tmp_path / "b.svg")


def test_a_name_in_a_script_that_the_font_lacks_is_no_warning(tmp_path: Path) -> None:
    sheet = measure(Seq(input=Input(1, 8, 8), conv=Conv(4, 3)))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        draw_scatter({"网络": sheet}, tmp_path / "a.png")


# --- filters ---


def test_filters_of_three_channels_are_colours_on_one_scale() -> None:
    weights = np.zeros((2, 3, 1, 2), np.float32)
    weights[0, 0, 0, 0], weights[1, 2, 0, 1] = 2.0, -1.0
    first, second = filter_pictures(weights)
    assert first[0, 0].tolist() == [255, 128, 128]
    assert second[0, 1].tolist() == [128, 128, 64]


def test_filters_of_other_channels_are_one_picture_each() -> None:
    assert len(filter_pictures(np.ones((2, 5, 3, 3), np.float32))) == 10
    assert diverging(np.array([-1.0, 0, 1])).tolist() == [[33, 86, 156], [247, 247, 247], [178, 40, 48]]


@pytest.mark.parametrize("shape", [(1, 12, 12), (3, 12, 12), (5, 12, 12), (2, 9), (2, 5, 5, 5)])
def test_a_filter_sheet_of_any_rank(shape: tuple[int, ...]) -> None:
    net = build(Seq(input=Input(*shape), a=Act(), conv=Conv(4, 3)), seed=0)
    name, weights = first_filters(net)
    assert name == "conv.conv" and weights.shape[:2] == (4, shape[0]) and weights.ndim == 4
    assert filter_sheet(net).tobytes() == filter_sheet(net, "conv").tobytes()


def test_a_network_without_convolutions_says_so() -> None:
    net = build(Seq(input=Input(1, 4, 4), flat=Flatten(), fc=Fc(3)), seed=0)
    with pytest.raises(UserError, match="no convolution"):
        filter_sheet(net)
    with pytest.raises(UserError, match="Row 'fc' has no convolution"):
        filter_sheet(build(Seq(input=Input(1, 4, 4), c=Conv(2, 3), fc=Fc(3)), seed=0), "fc")


# --- features ---


def identity() -> nn.Module:
    table = Seq(input=Input(1, 6, 7), same=Conv(1, 1, act=None, bias=False), act=Act("relu"), last=Conv(2, 3))
    net = build(table, seed=0)
    with torch.no_grad():
        next(iter(net.same.parameters())).fill_(1.0)
    return net


def test_features_of_an_identity_are_the_input() -> None:
    image = np.linspace(-1, 1, 42, dtype=np.float32).reshape(1, 6, 7)
    assert (feature_maps(identity(), image, "same") == image).all()
    assert (feature_maps(identity(), image) == image).all()  # the first row with weights
    assert (feature_maps(identity(), image, "act") == image.clip(0)).all()


def test_features_before_a_nonlinearity_in_place_are_kept() -> None:
    both = Add(a=Conv(1, 1, act=None), b=Conv(1, 1, act=None))
    net = build(Seq(input=Input(1, 4, 4), sum=both, relu=Act("relu")), seed=3)
    image = np.linspace(-3, 3, 16, dtype=np.float32).reshape(1, 4, 4)
    parts = feature_maps(net, image, "sum.a") + feature_maps(net, image, "sum.b")
    assert feature_maps(net, image, "sum") == pytest.approx(parts)
    assert feature_maps(net, image, "sum").min() < 0


def test_features_leave_the_network_as_it_was() -> None:
    net = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.Dropout(0.5)).train()
    net[1].eval()
    before = {k: v.clone() for k, v in net.state_dict().items()}
    image = np.ones((1, 5, 5), np.float32)
    assert (feature_maps(net, image, "2") == feature_maps(net, image, "2")).all()
    assert [m.training for m in net] == [True, False, True]
    assert all((before[k] == v).all() for k, v in net.state_dict().items())
    assert not any(m._forward_hooks for m in net.modules())


def test_an_unknown_row_is_named_with_the_nearest() -> None:
    with pytest.raises(UserError, match=r"no row 'sme'\. Did you mean 'same'\?"):
        feature_maps(identity(), np.zeros((1, 6, 7), np.float32), "sme")


def test_maps_are_pictures_each_on_its_own_scale() -> None:
    maps = np.array([[[0, 1], [2, 4]], [[5, 5], [5, 5]]], np.float32)
    first, second = map_pictures(maps)
    assert first[..., 0].tolist() == [[0, 64], [128, 255]] and second.max() == 0
    assert [p.shape for p in map_pictures(np.zeros(5, np.float32))] == [(3, 3, 1)]
    assert [p.shape for p in map_pictures(np.zeros((2, 7), np.float32))] == [(1, 7, 1)] * 2
    assert [p.shape for p in map_pictures(np.zeros((2, 3, 4, 5), np.float32))] == [(4, 5, 1)] * 2


def test_a_feature_sheet_grows_with_its_maps() -> None:
    image = np.ones((1, 6, 7), np.float32)
    one, two = feature_sheet(identity(), image, "same"), feature_sheet(identity(), image, "last")
    assert one.height == two.height and two.width >= 2 * 112
    assert two.tobytes() == feature_sheet(identity(), image, "last").tobytes()


# --- batches and thumbnails ---


@pytest.mark.parametrize("order", ["RGB", "BGR"])
def test_what_the_network_sees_is_brought_back(order: str) -> None:
    from vzor.data.pixels import normalise

    pre = Preprocess(channels=3, size=(4, 5), order=order)
    image = np.random.default_rng(0).integers(0, 256, (4, 5, 3), dtype=np.uint8)
    assert (visible(normalise(image.transpose(2, 0, 1), pre), pre) == image).all()


def test_captions_say_labels_and_mixtures() -> None:
    from vzor.data.fields import Image as ImageField
    from vzor.data.fields import Label, Meta

    fields = {"image": ImageField(), "label": Label(), "id": Meta()}
    plain = {"id": ["a", "b"], "label": torch.tensor([1, 0])}
    assert captions(plain, fields, ["cat", "dog"]) == ["dog", "cat"]
    mixed = {"id": ["a", "b"], "label": torch.tensor([[0.25, 0.75], [1.0, 0.0]])}
    assert captions(mixed, fields, ["cat", "dog"]) == ["75% dog + 25% cat", "cat"]


def test_small_thumbnails_are_exact_and_large_ones_shrunk() -> None:
    small = thumbnail(np.zeros((8, 5, 1), np.uint8))
    assert (small["width"], small["height"], small["tiny"]) == (5, 8, True)
    large = thumbnail(np.zeros((300, 600, 3), np.uint8))
    assert (large["width"], large["height"], large["tiny"]) == (160, 80, False)
    assert large["src"].startswith("data:image/jpeg;base64,")
    assert thumbnail(np.zeros((9, 9, 7), np.uint16))["tiny"]
