"""What the README and the quickstart tell people to type runs, in the order in which it stands there.

``photos/`` is made up and small, ``my_net.tsv`` is the README's own.  `make` lines are not tried here.
"""

import re
import shlex
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from vzor.cli.main import VERBS, main

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")
PAGES = ["README.md", "docs/quickstart.md"]


def blocks(page: str, kind: str) -> list[str]:
    """The contents of a page's fenced blocks of one kind."""
    return re.findall(rf"^```{kind}\n(.*?)^```", (ROOT / page).read_text("utf-8"), re.MULTILINE | re.DOTALL)


def commands(page: str) -> list[str]:
    lines = "".join(blocks(page, "console")).splitlines()
    return [line.removeprefix("$ ") for line in lines if line.startswith("$ ")]


def photos(folder: Path) -> None:
    """Two classes of eight pictures that a network can tell apart."""
    rng = np.random.default_rng(0)
    for k, name in enumerate(("day", "night")):
        (folder / name).mkdir(parents=True)
        for i in range(8):
            array = rng.integers(0, 100, (48, 64, 3)) + 120 * (1 - k)
            Image.fromarray(array.astype(np.uint8)).save(folder / name / f"{i}.png")


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with what the pages take for granted."""
    monkeypatch.chdir(tmp_path)
    photos(tmp_path / "photos")
    table = re.search(r"`my_net\.tsv`.*?^```text\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
    assert table is not None
    (tmp_path / "my_net.tsv").write_text(table.group(1), "utf-8")
    return tmp_path


def test_every_verb_of_the_readme_is_one_and_none_is_left_out() -> None:
    named = re.findall(r"^\| `(\w+)` \|", README, re.MULTILINE)
    assert named == list(VERBS)


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES)
def test_the_commands_run(page: str, place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = {path: path.stat().st_mtime_ns for path in (place / "photos").rglob("*")}
    typed = commands(page)
    assert len(typed) > 5
    for line in typed:
        program, *words = shlex.split(line)
        assert program == "vzor", line
        quick = ["--threads", "1", "--workers", "0"] if words[0] == "train" and "--resume" not in words else []
        code = main([*words, *quick])
        said = capsys.readouterr()
        assert code == 0, f"{line}\n{said.err}"
        assert said.out.strip(), line
    assert {path: path.stat().st_mtime_ns for path in (place / "photos").rglob("*")} == before
    for run in {shlex.split(line)[-1] for line in typed if "--out" in line}:
        assert Path(run, "weights", "best.safetensors").is_file()


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES)
def test_the_python_runs(page: str, place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Comments that are numbers are what is printed."""
    for block in blocks(page, "python"):
        if "import vzor" not in block:
            continue
        exec(compile(block, page, "exec"), {})
        said = capsys.readouterr().out.splitlines()
        for numbers in re.findall(r"^print\(.*\)\s+# ([\d ]+)$", block, re.MULTILINE):
            assert numbers in said


def test_the_vgg_table_of_the_readme_is_the_code() -> None:
    block = next(block for block in blocks("README.md", "python") if "WIDTHS" in block)
    assert block in (ROOT / "src" / "vzor" / "zoo" / "vgg.py").read_text("utf-8")
