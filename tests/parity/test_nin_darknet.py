"""NiN and Darknet-19, which no peer has, against the layers of torch in their order, in float64."""

import torch
from torch import nn

from vzor.zoo.darknet import darknet19
from vzor.zoo.nin import nin, nin_cifar

from .helpers import assert_same, by_rule, give, picture, random_network


def conv(arrives: int, leaves: int, k: int, s: int = 1, p: int = 0) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(arrives, leaves, k, s, p), nn.ReLU())


def pool(kind: type[nn.Module]) -> nn.Module:
    return kind(3, 2, ceil_mode=True)


def mean() -> nn.Sequential:
    return nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten())


#: mlpconv ``n`` holds rows 3n-3, 3n-2 and 3n-1 of the convolutions that the networks below have.
NIN = by_rule(
    (r"^mlpconv(\d)\.conv\.conv", r"mlp.\1.0.0"),
    (r"^mlpconv(\d)\.cccp(\d)\.conv", r"mlp.\1.\2.0"),
)


class Nin(nn.Module):
    """mlpconvs with the rows between them."""

    def __init__(self, mlps: list[nn.Sequential], between: list[nn.Module]) -> None:
        super().__init__()
        self.mlp = nn.ModuleDict({str(i): mlp for i, mlp in enumerate(mlps, 1)})
        self.between = between

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        for mlp, after in zip(self.mlp.values(), self.between, strict=True):
            x = after(mlp(x))
        return x


def test_nin_for_imagenet() -> None:
    with torch.device("meta"):
        mlps = [
            nn.Sequential(conv(3, 96, 11, 4), conv(96, 96, 1), conv(96, 96, 1)),
            nn.Sequential(conv(96, 256, 5, 1, 2), conv(256, 256, 1), conv(256, 256, 1)),
            nn.Sequential(conv(256, 384, 3, 1, 1), conv(384, 384, 1), conv(384, 384, 1)),
            nn.Sequential(conv(384, 1024, 3, 1, 1), conv(1024, 1024, 1), conv(1024, 7, 1)),
        ]
    for size in ((224, 224), (120, 147)):
        peer = Nin(mlps, [pool(nn.MaxPool2d)] * 3 + [mean()])
        ours = random_network(nin(7), (3, *size))
        give(ours, peer, NIN)
        assert_same(ours, peer, picture(3, *size, batch=1))


def test_nin_for_cifar() -> None:
    with torch.device("meta"):
        mlps = [
            nn.Sequential(conv(3, 192, 5, 1, 2), conv(192, 160, 1), conv(160, 96, 1)),
            nn.Sequential(conv(96, 192, 5, 1, 2), conv(192, 192, 1), conv(192, 192, 1)),
            nn.Sequential(conv(192, 192, 3, 1, 1), conv(192, 192, 1), conv(192, 10, 1)),
        ]
    peer = Nin(mlps, [pool(nn.MaxPool2d), pool(nn.AvgPool2d), mean()])
    ours = random_network(nin_cifar())
    give(ours, peer, NIN)
    assert_same(ours, peer, picture(3, 32, 32))


def test_darknet19() -> None:
    """The rows of Table 6, written out: a number is a convolution, M max pooling."""
    table6 = "32 M 64 M 128 64 128 M 256 128 256 M 512 256 512 256 512 M 1024 512 1024 512 1024"
    kernels = iter((3, 3, 3, 1, 3, 3, 1, 3, 3, 1, 3, 1, 3, 3, 1, 3, 1, 3))
    rows: dict[str, nn.Module] = {}
    arrives, number = 3, 0
    with torch.device("meta"):
        for word in table6.split():
            if word == "M":
                rows[f"pool{number}"] = nn.MaxPool2d(2, 2)
                continue
            number, k, leaves = number + 1, next(kernels), int(word)
            rows[f"conv{number}"] = nn.Conv2d(arrives, leaves, k, padding=k // 2, bias=False)
            rows[f"bn{number}"] = nn.BatchNorm2d(leaves)
            rows[f"act{number}"] = nn.LeakyReLU(0.1)
            arrives = leaves
        rows["conv19"] = nn.Conv2d(1024, 7, 1)
    rows["mean"] = mean()
    assert next(kernels, None) is None
    names = by_rule((r"^conv(\d+)\.conv\.", r"conv\1."), (r"^conv(\d+)\.bn\.", r"bn\1."))
    peer = nn.Sequential()
    for name, row in rows.items():
        peer.add_module(name, row)
    for size in ((64, 64), (97, 75)):
        ours = random_network(darknet19(7), (3, *size))
        give(ours, peer, names)
        assert_same(ours, peer, picture(3, *size))
