"""`vzor eject`: a network as plain PyTorch."""

from __future__ import annotations

from vzor.cli.command import Channels, Classes, Input, Json, Network, Out, size
from vzor.cli.screen import deliver, emit


def run(
    network: Network,
    input: Input = None,
    classes: Classes = None,
    channels: Channels = None,
    out: Out = None,
    json: Json = False,
) -> None:
    """Write a network as one plain, readable PyTorch file, which gives the same output and does not need vzor."""
    from vzor.api.table import table
    from vzor.nn.eject import eject

    found = table(network, classes=classes, channels=channels, input=size(input))
    source = eject(found.root, found.name)
    if out is not None or not json:
        deliver(source, out)
    if json:
        shapes = {"input": found.input, "output": found.output, "parameters": found.parameters}
        emit({"network": found.name, **shapes, **({"source": source} if out is None else {"written": out})})
