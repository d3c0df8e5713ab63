"""Modules from tables: names, seeds, taps, and weights that fit or are refused."""

from pathlib import Path

import pytest
import torch
from small import ROWS

import vzor
from vzor.spec.rows import Conv, Fc, Gap, Input, Norm, Seq


def test_a_plain_module() -> None:
    net = vzor.build("resnet18", classes=7, channels=1, input=64)
    assert isinstance(net, torch.nn.Module)
    assert net.eval()(torch.zeros(2, 1, 64, 64)).shape == (2, 7)
    assert net.layer1 is not None


def test_the_seed_decides_and_the_global_generator_stays() -> None:
    before = torch.random.get_rng_state()
    one, two, other = (vzor.build(ROWS, seed=seed).fc.weight for seed in (1, 1, 2))
    assert torch.equal(one, two) and not torch.equal(one, other)
    assert torch.equal(before, torch.random.get_rng_state())


def test_taps_by_stride_and_by_name() -> None:
    feats = vzor.build("resnet18", input=64, taps=(4, "layer2", 32)).eval()(torch.zeros(1, 3, 64, 64))
    assert {name: tuple(x.shape[1:]) for name, x in feats.items()} == {
        "layer1": (64, 16, 16), "layer2": (128, 8, 8), "layer4": (512, 2, 2)}  # fmt: skip
    with pytest.raises(vzor.UserError, match="no row of stride 64"):
        vzor.build("resnet18", taps=(64,))
    with pytest.raises(vzor.UserError, match="Did you mean 'layer4'"):
        vzor.build("resnet18", taps=("layer44",))
    for one in (4, "layer1"):  # a single tap needs no tuple
        assert list(vzor.build("resnet18", input=64, taps=one).eval()(torch.zeros(1, 3, 64, 64))) == ["layer1"]


def test_weights_of_a_run_and_of_its_file(trained: Path) -> None:
    model = vzor.load(trained)
    for where in (trained, trained / "weights" / "best.safetensors", str(trained)):
        net = vzor.build(ROWS, weights=where)
        assert all(
            torch.equal(a, b) for a, b in zip(net.state_dict().values(), model.net.state_dict().values(), strict=True)
        )


def test_other_classes_leave_only_the_output_layer_and_say_so(trained: Path) -> None:
    with pytest.warns(UserWarning, match=r"output layer \(fc.weight, fc.bias\)"):
        net = vzor.build(ROWS, weights=trained, classes=5, seed=4)
    model = vzor.load(trained)
    assert torch.equal(net.conv.conv.weight, model.net.conv.conv.weight)
    assert torch.equal(net.conv.bn.running_mean, model.net.conv.bn.running_mean)
    assert torch.equal(net.fc.weight, vzor.build(ROWS, classes=5, seed=4).fc.weight)


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (Seq(Input(1, 8, 8), conv=Conv(9, bn=Norm()), gap=Gap(), fc=Fc(3)), "Tensor conv.conv.weight has the shape"),
        (Seq(Input(3, 8, 8), conv=Conv(8, bn=Norm()), gap=Gap(), fc=Fc(3)), "Tensor conv.conv.weight has the shape"),
        (Seq(Input(1, 8, 8), conv=Conv(8), gap=Gap(), fc=Fc(3)), "conv.conv.bias is missing"),
        (Seq(Input(1, 8, 8), conv=Conv(8, bias=False), gap=Gap(), fc=Fc(3)), "have no place"),
        (
            Seq(Input(1, 8, 8), conv=Conv(8, bn=Norm()), b=Conv(8), gap=Gap(), fc=Fc(3)),
            "b.conv.bias, b.conv.weight are missing",
        ),
        (Seq(Input(1, 8, 8), conv=Conv(8, bn=Norm()), fc=Fc(3)), "Tensor fc.weight has the shape"),
        (Seq(Input(1, 8, 8), conv=Conv(8, bn=Norm()), fc=Fc(5)), "Tensor fc.weight has the shape"),
    ],
)
def test_anything_else_that_differs_is_refused_whole(trained: Path, rows: Seq, said: str) -> None:
    with pytest.raises(vzor.UserError, match=said):
        vzor.build(rows, weights=trained)


@pytest.mark.parametrize(
    ("weights", "said"),
    [
        ("imagenet", "published weights are of vzor's own networks"),
        ("no/such.safetensors", "no weights at"),
        (".", "not a run's folder"),
    ],
)
def test_weights_that_are_not_there(weights: str, said: str) -> None:
    with pytest.raises(vzor.UserError, match=said):
        vzor.build(ROWS, weights=weights)


def test_weights_of_other_formats(tmp_path: Path) -> None:
    torch.save({}, tmp_path / "a.pth")
    with pytest.raises(vzor.UserError, match=r"a\.pth holds no dict of tensors"):
        vzor.build(ROWS, weights=tmp_path / "a.pth")
