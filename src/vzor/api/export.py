"""A model's weights under the names that others use: a file of a publisher's, or a hub's folder."""

from __future__ import annotations

import os
from pathlib import Path

from vzor.api.model import Model
from vzor.spec.errors import UserError, did_you_mean
from vzor.weights.catalogue import PUBLISHERS
from vzor.weights.formats.file import OURS
from vzor.zoo.index import ZOO

HUB = "hub"
FORMS = (*PUBLISHERS, OURS, HUB)


def export(model: Model, form: str, out: str | os.PathLike[str]) -> Path:
    """Write a model's weights, and return the path.

    form  a publisher, whose names and layouts the tensors of a .safetensors file get; "vzor", a checkpoint of ours;
          "hub", a folder that timm opens if it has the network
    out   the file, which is replaced as a whole where it exists, or the folder

    Raises UserError where the publisher does not have the network.
    """
    from vzor.weights.formats.safetensors import write_tensors
    from vzor.weights.keys import find, to_theirs

    check(form, out)
    path = Path(out)
    if form == OURS:
        return model.save(path)
    if form == HUB:
        return model.save_folder(path)
    network, state = network_of(model), model.net.state_dict()
    if network is None:
        raise UserError(
            f"{model.name} is no network of vzor's, and {form} has no names for it; export it as {OURS} or {HUB}."
        )
    return write_tensors(path, to_theirs(find(network, form), state), {"format": "pt"})


def check(form: str, out: str | os.PathLike[str]) -> None:
    """Whether there is such a form, and the path fits it.  UserError where not."""
    if form not in FORMS:
        raise UserError(f"There is no form '{form}'.{did_you_mean(form, FORMS)} Choose from {', '.join(FORMS)}.")
    path = Path(out)
    if form != HUB:
        if path.suffix != ".safetensors" or path.is_dir():
            raise UserError(f"{path} should be a file that ends in .safetensors; give such a name.")
        return
    from vzor.weights.hub import read_config

    if path.is_dir() and any(path.iterdir()) and read_config(path) is None:
        raise UserError(f"{path} has other files in it; give a new folder, or one that was exported before.")


def network_of(model: Model) -> str | None:
    """Our name of a model's network; None for a table or module of the user's own, whatever it is called."""
    import torch

    from vzor.nn.build import build
    from vzor.zoo.index import table

    if len(model.nets) > 1:
        raise UserError(f"{model.path} has {len(model.nets)} networks; only models of one can be exported.")
    if getattr(model.net, "opened", None) is None:
        raise UserError(f"{model.path} was made of a module of your own; save that with your own tools.")
    if model.name not in ZOO:
        return None
    with torch.device("meta"):
        names = build(table(model.name), init=None).state_dict().keys()
    return model.name if names == model.net.state_dict().keys() else None
