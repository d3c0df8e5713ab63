"""NASNet-A against timm's class, also put together as Mobile, and against Keras, in float64.

Narrow networks (cells 24 times narrower and more) are compared by numbers, those of the zoo by names and shapes.
"""

from types import ModuleType
from typing import Any

import pytest
import timm
import torch
import torch.nn.functional as F
from timm.layers.pool2d_same import AvgPool2dSame
from timm.models.nasnet import NASNetALarge
from torch import Tensor, nn

from vzor.measure import measure
from vzor.nn.build import build
from vzor.spec.rows import Input, Seq
from vzor.spec.tables import Side
from vzor.weights.keys import find, to_theirs
from vzor.zoo.index import table
from vzor.zoo.nasnet import NETWORKS, nasnet

from . import test_keras
from .helpers import TOLERANCE, assert_same, assert_same_step, certain, difference, give, picture, random_network

keras = test_keras.keras  # the fixture
FILTERS, STEM = 192, 6
SIZES = [(64, 64), (75, 97)]


@pytest.fixture(autouse=True)
def narrow_networks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two more lines of the table: the same networks, narrower."""
    for name in ("large", "mobile"):
        monkeypatch.setitem(NETWORKS, f"narrow_{name}", NETWORKS[name]._replace(filters=FILTERS, stem=STEM))


LARGE, MOBILE = find("nasnetalarge", "timm"), find("nasnetamobile", "cadene")


class Mobile(NASNetALarge):
    """timm's cells in Mobile's order: four in a stage, and the cell after a reduction cell reads that one's input."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for i in (4, 5, 10, 11, 16, 17):
            delattr(self, f"cell_{i}")

    def forward_features(self, x: Tensor) -> Tensor:
        p = self.conv0(x)
        h = self.cell_stem_0(p)
        h, p = self.cell_stem_1(p, h), h
        stages = ("0 1 2 3", "6 7 8 9", "12 13 14 15")
        names = f"_{stages[0]} r0 {stages[1]} r1 {stages[2]}".replace("_", "").split()
        for name in names:
            cell = getattr(self, f"reduction_cell_{name[1]}" if name[0] == "r" else f"cell_{name}")
            h, p = cell(h, p), h
        return self.act(h)


def uncounted(pool: AvgPool2dSame, xs: tuple[Tensor], y: Tensor) -> Tensor:
    """Without the zeros around the map, which timm's pooling with stride 2 counts and the authors' does not."""
    return y / pool.forward(torch.ones_like(xs[0]))


def mobile() -> nn.Module:
    peer = Mobile(7, stem_size=STEM, num_features=FILTERS)
    for module in peer.modules():
        if isinstance(module, AvgPool2dSame):
            module.register_forward_hook(uncounted)
    return peer


@pytest.mark.parametrize("size", SIZES)
def test_large(size: tuple[int, int]) -> None:
    ours = random_network(nasnet("narrow_large", 7, "timm"), (3, *size))
    peer = NASNetALarge(7, stem_size=STEM, num_features=FILTERS)
    give(ours, peer, LARGE)
    assert_same(ours, peer, picture(3, *size))


@pytest.mark.parametrize("size", SIZES)
def test_mobile(size: tuple[int, int]) -> None:
    ours, peer = random_network(nasnet("narrow_mobile", 7), (3, *size)), mobile()
    give(ours, peer, MOBILE)
    assert_same(ours, peer, picture(3, *size))


def test_names_and_shapes_of_the_published_networks() -> None:
    with torch.device("meta"):
        large, peer = build(table("nasnetalarge")), timm.create_model("nasnetalarge")
        give(large, peer, LARGE)
        give(build(table("nasnetamobile")), Mobile(1000, stem_size=32, num_features=1056), MOBILE)


@pytest.mark.slow
def test_large_at_full_width() -> None:
    ours, x = random_network(table("nasnetalarge", classes=7), (3, 64, 64)), picture(3, 64, 64, batch=1)
    with torch.device("meta"):
        peer = timm.create_model("nasnetalarge", num_classes=7)
    give(ours, peer, LARGE)
    assert_same(ours, peer, x)


@pytest.mark.parametrize("network", ["large", "mobile"])
def test_one_step_of_training(network: str) -> None:
    large = network == "large"
    made = nasnet(f"narrow_{network}", 7, "timm" if large else "slim", drop_path=0.0)
    ours = random_network(certain(made), (3, 71, 64))
    peer = NASNetALarge(7, stem_size=STEM, num_features=FILTERS) if large else mobile()
    give(ours, peer, LARGE if large else MOBILE)
    assert_same_step(ours, peer, LARGE if large else MOBILE, picture(3, 71, 64, batch=4))


def test_the_forms_differ() -> None:
    """Where zeros are put around a map of even size, an average or a maximum shows it."""
    x = picture(3, 64, 64)
    outs = [
        random_network(nasnet("narrow_large", 7, form), (3, 64, 64)).eval()(x) for form in ("slim", "timm", "keras")
    ]
    for i, one in enumerate(outs):
        for other in outs[i + 1 :]:
            assert difference(one, other) > 1e-3


def test_the_auxiliary_head() -> None:
    """The authors' head, written by hand, on the 16×16 map of a second stage."""
    made = nasnet("narrow_large", 7, aux=True)
    side = made.rows["aux_logits"]
    assert isinstance(side, Side)
    head = random_network(Seq(input=Input(96, 16, 16), head=side.table)).eval().head
    x = picture(96, 16, 16)

    def unit(row: Any, y: Tensor) -> Tensor:
        bn = row.bn
        y = F.conv2d(y, row.conv.weight)
        return F.batch_norm(y, bn.running_mean, bn.running_var, bn.weight, bn.bias, eps=1e-3).relu()

    y = unit(head.whole.conv, unit(head.proj, F.avg_pool2d(x.relu(), 5, 3)))
    assert y.shape == (2, 768, 1, 1)
    y = y.flatten(1) @ head.fc.weight.T + head.fc.bias
    with torch.no_grad():
        assert difference(head(x), y) <= TOLERANCE


def test_drop_path_is_of_training_only() -> None:
    """The same weights give the same network, dropped or not; a share of whole outputs is left out in training."""
    size = (3, 64, 64)
    plain, dropped = (random_network(nasnet("narrow_large", 7, drop_path=p), size) for p in (0.0, 0.9))
    dropped.load_state_dict(plain.state_dict())
    x = picture(*size)
    with torch.no_grad():
        assert difference(plain.eval()(x), dropped.eval()(x)) <= TOLERANCE
        plain.head_drop.p = dropped.head_drop.p = 0.0
        torch.manual_seed(0)
        assert difference(plain.train()(x), dropped.train()(x)) > 1e-2


def keras_network(size: tuple[int, int], filters: int, stem: int, large: bool, classes: int) -> Any:
    """Keras' own builder.  Its NASNetMobile refuses to run on torch, but the network that it stands for runs there."""
    from keras.src.applications.nasnet import NASNet

    return NASNet(
        (*size, 3), penultimate_filters=filters, num_blocks=6 if large else 4, stem_block_filters=stem,
        skip_reduction=large, filter_multiplier=2, weights=None, classes=classes, classifier_activation=None,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("network", "size"), [("large", (64, 64)), ("large", (75, 71)), ("mobile", (64, 64)), ("mobile", (71, 96))]
)
@torch.no_grad()
def test_keras_form(keras: ModuleType, network: str, size: tuple[int, int]) -> None:
    x = picture(3, *size)
    ours = test_keras.calibrated(random_network(nasnet(f"narrow_{network}", 7, "keras"), (3, *size)), x)
    peer = keras_network(size, FILTERS, STEM, network == "large", 7)
    test_keras.assert_answers_alike(ours, peer, f"nasnet_{network}_keras", x)


@pytest.mark.parametrize(("network", "filters", "stem", "side"), [("large", 4032, 96, 331), ("mobile", 1056, 32, 224)])
def test_variables_are_keras(keras: ModuleType, network: str, filters: int, stem: int, side: int) -> None:
    name = f"nasnet_{network}_keras"
    with keras.device("meta"):
        peer = keras_network((side, side), filters, stem, network == "large", 1000)
    with torch.device("meta"):
        ours = build(table(name))
    theirs = to_theirs(find(name, "keras"), ours.state_dict())
    assert test_keras.shapes(theirs) == test_keras.shapes(test_keras.variables(peer))
    assert measure(table(name)).keras_total == peer.count_params()
    norms = {(m.eps, round(m.momentum, 9)) for m in ours.modules() if isinstance(m, nn.BatchNorm2d)}
    layers = [layer for layer in peer.layers if isinstance(layer, keras.layers.BatchNormalization)]
    assert norms == {(layer.epsilon, round(1 - layer.momentum, 9)) for layer in layers}
