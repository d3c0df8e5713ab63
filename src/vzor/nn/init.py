"""Initialisation: every weight drawn once, from a stream of its own, by as many threads as torch has.

"he", by what follows the weights.  Before ReLU and its kin: He et al. 2015 (arXiv:1502.01852), normal, for
convolutions by what leaves (as the published ResNets were begun), for fully connected rows by what arrives.
Before tanh, sigmoid or nothing: Glorot and Bengio 2010, uniform.  Biases 0; batch normalisation 1 and 0.

An ``Init`` says it row by row instead, as papers do (`zoo/inits.py`).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Literal, NamedTuple
from zlib import crc32

import torch
from torch import Tensor, nn
from torch.nn.modules.conv import _ConvNd

from vzor.nn.weighted import ConnectedConv2d, ConvUnit, FcUnit, LocalUnit
from vzor.spec.errors import TableError
from vzor.spec.init import Draw, Fans, Init, start_of

SATURATING = ("Tanh", "Sigmoid", "ScaledTanh", "AbsTanh", "Softmax", "Hardsigmoid")
PART = 1 << 20  # numbers drawn in one go: a large layer is shared among threads
Layer = ConvUnit | FcUnit | LocalUnit
How = Init | Literal["he", "empty"] | None


class Job(NamedTuple):
    """Numbers to draw into ``part`` of a weight, from the stream ``seed``."""

    part: Tensor
    form: str
    spread: float
    seed: int


@torch.no_grad()
def initialise(network: nn.Module, init: How = "he", seed: int | None = None, within: Sequence[str] = ("",)) -> None:
    """Give every weight and bias of ``network``'s rows its first value.

    init    "he" (above); what a paper says; None: zeros; "empty": nothing is written, so that weights which are all
            to be replaced take no memory and no time
    seed    the same gives the same weights, whatever the device and the number of threads, and another number of
            classes changes the output layer's only; None draws it from torch's global generator
    within  only rows at these paths, or inside them

    Weights that the table fixes, normalisations, gains and codes have theirs already.  Raises TableError where
    ``init`` has no word on a row.
    """
    if init == "empty":
        return
    todo: list[tuple[str, Tensor, Draw, Fans]] = []
    for path, layer in network.named_modules():
        if not isinstance(layer, Layer) or not any(not p or f"{path}.".startswith(f"{p}.") for p in within):
            continue
        weight, bias = _tensors(layer)
        fans = _fans(layer)
        draw, first = _start(path, layer, fans, init)
        if bias is not None:
            bias.fill_(first)
        if not weight.requires_grad or weight.device.type == "meta":
            continue  # fixed by the table; or only a shape
        if draw is None:
            weight.zero_()
        else:
            todo.append((path, weight, draw, fans))
    _draw_all(todo, seed)


def _start(path: str, layer: Layer, fans: Fans, init: How) -> tuple[Draw | None, float]:
    if init is None or init == "empty":
        return None, 0.0
    if init == "he":
        return _he(layer, fans), 0.0
    found = start_of(path, init)
    if found is None:
        raise TableError(f"the initialisation has no word on row '{path}'; add Start('.*', ...) as its last")
    return found.weight, found.bias


def _tensors(layer: Layer) -> tuple[Tensor, Tensor | None]:
    holder = layer.conv if isinstance(layer, ConvUnit) else layer
    weight, bias = holder.weight, holder.bias
    assert isinstance(weight, Tensor)
    return weight, bias if isinstance(bias, Tensor) else None


def _fans(layer: Layer) -> Fans:
    if isinstance(layer, FcUnit):
        return Fans(layer.in_features, layer.out_features)
    if isinstance(layer, LocalUnit):
        return Fans(layer.weight.shape[2], layer.weight.shape[1])
    conv = layer.conv
    if isinstance(conv, ConnectedConv2d):
        return Fans(conv.fan_in, conv.fan_in)
    assert isinstance(conv, _ConvNd)
    area = math.prod(conv.kernel_size)
    return Fans(conv.in_channels // conv.groups * area, conv.out_channels // conv.groups * area, conv.groups)


def _he(layer: Layer, fans: Fans) -> Draw:
    """Normal with variance 2 / fan before a rectifier, else uniform with variance 2 / (arrives + leaves)."""
    bn = isinstance(layer, ConvUnit) and layer.bn is not None
    if bn or (layer.act is not None and type(layer.act).__name__ not in SATURATING):
        # Without normalisation behind it, a deep chain keeps its scale only by what arrives.
        return Draw("normal", math.sqrt(2 / (fans.leaves if bn else fans.arrives)))
    return Draw("uniform", math.sqrt(6 / (fans.arrives + fans.leaves)))


def _draw_all(todo: list[tuple[str, Tensor, Draw, Fans]], seed: int | None) -> None:
    if not todo:
        return
    if seed is None and todo[0][1].device.type == "cpu":
        seed = int(torch.randint(1 << 31, (), device="cpu"))
    jobs = list(_jobs(todo, seed))
    threads = min(torch.get_num_threads(), sum(job.part.numel() for job in jobs) // PART)
    if threads < 2 or seed is None:
        for job in jobs:
            _draw(job, seed is not None)
        return
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(_draw, jobs))


def _jobs(todo: list[tuple[str, Tensor, Draw, Fans]], seed: int | None) -> Iterator[Job]:
    for path, weight, draw, fans in todo:
        spread = draw.spread(fans)
        for number, part in enumerate(weight.detach().view(-1).split(PART)):
            yield Job(part, draw.form, spread, crc32(f"{seed} {path} {number}".encode()))


def _draw(job: Job, seeded: bool = True) -> None:
    """Fill one part.  Seeded numbers are drawn on the CPU, so that they are the same on every device."""
    generator = torch.Generator("cpu").manual_seed(job.seed) if seeded else None
    # Both settings belong to a thread, and a pool's thread has not those of the caller.
    with torch.inference_mode(job.part.is_inference()), torch.no_grad():
        away = seeded and job.part.device.type != "cpu"
        x = torch.empty(job.part.shape, device="cpu") if away else job.part
        if job.form == "uniform":
            x.uniform_(-job.spread, job.spread, generator=generator)
        else:
            x.normal_(0, job.spread, generator=generator)
        if job.form == "truncated":
            _truncate(x, job.spread, generator)
        if away:
            job.part.copy_(x)


def _truncate(x: Tensor, std: float, generator: torch.Generator | None) -> None:
    """Draw anew what lies beyond two deviations, until nothing does."""
    beyond = (x.abs() > 2 * std).nonzero().squeeze(1)
    while len(beyond):
        drawn = torch.empty(len(beyond), device=x.device, dtype=x.dtype).normal_(0, std, generator=generator)
        x[beyond] = drawn
        beyond = beyond[drawn.abs() > 2 * std]
