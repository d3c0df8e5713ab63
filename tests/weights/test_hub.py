"""A model hub's folder: timm opens ours and we open timm's, with the same outputs and preparation of pictures."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import timm
import torch
from timm.models import save_for_hf
from torch import nn

import vzor
from vzor.spec.preprocess import Preprocess
from vzor.spec.record import expanded, to_json
from vzor.weights.checkpoint import save_checkpoint
from vzor.weights.keys import find, to_ours
from vzor.zoo.index import table

from ..parity.helpers import random_network

CLASSES = ["кот", "cup", "rocket"]
#: A network of every family that timm has (VGG's files are too large here), and a size that it takes.
FAMILIES = [
    ("resnet18", (64, 48)),
    ("mobilenetv2_035", (64, 48)),
    ("mobilenetv3_small_100", (64, 48)),
    ("densenet121", (64, 48)),
    ("xception", (96, 96)),
    ("seresnet50", (64, 48)),
    ("convnext_tiny", (64, 64)),
    ("efficientnet_b0", (64, 48)),
    ("regnet_x_400mf", (64, 48)),
    ("resnetv2_50", (64, 48)),
    ("inception_v3", (299, 299)),
    ("resnext50_32x4d", (64, 48)),
]


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def model(folder: Path, network: str, pre: Preprocess, called: str | None = None, **options: object) -> vzor.Model:
    """A model with weights that are drawn, as a checkpoint gives it."""
    net = random_network(table(network, classes=len(CLASSES), **options), pre.shape).float().eval()
    meta = {
        "network": called or network,
        "task": {"name": "classify", "options": {}},
        "classes": CLASSES,
        "preprocess": pre.to_dict(),
        "tables": {"net": to_json(expanded(net.opened))},
        "metrics": {"val/top1": 0.5},
    }
    return vzor.load(save_checkpoint(folder / "model.safetensors", {"net": net}, meta))


@torch.no_grad()
def assert_alike(net: nn.Module, other: nn.Module, shape: tuple[int, int, int]) -> None:
    x = torch.randn(2, *shape, generator=torch.Generator().manual_seed(0))
    wanted = other.eval()(x)
    assert float((net.eval()(x) - wanted).abs().max()) <= 1e-5 * float(wanted.abs().max()) > 0


@pytest.mark.parametrize(("network", "size"), FAMILIES, ids=[network for network, _ in FAMILIES])
def test_timm_opens_it(tmp_path: Path, network: str, size: tuple[int, int]) -> None:
    pre = Preprocess(size=size, crop_pct=0.9, interpolation="bicubic", mean=(0.4, 0.5, 0.6), std=(0.2, 0.3, 0.4))
    ours = model(tmp_path, network, pre)
    folder = ours.save_folder(tmp_path / "hub")
    assert sorted(path.name for path in folder.iterdir()) == ["README.md", "config.json", "model.safetensors"]
    theirs = timm.create_model(f"local-dir:{folder}", pretrained=True)
    assert_alike(theirs, ours.net, pre.shape)
    assert theirs.num_classes == 3 and theirs.pretrained_cfg["label_names"] == CLASSES
    found = timm.data.resolve_data_config(theirs.pretrained_cfg)
    assert (found["input_size"], found["crop_pct"], found["interpolation"]) == (pre.shape, 0.9, "bicubic")
    assert (tuple(found["mean"]), tuple(found["std"]), found["crop_mode"]) == (pre.mean, pre.std, "center")
    again = vzor.load(folder)
    assert (again.classes, again.preprocess, again.metrics) == (CLASSES, pre, ours.metrics)
    state = ours.net.state_dict()
    kept = [name for name in state if find(network, "timm").has(name)]
    assert all(torch.equal(again.net.state_dict()[name], state[name]) for name in kept)
    other = timm.create_model(f"local-dir:{folder}", pretrained=True, num_classes=5)  # a new head of timm's
    assert other.get_classifier().weight.shape[0] == 5


def test_other_channels(tmp_path: Path) -> None:
    pre = Preprocess(channels=1, size=(32, 32))
    ours = model(tmp_path, "resnet18", pre)
    theirs = timm.create_model(f"local-dir:{ours.save_folder(tmp_path / 'hub')}", pretrained=True)
    assert_alike(theirs, ours.net, pre.shape)
    assert vzor.load(tmp_path / "hub").preprocess == pre


@pytest.mark.parametrize(
    ("network", "called", "options"),
    [("resnet20_cifar", None, {}), ("resnet20_cifar", "resnet18", {}), ("squeezenet1_1", "mine", {})],
    ids=["timm has it not", "another network of that name", "the user's own"],
)
def test_what_timm_lacks_keeps_our_names(tmp_path: Path, network: str, called: str | None, options: dict) -> None:
    pre = Preprocess(size=(64, 64))
    ours = model(tmp_path, network, pre, called, **options)
    folder = ours.save_folder(tmp_path / "hub")
    assert "architecture" not in json.loads((folder / "config.json").read_text("utf-8"))
    again = vzor.load(folder)
    assert all(torch.equal(value, ours.net.state_dict()[name]) for name, value in again.net.state_dict().items())
    assert "import timm" not in (folder / "README.md").read_text("utf-8")


def test_timms_own_folder_is_read(tmp_path: Path) -> None:
    torch.manual_seed(0)
    theirs = timm.create_model("resnet18", num_classes=3)
    save_for_hf(theirs, str(tmp_path / "timm"), safe_serialization=True)
    ours = vzor.build("resnet18", weights=tmp_path / "timm", classes=3, input=64)
    assert_alike(ours, theirs, (3, 64, 64))
    keys = find("resnet18", "timm")
    shapes = {name: tuple(value.shape) for name, value in ours.state_dict().items()}
    back = to_ours(keys, shapes, theirs.state_dict())
    assert all(torch.equal(value, back[name]) for name, value in ours.state_dict().items())


def test_what_cannot_be_is_said(tmp_path: Path) -> None:
    ours = model(tmp_path, "lenet5", Preprocess(1, (32, 32)))
    (tmp_path / "file").touch()
    with pytest.raises(vzor.UserError, match=r"file is a file; give the path of a folder\."):
        ours.save_folder(tmp_path / "file")
    ours.nets["other"] = ours.net
    with pytest.raises(vzor.UserError, match=r"A folder holds one network and lenet5 has net, other; use save"):
        ours.save_folder(tmp_path / "hub")
    ours.nets = {"net": nn.Linear(2, 2)}
    with pytest.raises(vzor.UserError, match="a module of your own, without a table"):
        ours.save_folder(tmp_path / "hub")
    assert not (tmp_path / "hub").exists()
    folder = model(tmp_path, "lenet5", Preprocess(1, (32, 32))).save_folder(tmp_path / "damaged")
    (folder / "config.json").write_text("{")
    with pytest.raises(vzor.UserError, match=r"config\.json is damaged"):
        vzor.load(folder)
