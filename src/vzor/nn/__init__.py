"""Tables built into `torch.nn.Module`: the builder, the leaf layers, initialisation, folding, eject."""
