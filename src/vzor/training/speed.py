"""What makes training fast on this machine, and the choices made once per run and stored.

Every choice here is a function of the network, the data and the chip, never of a clock: two runs with the
same seed on the same machine make the same one.
"""

from __future__ import annotations

import copy
import ctypes
import math
import os
import platform
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import torch
from torch import nn

from vzor.spec.errors import UserError
from vzor.training.feed import size_of
from vzor.training.optim import default_lr
from vzor.training.phases import only
from vzor.training.settings import Settings
from vzor.training.task import Phase, Step

# Mult-adds per sample from which bf16 pays on a CPU: below it, converting costs as much as computing
# (LeNet-5 has 0.4 million, ResNet-18 at 224 x 224 1,800 million).
BIG = 20_000_000
#: Parameters per training picture from which "auto" augments.  LeNet-5 has 1 on Fashion-MNIST, where 5 epochs reach
#: 89 % on validation without and 84 % with it, and 57 on scikit-learn's digits, where it helps.
PER_PICTURE = 4
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3  # glibc's malloc.h


@cache
def keep_memory() -> bool:
    """Tell glibc to keep freed memory: the activations of each step then reuse the pages of the last one
    instead of faulting in fresh ones. Once per process; True if it was done (Linux with glibc)."""
    if not sys.platform.startswith("linux") or platform.libc_ver()[0] != "glibc":
        return False
    try:
        libc = ctypes.CDLL("libc.so.6")
        done: int = libc.mallopt(M_MMAP_THRESHOLD, 1 << 30) and libc.mallopt(M_TRIM_THRESHOLD, (1 << 31) - 1)
    except (OSError, AttributeError):
        return False
    return bool(done)


def pick_device(name: str) -> torch.device:
    """`auto`: the first accelerator there is, else the CPU. UserError for one that is not there."""
    if name == "auto":
        if torch.cuda.is_available():
            return torch.device("cuda", 0)
        return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
    try:
        device = torch.device(name)
    except RuntimeError:
        raise UserError(f"There is no device {name!r}; give auto, cpu, cuda:0 or mps.") from None
    here = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if not here.get(device.type) or (device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count()):
        raise UserError(f"Device {name} is not on this machine; give --device auto or cpu.")
    return torch.device("cuda", 0) if name == "cuda" else device


def has_bf16(device: torch.device) -> bool:
    """Whether the chip computes in bf16 (emulation does not count)."""
    if device.type == "cuda":
        return torch.cuda.get_device_capability(device)[0] >= 8
    if device.type == "cpu":
        return "avx512_bf16" in cpu_flags() or "amx_bf16" in cpu_flags()
    return False


@cache
def cpu_flags() -> frozenset[str]:
    """The processor's features as Linux lists them; empty elsewhere, where nothing is then assumed."""
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            for line in file:
                if line.startswith("flags"):
                    return frozenset(line.split(":", 1)[1].split())
    except OSError:
        pass
    return frozenset()


@contextmanager
def tuned(threads: int | None, device: torch.device) -> Iterator[None]:
    """Process-wide settings for the time of a training; those that can be put back are put back.

    `torch.set_float32_matmul_precision("medium")` is not among them: it makes LeNet-5's step half as long
    again, and big networks compute in bf16 anyway.
    """
    keep_memory()
    before = torch.get_num_threads()
    if threads is not None:
        torch.set_num_threads(threads)
    try:
        yield
    finally:
        torch.set_num_threads(before)


@dataclass(frozen=True)
class Load:
    """What one sample costs: mult-adds of convolutions and linear layers forward, and the bytes that
    are kept from the forward pass for the backward one; and the parameters of all networks."""

    macs: int
    bytes: int
    parameters: int = 1 << 62


def measure(nets: Mapping[str, nn.Module], phases: tuple[Phase, ...], placed: dict[str, Any]) -> Load:
    """Run every phase's loss once on a small batch (on the device), on copies of the networks, and count."""
    trial = {name: copy.deepcopy(net).train() for name, net in nets.items()}
    own = {t.untyped_storage().data_ptr() for net in trial.values() for t in net.state_dict().values()}
    macs = 0
    kept: dict[int, int] = {}

    def count(module: nn.Module, inputs: Any, out: torch.Tensor) -> None:
        nonlocal macs
        weight = module.weight
        assert isinstance(weight, torch.Tensor)
        kernel = weight.numel() // (out.shape[-1] if isinstance(module, nn.Linear) else out.shape[1])
        macs += out.numel() * kernel

    def keep(tensor: torch.Tensor) -> torch.Tensor:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in own:
            kept[storage.data_ptr()] = storage.nbytes()
        return tensor

    for net in trial.values():
        for module in net.modules():
            if isinstance(module, nn.Linear | nn.Conv1d | nn.Conv2d | nn.Conv3d):
                module.register_forward_hook(count)
    still = frozenset(id(p) for net in trial.values() for p in net.parameters() if not p.requires_grad)
    losses = []  # held, so that no storage is freed and its address counted once for two
    with torch.autograd.graph.saved_tensors_hooks(keep, lambda t: t):
        for phase in phases:
            with only(phase, trial, still):
                losses.append(phase.loss(trial, placed, Step(0, 0, True)))
    size = size_of(placed)
    parameters = sum(p.numel() for net in nets.values() for p in net.parameters())
    return Load(macs // size, sum(kept.values()) // size, parameters)


def settle(settings: Settings, load: Load, samples: int, device: torch.device, pixels: int) -> Settings:
    """Resolve everything that is None or "auto". `samples`: of the training split; `pixels`: of one image."""
    big = load.macs >= BIG
    precision = settings.precision
    if precision == "auto":
        precision = "bf16" if has_bf16(device) and big else "fp32"
    if settings.precision == "bf16" and device.type == "mps":
        raise UserError("bf16 is not trained with on mps; give --precision fp32.")
    channels_last = settings.channels_last
    if channels_last is None:
        channels_last = device.type != "mps"  # on the CPU even LeNet-5 gains: pooling is vectorised over channels
    # A network with few parameters per picture cannot learn them by heart; changed ones only slow it down.
    augment = settings.augment
    if augment == "auto":
        augment = "none" if load.parameters < PER_PICTURE * samples else "light"
    settled = replace(
        settings,
        augment=augment,
        precision=precision,
        channels_last=channels_last,
        device=str(device),
        threads=settings.threads or torch.get_num_threads(),
        workers=_workers(pixels) if settings.workers is None else settings.workers,
        batch=_batch(load, samples, device) if settings.batch == "auto" else settings.batch,
    )
    return replace(settled, lr=default_lr(settled))


def _batch(load: Load, samples: int, device: torch.device) -> int:
    """The largest power of two up to 128 (256 on an accelerator) that leaves 32 steps in an epoch, though not
    under 8, which batch normalisation needs to see something; that fits a third of the memory; and at least 2."""
    free = torch.cuda.mem_get_info(device)[0] if device.type == "cuda" else _half_memory()
    most = min(256 if device.type == "cuda" else 128, max(8, samples / 32), samples, free / 3 / max(1, load.bytes))
    return 1 << max(1, math.floor(math.log2(max(2.0, most))))


def _half_memory() -> int:
    """Half the bytes of memory the machine has; what is free now would make the choice a matter of luck."""
    try:
        return int(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")) // 2
    except (AttributeError, ValueError, OSError):
        return 4 << 30


def _workers(pixels: int) -> int:
    """Loader processes: none for small images, which cost less to prepare than to send across."""
    return 0 if pixels <= 96 * 96 else min(8, max(0, (os.cpu_count() or 1) - 1))
