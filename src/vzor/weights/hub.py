"""A folder as model hubs hold it: `config.json`, `model.safetensors` and a card.  timm opens it, if it has the network.

The tensors have timm's names where timm has the network, else ours.  `config.json` is timm's own, with one key more,
``vzor``, from which our own reader has the table, the classes and the preparation of pictures.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vzor.spec.errors import UserError
from vzor.spec.preprocess import Preprocess
from vzor.spec.trace import Trace
from vzor.weights.atomic import write_text
from vzor.weights.formats.file import OURS
from vzor.weights.formats.safetensors import write_tensors
from vzor.weights.keys import publishers
from vzor.weights.keys.rules import Keys, to_theirs
from vzor.weights.load import IDENTITY, output_tensors

if TYPE_CHECKING:
    from torch import Tensor

CONFIG, TENSORS, CARD = "config.json", "model.safetensors", "README.md"


def keys_for(network: str | None, state: Mapping[str, Tensor], pre: Preprocess, classes: int) -> Keys:
    """timm's names where it has the network and ``state`` is that network's, else ours."""
    import torch

    from vzor.nn.build import build
    from vzor.zoo.index import ZOO, table

    keys = publishers(network).get("timm") if network in ZOO else None
    if keys is None:
        return IDENTITY
    with torch.device("meta"):
        wanted = build(table(str(network), classes=classes), pre.shape).state_dict()
    names = [name for name in wanted if keys.has(name)]
    same = all(name in state and state[name].shape == wanted[name].shape for name in names)
    return keys if same and not any(keys.has(name) and name not in wanted for name in state) else IDENTITY


def write_folder(
    folder: Path,
    state: Mapping[str, Tensor],
    opened: Trace,
    meta: Mapping[str, Any],
    network: str | None,
    licence: str = "",
) -> Path:
    """Write the three files.  ``meta`` is a checkpoint's: network, task, classes, preprocess, tables, metrics.

    network  our name of it, or None for a table of the user's
    licence  of the weights, for the card; left out where it is empty
    """
    pre = Preprocess.from_dict(meta["preprocess"])
    keys = keys_for(network, state, pre, len(meta["classes"]))
    names = keys.names(state)
    if folder.exists() and not folder.is_dir():
        raise UserError(f"{folder} is a file; give the path of a folder.")
    folder.mkdir(parents=True, exist_ok=True)
    write_tensors(folder / TENSORS, to_theirs(keys, state), {"format": "pt"})
    config = {"vzor": {**meta, "names": keys.publisher}}
    if keys.publisher != OURS:
        head = names[output_tensors(opened, state)[-1]].rpartition(".")[0]
        first = names[next(iter(names))].rpartition(".")[0]
        config = _timm(keys.name_of(str(network)), meta["classes"], pre, opened, head, first) | config
    write_text(folder / CONFIG, json.dumps(config, ensure_ascii=False, indent=2) + "\n")
    write_text(folder / CARD, card(folder.name, keys, network, meta, pre, licence))
    return folder


def read_config(folder: Path) -> dict[str, Any] | None:
    """The ``vzor`` part of a folder's config.json; None where there is none.  UserError for a damaged one."""
    path = folder / CONFIG
    if not path.is_file() or not (folder / TENSORS).is_file():
        return None
    try:
        found = json.loads(path.read_text("utf-8"))
        own = found.get("vzor")
    except (ValueError, AttributeError, OSError) as error:
        raise UserError(f"{path} is damaged ({error}); use another copy of the folder.") from None
    return own if isinstance(own, dict) else None


def _timm(
    architecture: str, classes: Sequence[str], pre: Preprocess, opened: Trace, head: str, first: str
) -> dict[str, Any]:
    """What timm reads: the network, the number of classes and the preparation of pictures."""
    maps = [node.xs[0] for node in opened.ops if node.leaf and node.row.kind == "Gap"]
    return {
        "architecture": architecture,
        "num_classes": len(classes),
        "label_names": list(classes),
        "model_args": {"in_chans": pre.channels},
        "pretrained_cfg": {
            "tag": "vzor",
            "custom_load": False,
            "input_size": list(pre.shape),
            "fixed_input_size": False,
            "interpolation": pre.interpolation,
            "crop_pct": pre.crop_pct,
            "crop_mode": {"crop": "center", "stretch": "squash", "pad": "border"}[pre.fit],
            "mean": list(pre.mean),
            "std": list(pre.std),
            "num_classes": len(classes),
            "pool_size": list(maps[-1][1:]) if maps else None,
            "first_conv": first,
            "classifier": head,
        },
    }


CARD_TEXT = """---
library_name: {library}
tags: [image-classification, vzor{more_tags}]{licence}
---
# {name}

{network}, {count} classes: {classes}.

Pictures: {size}, {fit} ({crop_pct:.3f}), {interpolation}, {order}, mean {mean}, deviation {std}.
{measured}
```python
import vzor

model = vzor.load("{name}")
print(model.predict("photo.jpg"))
```
"""
CARD_TIMM = """
```python
import timm

net = timm.create_model("local-dir:{name}", pretrained=True)
```
"""


def card(name: str, keys: Keys, network: str | None, meta: Mapping[str, Any], pre: Preprocess, licence: str) -> str:
    """The folder's README: what it is, what it scores, how it is used."""
    classes = [str(one) for one in meta["classes"]]
    more = f" and {len(classes) - 10} more" if len(classes) > 10 else ""
    scores = [f"| {key} | {value:.4f} |" for key, value in (meta.get("metrics") or {}).items()]
    timm = keys.publisher != OURS
    text = CARD_TEXT.format(
        library="timm" if timm else "vzor",
        more_tags=", timm" if timm else "",
        licence=f"\nlicense: {licence.lower()}" if licence else "",
        name=name,
        network=network or meta.get("network") or "A network",
        count=len(classes),
        classes=", ".join(classes[:10]) + more,
        size="×".join(map(str, pre.shape)),
        fit=pre.fit,
        crop_pct=pre.crop_pct,
        interpolation=pre.interpolation,
        order=pre.order,
        mean=_numbers(pre.mean),
        std=_numbers(pre.std),
        measured="\n".join(["", "| measured | |", "|---|---|", *scores, ""]) if scores else "",
    )
    return text + (CARD_TIMM.format(name=name) if timm else "")


def _numbers(values: Sequence[float]) -> str:
    return " ".join(f"{value:.4g}" for value in values)
