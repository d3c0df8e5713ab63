"""What a source gives: which pictures, in what order, and a sentence where there is none."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from vzor.data.read import read
from vzor.runtime.sources import Shares, gather
from vzor.spec.errors import UserError


def put(path: Path, value: int = 0) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.full((4, 5), value, np.uint8)).save(path)
    return path


def names(source: object, root: Path) -> list[str]:
    return [str(Path(item.name).relative_to(root)) for item in gather(source)]


def test_a_file_a_folder_a_pattern_and_a_list(tmp_path: Path) -> None:
    for name in ("10.png", "9.png", "b/2.png", "b/c/1.png", ".hidden.png"):
        put(tmp_path / name)
    (tmp_path / "notes.txt").write_text("no picture")
    assert names(tmp_path / "9.png", tmp_path) == ["9.png"]
    assert names(tmp_path, tmp_path) == ["9.png", "10.png", "b/2.png", "b/c/1.png"]
    assert names(str(tmp_path / "*.png"), tmp_path) == ["9.png", "10.png"]
    assert names(str(tmp_path / "**" / "*.png"), tmp_path) == ["9.png", "10.png", "b/2.png", "b/c/1.png"]
    assert names(f"{tmp_path}/**", tmp_path) == ["9.png", "10.png", "b/2.png", "b/c/1.png"]
    assert names([tmp_path / "b", str(tmp_path / "9.png")], tmp_path) == ["b/2.png", "b/c/1.png", "9.png"]


def test_a_file_whose_name_has_brackets_is_a_file(tmp_path: Path) -> None:
    put(tmp_path / "a[1].png")
    assert names(str(tmp_path / "a[1].png"), tmp_path) == ["a[1].png"]


def test_a_link_in_a_circle_ends(tmp_path: Path) -> None:
    put(tmp_path / "a" / "1.png")
    (tmp_path / "a" / "again").symlink_to(tmp_path, target_is_directory=True)
    assert names(tmp_path, tmp_path) == ["a/1.png"]


def test_arrays() -> None:
    assert len(gather(np.zeros((6, 7), np.uint8))) == 1
    assert len(gather(np.zeros((6, 7, 3), np.uint8))) == 1
    assert len(gather(np.zeros((6, 7, 5), np.uint8))) == 6  # six grey pictures of 7×5 …
    assert len(gather(np.zeros((6, 7, 5), np.uint8), channels=5)) == 1  # … or one of five channels
    items = gather(np.arange(2 * 3 * 4 * 3, dtype=np.uint8).reshape(2, 3, 4, 3))
    assert [item.name for item in items] == ["array[0]", "array[1]"]
    assert items[1].pixels.load()[0, 0, 0] == 36
    with pytest.raises(UserError, match=r"transpose\(0, 2, 3, 1\)"):
        gather(np.zeros((2, 3, 32, 32), np.uint8))
    with pytest.raises(UserError, match="shape"):
        gather(np.zeros(5, np.uint8))


def test_pictures_in_memory(tmp_path: Path) -> None:
    file = put(tmp_path / "x.png", 7)
    held = gather([Image.new("RGB", (3, 2), (9, 8, 7)), file.read_bytes(), np.full((2, 2), 5, np.uint8)])
    assert [item.pixels.load()[0, 0].tolist() for item in held] == [[9, 8, 7], [7], [5]]
    assert len({item.name for item in held}) == 3
    with Image.open(file) as opened:
        assert gather(opened)[0].name == str(file)


def test_a_data_set_gives_its_test_split_with_labels_where_classes_agree(tmp_path: Path) -> None:
    digits = [str(n) for n in range(10)]
    items = gather("digits", classes=digits)
    data = read("digits")
    assert [item.name for item in items] == [sample["id"] for sample in data.test]
    assert all("label" in item.sample for item in items)
    assert not any("label" in item.sample for item in gather("digits", classes=["a", "b"]))
    assert [i.name for i in gather("digits", shares=Shares(seed=3))] != [i.name for i in items]
    assert len(gather(data)) == len(data.test)


def test_a_data_set_without_a_test_split_gives_everything(tmp_path: Path) -> None:
    np.savez(tmp_path / "few.npz", x=np.zeros((6, 4, 4), np.uint8), y=[0, 1, 0, 1, 0, 1])
    assert len(gather(tmp_path / "few.npz")) == 6


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("nowhere.png", "no file, folder or named set"),
        ("digist", "Did you mean 'digits'"),
        ("no/*.jpg", "matches the pattern"),
        ([], "no pictures"),
        (3, "int cannot be predicted on"),
        (None, "NoneType cannot"),
    ],
)
def test_nothing_to_predict_on(source: object, said: str) -> None:
    with pytest.raises(UserError, match=said):
        gather(source)


def test_an_empty_folder_and_a_tensor(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no pictures in"):
        gather(tmp_path)
    torch = pytest.importorskip("torch")
    with pytest.raises(UserError, match=r"tensor\.numpy"):
        gather(torch.zeros(3, 4, 4))
