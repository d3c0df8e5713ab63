"""A short version of benchmarks/kill_trials.py: SIGKILL, resume, compare the bits."""

import importlib.util
import os
from pathlib import Path

import pytest

HARNESS = Path(__file__).parents[2] / "benchmarks" / "kill_trials.py"


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")
def test_killed_runs_end_with_the_same_bits(tmp_path):
    spec = importlib.util.spec_from_file_location("kill_trials", HARNESS)
    harness = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(harness)
    harness.CONFIGURATIONS[:] = [{"workers": 2, "channels_last": True}]
    said = []
    records = harness.trials(2, 1, 1, epochs=2, seed=3, folder=tmp_path, say=said.append)
    assert [r["kind"] for r in records] == ["inside-save", "mid-epoch"]
    assert "inside" in records[0]["killed"]
    assert all(r["identical"] for r in records), "\n".join(said)
