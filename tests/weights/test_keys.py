"""Names of published tensors: rules are one to one, layouts go there and back, and nothing is guessed."""

import pytest
import torch

from vzor.nn.build import build
from vzor.spec.errors import UserError
from vzor.weights.keys import find, to_ours, to_theirs
from vzor.weights.keys.rules import Keys
from vzor.weights.keys.turns import AS_1X1, HWIO, IN_OUT, SAME, depthwise, flattened
from vzor.zoo.index import table


@pytest.fixture(scope="module")
def state() -> dict[str, torch.Tensor]:
    return build(table("resnet18", classes=3), seed=0).state_dict()


def shapes(state: dict[str, torch.Tensor]) -> dict[str, tuple[int, ...]]:
    return {name: tuple(value.shape) for name, value in state.items()}


def test_there_and_back(state: dict[str, torch.Tensor]) -> None:
    keys = find("resnet18", "torchvision")
    theirs = to_theirs(keys, state)
    assert {"layer2.0.downsample.1.running_var", "bn1.weight", "layer1.0.conv1.weight", "fc.bias"} <= set(theirs)
    back = to_ours(keys, shapes(state), theirs)
    assert list(back) == list(state)
    assert all(torch.equal(back[name], value) for name, value in state.items())


def test_counters_may_lack_and_nothing_else(state: dict[str, torch.Tensor]) -> None:
    keys = find("resnet18", "torchvision")
    theirs = {k: v for k, v in to_theirs(keys, state).items() if not k.endswith("num_batches_tracked")}
    assert len(to_ours(keys, shapes(state), theirs)) == len(theirs)
    with pytest.raises(UserError, match=r"layer1\.0\.bn1\.bias are missing"):
        to_ours(keys, shapes(state), {k: v for k, v in theirs.items() if k != "layer1.0.bn1.bias"})
    with pytest.raises(UserError, match="head are of no use"):
        to_ours(keys, shapes(state), theirs | {"head": torch.zeros(1)})
    with pytest.raises(UserError, match=r"Tensor fc\.weight has the shape 1000×512 where this network needs 3×512"):
        to_ours(keys, shapes(state), theirs | {"fc.weight": torch.zeros(1000, 512)})
    left = to_ours(keys, shapes(state), theirs | {"fc.weight": torch.zeros(1000, 512)}, left=["fc.weight", "fc.bias"])
    assert "fc.weight" not in left and "conv1.conv.weight" in left


def test_rules_that_make_two_names_one_are_refused() -> None:
    with pytest.raises(AssertionError, match="not one to one"):
        Keys("nobody", ("*",), ((r"\d", "n"),)).names(["a1", "a2"])


@pytest.mark.parametrize(
    ("turn", "ours", "theirs"),
    [
        (SAME, (5, 4), (5, 4)),
        (HWIO, (5, 4, 3, 2), (3, 2, 4, 5)),
        (IN_OUT, (5, 4), (4, 5)),
        (AS_1X1, (5, 4), (5, 4, 1, 1)),
        (depthwise(2), (6, 1, 3, 2), (3, 2, 3, 2)),
        (flattened(3), (5, 12), (12, 5)),
    ],
)
def test_layouts(turn, ours, theirs) -> None:
    x = torch.arange(float(torch.tensor(ours).prod())).view(ours)
    assert turn.shape(ours) == theirs == tuple(turn.there(x).shape)
    assert torch.equal(turn.back(turn.there(x), ours), x)


def test_a_flattened_map_is_reordered() -> None:
    """A dense row on a flattened 2×2 map of 3 channels, channels first here and last there."""
    generator = torch.Generator().manual_seed(0)
    x, w = torch.randn(1, 3, 2, 2, generator=generator), torch.randn(5, 12, generator=generator)
    there = x.permute(0, 2, 3, 1).flatten(1) @ flattened(3).there(w)
    torch.testing.assert_close(there, x.flatten(1) @ w.T)


def test_who_names_what_is_said() -> None:
    with pytest.raises(UserError, match="names of nobody are not known for resnet18; those of torchvision, timm are"):
        find("resnet18", "nobody")
