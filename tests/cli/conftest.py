"""The command line run in this process: a code, and what went to each of the two outputs."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from vzor.cli.main import main


class Done(NamedTuple):
    """How a verb ended."""

    code: int
    out: str
    err: str


Cli = Callable[..., Done]


@pytest.fixture
def cli(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Cli:
    """``cli("show", "lenet5")`` in an empty folder of its own."""
    monkeypatch.chdir(tmp_path)

    def run(*words: str | Path) -> Done:
        capsys.readouterr()
        code = main([str(word) for word in words])
        return Done(code, *capsys.readouterr())

    return run
