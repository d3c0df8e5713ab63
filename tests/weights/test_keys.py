"""Names of published tensors: rules are one to one, layouts go there and back, and nothing is guessed."""

import pytest
import torch

from vzor.nn.build import build
from vzor.spec.errors import UserError
from vzor.weights.keys import find, to_ours, to_theirs
from vzor.weights.keys.rules import Keys
from vzor.weights.keys.turns import AS_1X1, GROUPED, HWIO, IN_OUT, IN_OUT_1X1, SAME, depthwise, flattened
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
    with pytest.raises(UserError, match=r"layer1\.0\.bn1\.bias is missing"):
        to_ours(keys, shapes(state), {k: v for k, v in theirs.items() if k != "layer1.0.bn1.bias"})
    with pytest.raises(UserError, match="head has no place"):
        to_ours(keys, shapes(state), theirs | {"head": torch.zeros(1)})
    with pytest.raises(UserError, match=r"Tensor fc\.weight has the shape 1000×512 where this network needs 3×512"):
        to_ours(keys, shapes(state), theirs | {"fc.weight": torch.zeros(1000, 512)})
    left = to_ours(keys, shapes(state), theirs | {"fc.weight": torch.zeros(1000, 512)}, left=["fc.weight", "fc.bias"])
    assert "fc.weight" not in left and "conv1.conv.weight" in left


def test_rules_that_make_two_names_one_are_refused() -> None:
    with pytest.raises(AssertionError, match="not one to one"):
        Keys("nobody", ("*",), ((r"\d", "n"),)).names(["a1", "a2"])


def test_rows_are_numbered_in_the_tables_order() -> None:
    """Every row once, however many tensors it has; what does not match is not counted."""
    keys = Keys("nobody", ("*",), ((r"^#(\d+)", r"conv_\1"),), counted=r"^\w+(?=\.(?:conv|bn)\.)")
    ours = ["stem.conv.weight", "stem.bn.weight", "fc.weight", "a.conv.weight", "a.bn.bias"]
    assert list(keys.names(ours).values()) == [
        "conv_0.conv.weight",
        "conv_0.bn.weight",
        "fc.weight",
        "conv_1.conv.weight",
        "conv_1.bn.bias",
    ]


@pytest.mark.parametrize(
    ("turn", "ours", "theirs"),
    [
        (SAME, (5, 4), (5, 4)),
        (HWIO, (5, 4, 3, 2), (3, 2, 4, 5)),
        (IN_OUT, (5, 4), (4, 5)),
        (AS_1X1, (5, 4), (5, 4, 1, 1)),
        (IN_OUT_1X1, (5, 4), (1, 1, 4, 5)),
        (depthwise(2), (6, 1, 3, 2), (3, 2, 3, 2)),
        (GROUPED, (6, 2, 4, 5), (4, 5, 6, 2)),
        (flattened(3), (5, 12), (12, 5)),
    ],
)
def test_layouts(turn, ours, theirs) -> None:
    x = torch.arange(float(torch.tensor(ours).prod())).view(ours)
    assert turn.shape(ours) == theirs == tuple(turn.there(x).shape)
    assert torch.equal(turn.back(turn.there(x), ours), x)


def test_a_groups_kernel_is_one_of_a_depthwise_convolution() -> None:
    """Ours at (i, j) is theirs at (the j-th map of i's group, i's place in the group)."""
    ours = torch.randn(12, 3, 2, 2, generator=torch.Generator().manual_seed(0))
    theirs = GROUPED.there(ours)
    for i in range(12):
        for j in range(3):
            assert torch.equal(ours[i, j], theirs[:, :, i // 3 * 3 + j, i % 3])


@pytest.mark.parametrize(("turn", "ours"), [(IN_OUT, (7, 1300)), (flattened(3), (5, 12))])
def test_a_large_tensor_is_turned_in_parts(turn, ours) -> None:
    x = torch.arange(float(torch.tensor(ours).prod())).view(ours)
    there, read = turn.there(x), []

    def rows(begin: int, end: int) -> torch.Tensor:
        read.append(end - begin)
        return there[begin:end]

    assert torch.equal(turn.in_parts(rows, ours), x)
    assert max(read) < len(there) and sum(read) == len(there) + 1  # one more, for the kind of numbers


def test_a_flattened_map_is_reordered() -> None:
    """A dense row on a flattened 2×2 map of 3 channels, channels first here and last there."""
    generator = torch.Generator().manual_seed(0)
    x, w = torch.randn(1, 3, 2, 2, generator=generator), torch.randn(5, 12, generator=generator)
    there = x.permute(0, 2, 3, 1).flatten(1) @ flattened(3).there(w)
    torch.testing.assert_close(there, x.flatten(1) @ w.T)


def test_who_names_what_is_said() -> None:
    with pytest.raises(UserError, match="names of nobody are not known for resnet18; those of torchvision, timm are"):
        find("resnet18", "nobody")
