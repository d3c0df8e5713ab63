"""Tables built into ``torch.nn.Module``: the builder, the leaf layers, initialisation, folding, eject."""

from vzor.nn.build import Network, build

__all__ = ["Network", "build"]
