"""`import vzor` is quick, lazy and complete."""

import importlib.metadata
import subprocess
import sys

import vzor

CODE = """
import sys
import vzor
assert not {"torch", "numpy", "PIL"} & set(sys.modules), "import vzor is to import nothing heavy"
assert vzor.__version__
vzor.networks("resnet*")
table = vzor.table("resnet50", classes=10, input=96)
table.parameters, table.macs, table.taps, table.at(channels=1).memory
for form in ("text", "markdown", "csv", "json", "svg", "mermaid", "html"):
    table.to(form)
vzor.compare(["lenet5", "resnet18"])
assert vzor.published("resnet50")[0].meta["categories"][281] == "tabby"
assert vzor.published("resnet50")[0].transforms().preprocess.size == (224, 224)
assert vzor.check("vgg16")
try:
    vzor.table("resnet51")
except vzor.UserError:
    pass
assert vzor.Preprocess().size == (224, 224)
assert "torch" not in sys.modules
"""


def test_tables_without_torch() -> None:
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_every_public_name_is_there() -> None:
    for name in vzor.__all__:
        assert getattr(vzor, name) is not None
        assert name in dir(vzor)


def test_names_are_frozen() -> None:
    assert set(vzor.__all__) == {
        "Evaluation", "Finding", "Model", "Phase", "Preprocess", "Step", "Table", "TableError", "Task", "UserError",
        "__version__", "build", "check", "compare", "load", "networks", "published", "resume", "table", "train",
    }  # fmt: skip


def test_a_name_that_is_not_there() -> None:
    try:
        _ = vzor.trian
    except AttributeError as error:
        assert "trian" in str(error)
    else:
        raise AssertionError


def test_the_version_is_the_packages() -> None:
    try:
        installed = importlib.metadata.version("vzor")
    except importlib.metadata.PackageNotFoundError:
        return
    assert installed == vzor.__version__
