"""Network in network: Caffe counts all 1×1 of a network, and says the widths of the last three rows."""

from vzor.weights.keys.caffe import caffe
from vzor.weights.keys.rules import Rule

#: Two 1×1 in every mlpconv.
CASCADE: tuple[Rule, ...] = (
    (r"^mlpconv(\d)\.conv/", r"conv\1/"),
    (r"^mlpconv(\d)\.cccp(\d)/", lambda match: f"cccp{2 * int(match[1]) - 2 + int(match[2])}/"),
)
WIDTHS: tuple[Rule, ...] = ((r"^(conv4|cccp7|cccp8)/", r"\1-1024/"),)

KEYS = (
    caffe(("nin",), r"mlpconv1\.conv", *CASCADE, *WIDTHS),
    caffe(("nin_cifar",), r"mlpconv1\.conv", *CASCADE),
)
