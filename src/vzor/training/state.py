"""The resume state: one safetensors file that holds all that a killed run needs to end with the same bits.

Tensors keep their layout. A fused optimizer walks weights and its own state in memory order side by side,
so state that comes back contiguous beside channels-last weights gives wrong weights without a word.
safetensors stores only contiguous tensors: each is stored so, its strides are recorded, and it is read
back into memory of those strides.

Tensor names: nets/<net>/<key>, ema/<net>/<key>, optim/<phase>/<number of the parameter>/<key>.
Everything that is not a tensor is JSON in the metadata, under `state`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import nn

from vzor.spec.errors import UserError
from vzor.weights.formats.safetensors import read_header, read_tensors, write_tensors

FORMAT = 1


def save_state(path: Path, tensors: Mapping[str, torch.Tensor], meta: Mapping[str, Any]) -> None:
    """Write tensors and `meta` (JSON-able) atomically."""
    strides = {name: list(t.stride()) for name, t in tensors.items() if t.stride() != _usual(t)}
    text = json.dumps({"format": FORMAT, "strides": strides, **meta}, ensure_ascii=False)
    write_tensors(path, tensors, {"state": text})


def load_meta(path: Path) -> dict[str, Any]:
    """The JSON part alone. UserError, one sentence, where the file is missing, damaged or too new."""
    if not path.is_file():
        raise UserError(
            f"There is no resume state {path}: the run never began or its state was deleted; start a new run."
        )
    try:
        meta = json.loads(read_header(path)["__metadata__"]["state"])
    except (KeyError, ValueError) as error:
        raise UserError(
            f"The resume state {path} is damaged ({error}); start a new run, from"
            " weights/last.safetensors if it is there."
        ) from None
    if not isinstance(meta, dict) or meta.get("format") != FORMAT:
        raise UserError(
            f"The resume state {path} was written by another version of vzor; resume it with that"
            " version, or start a new run."
        )
    return meta


def load_tensors(path: Path, strides: Mapping[str, list[int]]) -> dict[str, torch.Tensor]:
    """All tensors, on the CPU, each in the layout it was saved from."""
    loaded = read_tensors(path)
    return {name: _laid_out(t, strides[name]) if name in strides else t for name, t in loaded.items()}


def _laid_out(tensor: torch.Tensor, strides: list[int]) -> torch.Tensor:
    return torch.empty_strided(tensor.shape, strides, dtype=tensor.dtype).copy_(tensor)


def _usual(tensor: torch.Tensor) -> tuple[int, ...]:
    """Strides of a new tensor of this shape. `is_contiguous` is not enough: sizes of 1 leave strides free,
    and a channels-last (64, 1, 3, 3) calls itself contiguous."""
    return torch.empty(tensor.shape, device="meta").stride()


def nets_out(kind: str, nets: Mapping[str, nn.Module]) -> dict[str, torch.Tensor]:
    """Weights and buffers, buffers that `state_dict` leaves out included."""
    out = {}
    for name, net in nets.items():
        for key, tensor in _all(net).items():
            out[f"{kind}/{name}/{key}"] = tensor.detach()
    return out


def nets_in(kind: str, nets: Mapping[str, nn.Module], tensors: Mapping[str, torch.Tensor]) -> None:
    """Put saved weights and buffers back, in their saved layout. UserError if the networks differ."""
    wanted = {f"{kind}/{name}/{key}": t for name, net in nets.items() for key, t in _all(net).items()}
    given = {key for key in tensors if key.startswith(f"{kind}/")}
    odd = sorted(given ^ wanted.keys())
    if odd or any(tensors[key].shape != t.shape for key, t in wanted.items()):
        which = odd[0] if odd else next(k for k, t in wanted.items() if tensors[k].shape != t.shape)
        raise UserError(
            f"The resume state does not fit the network ({which}); resume with the network that the run was begun with."
        )
    with torch.no_grad():
        for key, mine in wanted.items():
            saved = tensors[key]
            if mine.stride() != saved.stride():
                mine.data = torch.empty_strided(saved.shape, saved.stride(), dtype=mine.dtype, device=mine.device)
            mine.copy_(saved)


def _all(net: nn.Module) -> dict[str, torch.Tensor]:
    return dict(net.named_parameters()) | dict(net.named_buffers())


def optimizer_out(phase: str, optimizer: torch.optim.Optimizer) -> tuple[dict[str, torch.Tensor], dict[str, Any]]:
    """An optimizer's state as tensors, and what of it is not a tensor. Rates and their like are settings."""
    tensors: dict[str, torch.Tensor] = {}
    rest: dict[str, Any] = {}
    for number, parameter in enumerate(_parameters(optimizer)):
        for key, value in optimizer.state.get(parameter, {}).items():
            name = f"optim/{phase}/{number}/{key}"
            if isinstance(value, torch.Tensor):
                tensors[name] = value.detach()
            else:
                rest[name] = value
    return tensors, rest


def optimizer_in(
    phase: str, optimizer: torch.optim.Optimizer, tensors: Mapping[str, torch.Tensor], rest: Mapping[str, Any]
) -> None:
    """Put an optimizer's state back. Set directly: `load_state_dict` would cast and move it by its own rules."""
    parameters = _parameters(optimizer)
    for name, value in {**tensors, **rest}.items():
        kind, whose, number, key = name.split("/", 3) if name.startswith("optim/") else ("", "", "", "")
        if kind != "optim" or whose != phase:
            continue
        parameter = parameters[int(number)]
        if isinstance(value, torch.Tensor):
            # The counter of steps lives on the CPU unless the optimizer is fused on an accelerator.
            stay = key == "step" and not optimizer.param_groups[0].get("fused")
            value = value if stay else _to(value, parameter.device)
        optimizer.state[parameter][key] = value


def _to(tensor: torch.Tensor, device: torch.device) -> torch.Tensor:
    if tensor.device == device:
        return tensor
    return torch.empty_strided(tensor.shape, tensor.stride(), dtype=tensor.dtype, device=device).copy_(tensor)


def _parameters(optimizer: torch.optim.Optimizer) -> list[nn.Parameter]:
    return [p for group in optimizer.param_groups for p in group["params"]]
