"""Folding batch normalisation: the same outputs to 1e-5, whatever the convolution and the normalisation."""

import pytest
import torch
from torch import nn

from vzor.nn.build import build
from vzor.nn.fold import fold
from vzor.spec.row import Row
from vzor.spec.rows import Act, Conv, ConvT, Fc, Gap, Input, Norm, Seq
from vzor.zoo.index import table


def lived(net: nn.Module) -> nn.Module:
    """The network as after training: normalisations whose numbers are not those they began with."""
    torch.manual_seed(1)
    for module in net.modules():
        if isinstance(module, nn.modules.batchnorm._BatchNorm):
            module.running_mean.normal_()
            module.running_var.uniform_(0.05, 4)
            for part in (module.weight, module.bias):
                if isinstance(part, nn.Parameter):
                    nn.init.normal_(part, 1, 0.5)
    return net.eval()


CONVS: dict[str, Row] = {
    "plain": Conv(8, 3, bn=Norm()),
    "with a bias, act after": Conv(8, 3, bias=True, bn=Norm(), act="silu"),
    "strided, dilated, uneven": Conv(8, (3, 5), s=2, p=((1, 0), (2, 2)), bn=Norm()),
    "same": Conv(8, 3, s=2, p="same", bn=Norm()),
    "groups": Conv(8, 3, g=2, bn=Norm()),
    "depthwise": Conv(dw=2, bn=Norm()),
    "without gamma": Conv(8, bn=Norm(gamma=False)),
    "without beta": Conv(8, bn=Norm(beta=False)),
    "neither": Conv(8, bn=Norm(gamma=False, beta=False)),
    "another eps": Conv(8, bn=Norm(eps=0.1)),
    "transposed": ConvT(6, 3, 2, bn=Norm()),
    "transposed in groups": ConvT(6, 3, 2, g=2, bn=Norm()),
    "connected": Conv(3, 3, bn=Norm(), connect=((0, 1), (2,), (0, 1, 2, 3))),
    "no normalisation": Conv(8, 3),
}


@pytest.mark.parametrize("name", CONVS)
def test_one_convolution(name: str) -> None:
    net = lived(build(Seq(Input(4, 9, 11), conv=CONVS[name], gap=Gap(), fc=Fc(3)), seed=0))
    x = torch.randn(2, 4, 9, 11)
    folded = fold(net)
    assert not any(isinstance(m, nn.modules.batchnorm._BatchNorm) for m in folded.modules())
    torch.testing.assert_close(folded(x), net(x), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(("rank", "size"), [(1, (4, 20)), (3, (2, 5, 6, 7))])
def test_other_ranks(rank: int, size: tuple[int, ...]) -> None:
    net = lived(build(Seq(Input(*size), Conv(6, 3, bn=Norm()), Fc(3)), seed=0))
    x = torch.randn(2, *size)
    torch.testing.assert_close(fold(net)(x), net(x), rtol=1e-5, atol=1e-5)


def test_a_whole_network() -> None:
    net = lived(build(table("resnet18", classes=5), (3, 64, 64), seed=0))
    x = torch.randn(2, 3, 64, 64)
    with torch.no_grad():
        want, found = net(x), fold(net)(x)
    assert float((found - want).abs().max() / want.abs().max()) < 1e-5


def test_the_network_itself_stays_as_it_is() -> None:
    net = build(Seq(Input(1, 6, 6), conv=Conv(4, bn=Norm()), fc=Fc(2)), seed=0).train()
    before = {key: tensor.clone() for key, tensor in net.state_dict().items()}
    folded = fold(net)
    assert net.training and not folded.training
    assert net.state_dict().keys() == before.keys()
    assert all(torch.equal(net.state_dict()[key], tensor) for key, tensor in before.items())


def test_a_normalisation_that_follows_no_convolution_stays() -> None:
    net = lived(build(Seq(Input(4, 6, 6), norm=Norm(), act=Act(), conv=Conv(4), fc=Fc(2)), seed=0))
    x = torch.randn(2, 4, 6, 6)
    folded = fold(net)
    assert any(isinstance(m, nn.BatchNorm2d) for m in folded.modules())
    assert torch.equal(folded(x), net(x))


def test_channels_last_weights_stay_so() -> None:
    net = lived(build(Seq(Input(4, 6, 6), conv=Conv(8, bn=Norm()), fc=Fc(2)), seed=0))
    net.to(memory_format=torch.channels_last)
    weight = fold(net).conv.conv.weight
    assert weight.is_contiguous(memory_format=torch.channels_last)
