"""Reading: what is found, how it is split, and what is said of bad input."""

from __future__ import annotations

import gzip
import os
import struct
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from vzor.data.read import read
from vzor.spec.errors import UserError


def counts(data) -> dict[str, int]:
    return {name: len(part) for name, part in data.splits.items()}


def tree(root: Path) -> dict[str, tuple[int, int]]:
    return {str(p.relative_to(root)): (p.stat().st_size, p.stat().st_mtime_ns) for p in root.rglob("*")}


# --- class folders --------------------------------------------------------------------------------


def test_class_folders_are_split_class_by_class(folder) -> None:
    root = folder({"10": 10, "2": 20, "1": 5})
    before = tree(root)
    data = read(root, seed=3)
    assert data.classes == ["1", "2", "10"]  # as people count
    assert data.histogram()["val"] == {"1": 1, "2": 4, "10": 2}
    assert counts(data) == {"train": 28, "val": 7, "test": 0}
    assert {s["id"] for s in data.train} & {s["id"] for s in data.val} == set()
    again, other = read(root, seed=3), read(root, seed=4)
    assert [s["id"] for s in again.val] == [s["id"] for s in data.val]
    assert [s["id"] for s in other.val] != [s["id"] for s in data.val]
    assert again.fingerprint() == data.fingerprint() != other.fingerprint()
    assert tree(root) == before  # nothing is written there


@pytest.mark.parametrize(
    "names", [("train", "val", "test"), ("Train", "valid", "testing"), ("training", "validation", "test")]
)
def test_given_splits_stay(folder, names) -> None:
    train, val, test = names
    data = read(
        folder({f"{train}/a": 12, f"{train}/b": 11, f"{val}/a": 2, f"{val}/b": 3, f"{test}/a": 4, f"{test}/b": 1})
    )
    assert counts(data) == {"train": 23, "val": 5, "test": 5}
    assert data.given == ("train", "val", "test") and not data.warnings


def test_test_split_is_kept_and_val_drawn_from_train(folder) -> None:
    data = read(folder({"train/a": 20, "train/b": 20, "test/a": 5, "test/b": 5}), val=0.25)
    assert counts(data) == {"train": 30, "val": 10, "test": 10}
    assert all(s["id"].startswith("test/") for s in data.test)


def test_a_test_share_on_request(folder) -> None:
    assert counts(read(folder({"a": 20, "b": 20}), val=0.2, test=0.1)) == {"train": 28, "val": 8, "test": 4}


def test_train_may_be_a_class(folder) -> None:
    assert read(folder({"car": 10, "train": 10, "plane": 10})).classes == ["car", "plane", "train"]


def test_nested_hidden_and_foreign_files(folder) -> None:
    root = folder({"a/deep/er": 10, "b": 10, ".git": 3, "b/.thumbs": 2})
    (root / "b" / "notes.txt").write_text("not a picture")
    (root / "b" / "._0.png").write_bytes(b"resource fork")
    (root / "readme.md").write_text("hello")
    data = read(root)
    assert data.classes == ["a", "b"] and sum(counts(data).values()) == 20 and not data.problems


def test_wrapping_folder_is_looked_through(folder) -> None:
    assert read(folder({"photos/train/a": 10, "photos/train/b": 10, "photos/val/a": 1, "photos/val/b": 1})).given


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_links_are_followed_but_not_in_circles(folder, tmp_path) -> None:
    elsewhere = folder({"x": 10}, name="elsewhere")
    root = folder({"b": 10})
    os.symlink(elsewhere / "x", root / "a")
    os.symlink(root, root / "b" / "loop")
    assert sum(counts(read(root)).values()) == 20


def test_classes_that_differ_between_splits(folder) -> None:
    data = read(folder({"train/a": 12, "train/b": 12, "val/a": 2, "val/c": 2}))
    assert data.classes == ["a", "b", "c"]
    text = "\n".join(data.warnings)
    assert "'c' of val cannot be learned" in text and "'b' of train cannot be checked" in text


def test_empty_class_and_few_pictures_are_warnings(folder) -> None:
    data = read(folder({"a": 12, "b": 4, "none": 0}))
    text = "\n".join(data.warnings)
    assert data.classes == ["a", "b", "none"]
    assert "No pictures for class 'none'" in text and "Fewer than 10 training pictures for class 'b'" in text
    data.require_trainable()


def test_one_class_can_be_looked_at_but_not_trained(folder) -> None:
    data = read(folder({"only": 12}))
    assert any("only one class" in w for w in data.warnings)
    with pytest.raises(UserError, match="one class only"):
        data.require_trainable()


def test_chosen_classes(folder) -> None:
    root = folder({"a": 12, "b": 12, "c": 12})
    data = read(root, classes=["c", "a"])
    assert data.classes == ["c", "a"] and sum(counts(data).values()) == 24
    assert any("12 pictures of 'b' are left out" in w for w in data.warnings)
    with pytest.raises(UserError, match=r"none of the classes 'bb'\. Did you mean 'b'"):
        read(root, classes=["bb"])
    assert any("Class 'x' has no pictures" in w for w in read(root, classes=["a", "x"]).warnings)


@pytest.mark.parametrize("shares", [{"val": 1.5}, {"val": -0.1}, {"val": 0.6, "test": 0.5}])
def test_shares_that_cannot_be(folder, shares) -> None:
    with pytest.raises(UserError):
        read(folder({"a": 4, "b": 4}), **shares)


# --- sources that are none ------------------------------------------------------------------------


def test_missing_and_mistyped(folder) -> None:
    root = folder({"a": 2, "b": 2})
    with pytest.raises(UserError, match=r"Did you mean .*photos'"):
        read(str(root)[:-1])
    with pytest.raises(UserError, match="Did you mean 'digits'"):
        read("digit")
    with pytest.raises(UserError, match="Did you mean 'cifar10'"):
        read("torchvision:CIFAR01")


def test_folders_without_a_data_set(tmp_path, folder) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(UserError, match="is empty"):
        read(empty)
    (empty / "cat").mkdir()
    with pytest.raises(UserError, match="only empty folders"):
        read(empty)
    (empty / "cat" / "a.txt").write_text("x")
    with pytest.raises(UserError, match="folder per class"):
        read(empty)
    with pytest.raises(UserError, match="no class folders"):
        read(folder({"": 3}, name="flat"))
    with pytest.raises(UserError, match="no class folders"):
        read(folder({"train": 3, "val": 3}, name="flatsplits"))


def test_files_that_are_no_data_set(tmp_path, folder) -> None:
    root = folder({"a": 1})
    with pytest.raises(UserError, match="one picture"):
        read(root / "a" / "0.png")
    for name, content in (("x.mp4", b"\0\1"), ("x.zip", b"PK nothing"), ("x.npz", b"nothing"), ("e.csv", b"")):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(UserError) as e:
            read(tmp_path / name)
        assert "\n" not in str(e.value) and str(tmp_path / name) in str(e.value)


@pytest.mark.skipif(sys.platform == "win32", reason="modes are POSIX")
def test_no_permission(folder) -> None:
    root = folder({"a": 11, "b": 11, "shut": 3})
    (root / "a" / "3.png").chmod(0)
    (root / "shut").chmod(0)
    for above in (root, *[p for p in root.parents if p.name.startswith(("pytest", "popen", "test_"))]):
        above.chmod(0o755)  # pytest's own folders are closed to others
    was_root = os.geteuid() == 0
    if was_root:
        os.seteuid(65534)  # root may read everything
    try:
        data = read(root)
        reasons = {Path(p.name).name: p.reason for p in data.problems}
        assert reasons == {"3.png": "no permission to read it", "shut": "no permission to list it"}
        assert sum(counts(data).values()) == 21
        with pytest.raises(UserError, match="no permission"):
            read(root / "shut")
        with pytest.raises(UserError, match="no permission"):
            read(root / "shut" / "deeper")
    finally:
        if was_root:
            os.seteuid(0)
        (root / "shut").chmod(0o755)


# --- zip ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_zip_reads_like_the_folder(folder, tmp_path, method) -> None:
    root = folder({"train/a": 10, "train/b": 10, "val/a": 2, "val/b": 2, "train/none": 0})
    with zipfile.ZipFile(tmp_path / "p.zip", "w", method) as z:
        for p in sorted(root.rglob("*")):
            z.write(p, p.relative_to(root.parent))
    loose, packed = read(root), read(tmp_path / "p.zip")
    assert packed.classes == loose.classes == ["a", "b", "none"] and counts(packed) == counts(loose)
    for a, b in zip(loose.samples, packed.samples, strict=True):
        assert a["label"] == b["label"]
        np.testing.assert_array_equal(a["image"].load(), b["image"].load())
    alone = tmp_path / "download"
    alone.mkdir()
    (tmp_path / "p.zip").rename(alone / "p.zip")
    (alone / "README.md").write_text("what this is")
    assert counts(read(alone)) == counts(packed)  # a folder with one archive in it


def test_zip_names_never_become_paths(tmp_path, folder) -> None:
    inner = (folder({"a": 1}) / "a" / "0.png").read_bytes()
    with zipfile.ZipFile(tmp_path / "evil.zip", "w") as z:
        for i in range(4):
            z.writestr(f"../../a/{i}.png", inner)
            z.writestr(f"/b/{i}.png", inner)
    before = tree(tmp_path)
    data = read(tmp_path / "evil.zip")
    assert data.classes == ["a", "b"] and tree(tmp_path) == before


def test_damaged_zip_member_is_one_problem(folder, tmp_path) -> None:
    root = folder({"a": 12, "b": 12})
    with zipfile.ZipFile(tmp_path / "p.zip", "w") as z:
        for p in sorted(root.rglob("*.png")):
            z.write(p, p.relative_to(root))
        info = z.getinfo("a/3.png")
    raw = bytearray((tmp_path / "p.zip").read_bytes())
    raw[info.header_offset + 60] ^= 255
    (tmp_path / "p.zip").write_bytes(raw)
    data = read(tmp_path / "p.zip")
    assert [p.name for p in data.problems] == [f"{tmp_path / 'p.zip'}:a/3.png"]
    assert "damaged" in data.problems[0].reason and sum(counts(data).values()) == 23


# --- csv ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    ["path,label\n{}", "\ufefflabel;file\n{r}", "{}", "{t}", "Image,Extra,Class\n{x}"],
)
def test_csv_columns_are_found(folder, text) -> None:
    root = folder({"a": 12, "b": 12})
    rows = [(f"{c}/{i}.png", f"class {c}") for c in "ab" for i in range(12)]
    body = {
        "": "\n".join(f"{p},{c}" for p, c in rows),
        "r": "\n".join(f"{c};{p}" for p, c in rows),
        "t": "\n".join(f"{p}\t{c}" for p, c in rows),
        "x": "\n".join(f"{p},9,{c}" for p, c in rows),
    }
    (root / "l.csv").write_text(text.format(body[""], r=body["r"], t=body["t"], x=body["x"]), encoding="utf-8")
    data = read(root / "l.csv")
    assert data.classes == ["class a", "class b"] and sum(counts(data).values()) == 24 and not data.problems


def test_csv_splits_absolute_paths_and_bad_rows(folder) -> None:
    root = folder({"a": 12, "b": 12})
    rows = ["file,class,split", *(f"{root}/a/{i}.png,a,train" for i in range(10)),
            *(f"b/{i}.png,b,train" for i in range(10)), "a/10.png,a,valid", "b/10.png,b,val", "b/11.png,b,test",
            "gone.png,a,train", "a/11.png,,train", "a/11.png,a,holdout"]  # fmt: skip
    (root / "l.csv").write_text("\n".join(rows))
    data = read(root / "l.csv")
    assert counts(data) == {"train": 20, "val": 2, "test": 1}
    assert len(data.problems) == 3 and "row 25" in str(data.problems[0]) and "no such file" in str(data.problems[0])
    assert "no label" in data.problems[1].reason and "holdout" in data.problems[2].reason


def test_csv_that_cannot_be_understood(tmp_path) -> None:
    cases = {
        "one,two\n1,2\n": "header",
        "path,name\na.png,b\n": "label",
        "path,label\nx.png,a\n": "no picture",
        "path,label\n": "no picture",
    }
    for text, reason in cases.items():
        (tmp_path / "l.csv").write_text(text)
        with pytest.raises(UserError, match=reason):
            read(tmp_path / "l.csv")
    (tmp_path / "l.csv").write_bytes(b"path,label\n\xff\xfe,a\n")
    with pytest.raises(UserError, match="UTF-8"):
        read(tmp_path / "l.csv")


# --- IDX ------------------------------------------------------------------------------------------


def idx(array: np.ndarray, kind: int = 8) -> bytes:
    head = bytes([0, 0, kind, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape)
    return head + array.tobytes()


@pytest.fixture
def mnist(tmp_path):
    def make(
        name: str = "set", gz: bool = False, train: int = 60, test: int = 20, base: str = "{}-{}-idx{}-ubyte"
    ) -> Path:
        root = tmp_path / name
        root.mkdir()
        rng = np.random.default_rng(0)
        for split, n in (("train", train), ("t10k", test)):
            for what, rank, array in (("images", 3, rng.integers(0, 256, (n, 6, 5))), ("labels", 1, np.arange(n) % 10)):
                raw = idx(array.astype(np.uint8))
                file = root / (base.format(split, what, rank) + (".gz" if gz else ""))
                file.write_bytes(gzip.compress(raw) if gz else raw)
        return root

    return make


@pytest.mark.parametrize("gz", [False, True])
def test_idx_folder(mnist, gz) -> None:
    root = mnist(gz=gz)
    data = read(root)
    assert counts(data) == {"train": 50, "val": 10, "test": 20}  # 6 of each class: 1 goes to val
    assert data.classes == [str(i) for i in range(10)] and data.channels == 1 and data.sizes[0] == (6, 5)
    pixels = np.random.default_rng(0).integers(0, 256, (60, 6, 5)).astype(np.uint8)
    s = data.train[7]
    np.testing.assert_array_equal(s["image"].load()[:, :, 0], pixels[s["image"].index])
    assert s["label"] == s["image"].index % 10
    alone = read(root / ("train-images-idx3-ubyte" + (".gz" if gz else "")))
    assert counts(alone) == {"train": 50, "val": 10, "test": 0}


def test_idx_names(mnist) -> None:
    assert read(mnist("fashion-mnist")).classes[0] == "T-shirt/top"
    assert read(mnist("other", base="{}-{}.idx{}-ubyte")).test
    with pytest.raises(UserError, match="holds labels: give the images file"):
        read(mnist("x") / "train-labels-idx1-ubyte")


@pytest.mark.parametrize("gz", [False, True])
@pytest.mark.parametrize("bad", ["magic", "short", "huge", "long", "count"])
def test_idx_headers_are_checked_before_anything_is_allocated(mnist, bad, gz) -> None:
    root = mnist(gz=gz)
    file = root / ("train-images-idx3-ubyte" + (".gz" if gz else ""))
    raw = gzip.decompress(file.read_bytes()) if gz else file.read_bytes()
    raw = {
        "magic": b"\1" + raw[1:],
        "short": raw[:-1],
        "long": raw + b"\0",
        "huge": raw[:4] + struct.pack(">3I", 2**31, 2**15, 2**15) + raw[16:],
        "count": idx(np.zeros((59, 6, 5), np.uint8)),
    }[bad]
    file.write_bytes(gzip.compress(raw) if gz else raw)
    with pytest.raises(UserError, match=r"IDX|do not belong together"):
        read(root)


def test_idx_without_labels_or_with_a_cut_gzip(mnist) -> None:
    root = mnist(gz=True)
    file = root / "t10k-images-idx3-ubyte.gz"
    file.write_bytes(file.read_bytes()[:-20])
    with pytest.raises(UserError, match="gzip"):
        read(root)
    file.unlink()
    (root / "train-labels-idx1-ubyte.gz").unlink()
    with pytest.raises(UserError, match="no labels beside it"):
        read(root)


# --- npz ------------------------------------------------------------------------------------------


def test_npz_keys(tmp_path) -> None:
    rng = np.random.default_rng(0)
    x, y = rng.integers(0, 256, (40, 6, 5, 3)).astype(np.uint8), np.arange(40) % 2
    np.savez(tmp_path / "a.npz", x=x, y=y, classes=np.array(["cat", "dog"]))
    data = read(tmp_path / "a.npz")
    assert data.classes == ["cat", "dog"] and counts(data) == {"train": 32, "val": 8, "test": 0}
    np.savez_compressed(
        tmp_path / "b.npz", train_images=x, train_labels=y[:, None], test_images=x[:6], test_labels=y[:6, None]
    )
    assert counts(read(tmp_path / "b.npz")) == {"train": 32, "val": 8, "test": 6}
    np.savez(
        tmp_path / "c.npz",
        x_train=x.transpose(0, 3, 1, 2),
        y_train=np.where(y, "b", "a"),
        x_val=x,
        y_val=np.where(y, "b", "a"),
    )
    data = read(tmp_path / "c.npz")
    assert data.channels == 3 and data.classes == ["a", "b"] and data.sizes[0] == (6, 5)
    np.savez(tmp_path / "d.npz", images=rng.integers(0, 65536, (40, 6, 5)).astype(np.uint16), labels=y)
    assert (read(tmp_path / "d.npz").bits, read(tmp_path / "d.npz").channels) == (16, 1)


def test_npz_that_cannot_be_used(tmp_path) -> None:
    x, y = np.zeros((4, 6, 5), np.uint8), np.arange(4)
    for name, arrays, reason in (
        ("pickle", {"x": np.array([{}], object), "y": y}, "pickle"),
        ("unlabelled", {"x": x}, "no labels"),
        ("names", {"pictures": x, "y": y}, "looked for"),
        ("length", {"x": x, "y": y[:3]}, "one label per picture"),
        ("rank", {"x": y, "y": y}, "not pictures"),
        ("range", {"x": x.astype(int) - 1, "y": y}, "outside"),
        ("few names", {"x": x, "y": y, "classes": np.array(["a"])}, "names"),
    ):
        np.savez(tmp_path / f"{name}.npz", **arrays)
        with pytest.raises(UserError, match=reason):
            read(tmp_path / f"{name}.npz")


# --- names ----------------------------------------------------------------------------------------


def test_digits() -> None:
    data = read("digits", seed=1)
    n = counts(data)
    assert sum(n.values()) == 1797 and abs(n["val"] - 359) <= 5 and abs(n["test"] - 359) <= 5
    assert min(data.histogram()["test"].values()) >= 34
    assert max(int(s["image"].load().max()) for s in data.train[:20]) == 255
    assert {s["id"] for s in read("digits", seed=2).test} != {s["id"] for s in data.test}


def test_digits_of_other_writers() -> None:
    data = read("digits:writers", seed=1)
    assert [s["id"] for s in data.test] == [f"digits[{i}]" for i in range(1437, 1797)]
    assert len(data.train) + len(data.val) == 1437 and abs(len(data.val) - 359) <= 5


def test_named_set_from_the_cache(mnist) -> None:
    """torchvision reads IDX files: they are put where it looks."""
    root = Path(os.environ["VZOR_CACHE"]) / "torchvision" / "MNIST" / "MNIST"
    root.mkdir(parents=True)
    mnist().rename(root / "raw")
    data = read("torchvision:MNIST")
    assert data.kind == "torchvision:MNIST" and counts(data) == {"train": 50, "val": 10, "test": 20}
    assert data.classes[3] == "3 - three"


def test_named_set_without_network(monkeypatch) -> None:
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")  # a port where nobody listens
    with pytest.raises(UserError, match=r"USPS is not in the cache .* put its files from https"):
        read("usps")


def test_real_sets_where_they_are() -> None:
    shared = Path(__file__).parents[3] / "shared" / "data"
    if not (shared / "sign-digits").is_dir():
        pytest.skip("the real sets are not on this machine")
    data = read(shared / "sign-digits")
    assert counts(data) == {"train": 1653, "val": 409, "test": 0} and not data.problems and not data.warnings
    assert data.sizes == ((100, 100),) * 3


def test_pictures_are_named_by_path(folder) -> None:
    root = folder({"a": 12, "b": 12})
    Image.new("L", (3, 3)).save(root / "a" / "x.png")
    assert any(s["image"].name == str(root / "a" / "x.png") for s in read(root).samples)
