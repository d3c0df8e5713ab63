"""Wide ResNet: parameters of the published weights, and what is wide in it."""

import pytest

from vzor.measure import measure
from vzor.spec.trace import trace
from vzor.zoo.resnet import resnet
from vzor.zoo.wideresnet import wide_resnet


@pytest.mark.parametrize(("depth", "parameters"), [(50, 68_883_240), (101, 126_886_696)])
def test_parameters(depth: int, parameters: int) -> None:
    """torchvision 0.29.  The paper prints 68.9M for WRN-50-2-bottleneck."""
    assert measure(wide_resnet(depth)).parameters == parameters


def test_only_the_inside_of_a_bottleneck_is_wider() -> None:
    wide, plain = trace(wide_resnet(50)), trace(resnet(50))
    for i, n in enumerate((3, 4, 6, 3), 1):
        for j in range(n):
            for row, times in (("conv1", 2), ("conv2", 2), ("conv3", 1)):
                path = f"layer{i}.{j}.{row}"
                assert wide.find(path).out[0] == times * plain.find(path).out[0], path
                assert wide.find(path).out[1:] == plain.find(path).out[1:]


def test_one_time_as_wide_is_resnet() -> None:
    assert measure(wide_resnet(50, k=1)).parameters == measure(resnet(50)).parameters
