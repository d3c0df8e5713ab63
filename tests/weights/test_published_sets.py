"""Published sets by name, from a server that has files of the right names and shapes: end to end."""

import functools
import hashlib
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import vzor
from vzor.weights import catalogue, download
from vzor.weights.catalogue import Published, class_names
from vzor.weights.checkpoint import write_tensors
from vzor.weights.keys import find, to_theirs
from vzor.zoo.index import table

from ..parity.helpers import random_network

NETWORK = "squeezenet1_1"


class Handler(SimpleHTTPRequestHandler):
    """Serves a folder; a file that is to break off is cut in half."""

    def log_message(self, *args: Any) -> None:
        pass

    def copyfile(self, source: Any, outputfile: Any) -> None:
        data = source.read()
        outputfile.write(data[: len(data) // 2] if "breaks" in self.path else data)


@pytest.fixture(scope="module")
def state() -> dict[str, torch.Tensor]:
    return random_network(table(NETWORK)).float().state_dict()


@pytest.fixture
def sets(
    state: dict[str, torch.Tensor], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[dict[str, Published]]:
    """The catalogue's sets of SqueezeNet 1.1, with the addresses and hashes of files that are served here."""
    served = tmp_path / "served"
    served.mkdir()
    monkeypatch.setenv("VZOR_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(download, "PAUSE", 0.0)
    handler = functools.partial(Handler, directory=str(served))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        address = f"http://127.0.0.1:{server.server_port}"
        found = {}
        for one in (one for one in catalogue.published(NETWORK) if one.publisher == "torchvision"):
            torch.save(to_theirs(find(NETWORK, one.publisher), state), served / one.file)
            digest = hashlib.sha256((served / one.file).read_bytes()).hexdigest()
            found[one.id] = replace(one, url=f"{address}/{one.file}", hash=f"sha256:{digest[:8]}")
            write_tensors(served / "breaks.safetensors", to_theirs(find(NETWORK, "torchvision"), state), {})
            for name in ("breaks", "wrong"):
                file = "breaks.safetensors" if name == "breaks" else one.file
                url, hash_ = f"{address}/{file}", f"sha256:{'0' * 8}"
                found[f"test/{name}"] = replace(one, name=name, url=url, file=f"{name}.pth", hash=hash_, top1=1.0)
        monkeypatch.setattr(catalogue, "catalogue", lambda: tuple(found.values()))
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield found
        server.shutdown()
        thread.join()


def test_build_by_name(sets: dict[str, Published], state: dict[str, torch.Tensor]) -> None:
    net = vzor.build(NETWORK, weights="imagenet")
    assert all(torch.equal(value, state[name]) for name, value in net.state_dict().items())
    (one,) = (one for one in sets.values() if one.name == "IMAGENET1K_V1")
    assert (net.preprocess, net.classes) == (one.preprocess, list(class_names("imagenet")))
    assert (download.cache_folder() / one.file).is_file()
    with pytest.warns(UserWarning, match="output layer"):
        net = vzor.build(NETWORK, weights="torchvision/IMAGENET1K_V1", classes=7)  # from the cache
    assert net.preprocess == one.preprocess and net.classes is None


def test_load_by_name(sets: dict[str, Published]) -> None:
    """Pictures are prepared as the publisher says, and the answer has ImageNet's names."""
    told: list[tuple[int, int | None]] = []
    model = vzor.load(NETWORK, progress=lambda done, of: told.append((done, of)))
    one = next(iter(sets.values()))
    assert told[-1][0] == told[-1][1] == (download.cache_folder() / one.file).stat().st_size
    assert model.preprocess == one.preprocess and model.classes == list(class_names("imagenet"))
    assert (model.meta["weights"], model.meta["licence"]) == (one.id, "BSD-3-Clause")
    picture = np.random.default_rng(0).integers(0, 256, (300, 400, 3), np.uint8)
    (said,) = model.predict(picture)
    assert said.label in class_names("imagenet")
    again = vzor.load(NETWORK, weights="torchvision/IMAGENET1K_V1").predict(picture)[0]
    assert again.to_dict() == said.to_dict()


def test_what_goes_wrong_is_one_sentence(sets: dict[str, Published]) -> None:
    for name, said in (
        ("breaks", r"broke off after [\d,]+ of [\d,]+ bytes.*put it at .*breaks\.pth\.$"),
        ("wrong", r"^wrong\.pth is not the file that its publisher describes .sha256 \w{8} and not 00000000"),
    ):
        with pytest.raises(vzor.UserError, match=said) as caught:
            vzor.build(NETWORK, weights=f"torchvision/{name}")
        assert "\n" not in str(caught.value)
        assert not (download.cache_folder() / f"{name}.pth").exists()
