"""The report page, made from a real little run: everything in one file, and the numbers are those of the run."""

from __future__ import annotations

import base64
import io
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from vzor.data.samples import ArrayPixels, Data, Problem
from vzor.look.gather import read
from vzor.look.report import page, report_run, write_report
from vzor.spec.errors import UserError
from vzor.spec.preprocess import Preprocess
from vzor.spec.record import expanded, to_json
from vzor.spec.rows import Conv, Fc, Gap, Input
from vzor.spec.tables import Seq
from vzor.spec.trace import trace
from vzor.training.run import Run

CLASSES = ["<b>&", 'two "quoted"', "три"]
TABLE = Seq(input=Input(1, 8, 8), conv=Conv(4, 3), gap=Gap(), fc=Fc(3))


def little_data() -> Data:
    rng = np.random.default_rng(3)
    labels = rng.integers(3, size=40)
    images = rng.integers(0, 90, (40, 8, 8)).astype(np.uint8)
    for image, label in zip(images, labels, strict=True):
        image[:, label * 3 : label * 3 + 2] += 60
    samples = [{"image": ArrayPixels(images, i), "label": int(n), "id": f"set[{i}]"} for i, n in enumerate(labels)]
    return Data(
        "folder/<i>set</i>",
        "folder",
        CLASSES,
        train=samples[:20],
        val=samples[20:34],
        test=samples[34:],
        channels=1,
        sizes=((8, 8),) * 3,
        problems=[Problem("a<u>.png", "it is empty")],
        warnings=["Few & far between."],
        given=("train",),
        mean=(0.3,),
        std=(0.2,),
    )


def train(folder: Path, transform=None) -> Run:
    from vzor.nn.build import build
    from vzor.tasks.index import make
    from vzor.training.fitting import fit
    from vzor.training.settings import Settings

    run = Run(folder)
    folder.mkdir(parents=True)
    pre = Preprocess(channels=1, size=(8, 8), fit="stretch", mean=(0.3,), std=(0.2,))
    settings = Settings(epochs=2, batch=5, threads=1, workers=0, device="cpu", precision="fp32", mixup=0.4)
    data, task = little_data(), make("classify")
    fit(
        task,
        {"net": build(TABLE, seed=1)},
        data,
        pre,
        settings,
        run,
        tables={"net": to_json(expanded(trace(TABLE)))},
        record={"network": "tiny<net>", "source": "folder/<i>set</i>"},
        transform=transform,
    )
    report_run(run, task, data, transform=transform)
    return run


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return train(tmp_path_factory.mktemp("runs") / "tiny")


class Page(HTMLParser):
    """Everything in the page that could reach out of it, its headings, and its text."""

    VOID = ("meta", "img", "line", "br", "circle", "rect", "path", "polyline", "link")

    def __init__(self, html: str) -> None:
        super().__init__()
        self.reaches: list[tuple[str, str, str]] = []
        self.images: list[str] = []
        self.headings: list[str] = []
        self.tags: list[str] = []
        self.open: list[str] = []
        self.words: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        if tag not in self.VOID:
            self.open.append(tag)
        for name, value in attrs:
            if tag == "img" and name == "src":
                self.images.append(value)
            elif name in ("src", "srcset", "href", "xlink:href", "data", "action", "background", "poster"):
                self.reaches.append((tag, name, value))

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in self.VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        if tag not in self.VOID:
            assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] == "h2":
            self.headings.append(data)
        if "style" not in self.open:
            self.words.append(data)


@pytest.fixture(scope="module")
def html(run: Run) -> str:
    return (run.path / "report.html").read_text("utf-8")


def section(run: Run, kind: str, number: int = 0) -> dict:
    return [s for s in read(run)["sections"] if s["kind"] == kind][number]


def test_the_page_needs_nothing_else(html: str) -> None:
    parsed = Page(html)
    assert parsed.open == []  # every tag is closed, in order
    assert parsed.reaches == []
    assert parsed.images and all(src.startswith("data:image/") for src in parsed.images)
    assert not {"script", "link", "iframe", "object", "embed", "base"} & set(parsed.tags)
    assert not re.search(r"url\(|@import|\bon\w+=", html)
    assert "default-src 'none'" in html


def test_every_section_is_there(html: str) -> None:
    assert Page(html).headings == [
        "Numbers",
        "Curves",
        "Confusion matrix",
        "Most confused pairs",
        "Most confident mistakes",
        "Classes",
        "A batch as the network sees it",
        "The network",
        "The data",
        "To repeat it",
    ]


def test_names_are_escaped(html: str) -> None:
    tags, words = Page(html).tags, "".join(Page(html).words)
    assert "u" not in tags  # from the name of a file
    assert "<b>&" in words and "три" in words
    for made_by_a_name in ("<b>&", "<i>set", "a<u>", "tiny<net>", "Few & far"):
        assert made_by_a_name not in html


def test_confusion_counts_are_those_of_the_validation_samples(run: Run, html: str) -> None:
    data, made = little_data(), section(run, "matrix")
    assert sum(n for _, _, n in made["cells"]) == read(run)["n"] == len(data.val) == 14
    rows = np.bincount([i for i, _, n in made["cells"] for _ in range(n)], minlength=3)
    assert rows.tolist() == np.bincount([s["label"] for s in data.val], minlength=3).tolist()
    right = sum(n for i, j, n in made["cells"] if i == j)
    assert right / 14 == pytest.approx(read(run)["metrics"]["top1"])
    assert f"{right} of 14 right" in html
    shown = [int(n) for n in re.findall(r'<text class="count[^>]*>(\d+)<', html)]
    assert sum(shown) == 14


def test_mistakes_are_wrong_and_the_surest_come_first(run: Run) -> None:
    items = section(run, "gallery")["items"]
    said = [dict(item["lines"]) for item in items]
    shares = [float(s["probability"]) for s in said]
    assert shares == sorted(shares, reverse=True) and len(items) > 1
    val = little_data().val
    for item, words in zip(items, said, strict=True):
        assert words["truth"] != words["said"]
        assert CLASSES.index(words["truth"]) == val[item["index"]]["label"]
        assert words["id"] == val[item["index"]]["id"]
        picture = Image.open(io.BytesIO(base64.b64decode(item["picture"]["src"].partition(",")[2])))
        assert (np.asarray(picture)[..., :1] == val[item["index"]]["image"].load()).all()


def test_the_best_number_its_baseline_and_protocol_are_at_the_top(run: Run, html: str) -> None:
    top = html[: html.index("Curves")]
    record = read(run)
    assert f">{record['metrics']['top1']:.4f}<" in top
    common = max(np.bincount([s["label"] for s in little_data().val])) / 14
    assert record["baseline"]["majority/top1"] == pytest.approx(common)
    assert f">{common:.4f}<" in top and record["protocol"] in top
    assert json.loads(run.test.read_text())["n"] == 6


def test_a_best_checkpoint_is_what_was_evaluated(run: Run) -> None:
    from vzor.weights.checkpoint import load_checkpoint

    assert read(run)["metrics"]["top1"] == pytest.approx(load_checkpoint(run.best).meta["metrics"]["val/top1"])


def test_the_batch_is_what_went_in(run: Run) -> None:
    made = read(run)["batch"]
    assert len(made["items"]) == 20
    # mixup was on, so labels are shares of two classes
    assert any(re.fullmatch(r"\d+% .+ \+ \d+% .+", line[1]) for item in made["items"] for line in item["lines"])
    assert (run.pictures / "batch.png").is_file()


def test_what_it_takes_to_repeat_is_there(html: str) -> None:
    words = "".join(Page(html).words)
    begin = "vzor train 'folder/<i>set</i>' --network 'tiny<net>' --task classify"
    assert f"{begin} --input 1x8x8 --epochs 2 --batch 5" in words
    assert "--mixup 0.4" in words and "--threads 1" in words
    for name in ("torch", "python", "processor", "precision", "fingerprint"):
        assert name in words
    assert "left out: 1 unreadable" in words.lower() and "a<u>.png: it is empty" in words


def test_the_same_run_gives_the_same_page(run: Run) -> None:
    assert page(run) == page(run) == (run.path / "report.html").read_text("utf-8")


def test_a_run_without_its_end_still_has_a_page(run: Run, tmp_path: Path) -> None:
    import shutil

    half = tmp_path / "half"
    shutil.copytree(run.path, half)
    (half / "report.json").unlink()
    text = write_report(half).read_text("utf-8")
    assert "Training had not ended" in text
    assert Page(text).headings == ["Numbers", "Curves", "The network", "To repeat it"]
    shutil.rmtree(half / "weights")
    (half / "results.csv").write_text("epoch,step,seconds,lr,train/loss\n")
    assert "No epoch is done yet" in write_report(half).read_text("utf-8")


def test_a_torn_last_event_is_passed_over(run: Run, tmp_path: Path) -> None:
    import shutil

    copy = tmp_path / "torn"
    shutil.copytree(run.path, copy)
    with (copy / "events.jsonl").open("a") as file:
        file.write('{"event": "epo')
    assert "training report" in write_report(copy).read_text("utf-8")


def test_damaged_and_missing_files_are_said_kindly(run: Run, tmp_path: Path) -> None:
    import shutil

    with pytest.raises(UserError, match="vzor train"):
        write_report(tmp_path)
    copy = tmp_path / "damaged"
    shutil.copytree(run.path, copy)
    (copy / "report.json").write_text("{")
    with pytest.raises(UserError, match=r"report\.json is damaged; delete it"):
        write_report(copy)


def test_a_users_own_transform_is_what_the_batch_shows(tmp_path: Path) -> None:
    made = read(train(tmp_path / "own", transform=lambda image: image * 0))["batch"]
    picture = Image.open(io.BytesIO(base64.b64decode(made["items"][0]["picture"]["src"].partition(",")[2])))
    assert np.asarray(picture).max() == 0
    assert "your own transform" in made["note"]


def test_sections_of_every_kind_are_drawn_and_others_refused(run: Run, tmp_path: Path) -> None:
    import shutil

    from vzor.training import sections as s

    copy = tmp_path / "kinds"
    shutil.copytree(run.path, copy)
    record = read(run)
    record["sections"] = [
        s.text("Words", "One <em>paragraph</em>.", note="A note."),
        s.curves("Lines", {"a": [(0, 1), (1, 3)], "b": [(0.5, 2)]}, x="recall", y="precision"),
        s.table("Long", {"name": "text", "value": "number"}, [(f"row{i}", i / 7) for i in range(50)]),
        s.matrix("Many", [f"class {i}" for i in range(100)], np.eye(100, dtype=int)),
    ]
    (copy / "report.json").write_text(json.dumps(record))
    parsed = Page(write_report(copy).read_text("utf-8"))
    words = "".join(parsed.words)
    assert "One <em>paragraph</em>." in words and "row49" in words and "20 more" in words
    assert "em" not in parsed.tags and "polyline" in parsed.tags
    record["sections"] = [{"kind": "hologram", "title": "H", "note": ""}]
    (copy / "report.json").write_text(json.dumps(record))
    with pytest.raises(UserError, match=r"hologram.*table, matrix, gallery"):
        write_report(copy)


def test_a_class_list_too_long_for_names_has_columns(run: Run, tmp_path: Path) -> None:
    import shutil

    copy = tmp_path / "many"
    shutil.copytree(run.path, copy)
    record = read(run)
    record["data"]["histogram"] = {"train": {f"c{i}": i + 1 for i in range(1000)}, "val": {}, "test": {}}
    (copy / "report.json").write_text(json.dumps(record))
    text = write_report(copy).read_text("utf-8")
    assert "from 1,000 (c999) down to 1 (c0)" in text
    assert 'class="bars"' not in text
