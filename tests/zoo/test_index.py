"""The index: sorted strings; every name builds a table; wrong names and options are answered with the right ones."""

import inspect
from importlib import import_module
from pathlib import Path

import pytest

from vzor.measure import measure
from vzor.spec.edit import with_channels, with_input
from vzor.spec.errors import UserError
from vzor.spec.row import Shape
from vzor.spec.tables import Rows, Seq
from vzor.spec.trace import trace
from vzor.zoo import index
from vzor.zoo.index import ZOO, networks, table
from vzor.zoo.notes import NOTES, notes

ZOO_FILES = sorted(Path(index.__file__).parent.glob("[a-z]*.py"))


def outputs(made: Rows) -> list[Shape]:
    return [value.shape for value in trace(made).root.outs]


def expected(name: str, classes: int, size: Shape) -> list[Shape]:
    """One vector of scores; of a detector, on maps of stride 8, 16 and 32, four distances, scores and 4 × 16 bins."""
    if ZOO[name].task == "detect":
        return [(4 + classes + 64, size[1] // stride, size[2] // stride) for stride in (8, 16, 32)]
    assert ZOO[name].task == "classify"
    return [(classes,)]


def test_the_index_is_sorted_and_written_once() -> None:
    assert list(ZOO) == sorted(ZOO)
    source = Path(index.__file__).read_text("utf-8")
    for name in ZOO:  # a key given twice would silently win
        assert source.count(f'\n    "{name}": Entry(') == 1


def test_no_two_names_are_the_same_network() -> None:
    seen = [(entry.module, entry.function, sorted(entry.args.items())) for entry in ZOO.values()]
    assert all(seen.count(one) == 1 for one in seen)


def test_every_function_of_the_zoo_that_gives_a_network_is_listed() -> None:
    listed = {(entry.module, entry.function) for entry in ZOO.values()}
    for file in ZOO_FILES:
        module = import_module(f"vzor.zoo.{file.stem}")
        for name, function in vars(module).items():
            if inspect.isfunction(function) and function.__module__ == module.__name__ and name != "table":
                written = inspect.signature(function)
                gives = "classes" in written.parameters and written.return_annotation in (Seq, "Seq")
                assert not gives or name.startswith("_") or (file.stem, name) in listed, name


@pytest.mark.parametrize("name", ZOO)
def test_every_entry(name: str) -> None:
    entry = ZOO[name]
    assert entry.paper and 1998 <= entry.year <= 2030
    assert all(note.endswith(".") and note[0].isupper() for note in notes(name))
    made = table(name)
    small = name.startswith("lenet") or name.endswith("_cifar")
    assert outputs(made) == expected(name, 80 if entry.task == "detect" else 10 if small else 1000, measure(made).input)
    first, row = next(iter(made.rows.items()))
    assert (first, row.kind) == ("input", "Input")


@pytest.mark.parametrize("name", ZOO)
def test_classes_and_input_are_respected(name: str) -> None:
    made = table(name, classes=37)
    size = measure(made).input
    assert outputs(made) == expected(name, 37, size)
    assert measure(with_channels(made, 5)).input == (5, *size[1:])
    more = (64, 32) if ZOO[name].task == "detect" else (33, 17)  # a detector's maps must meet again when enlarged
    larger = (size[0], size[1] + more[0], size[2] + more[1])
    if not name.startswith(("lenet", "alexnet_")):  # whose dense rows fix the size of the input
        assert measure(with_input(made, larger)).parameters == measure(made).parameters
    assert measure(made, larger).input == larger
    assert outputs(with_input(made, larger)) == expected(name, 37, larger)


@pytest.mark.parametrize("name", ZOO)
def test_equal_calls_give_equal_tables(name: str) -> None:
    def paths() -> list[str]:
        return [f"{node.path} {node.row}" for node in trace(table(name)).root.walk() if node.leaf]

    assert paths() == paths()


def test_a_pattern_and_a_task_choose() -> None:
    assert networks("resnet*_v1") == ["resnet101_v1", "resnet152_v1", "resnet50_v1"]
    assert networks() == sorted(networks(task="classify") + networks(task="detect")) == list(ZOO)
    assert networks(task="detect") == ["yolo11l", "yolo11m", "yolo11n", "yolo11s", "yolo11x"]
    assert networks("resnet49") == networks("resnet50", task="detect") == []


@pytest.mark.parametrize(("word", "meant"), [("resnet-50", "resnet50"), ("VGG16", "vgg16"), ("alexnt", "alexnet")])
def test_did_you_mean(word: str, meant: str) -> None:
    with pytest.raises(UserError, match=f"'{word}'.*Did you mean '{meant}'.*vzor list"):
        table(word)


def test_a_wrong_option_is_answered_with_the_right_ones() -> None:
    with pytest.raises(UserError, match=r"no option 'clases'.*Did you mean 'classes'"):
        table("resnet50", clases=3)
    with pytest.raises(UserError, match="no option 'depth'"):  # the name has settled it
        table("resnet50", depth=18)
    with pytest.raises(UserError, match="cannot have 0 classes"):
        table("lenet5", classes=0)


def test_none_leaves_an_option_at_its_default() -> None:
    assert measure(table("vgg16", classes=None)).output == (1000,)


def test_what_the_notes_say_is_so() -> None:
    """Every number of parameters or mult-adds in a note belongs to one of our tables."""
    millions = {f"{measure(table(name)).parameters:,}" for name in ZOO}
    billions = {f"{measure(table(name)).macs / 1e9:.3f}e9" for name in ZOO}
    words = [word.strip(".,;()") for note in NOTES.values() for word in note.split()]
    assert {word for word in words if word.count(",") == 2} <= millions
    assert {word for word in words if word.endswith("e9") and len(word) > 6} <= billions
    assert list(NOTES) == [name for name in ZOO if name in NOTES]  # sorted, and of networks only
    for note in NOTES.values():  # names that a note refers to exist
        for word in note.replace("(", " ").replace(")", " ").split():
            if "_" in word:
                assert word.strip(".,;") in ZOO, word


@pytest.mark.parametrize("file", ZOO_FILES, ids=lambda file: file.stem)
def test_a_paper_fits_on_a_page(file: Path) -> None:
    lines = file.read_text("utf-8").splitlines()
    assert len(lines) <= 200 or file.stem in ("index", "notes")
