"""For every network that is published: our tensors and the publisher's are in bijection, with every shape equal.

torchvision and timm are asked themselves; the names of others are kept in `names/`, written down from their own
definitions of the network: a line per tensor, name and shape, counters of batch normalisation left out.
"""

import re
from functools import cache
from pathlib import Path

import pytest
import timm
import torch
import torchvision
from torch import Tensor

from vzor.nn.build import build
from vzor.spec.errors import UserError
from vzor.weights.keys import find, publishers, to_ours, to_theirs
from vzor.weights.keys.rules import COUNTER
from vzor.zoo.index import ZOO, table

HERE = Path(__file__).parent
FILES = sorted(HERE.glob("names/*.txt"))
#: What timm calls a network, where that is not our name.
PUBLISHED = [(network, publisher) for network in ZOO for publisher in publishers(network)]
INSTALLED = [pair for pair in PUBLISHED if pair[1] in ("torchvision", "timm")]
#: A network of every form of rules, as small as may be.
FORMS = [
    ("alexnet", "torchvision"), ("alexnet_2012", "caffe"), ("densenet121", "timm"), ("googlenet_paper", "caffe"),
    ("convnext_tiny", "timm"), ("mobilenetv3_small_100", "timm"), ("regnet_x_400mf", "torchvision"),
    ("inception_v3", "timm"), ("inception_v4", "timm"), ("legacy_seresnext50_32x4d", "caffe"),
    ("mobilenet_paper", "caffe"), ("mobilenetv2_035", "timm"), ("nin_cifar", "caffe"), ("resnet20_cifar", "akamaster"),
    ("resnet50_v1", "caffe"), ("resnetv2_50", "timm"), ("resnext50_keras", "keras"), ("squeezenet1_1", "torchvision"),
    ("vgg11", "timm"), ("xception", "timm"),
]  # fmt: skip

pytestmark = pytest.mark.usefixtures("regnets_on_meta")

State = dict[str, Tensor]
Shapes = dict[str, tuple[int, ...]]


def shapes(state: State) -> Shapes:
    return {name: tuple(value.shape) for name, value in state.items()}


def named(pairs: list[tuple[str, str]]) -> list[str]:
    return ["-".join(pair) for pair in pairs]


@cache
def ours(network: str, **options: object) -> State:
    """A network's tensors, on the meta device."""
    with torch.device("meta"):
        return build(table(network, **options)).state_dict()


def peer(network: str, publisher: str) -> Shapes:
    with torch.device("meta"):
        if publisher == "timm":
            return shapes(timm.create_model(find(network, "timm").name_of(network)).state_dict())
        options = {"init_weights": False} if network in ("googlenet", "inception_v3") else {}
        return shapes(getattr(torchvision.models, network)(weights=None, **options).state_dict())


def test_who_publishes_a_network_is_frozen() -> None:
    """A line of `publishers.lock` is a network and its publishers."""
    lines = [" ".join((network, *publishers(network))) for network in ZOO]
    assert lines == (HERE / "publishers.lock").read_text("utf-8").splitlines()


@pytest.mark.parametrize(("network", "publisher"), INSTALLED, ids=named(INSTALLED))
def test_names_and_shapes_are_the_peers(network: str, publisher: str) -> None:
    assert shapes(to_theirs(find(network, publisher), ours(network))) == peer(network, publisher)


@pytest.mark.parametrize("file", FILES, ids=[file.stem for file in FILES])
def test_names_and_shapes_are_those_written_down(file: Path) -> None:
    publisher, _, network = file.stem.partition("-")
    state = ours(network)
    theirs = shapes(to_theirs(find(network, publisher), state))
    lines = [
        f"{name} {'×'.join(map(str, shape))}" for name, shape in theirs.items() if not name.endswith(COUNTER)
    ]  # fmt: skip
    assert sorted(lines) == sorted(file.read_text("utf-8").splitlines())


@pytest.mark.parametrize(("network", "publisher"), PUBLISHED, ids=named(PUBLISHED))
def test_every_tensor_is_named_once_and_none_may_lack(network: str, publisher: str) -> None:
    keys, state = find(network, publisher), ours(network)
    theirs = to_theirs(keys, state)
    published = {name: shape for name, shape in shapes(state).items() if keys.has(name)}
    assert len(theirs) == len(published) + (keys.folded is not None)
    assert shapes(to_ours(keys, shapes(state), theirs)) == published
    lost = [name for name in theirs if not name.endswith(COUNTER)][len(theirs) // 3]
    with pytest.raises(UserError, match=f"{re.escape(lost)} is missing"):
        to_ours(keys, shapes(state), {name: value for name, value in theirs.items() if name != lost})


@pytest.mark.parametrize(("network", "publisher"), FORMS, ids=named(FORMS))
def test_there_and_back_is_the_same(network: str, publisher: str) -> None:
    keys = find(network, publisher)
    generator = torch.Generator().manual_seed(0)
    state = {name: torch.rand(shape, generator=generator) for name, shape in shapes(ours(network)).items()}
    back = to_ours(keys, shapes(state), to_theirs(keys, state))
    assert list(back) == [name for name in state if keys.has(name)]
    assert all(torch.equal(back[name], state[name]) for name in back)


def test_no_rule_is_idle() -> None:
    """Every rule renames a tensor of some network, and every change of layout changes one's."""
    idle: dict[object, tuple[str, str]] = {}
    used: set[object] = set()
    for network, publisher in PUBLISHED:
        keys = find(network, publisher)
        idle |= {rule: (publisher, rule[0]) for rule in (*keys.rules, *keys.turns)}
        for mine, name in keys.numbered(ours(network)).items():
            used |= {next((turn for turn in keys.turns if re.search(turn[0], mine)), None)}
            for rule in keys.rules:
                before, name = name, re.sub(*rule, name)
                used |= {rule} if name != before else set()
    assert [place for rule, place in idle.items() if rule not in used] == []


def test_a_name_of_another_network_is_refused() -> None:
    """Rules hide no difference: names of resnet50 and of its SE form differ, and so do shapes of its wider form."""
    keys = find("resnet50", "timm")
    with pytest.raises(UserError, match="have no place"):
        to_ours(keys, shapes(ours("resnet50")), to_theirs(find("seresnet50", "timm"), ours("seresnet50")))
    with pytest.raises(UserError, match=r"Tensor layer1\.0\.conv1\.weight has the shape 128×64×1×1 where"):
        to_ours(keys, shapes(ours("resnet50")), to_theirs(keys, ours("resnext50_32x4d")))


def test_older_names_are_read() -> None:
    """torchvision's DenseNet files say ``norm.1`` where the network says ``norm1``."""
    keys, state = find("densenet121", "torchvision"), ours("densenet121")
    theirs = to_theirs(keys, state)
    old = {re.sub(r"(denselayer\d+\.)(norm|conv)(\d)", r"\1\2.\3", name): value for name, value in theirs.items()}
    name = "features.denseblock2.denselayer12.norm.2.running_var"
    assert name in old and len(old) == len(theirs)
    assert shapes(to_ours(keys, shapes(state), old)) == shapes(state)
    with pytest.raises(UserError, match="under an old and a new name"):
        to_ours(keys, shapes(state), theirs | {name: old[name]})


@pytest.mark.parametrize(
    ("network", "publisher"),
    [("googlenet", "torchvision"), ("googlenet_paper", "caffe"), ("inception_v3", "torchvision")],
)
def test_side_heads_may_be_left_out(network: str, publisher: str) -> None:
    """Files have them; a network built without them does not mind, and one built with them does."""
    keys, state, without = find(network, publisher), ours(network), ours(network, aux=False)
    assert len(without) < len(state)
    assert shapes(to_ours(keys, shapes(without), to_theirs(keys, state))) == shapes(without)
    with pytest.raises(UserError, match="are missing"):
        to_ours(keys, shapes(state), to_theirs(keys, without))


def test_what_is_not_published_stays_as_it_is() -> None:
    """timm's Inception v3 has no side head."""
    keys, state = find("inception_v3", "timm"), ours("inception_v3")
    found = to_ours(keys, shapes(state), to_theirs(keys, state))
    assert state.keys() - found.keys() == {name for name in state if name.startswith("AuxLogits.")}


def test_caffes_first_bias_goes_into_the_mean() -> None:
    """The authors' ResNet-50 has one before its first normalisation: (x + b) - mean is x - (mean - b)."""
    keys, state = find("resnet50_v1", "caffe"), ours("resnet50_v1")
    theirs = {name: torch.zeros(shape) for name, shape in shapes(to_theirs(keys, state)).items()}
    theirs["conv1/1"] = torch.arange(64.0)
    theirs["bn_conv1/0"] = torch.full((64,), 100.0)
    assert torch.equal(to_ours(keys, shapes(state), theirs)["conv1.bn.running_mean"], 100 - torch.arange(64.0))
    with pytest.raises(UserError, match="conv1/1 is missing"):
        to_ours(keys, shapes(state), {name: value for name, value in theirs.items() if name != "conv1/1"})


def test_caffes_first_convolution_is_turned_to_red_green_blue() -> None:
    keys, generator = find("alexnet_2012", "caffe"), torch.Generator().manual_seed(0)
    state = {name: torch.rand(shape, generator=generator) for name, shape in shapes(ours("alexnet_2012")).items()}
    theirs = to_theirs(keys, state)
    rgb = torch.rand(1, 3, 11, 11, generator=generator)
    torch.testing.assert_close(
        torch.conv2d(rgb.flip(1), theirs["conv1/0"]), torch.conv2d(rgb, state["conv1.conv.weight"])
    )
    assert not torch.equal(theirs["conv1/0"], state["conv1.conv.weight"])
    assert torch.equal(theirs["conv2/0"], state["conv2.conv.weight"])
