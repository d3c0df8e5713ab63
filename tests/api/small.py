"""A network and settings that train in a moment."""

from typing import Any

from vzor.spec.rows import Conv, Fc, Gap, Input, Norm, Seq

ROWS = Seq(Input(1, 8, 8), conv=Conv(8, bn=Norm()), gap=Gap(), fc=Fc(3))
QUICK: dict[str, Any] = {
    "epochs": 2, "batch": 16, "augment": "none", "lr": 0.01, "quiet": True, "threads": 1, "device": "cpu",
}  # fmt: skip
