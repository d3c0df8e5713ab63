"""What is known about networks without torch, and that knowing it never imports torch.

import-linter sees the imports that are written; this sees the ones that happen.  Every case gets an
interpreter of its own, since the one that runs the tests has torch loaded long since.
"""

import subprocess
import sys
from pathlib import Path

import pytest

#: Each takes seconds to import, and none is needed to know a table.
HEAVY = ("torch", "torchvision", "sklearn")

REPORT = f"""
import sys
print("HEAVY", *sorted({{name.partition(".")[0] for name in sys.modules}} & set({HEAVY!r})))
"""

VERB = """
import sys
sys.argv = ["vzor", *{arguments!r}]
from vzor.cli.main import main
try:
    code = main()
except SystemExit as end:
    code = end.code
assert not code, f"exit code {{code}}"
"""


def heavy_after(code: str, folder: Path) -> list[str]:
    """The heavy packages that a fresh interpreter, started in ``folder``, has loaded after ``code``."""
    done = subprocess.run(
        [sys.executable, "-c", code + REPORT],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    last = done.stdout.splitlines()[-1].split()
    assert last[0] == "HEAVY", done.stdout
    return last[1:]


def test_the_probe_sees_torch(tmp_path: Path) -> None:
    assert "torch" in heavy_after("import torch", tmp_path)


@pytest.mark.parametrize(
    "code",
    [
        pytest.param("import vzor", id="import"),
        pytest.param("import vzor; assert vzor.networks('resnet*')", id="list"),
        pytest.param("import vzor; vzor.table('vgg16', classes=10).show()", id="show"),
        pytest.param(
            "import vzor; t = vzor.table('resnet50'); "
            "assert t.parameters and t.trainable and t.macs and t.memory and t.rows",
            id="measure",
        ),
        pytest.param(
            "import vzor; a = vzor.table('vgg16'); b = a.at(input=(3, 320, 320)); assert b.macs > a.macs",
            id="other-input",
        ),
        pytest.param(
            "import vzor; t = vzor.table('lenet5'); "
            "assert all(t.to(form) for form in ('text', 'markdown', 'csv', 'json', 'svg', 'mermaid'))",
            id="render",
        ),
        pytest.param("import vzor; assert vzor.table('lenet5')._repr_html_()", id="notebook"),
        pytest.param("import vzor; assert vzor.check('vgg16')", id="check"),
    ],
)
def test_tables_in_python_never_import_torch(code: str, tmp_path: Path) -> None:
    assert heavy_after(code, tmp_path) == []


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        ["list"],
        ["list", "resnet*"],
        ["show", "resnet152"],
        ["show", "lenet5", "--format", "svg"],
        ["compare", "lenet5", "alexnet", "vgg16"],
        ["check", "vgg16", "inception_v3"],
        ["train", "--help"],
    ],
    ids=" ".join,
)
def test_verbs_about_tables_never_import_torch(arguments: list[str], tmp_path: Path) -> None:
    assert heavy_after(VERB.format(arguments=arguments), tmp_path) == []
