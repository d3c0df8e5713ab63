"""`vzor weights`, and published or foreign weights in the verbs that use networks.

The published set here is one of LeNet-5's that a server of this process has: names, hash, preparation and all.
"""

import hashlib
import json
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import timm
import torch
import torchvision
import yaml
from PIL import Image
from safetensors.torch import load_file

import vzor
from vzor.spec.preprocess import Preprocess
from vzor.weights import catalogue
from vzor.weights.catalogue import Published

MINE = Preprocess(3, (32, 32), fit="stretch", mean=(0.5,), std=(0.25,))


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("VZOR_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "weights"


@pytest.fixture
def resnet(tmp_path: Path) -> Path:
    """ResNet-18 for three classes, as torchvision's users save it."""
    torch.manual_seed(0)
    torch.save(torchvision.models.resnet18(num_classes=3).state_dict(), tmp_path / "resnet18.pth")
    return tmp_path / "resnet18.pth"


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    array = np.random.default_rng(0).integers(0, 256, (40, 50, 3)).astype(np.uint8)
    Image.fromarray(array).save(tmp_path / "picture.png")
    return tmp_path / "picture.png"


@dataclass
class Place:
    """A published set that can be fetched, and how often it was."""

    one: Published
    asked: list[str]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    """A set of ResNet-20 for CIFAR-10, the only one of the catalogue, under the author's names."""
    net = vzor.build("resnet20_cifar", seed=3)
    from vzor.weights.keys import find, to_theirs

    torch.save(to_theirs(find("resnet20_cifar", "akamaster"), net.state_dict()), tmp_path / "net.th")
    data, asked = (tmp_path / "net.th").read_bytes(), []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *args: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        digest = f"sha256:{hashlib.sha256(data).hexdigest()}"
        one = Published(
            "resnet20_cifar", "akamaster", "mine", f"http://127.0.0.1:{server.server_port}/mine.th", "mine.th", digest,
            len(data) / 1e6, "MIT", 90.0, 99.0, "cifar10", MINE,
        )  # fmt: skip
        monkeypatch.setattr(catalogue, "_read", lambda publisher: [one] if publisher == "akamaster" else [])
        catalogue.catalogue.cache_clear()
        yield Place(one, asked)
        catalogue.catalogue.cache_clear()
        server.shutdown()
        thread.join()


# --- lists ------------------------------------------------------------------------------------


def test_networks_with_published_weights(cli) -> None:
    done = cli("weights")
    assert done.code == 0 and done.err == ""
    line = next(line.split() for line in done.out.splitlines() if line.startswith("resnet50 "))
    assert line == ["resnet50", str(len(vzor.published("resnet50"))), "torchvision/IMAGENET1K_V2", "80.86"]
    every = json.loads(cli("weights", "--json").out)
    assert sum(len(one["sets"]) for one in every) == len(catalogue.catalogue())
    assert f"{len(catalogue.catalogue())} sets of {len(every)} networks" in done.out


def test_the_sets_of_a_network(cli, cache: Path) -> None:
    cache.mkdir(parents=True)
    (cache / "resnet50-0676ba61.pth").write_bytes(b"")
    lines = {line.split()[0]: line for line in cli("weights", "resnet50").out.splitlines() if line}
    line = lines["torchvision/IMAGENET1K_V1"]
    for text in ("76.13", "224 of 256, bilinear", "102.5", "sha256 0676ba61", "BSD-3-Clause"):
        assert text in line
    assert line.endswith("here") and not lines["torchvision/IMAGENET1K_V2"].endswith("here")
    told = {one["id"]: one for one in json.loads(cli("weights", "resnet50", "--json").out)}
    one = told["torchvision/IMAGENET1K_V1"]
    assert (one["top1"], one["fetched"], one["preprocess"]["size"]) == (76.13, True, [224, 224])
    assert one["path"] == str(cache / "resnet50-0676ba61.pth") and one["hash"] == "sha256:0676ba61"
    assert "No published weights of vgg16_c are known" in cli("weights", "vgg16_c").out


def test_all_about_a_set(cli, cache: Path) -> None:
    done = cli("weights", "resnet50", "torchvision/IMAGENET1K_V1")
    for text in (
        "top1 76.13 %",
        "ImageNet's 50,000 validation pictures, 224 of 256, bilinear, as torchvision states it",
        "0.485 0.456 0.406",
        "https://download.pytorch.org/models/resnet50-0676ba61.pth",
        "(8 digits)",
        f"{cache / 'resnet50-0676ba61.pth'} (not fetched)",
    ):
        assert text in done.out
    assert json.loads(cli("weights", "resnet50", "imagenet", "--json").out)["id"] == "torchvision/IMAGENET1K_V2"


def test_a_set_is_fetched_once(cli, place: Place, cache: Path) -> None:
    done = cli("weights", "resnet20_cifar", "--fetch")
    assert (done.code, done.out, done.err) == (0, f"{cache / 'mine.th'}\n", "")
    assert json.loads(cli("weights", "resnet20_cifar", "akamaster/mine", "--fetch", "--json").out)["fetched"] is True
    assert place.asked == ["/mine.th"]


# --- files ------------------------------------------------------------------------------------


def test_what_is_in_a_file(cli, resnet: Path) -> None:
    done = cli("weights", resnet)
    assert done.code == 0 and done.err == ""
    assert re.search(r"^  tensors +122\n  numbers +11,187,651 float32, 20 int64$", done.out, re.MULTILINE)
    assert "conv1.weight" in done.out and "64×3×7×7" in done.out and "and 110 more; --all" in done.out
    assert done.out.splitlines()[-1].split()[:4] == ["resnet18", "3", "torchvision,", "timm"]
    every = cli("weights", resnet, "--all").out
    assert "fc.weight" in every and "more; --all" not in every
    told = json.loads(cli("weights", resnet, "--json").out)
    assert told["fits"] == [
        {
            "network": "resnet18",
            "publishers": ["torchvision", "timm"],
            "classes": 3,
            "why": "its weights are published under these names",
        }
    ]
    assert {"name": "fc.weight", "shape": [3, 512], "kind": "float32"} in told["tensors"]
    assert told["bytes"] == resnet.stat().st_size


def test_a_published_file_is_known_wherever_it_lies(cli, place: Place, tmp_path: Path) -> None:
    (tmp_path / "net.th").rename(tmp_path / "mine.th")
    done = cli("weights", "mine.th")
    assert "as akamaster/mine of resnet20_cifar, MIT" in done.out
    assert done.out.splitlines()[-1].endswith("a file of this name and hash is published for it")


def test_a_file_that_fits_nothing(cli) -> None:
    np.savez("odd.npz", a=np.zeros((2, 3)))
    done = cli("weights", "odd.npz")
    assert done.code == 0 and "2×3" in done.out and "fits none of vzor's networks" in done.out


def test_a_run_says_what_it_is(cli) -> None:
    words = ["--epochs", "1", "--threads", "1", "--workers", "0", "--out", "run", "--json"]
    assert cli("train", "digits", "--network", "lenet5", *words).code == 0
    told = json.loads(cli("weights", "run", "--json").out)
    assert told["vzor"]["network"] == "lenet5" and told["vzor"]["task"]["name"] == "classify"
    assert told["vzor"]["metrics"] == vzor.load("run").metrics
    done = cli("weights", "run")
    assert "lenet5" in done.out and "10: 0, 1, 2" in done.out and "val/top1" in done.out


# --- export -----------------------------------------------------------------------------------


def test_to_a_publishers_names_and_back(cli, resnet: Path) -> None:
    state = torch.load(resnet, weights_only=True)
    done = cli("weights", resnet, "--export", "vzor", "--out", "ours.safetensors", "--network", "resnet18")
    assert done.code == 0 and done.out == "ours.safetensors\n"
    assert "conv1.conv.weight" in load_file("ours.safetensors")
    done = cli("weights", "ours.safetensors", "--export", "torchvision", "--out", "theirs.safetensors")
    assert done.code == 0, done.err
    back = load_file("theirs.safetensors")
    assert back.keys() == state.keys() and all(torch.equal(back[name], state[name]) for name in state)


def test_a_hub_folder_that_timm_opens(cli, resnet: Path, picture: Path) -> None:
    words = ["--network", "resnet18", "--classes", "cat,dog,fish"]
    assert cli("weights", resnet, "--export", "hub", "--out", "hub", *words).code == 0
    net = timm.create_model("local-dir:hub", pretrained=True).eval()
    ours = torchvision.models.resnet18(num_classes=3).eval()
    ours.load_state_dict(torch.load(resnet, weights_only=True))
    x = torch.randn(1, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    assert torch.equal(net(x), ours(x))
    told = json.loads(cli("predict", "hub", picture, "--json").out)
    direct = json.loads(cli("predict", "resnet18", picture, "--weights", resnet, *words[2:], "--json").out)
    assert told == direct and told[0]["label"] in ("cat", "dog", "fish")
    assert cli("weights", "hub", "--export", "hub", "--out", "hub").code == 2  # what is read
    again = cli("weights", resnet, "--export", "hub", "--out", "hub", *words)
    assert again.code == 0, again.err  # a folder of ours is written anew


def test_a_published_set_under_other_names(cli, place: Place) -> None:
    assert cli("weights", "resnet20_cifar", "--export", "akamaster", "--out", "a.safetensors").code == 0
    held, stored = load_file("a.safetensors"), torch.load("net.th", weights_only=True)
    assert held.keys() == stored.keys() and all(torch.equal(held[name], stored[name]) for name in held)


# --- the other verbs --------------------------------------------------------------------------


def test_predicting_with_a_published_set(cli, place: Place, picture: Path) -> None:
    done = cli("predict", "resnet20_cifar", picture, "--json")
    assert (done.code, done.err) == (0, "")
    (told,) = json.loads(done.out)
    net = vzor.build("resnet20_cifar", weights="akamaster/mine").eval()
    with torch.no_grad():
        wanted = net(vzor.published("resnet20_cifar")[0].transforms()(picture)[None]).softmax(1)[0]
    assert told["label"] == catalogue.class_names("cifar10")[int(wanted.argmax())]
    assert told["confidence"] == pytest.approx(float(wanted.max()), abs=1e-4)
    assert place.asked == ["/mine.th"]


def test_predicting_with_a_file_of_others(cli, resnet: Path, picture: Path) -> None:
    done = cli("predict", "resnet18", picture, "--weights", resnet)
    assert done.code == 0
    assert [line.split(":")[0] for line in done.err.splitlines()] == ["warning", "warning"]
    assert "3 classes" in done.err and "prepared as for ImageNet" in done.err
    Path("names.txt").write_text("cat\ndog\nfish\n", "utf-8")
    named = cli("predict", "resnet18", picture, "--weights", resnet, "--classes", "names.txt")
    assert named.code == 0 and "fish" in named.out and "3 classes" not in named.err


def test_a_run_has_its_own(cli, picture: Path) -> None:
    Path("run").mkdir()
    for option, value in (("weights", "imagenet"), ("classes", "a,b")):
        done = cli("predict", "run", picture, f"--{option}", value)
        assert (done.code, done.out) == (2, "")
        assert done.err == f"error: run brings its own {option}; leave {option} out, or give a network's name.\n"


def test_evaluating_a_file_of_others(cli, resnet: Path) -> None:
    rng = np.random.default_rng(0)
    for name in ("cat", "dog", "fish"):
        Path("data", name).mkdir(parents=True)
        for i in range(2):
            array = rng.integers(0, 256, (40, 40, 3)).astype(np.uint8)
            Image.fromarray(array).save(Path("data", name, f"{i}.png"))
    words = ["--weights", resnet, "--classes", "fish,dog,cat", "--split", "all", "--json"]
    told = json.loads(cli("evaluate", "resnet18", "data", *words).out)
    assert told["n"] == 6 and told["classes"] == ["fish", "dog", "cat"]
    done = cli("evaluate", "resnet18", "data", "--weights", resnet, "--classes", "bird,dog,cat")
    assert done.code == 2 and "class 'fish', which the model does not know" in done.err


def test_training_from_a_published_set(cli, place: Place) -> None:
    """It begins with its weights and its preparation of pictures, and with a new output layer."""
    words = ["--network", "resnet20_cifar", "--weights", "imagenet", "--epochs", "1", "--out", "run"]
    done = cli("train", "digits", *words)
    assert done.code == 2 and "no weights 'imagenet' of resnet20_cifar" in done.err and "Take cifar10" in done.err
    words[3] = "akamaster/mine"
    done = cli("train", "digits", *words, "--freeze", "base", "--threads", "1", "--workers", "0")
    assert done.code == 0, done.err
    assert "the output layer (linear.weight, linear.bias) begins anew" in done.out + done.err
    args = yaml.safe_load(Path("run/args.yaml").read_text("utf-8"))
    assert args["weights"] == "akamaster/mine"
    model = vzor.load("run")
    assert model.preprocess == MINE and model.classes == list("0123456789")
    begun = vzor.build("resnet20_cifar", weights="akamaster/mine")
    trained = model.net.state_dict()
    same = [name for name, value in begun.named_parameters() if torch.equal(value, trained[name])]
    assert sorted({name for name, _ in begun.named_parameters()} - set(same)) == ["linear.bias", "linear.weight"]


# --- wrong use --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["resnet5O"], "no file and no network 'resnet5O'. Did you mean 'resnet50'?"),
        (["resnet50", "torchvision/IMAGENET1K_V9"], "no weights 'torchvision/IMAGENET1K_V9' of resnet50"),
        (["vgg16_c", "--fetch"], "No published weights of vgg16_c are known"),
        (["net.pth", "imagenet"], "'imagenet' is one word too many"),
        (["net.pth"], "is no file of weights that vzor knows"),
        (["net.pth", "--fetch"], "leave --fetch out"),
        (["--fetch"], "WHAT is missing"),
        (["resnet50", "--export", "timm"], "--out is missing"),
        (["resnet50", "--out", "x.safetensors"], "--out is for --export"),
        (["resnet50", "--fetch", "--export", "timm", "--out", "x.safetensors"], "two things"),
        (["good.pth", "--export", "timn", "--out", "x.safetensors"], "Did you mean 'timm'?"),
        (["good.pth", "--export", "timm", "--out", "x.pth"], "ends in .safetensors"),
        (["good.pth", "--export", "timm", "--out", "x.safetensors"], "such as --network resnet18"),
        (["good.pth", "--export", "hub", "--out", "full", "--network", "resnet18"], "full has other files in it"),
        (["good.pth", "--export", "keras", "--out", "x.safetensors", "--network", "resnet18"], "keras are not known"),
        (["good.pth", "--export", "timm", "--out", "x.safetensors", "--network", "vgg11"], "not the weights of this"),
    ],
)
def test_wrong_use_is_one_sentence(cli, resnet: Path, words: list[str], said: str) -> None:
    resnet.rename("good.pth")
    Path("net.pth").write_text("no weights", "utf-8")
    Path("full").mkdir()
    Path("full", "README.md").write_text("mine", "utf-8")
    done = cli("weights", *words)
    errors = [line for line in done.err.splitlines() if not line.startswith("warning: ")]
    assert (done.code, done.out, len(errors)) == (2, "", 1)
    assert errors[0].startswith("error: ") and said in errors[0]
    assert Path("full", "README.md").read_text("utf-8") == "mine" and not Path("x.safetensors").exists()


def test_without_a_network_it_says_where_to_put_the_file(cli, place: Place, cache: Path, monkeypatch) -> None:
    from vzor.weights import download

    monkeypatch.setattr(download, "PAUSE", 0.0)
    gone = replace(place.one, url="http://127.0.0.1:9/mine.th")
    monkeypatch.setattr(catalogue, "_read", lambda publisher: [gone] if publisher == "akamaster" else [])
    catalogue.catalogue.cache_clear()
    done = cli("weights", "resnet20_cifar", "--fetch")
    assert done.code == 2 and done.err.endswith(f"by other means and put it at {cache / 'mine.th'}.\n")
    cache.mkdir(exist_ok=True, parents=True)
    Path("net.th").rename(cache / "mine.th")  # as it was told
    assert cli("weights", "resnet20_cifar", "--fetch").out == f"{cache / 'mine.th'}\n"
