"""What all of Caffe's networks have in common: blobs instead of tensors, and pictures in blue, green, red.

A blob has no name but a place in its layer, so it is called ``<layer>/<place>`` here: ``fc8/0`` is the weight of
layer fc8, ``fc8/1`` its bias.  Normalisation is two layers, of which the first has mean and variance (already
divided by its third blob, their common factor) and the second gamma and beta.  Nothing counts steps.  Layouts are
torch's; the first convolution is turned, so that a network of ours sees red, green, blue whoever trained it.
"""

from vzor.weights.keys.rules import Keys, Rule
from vzor.weights.keys.turns import BGR, Turn

#: To be applied before a family's rules, which name the layer and, where they differ, those of its normalisation.
BLOBS: tuple[Rule, ...] = (
    (r"\.bn\.running_mean$", "/bn/0"),
    (r"\.bn\.running_var$", "/bn/1"),
    (r"\.bn\.weight$", "/scale/0"),
    (r"\.bn\.bias$", "/scale/1"),
    (r"(\.conv)?\.weight$", "/0"),
    (r"(\.conv)?\.bias$", "/1"),
)


def caffe(
    networks: tuple[str, ...],
    first: str,
    *rules: Rule,
    turns: tuple[tuple[str, Turn], ...] = (),
    unused: str | None = None,
) -> Keys:
    """Caffe's names of a family; ``first`` is our row that sees the picture."""
    seen = (rf"^{first}\.conv\.weight$", BGR)
    return Keys("caffe", networks, (*BLOBS, *rules), (seen, *turns), counters=False, unused=unused)
