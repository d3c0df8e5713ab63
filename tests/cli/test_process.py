"""The command as a process: what it imports, and how it ends."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

#: None of these is needed to know a table.
HEAVY = {"torch", "torchvision", "matplotlib", "sklearn", "numpy", "pydantic", "PIL"}
VZOR = [sys.executable, "-m", "vzor"]

pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals and closed pipes as POSIX has them")


@pytest.fixture(scope="module")
def env(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """As an installed package runs: with its bytecode cached, and one thread."""
    kept = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    return kept | {"PYTHONPYCACHEPREFIX": str(tmp_path_factory.mktemp("cache")), "OMP_NUM_THREADS": "1"}


@pytest.mark.parametrize(
    "words",
    [["--help"], ["list"], ["show", "resnet152"], ["show", "lenet5", "--format", "svg"], ["compare", "lenet5", "vgg16"],
     ["eject", "resnet18"], ["weights"], ["weights", "resnet50"], ["train", "--help"], ["shwo"]],
    ids=" ".join,
)  # fmt: skip
def test_tables_import_nothing_heavy(words: list[str], env: dict[str, str]) -> None:
    code = f"import sys; from vzor.cli.main import main; main({words!r}); print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], env=env, capture_output=True, text=True, timeout=120, check=True
    )
    loaded = {name.partition(".")[0] for name in done.stdout.splitlines()[-1].split()}
    assert "vzor" in loaded and not loaded & HEAVY


def test_a_mistake_is_one_sentence_and_code_2(env: dict[str, str], tmp_path: Path) -> None:
    done = subprocess.run(
        [*VZOR, "show", "resnet5"], env=env, cwd=tmp_path, capture_output=True, text=True, timeout=120
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert (
        done.stderr == "error: There is no network 'resnet5'. Did you mean 'resnet50'? `vzor list` shows all names.\n"
    )


def test_a_reader_that_goes_away_is_no_fault(env: dict[str, str]) -> None:
    with subprocess.Popen(
        [*VZOR, "show", "resnet152", "--format", "csv"], env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None and process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        said = process.stderr.read()
        process.wait(60)
    assert said == b""
    assert process.returncode in (0, 141)


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_a_terminal_without_our_signs_gets_others(encoding: str, env: dict[str, str]) -> None:
    done = subprocess.run([*VZOR, "show", "lenet5"], env=env | {"PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"},
                          capture_output=True, timeout=120)  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert b"61,706" in done.stdout


def test_ctrl_c_saves_says_how_to_go_on_and_exits_130(tmp_path: Path) -> None:
    env = os.environ | {"OMP_NUM_THREADS": "1"}  # not the empty cache above: compiling torch's files takes a minute
    words = ["train", "digits", "--network", "lenet5", "--epochs", "500", "--threads", "1", "--out", "run"]
    with subprocess.Popen([*VZOR, *words], env=env, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True) as process:  # fmt: skip
        assert process.stdout is not None
        for line in process.stdout:
            if line.startswith("epoch"):
                break
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=60)
    assert process.returncode == 130, said
    assert "vzor train --resume run" in said and "Traceback" not in said
    assert (tmp_path / "run" / "state" / "resume.safetensors").is_file()
