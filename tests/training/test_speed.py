"""What is settled before the first step: counted, not timed."""

import pytest
import torch
from torch import nn
from toys import ToyBatches, toy_net

from vzor.spec.errors import UserError
from vzor.tasks.index import make
from vzor.training import speed
from vzor.training.phases import phases_of
from vzor.training.settings import Settings

CPU = torch.device("cpu")


def load_of(net, n=2):
    nets = {"net": net}
    batch = next(ToyBatches(n, n, 0).epoch(0))
    return speed.measure(nets, phases_of(make("classify"), nets), batch)


def test_mult_adds_are_exact_and_networks_untouched():
    net = toy_net()
    before = {k: v.clone() for k, v in net.state_dict().items()}
    # 8x8 outputs: 27 x 8 and, with 8 groups, 9 x 8 per place; then 32 x 3
    assert load_of(net).macs == 64 * (27 * 8 + 9 * 8) + 96
    assert all(torch.equal(v, before[k]) for k, v in net.state_dict().items())
    assert load_of(net).bytes > 8 * 64 * 4


def test_bytes_per_sample_do_not_depend_on_the_probe():
    net = nn.Sequential(nn.Flatten(), nn.Linear(192, 64), nn.Tanh(), nn.Linear(64, 3))
    two, eight = load_of(net, 2).bytes, load_of(net, 8).bytes
    assert two == pytest.approx(eight, rel=0.2)


@pytest.mark.parametrize(
    "samples, bytes_each, want", [(1079, 1, 32), (100_000, 1, 128), (20, 1, 8), (3, 1, 2), (100_000, 1 << 60, 2)]
)
def test_auto_batch(samples, bytes_each, want):
    settings = speed.settle(Settings(), speed.Load(1, bytes_each), samples, CPU, 28 * 28)
    assert settings.batch == want and settings.lr == pytest.approx(1e-3 * (want / 64) ** 0.5)


def test_precision_follows_the_chip_and_the_size():
    small, big = (speed.settle(Settings(), speed.Load(m, 1), 1000, CPU, 1).precision for m in (1000, 10**9))
    assert small == "fp32" and big == ("bf16" if speed.has_bf16(CPU) else "fp32")
    assert speed.settle(Settings(precision="fp32"), speed.Load(10**9, 1), 1000, CPU, 1).precision == "fp32"


def test_settling_twice_changes_nothing():
    once = speed.settle(Settings(), speed.Load(10**9, 1), 1000, CPU, 224 * 224)
    assert speed.settle(once, speed.Load(1, 1), 5, CPU, 1) == once


def test_threads_are_put_back():
    before = torch.get_num_threads()
    with speed.tuned(1, CPU):
        assert torch.get_num_threads() == 1
    assert torch.get_num_threads() == before


@pytest.mark.parametrize("name", ["gpu", "cuda:99", "cud"])
def test_devices_that_are_not_there(name):
    with pytest.raises(UserError, match="device"):
        speed.pick_device(name)


def test_a_network_with_few_parameters_per_picture_gets_the_pictures_as_they_are() -> None:
    def chosen(parameters: int, **told: str) -> str:
        return speed.settle(Settings(**told), speed.Load(1, 1, parameters), 60_000, CPU, 28 * 28).augment

    assert (chosen(61_706), chosen(11_000_000)) == ("none", "light")
    assert chosen(61_706, augment="strong") == "strong"
