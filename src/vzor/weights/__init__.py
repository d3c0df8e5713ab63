"""Weights on disk: atomic writing and checkpoints. Reading a checkpoint's metadata needs no torch."""
