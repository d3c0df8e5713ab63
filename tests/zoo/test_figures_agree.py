"""The figures that these tests assert are those of the collection they were copied from, row by row."""

import csv
from pathlib import Path

import pytest

from .figures import (
    ALEXNET_GERON,
    ALEXNET_GERON_ROWS,
    ALEXNET_SCHEME,
    ALEXNET_SCHEME_ROWS,
    FIGURES,
    KERAS_APPLICATIONS,
    LENET5_GERON,
    LENET5_GERON_ROWS,
    LENET5_SCHEME,
    LENET5_SCHEME_ROWS,
    MOBILENET_TABLE_1,
    RESNET_SIZES,
    RESNET_STAGES,
    VGG_CONFIGURATION,
    Printed,
    printed,
)
from .test_claims import CLAIMS, RESULTS
from .test_densenet import BLOCKS, SIZES
from .test_googlenet import MODULES, OTHERS
from .test_squeezenet import PRUNED, ROWS, WIDTHS

COLLECTION = Path(__file__).parents[3] / "shared" / "figures"
EXAMPLES = Path(__file__).parents[2] / "examples"
pytestmark = pytest.mark.skipif(not COLLECTION.exists(), reason="the collection is not beside this checkout")


def rows(name: str) -> list[dict[str, str]]:
    lines = (COLLECTION / f"{name}.csv").read_text("utf-8").splitlines()
    return list(csv.DictReader(line for line in lines if not line.startswith("#")))


def text(size: tuple[int, ...]) -> str:
    return "x".join(map(str, size))


def test_every_figure_is_asserted_as_collected() -> None:
    found = {(r["table"], r["figure"]): (r["printed"], r["computed"], r["status"]) for r in rows("reproducible")}
    assert found == FIGURES


@pytest.mark.parametrize(("name", "copy"), [("lenet5_scheme", LENET5_SCHEME), ("alexnet_scheme", ALEXNET_SCHEME)])
def test_schemes_of_lecture_000(name: str, copy: Printed) -> None:
    sizes = [(int(r["out_channels"]), int(r["out_h"]), int(r["out_w"])) for r in rows(name)]
    kinds = [r["type"] for r in rows(name)]
    kept = [size for size, kind in zip(sizes, kinds, strict=True) if kind not in ("flatten", "output")]
    assert [(*out, 1, 1)[:3] for _, out in copy] == kept


@pytest.mark.parametrize(("name", "copy"), [("lenet5_geron", LENET5_GERON), ("alexnet_geron", ALEXNET_GERON)])
def test_tables_of_lecture_001(name: str, copy: Printed) -> None:
    collected = []
    for r in reversed(rows(name)):
        maps = r["maps"].split()[0] if r["maps"] else r["size"]
        collected.append((maps, r["size"]) if r["maps"] else (maps, ""))
    ours = [(str(out[0]), text(out[1:])) for path, out in copy if (name, path) != ("alexnet_geron", "pool5")]
    assert ours == collected


@pytest.mark.parametrize(
    ("name", "copy"), [("lenet5_scheme", LENET5_SCHEME_ROWS), ("alexnet_scheme", ALEXNET_SCHEME_ROWS)]
)
def test_rows_of_lecture_000(name: str, copy: dict[str, str]) -> None:
    collected = []
    for r in rows(name):
        kind = {"average": "avg", "max": "max"}.get(r["pool_op"], "") + r["type"]
        slides = f"{r['kernel']}x{r['kernel']} {r['stride']} pad {r['padding']}" if r["kernel"] else ""
        drop = f"drop {r['dropout']}" if r["dropout"] else ""
        collected.append(" ".join(filter(None, (kind, slides, r["activation"], drop))))
    assert list(copy.values()) == [row for row in collected if row.split()[0] not in ("input", "flatten", "output")]


@pytest.mark.parametrize(("name", "copy"), [("lenet5_geron", LENET5_GERON_ROWS), ("alexnet_geron", ALEXNET_GERON_ROWS)])
def test_rows_of_lecture_001(name: str, copy: dict[str, str]) -> None:
    collected = []
    for r in reversed(rows(name)):
        act = {"ReLU": "relu", "softmax": ""}.get(r["activation"], r["activation"])  # softmax belongs to the loss
        collected.append(" ".join(filter(None, (r["type"], r["kernel"], r["stride"], r.get("padding"), act))))
    assert list(copy.values()) == collected[1:]


def test_vgg() -> None:
    columns = {"A": "vgg11", "A-LRN": "vgg11_lrn", "B": "vgg13", "C": "vgg16_c", "D": "vgg16", "E": "vgg19"}
    by_row = {r["row"]: r for r in rows("vgg")}
    for letter, name in columns.items():
        layers, *stages = VGG_CONFIGURATION[name]
        widths = (64, 128, 256, 512, 512)
        assert int(by_row["weight_layers"][letter]) == layers
        written = [str(stage).format(width) for stage, width in zip(stages, widths, strict=True)]
        assert [by_row[f"stage{i}"][letter] for i in range(1, 6)] == written


def test_googlenet() -> None:
    ours = list(OTHERS.values()) + [out for out, *_ in MODULES.values()]
    modules, sizes = {}, []
    for r in rows("googlenet"):
        size = tuple(int(r[f"output_{axis}"]) for axis in "chw")
        sizes.append(size[:1] if r["type"] in ("linear", "softmax") else size)
        if r["type"].startswith("inception"):
            keys = ("n1x1", "n3x3_reduce", "n3x3", "n5x5_reduce", "n5x5", "pool_proj")
            widths = tuple(int(r[key]) for key in keys)
            modules[f"inception{r['type'][-3:-1]}"] = (size, widths, int(r["params"][:-1]), int(r["ops"][:-1]))
    assert modules == MODULES
    assert sorted(ours) == sorted(sizes[:-1])  # softmax is the linear row's
    kilo = [float(r["params"].rstrip("K")) for r in rows("googlenet") if r["params"]]
    assert f"{sum(kilo):.1f}K" == printed("googlenet", "sum of params rows")


def test_squeezenet() -> None:
    misprinted = {("fire8", "e3x3_sparsity"): "30%", ("maxpool8", "out_w"): "13"}
    by_row = {r["layer"]: r for r in rows("squeezenet")}
    for name, (out, before) in ROWS.items():
        r = by_row[name] | {key: value for (row, key), value in misprinted.items() if row == name}
        assert (int(r["out_c"]), int(r["out_h"]), int(r["out_w"])) == out
        assert int(r["params_before"] or 0) == before
        shares = [r[f"{key}_sparsity"].split("%")[0] for key in ("s1x1", "e1x1", "e3x3")]
        if name in PRUNED:
            percents, after = PRUNED[name]
            assert (tuple(int(share) for share in shares if share), int(r["params_after"])) == (percents, after)
        if name in WIDTHS:
            assert tuple(int(r[key]) for key in ("s1x1", "e1x1", "e3x3")) == WIDTHS[name]
    total = by_row["total"]
    assert (total["params_before"], total["params_after"]) == ("1248424", printed("squeezenet", "total after pruning"))


def test_resnet() -> None:
    by_row = {r["layer"]: r for r in rows("resnet")}
    for name, stages in RESNET_STAGES.items():
        assert [by_row[f"conv{i}_x"][name] for i in (2, 3, 4, 5)] == stages
        assert by_row["flops"][name] == printed("resnet", f"FLOPs {name[6:]}")
    labels = {f"layer{i}": f"conv{i + 1}_x" for i in range(1, 5)} | {"avgpool": "head"}
    assert [(path, by_row[labels.get(path, path)]["output_size"]) for path, _ in RESNET_SIZES] == [
        (path, text(size)) for path, size in RESNET_SIZES
    ]


def test_mobilenet() -> None:
    collected = [(r["type"], int(r["stride"]), r["filter_shape"], r["input_size"]) for r in rows("mobilenet")]
    brackets = [r["repeat"] for r in rows("mobilenet")]
    first = brackets.index("5x")
    pair = collected[first : first + 2]
    assert [*collected[:first], *pair * 5, *collected[first + 2 : -1]] == MOBILENET_TABLE_1  # the last is softmax
    comparison = {r["model"]: f"{r['million_mult_adds']} / {r['million_params']}" for r in rows("mobilenet_comparison")}
    assert comparison["GoogLeNet"] == printed("mobilenet_comparison", "GoogLeNet 1550 / 6.8")
    assert comparison["VGG 16"] == printed("mobilenet_comparison", "VGG16 15300 / 138")
    assert comparison["1.0 MobileNet-224"] == "569 / 4.2"


def test_densenet() -> None:
    by_row = {r["layer"]: r for r in rows("densenet")}
    for depth, counts in BLOCKS.items():
        cells = [by_row[f"denseblock{i}"][f"densenet{depth}"] for i in (1, 2, 3, 4)]
        assert cells == [f"[1x1 conv; 3x3 conv] x {n}" for n in counts]
    labels = {"conv0": "convolution", "pool0": "pooling"}
    for path, n in SIZES.items():
        assert by_row[labels.get(path, path.replace(".", "_"))]["output_size"] == f"{n}x{n}"


def test_keras_applications() -> None:
    collected = {
        r["model"]: (int(r["size_mb"]), int(r["params"]), int(r["depth"]) if r["depth"] else None)
        for r in rows("keras_applications")
    }
    assert collected == KERAS_APPLICATIONS


def test_examples_are_the_printed_tables() -> None:
    def cells(name: str) -> list[list[str]]:
        lines = (EXAMPLES / f"{name}.tsv").read_text("utf-8").splitlines()
        return [line.split("\t") for line in lines if not line.startswith("#")]

    keys = ("index", "from", "n", "params", "module", "arguments")
    assert cells("yolo11n")[1:] == [[r[key] for key in keys] for r in rows("yolo11n")]
    assert cells("example_net_64") == [[r["layer"], r["value"]] for r in rows("example_net_64")]
    wide = []
    for r in rows("example_net_400"):
        size = " × ".join(filter(None, (r["out_w"], r["out_h"], r["out_n"])))
        kernel = f"{r['filter'].replace('x', ' × ')}, {r['stride']}" if r["filter"] else "-"
        wide.append([r["layer"], kernel, size])
    assert cells("example_net_400")[1:] == wide
    totals = {r["key"]: r["value"] for r in rows("yolo11n_totals")}
    assert [totals[key] for key in ("layers", "gflops", "classes")] == ["319", "6.4", "5"]
    assert f"{totals['parameters']} / {totals['gradients']}" == printed("yolo11n", "per-row params, total, gradients")


def test_claims() -> None:
    collected = {(r["seed"], r["slide"], r["claim"]): r["value"] for r in rows("claims_scalar")}
    assert collected == {key: value for key, (value, _) in CLAIMS.items()} | RESULTS
