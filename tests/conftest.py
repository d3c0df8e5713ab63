"""What holds for every test: the cases that hypothesis draws are the same in every run."""

import pytest
from hypothesis import settings

settings.register_profile("fixed", derandomize=True, deadline=None)
settings.load_profile("fixed")


@pytest.fixture
def regnets_on_meta(monkeypatch: pytest.MonkeyPatch) -> None:
    """torchvision computes the widths of its RegNets in tensors, of which the meta device would keep nothing."""
    import torch
    from torchvision.models.regnet import BlockParams

    made = BlockParams.from_init_params

    def on_cpu(**numbers: float) -> BlockParams:
        with torch.device("cpu"):
            return made(**numbers)

    monkeypatch.setattr(BlockParams, "from_init_params", on_cpu)
