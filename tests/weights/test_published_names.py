"""For every network that is published: our tensors and the publisher's are in bijection, with every shape equal.

torchvision and timm are asked themselves; the names of others are kept in `names/`: a line per tensor, name and shape.
"""

from pathlib import Path

import pytest
import timm
import torch
import torchvision
from torch import Tensor

from vzor.nn.build import build
from vzor.spec.errors import UserError
from vzor.weights.keys import Keys, find, publishers, to_ours, to_theirs
from vzor.zoo.index import ZOO, table

HERE = Path(__file__).parent
#: What timm calls a network, where that is not our name.
TIMM = {"mobilenet_v2": "mobilenetv2_100", "xception": "legacy_xception"}
PUBLISHED = [(network, publisher) for network in ZOO for publisher in publishers(network)]
#: Their files have a class more, the background.
BACKGROUND = {("inception_v4", "cadene"), ("inception_resnet_v2", "cadene")}

Shapes = dict[str, tuple[int, ...]]


def shapes(state: dict[str, Tensor]) -> Shapes:
    return {name: tuple(value.shape) for name, value in state.items()}


def ours(network: str, **options: object) -> dict[str, Tensor]:
    with torch.device("meta"):
        return build(table(network, **options)).state_dict()


def peer(network: str, publisher: str) -> Shapes:
    with torch.device("meta"):
        if publisher == "timm":
            return shapes(timm.create_model(TIMM.get(network, network)).state_dict())
        options = {"init_weights": False} if network in ("googlenet", "inception_v3") else {}
        return shapes(getattr(torchvision.models, network)(weights=None, **options).state_dict())


def stored(network: str, publisher: str) -> Shapes:
    lines = (HERE / "names" / f"{publisher}-{network}.txt").read_text("utf-8").splitlines()
    return {
        name: tuple(map(int, sizes.split("×"))) if sizes else () for name, _, sizes in (x.partition(" ") for x in lines)
    }


def test_who_publishes_a_network_is_frozen() -> None:
    lines = [" ".join((network, *publishers(network))) for network in ZOO]
    assert lines == (HERE / "publishers.lock").read_text("utf-8").splitlines()


@pytest.mark.parametrize(
    ("network", "publisher"), [pair for pair in PUBLISHED if pair[1] in ("torchvision", "timm")], ids="-".join
)
def test_names_and_shapes_are_the_peers(network: str, publisher: str) -> None:
    assert shapes(to_theirs(find(network, publisher), ours(network))) == peer(network, publisher)


@pytest.mark.parametrize("file", sorted(HERE.glob("names/*.txt")), ids=lambda file: file.stem)
def test_names_and_shapes_are_those_stored(file: Path) -> None:
    publisher, _, network = file.stem.partition("-")
    classes = {"classes": 1001} if (network, publisher) in BACKGROUND else {}
    assert shapes(to_theirs(find(network, publisher), ours(network, **classes))) == stored(network, publisher)


@pytest.mark.parametrize(("network", "publisher"), PUBLISHED, ids="-".join)
def test_every_tensor_is_named_once(network: str, publisher: str) -> None:
    keys, state = find(network, publisher), ours(network)
    theirs = to_theirs(keys, state)
    assert len(theirs) == len([name for name in state if keys.has(name)])
    back = to_ours(keys, shapes(state), theirs)
    assert shapes(back) == {name: shape for name, shape in shapes(state).items() if keys.has(name)}
    lost = next(name for name in theirs if not name.endswith("num_batches_tracked"))
    with pytest.raises(UserError, match="are missing"):
        to_ours(keys, shapes(state), {name: value for name, value in theirs.items() if name != lost})


#: A network of every form of rules, as small as may be.
FORMS = [
    ("alexnet", "torchvision"), ("alexnet_2012", "caffe"), ("densenet121", "timm"), ("googlenet_paper", "caffe"),
    ("inception_v3", "timm"), ("inception_v4", "timm"), ("legacy_seresnext50_32x4d", "caffe"),
    ("mobilenet_paper", "caffe"), ("mobilenetv2_035", "timm"), ("nin_cifar", "caffe"), ("resnet20_cifar", "akamaster"),
    ("resnetv2_50", "timm"), ("squeezenet1_1", "torchvision"), ("vgg11", "timm"), ("xception", "timm"),
]  # fmt: skip


@pytest.mark.parametrize(("network", "publisher"), FORMS, ids="-".join)
def test_there_and_back_is_the_same(network: str, publisher: str) -> None:
    keys = find(network, publisher)
    generator = torch.Generator().manual_seed(0)
    state = {name: torch.rand(shape, generator=generator) for name, shape in shapes(ours(network)).items()}
    back = to_ours(keys, shapes(state), to_theirs(keys, state))
    assert list(back) == [name for name in state if keys.has(name)]
    assert all(torch.equal(back[name], state[name]) for name in back)


@pytest.mark.parametrize(("network", "publisher"), FORMS, ids="-".join)
def test_no_rule_is_idle(network: str, publisher: str) -> None:
    """Without any one of a network's rules and turns its names or shapes are others."""
    keys, state = find(network, publisher), ours(network)
    whole = {name: (tuple(keys.turn(name).shape(tuple(value.shape))), keys.turn(name)) for name, value in state.items()}
    for i in range(len(keys.rules)):
        fewer = Keys(publisher, keys.networks, (*keys.rules[:i], *keys.rules[i + 1 :]), keys.turns, keys.counters)
        try:
            same = fewer.names(state) == keys.names(state)
        except AssertionError:
            same = False  # two names became one
        assert not same, keys.rules[i][0]
    for i in range(len(keys.turns)):
        fewer = Keys(publisher, keys.networks, keys.rules, (*keys.turns[:i], *keys.turns[i + 1 :]))
        assert {n: (s, fewer.turn(n)) for n, (s, _) in whole.items()} != whole, keys.turns[i][0]


def test_older_names_are_read() -> None:
    """torchvision's DenseNet files say ``norm.1`` where the network says ``norm1``."""
    keys, state = find("densenet121", "torchvision"), ours("densenet121")
    theirs = to_theirs(keys, state)
    name = "features.denseblock2.denselayer12.norm.2.running_var"
    today = "features.denseblock2.denselayer12.norm2.running_var"
    old = {
        k.replace("norm1.", "norm.1.").replace("conv2.", "conv.2.").replace("norm2.", "norm.2."): v
        for k, v in theirs.items()
    }
    assert today in theirs and name in old and len(old) == len(theirs)
    assert shapes(to_ours(keys, shapes(state), old)) == shapes(state)
    with pytest.raises(UserError, match="under an old and a new name"):
        to_ours(keys, shapes(state), theirs | {name: old[name]})


def test_heads_for_training_may_be_left_out() -> None:
    """Files have them; a network built without them does not mind; timm's Inception v3 is published without."""
    for network, publisher in (
        ("googlenet", "torchvision"),
        ("inception_v3", "torchvision"),
        ("googlenet_paper", "caffe"),
    ):
        keys, state = find(network, publisher), ours(network)
        without = ours(network, aux=False)
        assert len(without) < len(state)
        assert shapes(to_ours(keys, shapes(without), to_theirs(keys, state))) == shapes(without)
        with pytest.raises(UserError, match="are missing"):
            to_ours(keys, shapes(state), to_theirs(keys, without))
    keys, state = find("inception_v3", "timm"), ours("inception_v3")
    found = to_ours(keys, shapes(state), to_theirs(keys, state))
    assert {name for name in state if name not in found} == {name for name in state if name.startswith("AuxLogits.")}
