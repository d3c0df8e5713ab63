"""Pieces that more than one task uses. NumPy only."""

from __future__ import annotations

from typing import Any

import numpy as np


def main_output(raw: Any) -> Any:
    """The network's answer: `raw` itself, or its `out` where side outputs ran too (training mode)."""
    return raw["out"] if isinstance(raw, dict) else raw


def softmax(scores: np.ndarray) -> np.ndarray:
    """Probabilities over the last axis; shifted by the largest score, so nothing overflows."""
    powers = np.exp(scores - scores.max(axis=-1, keepdims=True))
    shares: np.ndarray = powers / powers.sum(axis=-1, keepdims=True)
    return shares
