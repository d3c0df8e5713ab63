"""Every figure of the collection, computed from our tables and written in the collection's words.

A function per table of the collection gives {figure: what follows from our rows}; nothing in it is copied.  "same" is
written where that is what is printed.  What "layers" and "FLOPs" mean to the tools that printed them stands beside
the count.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from vzor.measure import measure
from vzor.spec.edit import rewrite
from vzor.spec.read import read_table
from vzor.spec.row import Row, elements
from vzor.spec.rows import Concat, Conv, Pool, Seq, Up
from vzor.spec.sheet import Line
from vzor.spec.trace import trace
from vzor.zoo.googlenet import Inception
from vzor.zoo.index import entry, table
from vzor.zoo.vocabulary import VOCAB

from . import test_googlenet, test_mobilenet, test_squeezenet
from .figures import FIGURES, KERAS_APPLICATIONS, MOBILENET_TABLE_1, computed, printed
from .test_densenet import BLOCKS, SIZES
from .test_keras_depths import depth

Found = dict[str, str]
EXAMPLES = Path(__file__).parents[2] / "examples"


def lines(name: str) -> dict[str, Line]:
    return {line.path: line for line in measure(table(name)).lines}


def parameters(name: str) -> int:
    return measure(table(name)).parameters


def heights(name: str, *paths: str) -> str:
    found = lines(name)
    return ",".join(str(found[path].outs[0][1]) for path in paths)


def same(found: str, place: str, figure: str) -> str:
    """As the collection says it: "same" where what is printed was found."""
    return "same" if found == printed(place, figure) else found


def exercise() -> Found:
    return {"conv 3x3 64->128 bias": str(Conv(128, 3).params((64, 56, 56)))}


def lenet5_scheme() -> Found:
    sizes = heights("lenet5_sigmoid", "conv1", "pool1", "conv2", "pool2")
    return {
        "all sizes": same(sizes, "lenet5_scheme", "all sizes"),
        "params (not printed)": str(parameters("lenet5_sigmoid")),
    }


def lenet5_geron() -> Found:
    sizes = heights("lenet5_1998", "c1", "s2", "c3", "s4", "c5")
    return {
        "sizes": same(sizes, "lenet5_geron", "sizes"),
        "params (not printed)": str(parameters("lenet5_1998")),
    }


def alexnet_scheme() -> Found:
    paths = ("conv1", "pool1", "conv2", "pool2", "conv3", "conv4", "conv5", "pool5")
    return {
        "all sizes": same(heights("alexnet_scheme", *paths), "alexnet_scheme", "all sizes"),
        "params (not printed)": str(parameters("alexnet_scheme")),
    }


def alexnet_geron() -> Found:
    pooled = lines("alexnet_geron")["pool5"].outs[0]
    return {
        "C1 55x55 with 224, SAME, stride 4": str(Conv(96, 11, 4, "same").shape((3, 224, 224))[1]),
        "no pool between C7 and F8": f"{pooled[1]}x{pooled[2]} needed",
    }


def vgg() -> Found:
    names = ("vgg11", "vgg13", "vgg16_c", "vgg16", "vgg19")
    return {"A/B/C/D/E params (not printed)": "/".join(str(parameters(name)) for name in names)}


def claims() -> Found:
    alexnet, e, paper = parameters("alexnet_2012"), parameters("vgg19"), lines("googlenet_paper")
    googlenet = parameters("googlenet_paper")
    inception = measure(table("inception_resnet_v2"))
    widths = [line.outs[0][0] for line in paper.values() if line.kind == "Inception"]
    layers = f"Keras depth {depth('inception_resnet_v2')} ({inception.weight_layers} weight layers)"
    return {
        "AlexNet 60M": str(alexnet),
        "VGG-19 138M": str(e),
        '"144 million" on the Inception slide': f"{e} = VGG-19",
        "GoogLeNet 5M": f"{googlenet} ({googlenet - paper['fc'].params} without fc)",
        "12x fewer than AlexNet": f"{alexnet / googlenet:.1f}",
        'ResNet top-5 3.57% "2014"': f"{entry('resnet152').year} paper, ensemble",
        "Inception-ResNet-v2 55M, >550 layers": f"{inception.parameters}; {layers}",
        "Inception width 256..1024": f"{min(widths)}..{max(widths)}",
    }


def googlenet() -> Found:
    paper = table("googlenet_paper")
    costs = test_googlenet.costs(paper)
    mega = {name: f"{macs / 1e6:.1f}" for name, (_, _, macs) in costs.items()}
    kilo = {name: f"{weights / 1024:.1f}" for name, (weights, _, _) in costs.items()}
    sizes = {line.path: line.outs[0] for line in measure(paper).lines}
    expected = {name: out for name, (out, *_) in test_googlenet.MODULES.items()} | test_googlenet.OTHERS
    modules = {name: row for name, row in paper.rows.items() if isinstance(row, Inception)}
    widths = {name: (row.n1, row.r3, row.n3, row.r5, row.n5, row.proj) for name, row in modules.items()}
    as_printed = {path: sizes[path] for path in expected} == expected
    as_printed &= widths == {name: row[1] for name, row in test_googlenet.MODULES.items()}
    stem = test_googlenet.separable_stem()
    separable = f"{stem.parameters} / {stem.macs / 1e6:.1f}M (separable, depth multiplier 8)"
    rows = ("conv3", *(f"inception{i}" for i in ("3a", "3b", "4b", "4c", "4d", "4e", "5b")), "fc")
    wrong = ("4a", "4b", "4d", "4e", "5b")
    biased = sum(costs["inception3b"][:2]) / 1024
    total = sum(weights for weights, _, _ in costs.values())
    return {
        "sizes, module widths": "same" if as_printed else "others",
        "ops rows 3x3 conv,3a,3b,4b,4c,4d,4e,5b,linear": ",".join(mega[row] for row in rows),
        "ops 4a": f"{mega['inception4a']}M",
        "params 7x7 / ops": f"{costs['conv1'][0]} / {mega['conv1']}M (dense) ; {separable}",
        "params 3x3 conv, linear": f"{kilo['conv3']}, {kilo['fc']}",
        "params 3a": kilo["inception3a"],
        "params 3b": f"{kilo['inception3b']} ({biased:.1f} with bias)",
        "params 4a,4b,4d,4e,5b": ",".join(kilo[f"inception{i}"] for i in wrong) + " (K=1024)",
        "params 4c": kilo["inception4c"],
        "params/ops 5a": f"{kilo['inception5a']}/{mega['inception5a']}M",
        "sum of params rows": f"{total} weights ({measure(paper).parameters} with biases)",
    }


def squeezenet() -> Found:
    made = table("squeezenet1_0")
    pools = ("conv1", "maxpool1", "maxpool4", "maxpool8")

    def sizes(made: Seq) -> str:
        found = {line.path: line.outs[0] for line in measure(made, (3, 224, 224)).lines}
        return ",".join(str(found[path][1]) for path in pools)

    def floored(row: Row) -> Row:
        return replace(row, ceil=False) if isinstance(row, Pool) else row

    rows = test_squeezenet.PRUNED
    after = {name: test_squeezenet.pruned(name, percents) for name, (percents, _) in rows.items()}
    as_printed = all(after[name] == rows[name][1] for name in rows if name != "fire8")
    larger = {line.path: line.outs[0] for line in measure(made, test_squeezenet.LARGER).lines}
    conv10 = made.rows["conv10"]
    assert isinstance(conv10, Conv)
    before, left = parameters("squeezenet1_0"), sum(after.values())
    misprinted = test_squeezenet.pruned("fire8", (100, 50, 33))
    floor_sizes = sizes(rewrite(made, floored))  # type: ignore[arg-type]
    return {
        "params before pruning, all rows + total": str(before),
        "params after pruning fire2-7, fire9, conv10": "same" if as_printed else "others",
        "fire8 e3x3 33%": f"33% gives {misprinted}; 30% gives {after['fire8']}",
        "total after pruning": str(left),
        "sizes at 224": f"{sizes(made)} (ceil) / {floor_sizes} (floor)",
        "maxpool8 13x12x512": "x".join(map(str, larger["maxpool8"][1:])),
        "conv1 100% (7x7), conv10 20% (3x3)": f"conv10 is {conv10.k}x{conv10.k}",
        "50x fewer than AlexNet": f"{parameters('alexnet_2012') / before:.1f}",
        "<0.5MB": f"{left * 6 / 8 / 1e6:.3f} MB of 6-bit codes without index",
    }


def resnet() -> Found:
    def flops(name: str) -> str:
        return f"{measure(table(name)).macs / 1e9:.3f}e9"

    found = {
        "FLOPs 18": f"{flops('resnet18')} ({flops('resnet18_a')} option A)",
        "FLOPs 34": f"{flops('resnet34')} ({flops('resnet34_a')} option A shortcuts)",
    }
    both = {f"FLOPs {n}": f"{flops(f'resnet{n}_v1')} v1; {flops(f'resnet{n}')} v1.5" for n in (50, 101, 152)}
    return found | both


def mobilenet() -> Found:
    rows = [test_mobilenet.line(node) for node in trace(table("mobilenetv1_100")).ops]
    pairs = list(zip([row for row in rows if row], MOBILENET_TABLE_1, strict=True))
    unlike = [ours[1] - theirs[1] for ours, theirs in pairs if (ours[0], *ours[2:]) != (theirs[0], *theirs[2:])]
    strides = [i for i, (ours, theirs) in enumerate(pairs) if ours[1] != theirs[1]]
    return {"table sizes": "same" if not unlike and len(strides) == 1 else "others"}


def mobilenet_comparison() -> Found:
    ours, vgg16, paper = (measure(table(name)) for name in ("mobilenetv1_100", "vgg16", "googlenet_paper"))
    convolutions = sum(line.macs for line in vgg16.lines if line.kind == "Conv")
    weights = sum(weights for weights, _, _ in test_googlenet.costs(table("googlenet_paper")).values())
    dense = test_googlenet.costs(table("googlenet_paper"))["conv1"][2]
    stem = f"{(paper.macs - dense + test_googlenet.separable_stem().macs) / 1e6:.1f} with separable stem"
    plain = ours.parameters - ours.buffers  # as many statistics as gammas and betas
    mega = f"{convolutions / 1e6:.1f} conv only ({vgg16.macs / 1e6:.1f} with fc)"
    return {
        "569 M mult-adds": f"{ours.macs / 1e6:.3f}",
        "4.2 M params": f"{plain / 1e6:.3f} (no BN) / {ours.parameters / 1e6:.3f}",
        "GoogLeNet 1550 / 6.8": f"{paper.macs / 1e6:.1f} / {weights / 1e6:.2f} ({stem})",
        "VGG16 15300 / 138": f"{mega} / {vgg16.parameters / 1e6:.2f}",
    }


def densenet() -> Found:
    as_printed = True
    for layers, counts in BLOCKS.items():
        root = trace(table(f"densenet{layers}"))
        as_printed &= tuple(len(root.find(f"features.denseblock{i}").kids) for i in (1, 2, 3, 4)) == counts
        as_printed &= all(root.find(f"features.{path}").out[1:] == (n, n) for path, n in SIZES.items())
    counted = "/".join(str(parameters(f"densenet{layers}")) for layers in BLOCKS)
    return {"blocks and sizes": "same" if as_printed else "others", "params (not printed) 121/169/201/264": counted}


#: Keras' name -> ours.
KERAS = {
    "Xception": "xception_keras",
    **{f"VGG{n}": f"vgg{n}" for n in (16, 19)},
    **{f"ResNet{n}": f"resnet{n}_keras" for n in (50, 101, 152)},
    **{f"ResNet{n}V2": f"resnet{n}v2_keras" for n in (50, 101, 152)},
    **{f"ResNeXt{n}": f"resnext{n}_keras" for n in (50, 101)},
    "InceptionV3": "inception_v3_keras",
    "InceptionResNetV2": "inception_resnet_v2_keras",
    "MobileNet": "mobilenet_keras",
    "MobileNetV2": "mobilenet_v2_keras",
    **{f"DenseNet{n}": f"densenet{n}_keras" for n in (121, 169, 201)},
    "NASNetMobile": "nasnet_mobile_keras",
    "NASNetLarge": "nasnet_large_keras",
}


@cache
def keras_total(model: str) -> int:
    """As Keras counts its own network: with running means and variances."""
    return measure(table(KERAS[model])).keras_total


def vgg_depth(name: str) -> int:
    """Keras has the nonlinearity inside the convolution, a layer that flattens, and no adaptive pooling."""
    return sum(line.kind in ("Input", "Conv", "Pool", "Fc") for line in measure(table(name)).lines) + 1


def keras_applications() -> Found:
    more = [size - total * 4 / 2**20 for size, total, _ in KERAS_APPLICATIONS.values()]  # totals: counted below
    graphs = [KERAS[model] for model in ("Xception", "InceptionV3", "InceptionResNetV2")]
    depths = ",".join(map(str, (vgg_depth("vgg16"), vgg_depth("vgg19"), *map(depth, graphs))))
    dense = [KERAS[f"DenseNet{n}"] for n in (121, 169, 201)]
    layers = ",".join(str(measure(table(name)).weight_layers) for name in dense)
    longest = ",".join(str(depth(name) + 2) for name in dense)  # two rows are padded by layers of their own
    small = [KERAS["MobileNet"], KERAS["MobileNetV2"]]
    # Four rows are padded by layers of their own in both; dropout, reshaping and softmax are layers of the first.
    paths = depth(small[0]) + 4 + 3, depth(small[1]) + 4
    counts = ", ".join(str(measure(table(name)).weight_layers) for name in small)
    figure = "depth VGG16,VGG19,Xception,InceptionV3,InceptionResNetV2"
    return {f"{model} params": str(keras_total(model)) for model in KERAS} | {
        "size column": f"params*4/2^20 {min(more):.1f}..{max(more):+.1f}",
        figure: same(depths, "keras_applications", figure),
        "depth DenseNet121/169/201": f"weight layers {layers} (longest path {longest})",
        "depth MobileNet, MobileNetV2": f"longest path {paths[0]}, {paths[1]}; weight layers {counts}",
    }


def example(name: str, channels: int | None = None, classes: int | None = None) -> Seq:
    read = read_table(EXAMPLES / f"{name}.tsv", vocab=VOCAB, classes=classes)
    assert read.checks == [], "what the lecture prints beside a row follows from the row"
    return read.root  # type: ignore[return-value]


#: How many lists and blocks stand around the rows in the modules of the tool that printed 319 layers: a block of
#: one row each, a list of inner blocks in another, two sequences around its network, and the head's two lists with a
#: sequence for every level, two more for every level's separable rows, and the mean of its bins.
CONTAINERS = {"C3k2": 2, "C3k": 2, "Bottleneck": 1, "SPPF": 1, "C2PSA": 2, "PSA": 3, "Detect": 1 + 2 + 6 + 6 + 1}


def yolo_modules(made: Seq) -> tuple[int, int, int]:
    """Modules, leaves among them, and modules when every normalisation is folded into its convolution.

    That tool builds one nonlinearity for all rows, an identity where a row has none, one pooling for the three of
    SPPF, and a module around every convolution with normalisation; splitting and adding are no modules.
    """
    nodes = list(trace(made).root.walk())
    weighted = [node for node in nodes if isinstance(node.row, Conv) and not node.shared]
    normalised = [node.row for node in weighted if isinstance(node.row, Conv) and node.row.bn]
    plain = sum(row.act is None for row in normalised)
    own = sum(isinstance(row, Concat | Up) or getattr(row, "row", None) == Concat() for row in made.rows.values())
    leaves = len(weighted) + len(normalised) + 1 + plain + 1 + own
    around = 2 + len(normalised) + sum(CONTAINERS.get(node.row.kind, 0) for node in nodes)
    return leaves + around, leaves, leaves + around - len(normalised)


def yolo11n() -> Found:
    made = example("yolo11n")
    sheet = measure(made)
    modules, leaves, fused = yolo_modules(made)
    convolutions = sum(line.macs for line in sheet.lines if line.leaf and line.kind == "Conv")
    ops = trace(made).ops
    normalised = sum(elements([node.out]) for node in ops if isinstance(node.row, Conv) and node.row.bn)
    enlarged = sum(elements([node.out]) for node in ops if isinstance(node.row, Up))
    thop = convolutions + 4 * normalised + enlarged  # attention's products are not seen by it
    counts = f"{2 * thop / 1e9:.3f} (thop x2), {sheet.flops / 1e9:.3f} (torch FlopCounterMode)"
    figure = "per-row params, total, gradients"
    return {
        figure: same(f"{sheet.parameters} / {sheet.trainable}", "yolo11n", figure),
        "319 layers": f"{modules} modules incl. containers ({leaves} leaves; {fused} after fusing)",
        "6.4 GFLOPs": f"{counts}; conv MACs x2 = {2 * convolutions / 1e9:.3f}",
    }


def example_net_400() -> Found:
    sheet = measure(example("example_net_400", classes=7))
    rows = [line for line in sheet.lines if line.kind in ("Conv", "Pool")]
    last = next(line for line in reversed(sheet.lines) if line.kind == "Fc")
    sizes = ",".join(str(line.outs[0][1]) for line in rows)
    return {
        "sizes": same(sizes, "example_net_400", "sizes"),
        "params (not printed)": f"{sheet.parameters - last.params} + last fc",
    }


def example_net_64() -> Found:
    made = example("example_net_64")

    def padded(row: Row) -> Row:
        return replace(row, p=1) if isinstance(row, Conv) else row

    valid, larger = measure(made).parameters, measure(rewrite(made, padded)).parameters
    return {"params (not printed)": f"{valid} (1 ch, valid) / {larger} (1 ch, same)"}


TABLES: dict[str, Callable[[], Found]] = {
    made.__name__: cache(made)
    for made in (
        *(exercise, lenet5_scheme, lenet5_geron, alexnet_scheme, alexnet_geron, vgg, claims, googlenet, squeezenet),
        *(resnet, mobilenet, mobilenet_comparison, densenet, keras_applications, yolo11n),
        *(example_net_400, example_net_64),
    )
}


@pytest.mark.parametrize(("place", "figure"), FIGURES)
def test_the_figure_follows_from_our_tables(place: str, figure: str) -> None:
    assert TABLES[place]()[figure] == computed(place, figure)


def test_all_80_figures_are_computed() -> None:
    assert len(FIGURES) == 80
    assert {(place, figure) for place, made in TABLES.items() for figure in made()} == set(FIGURES)


@pytest.mark.parametrize("model", KERAS_APPLICATIONS)
def test_every_row_of_keras_table(model: str) -> None:
    """Parameters to the unit; megabytes of 2^20 bytes, to rounding for seven of twenty, else with HDF5's own."""
    size, total, _ = KERAS_APPLICATIONS[model]
    assert keras_total(model) == total
    more = size - total * 4 / 2**20
    same_size = {"VGG16", "ResNet50", "ResNet101", "ResNet50V2", "ResNeXt50", "MobileNet", "MobileNetV2"}
    assert (round(total * 4 / 2**20) == size) == (model in same_size)
    assert -0.5 < more < 4
