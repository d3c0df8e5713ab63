"""Wrong use and bad input: exit code 2, one sentence on standard error, nothing else, never a traceback."""

import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from vzor.cli import main as entry


def picture(path: Path, mode: str = "RGB", size: tuple[int, int] = (12, 10), seed: int = 0) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    bands = {"RGB": 3, "RGBA": 4, "CMYK": 4}.get(mode)
    shape = (size[1], size[0], bands) if bands else (size[1], size[0])
    array = np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)
    Image.fromarray(array, mode if bands else None).save(path)


def folder(root: str, classes: tuple[str, ...] = ("cat", "dog"), each: int = 6) -> Path:
    for k, name in enumerate(classes):
        for i in range(each):
            picture(Path(root, name, f"{i}.png"), seed=100 * k + i)
    return Path(root)


def bomb(path: Path, side: int = 19_000) -> None:
    """A PNG of a few bytes whose header claims 361 megapixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    parts = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + parts)


def refused(done, begun: bool = False) -> str:
    """The sentence, after the form has been checked that all refusals share.  ``begun``: data were read first."""
    assert done.code == 2, done
    assert done.out == "" or begun
    assert done.err.startswith("error: ") and done.err.endswith("\n")
    assert done.err.count("\n") == 1
    assert "Traceback" not in done.err
    return done.err


# One command line each, and words that its sentence has.
@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("shwo lenet5", "Did you mean 'show'"),
        ("--jsno", "verb"),
        ("show", "NETWORK is missing"),
        ("show lenet", "Did you mean 'lenet5'"),
        ("show lenet5 vgg16", "one word too many"),
        ("show lenet5 --depht 2", "Did you mean '--depth'"),
        ("show lenet5 depht=2", "Did you mean '--depth'"),
        ("show lenet5 --depth two", "levels"),
        ("show lenet5 --depth=-1", "depth"),
        ("show lenet5 --format pgn", "text"),
        ("show lenet5 --format", "--format has no value"),
        ("show lenet5 --json=3", "takes no value"),
        ("show lenet5 json=perhaps", "true or false"),
        ("show lenet5 --classes many", "whole number"),
        ("show lenet5 --classes 0", "1 or more"),
        ("show lenet5 --channels 0", "channels"),
        ("show lenet5 --input 3by5", "3x224x224"),
        ("show vgg16 --input 3x4x4", "pool"),
        ("show mine.tsv", "no table file"),
        ("show lenet5 --out no/such/folder.txt", "Cannot write"),
        ("list nosuch*", "vzor list"),
        ("list --task clasify", "Did you mean 'classify'"),
        ("list --task segment", "Choose from classify, detect"),
        ("compare", "NETWORK is missing"),
        ("compare lenet5 vg16", "Did you mean 'vgg16'"),
        ("compare lenet5 --format svg", "csv"),
        ("compare lenet5 --picture c.xyz", ".png"),
        ("eject lenet", "Did you mean 'lenet5'"),
        ("data", "DATA is missing"),
        ("data nosuch", "nosuch"),
        ("data dgits", "Did you mean 'digits'"),
        ("data digits --val 2", "val"),
        ("data digits --val x", "number"),
        ("data digits --sheet sheet.doc", ".png"),
        ("data digits --classes one,seven", "'one'"),
        ("train", "DATA is missing"),
        ("train digits", "--network is missing"),
        ("train digits --network lenet6", "Did you mean 'lenet5'"),
        ("train digits --network lenet5 --epoch 3", "Did you mean '--epochs'"),
        ("train digits --network lenet5 epoch=3", "Did you mean '--epochs'"),
        ("train digits --network lenet5 --epochs 1.5", "whole number"),
        ("train digits --network lenet5 --epochs 0", "epochs"),
        ("train digits --network lenet5 --batch some", "auto"),
        ("train digits --network lenet5 --lr=-1", "lr"),
        ("train digits --network lenet5 --optimizer sdg", "Did you mean 'sgd'"),
        ("train digits --network lenet5 --schedule cos", "cosine"),
        ("train digits --network lenet5 --precision fp16", "bf16"),
        ("train digits --network lenet5 --augment strnog", "strong"),
        ("train digits --network lenet5 --device cuda:99", "--device"),
        ("train digits --network lenet5 --device gpu", "cuda:0"),
        ("train digits --network lenet5 --task clasify", "Did you mean 'classify'"),
        ("train digits --network lenet5 --classes one,two", "'one'"),
        ("train digits --network lenet5 --class-weights ballanced", "balanced"),
        ("train digits --network lenet5 --label-smoothing 2", "label_smoothing"),
        ("train digits --network lenet5 --weights nosuch.safetensors", "nosuch.safetensors"),
        ("train digits --network vgg11 --input 3x8x8", "pool"),
        ("train digits --network yolo11n --input 3x64x64", "vzor list --task classify"),
        ("train --resume nosuch", "nosuch"),
        ("train --resume nosuch --network lenet5", "--network was settled"),
        ("evaluate", "RUN is missing"),
        ("evaluate nosuch digits", "nosuch"),
        ("evaluate nosuch digits --precision fp23", "Did you mean 'fp32'"),
        ("predict nosuch", "SOURCE is missing"),
        ("predict nosuch a.png", "nosuch"),
        ("look nosuch", "nosuch"),
        ("look nosuch curvs", "Did you mean 'curves'"),
        ("look nosuch curves filters --out a.png", "--out"),
    ],
)
def test_wrong_use(cli, line: str, words: str) -> None:
    assert words in refused(cli(*line.split()), begun=line.startswith("train digits --network"))


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("missing", "no file, folder or named set"),
        ("empty", "empty"),
        ("one class", "one class"),
        ("no pictures", "no pictures"),
        ("nothing readable", "no readable training picture"),
        ("one picture", "one picture, not a data set"),
        ("unknown file", "not a data set"),
    ],
)
def test_data_that_cannot_be_trained_on(cli, kind: str, words: str) -> None:
    root = Path("photos")
    match kind:
        case "empty":
            root.mkdir()
        case "one class":
            folder("photos", ("cat",))
        case "no pictures":
            root.mkdir()
            root.joinpath("notes.txt").write_text("no pictures here")
        case "nothing readable":
            folder("photos")
            for path in root.glob("*/*.png"):
                path.write_bytes(b"")
        case "one picture":
            root = Path("photos.png")
            picture(root)
        case "unknown file":
            root = Path("photos.docx")
            root.write_bytes(b"PK")
    assert words in refused(cli("train", root, "--network", "lenet5"))


def test_bad_pictures_are_named_once_and_the_others_are_used(cli) -> None:
    """`vzor data` and `vzor train` go on without them; pictures of every mode and shape are no errors."""
    root = folder("photos")
    picture(root / "dog" / "grey.png", "L")
    picture(root / "dog" / "alpha.png", "RGBA")
    picture(root / "dog" / "print.jpg", "CMYK")
    picture(root / "cat" / "line.png", "L", (40, 1))
    Image.fromarray(np.arange(120, dtype=np.uint16).reshape(10, 12) * 500).save(root / "cat" / "deep.png")
    Image.open(root / "cat" / "0.png").convert("P").save(root / "cat" / "palette.png")
    whole = (root / "dog" / "1.png").read_bytes()
    bad = {
        "empty.png": b"",
        "short.png": whole[: len(whole) // 2],
        "words.jpg": b"not a picture\n",
        "odd.png": whole[::-1],
    }
    for name, content in bad.items():
        (root / "cat" / name).write_bytes(content)
    bomb(root / "cat" / "bomb.png")

    done = cli("data", root)
    assert (done.code, done.err) == (0, "")
    left_out = done.out.partition("Left out, 5:")[2].partition("warning")[0]
    for name in (*bad, "bomb.png"):
        line = [line for line in left_out.splitlines() if name in line]
        assert len(line) == 1 and len(line[0].split(": ", 1)[1]) > 5, name
    assert "grey.png" not in left_out and "deep.png" not in left_out

    done = cli(
        "train", root, "--network", "lenet5", "--epochs", "1", "--workers", "0", "--threads", "1", "--out", "run"
    )
    assert done.code == 0, done.err
    assert Path("run/weights/best.safetensors").is_file()
    assert all(done.out.count(name) == 1 for name in (*bad, "bomb.png"))
    assert not [
        path for path in root.rglob("*") if path.suffix not in (".png", ".jpg", "")
    ]  # nothing was written there

    done = cli("predict", "run", root / "cat", "--json")
    assert done.code == 0 and all(name in done.err for name in (*bad, "bomb.png"))
    assert "bomb.png" in refused(cli("predict", "run", root / "cat" / "bomb.png"))


def test_classes_that_differ_or_are_empty_are_warned_of(cli) -> None:
    assert "Did you mean 'dog'" in cli("data", folder("two"), "--classes", "cat,dgo").out
    folder("photos/train", ("cat", "dog"))
    folder("photos/val", ("cat", "fox"), each=2)
    Path("photos/train/cow").mkdir()
    done = cli("data", "photos")
    assert done.code == 0
    warnings = [line for line in done.out.splitlines() if line.startswith("warning: ")]
    for name in ("cow", "fox", "dog"):
        assert any(f"'{name}'" in line for line in warnings), name


def test_a_fault_of_ours_shows_its_traceback_and_asks_to_report(cli, monkeypatch: pytest.MonkeyPatch) -> None:
    from vzor.api import table

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("a fault")

    monkeypatch.setattr(table, "table", broken)
    done = cli("show", "lenet5")
    assert done.code == 1 and done.out == ""
    assert "Traceback" in done.err and "RuntimeError: a fault" in done.err
    assert "report" in done.err.splitlines()[-1]


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        (KeyboardInterrupt(), 130, "Stopped"),
        (OSError(28, "No space left on device", "runs/a"), 2, "disk is full"),
        (MemoryError(), 2, "memory"),
        (BrokenPipeError(), 141, ""),
    ],
)
def test_how_the_machine_ends_a_verb(
    cli, monkeypatch: pytest.MonkeyPatch, error: BaseException, code: int, words: str
) -> None:
    def fails(words: list[str]) -> int:
        raise error

    monkeypatch.setattr(entry, "_run", fails)
    monkeypatch.setattr(entry, "_forget_output", lambda: None)  # it would close pytest's own
    done = cli("list")
    assert (done.code, "Traceback" in done.err) == (code, False)
    assert words in done.err and done.err.count("\n") == (1 if words else 0)


def test_an_interrupted_training_says_how_to_go_on(cli, monkeypatch: pytest.MonkeyPatch) -> None:
    from vzor.training.interrupt import Interrupted

    def fails(words: list[str]) -> int:
        raise Interrupted(Path("runs/a"), 2)

    monkeypatch.setattr(entry, "_run", fails)
    done = cli("train")
    assert done.code == 130
    assert "vzor train --resume runs/a" in done.err and done.err.count("\n") == 1
