"""First values against torchvision's, where its constructor does what the paper did: equal moments, tensor by tensor.

Its ResNets do.  Its other families begin in a manner of torchvision's own: VGG and MobileNet v2 by He et al. with
0.01 for the classifiers, DenseNet by what arrives where the authors' code has what leaves, SqueezeNet uniform by
He et al. where the authors' files have Caffe's "xavier"; its GoogLeNet and Inception v3 do not cut their normal.
"""

import math

import pytest
import torch
import torchvision

import vzor
from vzor.weights.keys.resnet import KEYS


@pytest.mark.parametrize("name", ["resnet18", "resnet50"])
def test_the_resnets_begin_as_torchvisions(name: str) -> None:
    ours = vzor.build(name, init="paper", seed=1).state_dict()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(2)
        theirs = getattr(torchvision.models, name)().state_dict()
    keys = next(keys for keys in KEYS if keys.publisher == "torchvision" and keys.covers(name))
    for own, other in keys.names(ours).items():
        a, b = ours[own].double(), theirs[other].double()
        assert a.shape == b.shape
        if other == "fc.bias":  # Torch7's ResNets had 0; torchvision draws it
            assert not a.any()
        elif other.endswith("weight") and a.dim() > 1:
            assert float(a.std() / b.std()) == pytest.approx(1, abs=5 / math.sqrt(a.numel()))
            assert abs(float(a.mean() - b.mean())) < 5 * float(b.std()) * math.sqrt(2 / a.numel())
            # Normal or uniform: the fourth moment, 3 or 1.8 times the square of the second.
            fourth = [float((x**4).mean() / (x**2).mean() ** 2) for x in (a, b)]
            assert fourth[0] == pytest.approx(fourth[1], abs=5 * math.sqrt(2 * 24 / a.numel()))
        else:
            assert torch.equal(a, b)


def test_squeezenets_last_convolution_begins_as_torchvisions() -> None:
    ours = vzor.build("squeezenet1_1", init="paper", seed=1).get_submodule("conv10.conv").state_dict()
    with torch.random.fork_rng(devices=[]):
        theirs = torchvision.models.squeezenet1_1().classifier[1].state_dict()
    assert float(ours["weight"].std() / theirs["weight"].std()) == pytest.approx(1, abs=5 / math.sqrt(512_000))
    assert torch.equal(ours["bias"], theirs["bias"])
