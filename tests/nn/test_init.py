"""First values: drawn once, repeatable, and as each paper says, asserted by their moments."""

import math

import pytest
import torch
from torch import Tensor, nn

import vzor
from vzor.nn.build import build
from vzor.nn.init import PART, SATURATING
from vzor.nn.undrawn import undrawn
from vzor.spec.errors import TableError
from vzor.spec.init import Start, normal, start_of, truncated
from vzor.spec.row import Row, Shape
from vzor.spec.rows import RBF, Act, Conv, ConvT, Fc, Gain, Gap, Input, Norm, Seq
from vzor.spec.trace import trace
from vzor.zoo.index import ZOO, table
from vzor.zoo.inits import INITS, paper_init

ERRORS = 5  # standard errors of a moment that chance is granted
#: What cutting a normal at two deviations leaves of its deviation.
CUT = math.sqrt(1 - 4 * math.exp(-2) / math.sqrt(2 * math.pi) / math.erf(math.sqrt(2)))


def assert_moments(weight: Tensor, form: str, size: float) -> None:
    """Mean 0 and the deviation of ``form``, within standard errors; nothing beyond its bound, something near it."""
    drawn = weight.detach().double().flatten()
    n = len(drawn)
    deviation = size * {"normal": 1.0, "truncated": CUT, "uniform": 1 / math.sqrt(3)}[form]
    assert abs(drawn.mean()) < ERRORS * deviation / math.sqrt(n)
    assert drawn.std() == pytest.approx(deviation, abs=ERRORS * deviation / math.sqrt(2 * n))
    bound = {"normal": math.inf, "truncated": 2 * size, "uniform": size}[form]
    assert drawn.abs().max() <= bound * (1 + 1e-6)
    if form == "normal" and n > 1000:
        assert drawn.abs().max() > 2.5 * size  # not cut
    elif n > 1000:
        assert drawn.abs().max() > 0.95 * bound


NORMAL, CUT_OFF, EVEN = "normal", "truncated", "uniform"

#: network, input, row, how it is drawn, by what number, its bias: as printed by the papers and the authors' code that
#: zoo/inits.py names.  Fans are counted by hand.
PAPERS = [
    ("lenet5", 32, "c1", EVEN, 2.4 / 25, 0),
    ("lenet5_1998", 32, "c3", EVEN, 2.4 / (60 * 25 / 16), 0),  # Table I: 60 connections of 16 maps
    ("lenet5_1998", 32, "f6", EVEN, 2.4 / 120, 0),
    ("alexnet_2012", 227, "conv1", NORMAL, 0.01, 0),
    ("alexnet_2012", 227, "conv2", NORMAL, 0.01, 1),
    ("alexnet_2012", 227, "conv3", NORMAL, 0.01, 0),
    ("alexnet_2012", 227, "conv5", NORMAL, 0.01, 1),
    ("alexnet_2012", 227, "fc7", NORMAL, 0.01, 1),
    ("alexnet_2012", 227, "fc8", NORMAL, 0.01, 0),
    ("vgg11", 32, "conv3_1", NORMAL, 0.1, 0),
    ("vgg16", 32, "conv3_1", EVEN, math.sqrt(6 / (9 * 128 + 9 * 256)), 0),
    ("nin", 224, "mlpconv1.conv", NORMAL, 0.01, 0),
    ("nin", 224, "mlpconv2.conv", NORMAL, 0.05, 0),
    ("nin", 224, "mlpconv4.cccp2", NORMAL, 0.01, 0),
    ("googlenet", 64, "inception3a.branch1", CUT_OFF, 0.01, None),
    ("googlenet_paper", 224, "conv1", EVEN, math.sqrt(3 / (3 * 49)), 0.2),
    ("googlenet_paper", 224, "aux1.aux1.fc1", EVEN, math.sqrt(3 / 2048), 0.2),
    ("googlenet_paper", 224, "aux1.aux1.fc2", EVEN, math.sqrt(3 / 1024), 0),
    ("inception_v3", 299, "Mixed_5b.branch1x1", CUT_OFF, 0.1, None),
    ("inception_v3", 299, "AuxLogits.aux1.conv1", CUT_OFF, 0.01, None),
    ("inception_v3", 299, "AuxLogits.aux1.fc", CUT_OFF, 0.001, 0),
    ("inception_v4", 139, "features.0", CUT_OFF, math.sqrt(2.6 / 27), None),
    ("inception_resnet_v2", 139, "classif", EVEN, math.sqrt(6 / 2536), 0),
    ("resnet18", 32, "layer2.0.conv1", NORMAL, math.sqrt(2 / (9 * 128)), None),
    ("resnet18", 32, "fc", EVEN, 1 / math.sqrt(512), 0),
    ("resnet20_cifar", 32, "layer1.0.conv1", NORMAL, math.sqrt(2 / (9 * 16)), None),
    ("resnetv2_50", 32, "stages.1.blocks.0.conv2", NORMAL, math.sqrt(2 / (9 * 128)), None),
    ("resnext50_32x4d", 32, "layer1.0.conv2", NORMAL, math.sqrt(2 / (9 * 128)), None),  # through all 32 groups
    ("seresnet50", 32, "layer1.0.se.fc1", NORMAL, math.sqrt(2 / 16), 0),
    ("densenet121", 32, "features.denseblock1.denselayer1.conv2", NORMAL, math.sqrt(2 / (9 * 32)), None),
    ("densenet121", 32, "classifier", EVEN, 1 / 32, 0),
    ("squeezenet1_1", 64, "fire2.expand3x3", EVEN, math.sqrt(3 / (9 * 16)), 0),
    ("squeezenet1_1", 64, "conv10", NORMAL, 0.01, 0),
    ("mobilenetv1_100", 32, "blocks.1.0.conv_dw", CUT_OFF, 0.09, None),
    ("mobilenet_v2", 32, "classifier", CUT_OFF, 0.09, 0),
    ("xception", 71, "block2.sepconv1.pointwise", EVEN, math.sqrt(6 / (128 + 256)), None),
    ("xception", 71, "block2.sepconv2.conv1", EVEN, math.sqrt(6 / (9 + 9 * 256)), None),
    ("darknet19", 64, "conv2", NORMAL, math.sqrt(2 / (9 * 32)), None),
]


@pytest.fixture(scope="module")
def begun() -> dict[str, nn.Module]:
    """Each network of ``PAPERS`` once."""
    return {}


@pytest.mark.parametrize(("name", "size", "row", "form", "number", "bias"), PAPERS, ids=lambda v: str(v))
def test_each_papers_initialisation(
    begun: dict[str, nn.Module], name: str, size: int, row: str, form: str, number: float, bias: float | None
) -> None:
    if name not in begun:
        begun.clear()  # one at a time: some are large
        begun[name] = vzor.build(name, input=size, init="paper", seed=8)
    unit = begun[name].get_submodule(row)
    layer = getattr(unit, "conv", unit)
    assert_moments(layer.weight, form, number)
    if bias is None:
        assert layer.bias is None
        if unit.bn is not None:
            assert torch.equal(unit.bn.weight, torch.ones_like(unit.bn.weight)) and not unit.bn.bias.any()
    else:
        assert torch.equal(layer.bias, torch.full_like(layer.bias, bias))


@pytest.mark.parametrize("name", ZOO)
def test_every_network_has_an_initialisation_for_every_row(name: str) -> None:
    init = paper_init(name)
    if init != "he":
        rows = [node for node in trace(table(name)).ops if node.leaf and node.row.kind in ("Conv", "ConvT", "Fc")]
        assert rows and all(start_of(node.path, init) for node in rows)


@pytest.mark.parametrize("module", sorted({entry.module for entry in ZOO.values()}))
def test_no_line_of_a_papers_initialisation_is_idle(module: str) -> None:
    """A pattern that no row of any of its networks matches would be a slip of the pen."""
    of_names: dict[int, set[str]] = {}
    for name in (name for name, entry in ZOO.items() if entry.module == module):
        init = paper_init(name)
        if init != "he":
            paths = [node.path for node in trace(table(name)).ops if node.leaf and node.row.kind in ("Conv", "Fc")]
            of_names.setdefault(id(init), set()).update(start_of(path, init).rows for path in paths)  # type: ignore[union-attr]
    for init in INITS.values():
        if id(init) in of_names and init != "he":
            assert of_names[id(init)] == {start.rows for start in init}


def test_the_deviation_that_cutting_leaves() -> None:
    """0.8796 of a normal's deviation: the constant that TensorFlow's variance scaling divides by."""
    assert pytest.approx(0.87962566103423978, rel=1e-12) == CUT


SMALL = Seq(
    input=Input(3, 8, 8),
    conv=Conv(64, bn=Norm()),
    fixed=Conv(2, 1, fixed=(0.5,) * 64 + (2.0,) * 64, act=None),
    gain=Gain(init=0.25),
    up=ConvT(4),
    act=Act(),
    fc=Fc(12, "tanh"),
    out=RBF(5, seed=3),
)


def test_what_the_table_fixes_stays_whatever_the_initialisation() -> None:
    nets = [build(SMALL, init=init, seed=1) for init in ("he", None, (Start(".*", normal(9.0), 3.0),))]  # type: ignore[arg-type]
    for net in nets:
        state = net.state_dict()
        assert state["fixed.conv.weight"].flatten().tolist() == [0.5] * 64 + [2.0] * 64
        assert not net.get_parameter("fixed.conv.weight").requires_grad
        assert torch.equal(state["gain.weight"], torch.full_like(state["gain.weight"], 0.25))
        assert (
            torch.equal(state["out.codes"], nets[0].state_dict()["out.codes"])
            and state["out.codes"].unique().numel() == 2
        )
        assert torch.equal(state["conv.bn.weight"], torch.ones(64)) and torch.equal(
            state["conv.bn.running_var"], torch.ones(64)
        )
        assert not state["conv.bn.bias"].any() and not state["conv.bn.running_mean"].any()
    assert torch.equal(nets[2].get_parameter("fixed.conv.bias"), torch.full((2,), 3.0))


def test_none_leaves_zeros_and_draws_nothing() -> None:
    before = torch.random.get_rng_state()
    net = build(SMALL, init=None)
    assert torch.equal(before, torch.random.get_rng_state())
    for name in ("conv.conv.weight", "up.conv.weight", "up.conv.bias", "fc.weight", "fc.bias"):
        assert not net.get_parameter(name).any()


def test_the_seed_decides_whatever_the_number_of_threads() -> None:
    table = Seq(input=Input(3, 16, 16), conv=Conv(8), fc=Fc(2048), out=Fc(5))
    assert 3 * PART < 2048 * 2048
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(1)
        alone = build(table, seed=7).state_dict()
        torch.set_num_threads(3)
        shared = build(table, seed=7).state_dict()
        with torch.inference_mode():
            inferred = build(table, seed=7).state_dict()
    finally:
        torch.set_num_threads(before)
    assert all(torch.equal(alone[key], shared[key]) and torch.equal(alone[key], inferred[key]) for key in alone)
    parts = alone["fc.weight"].flatten().split(PART)
    assert not torch.equal(parts[0], parts[1])  # each part has a stream of its own


def test_other_classes_change_the_output_layer_only() -> None:
    two, ten = (vzor.build("lenet5", classes=n, seed=3).state_dict() for n in (2, 10))
    assert {key for key in two if two[key].shape != ten[key].shape} == {"out.weight", "out.bias"}
    assert all(torch.equal(two[key], ten[key]) for key in two if not key.startswith("out"))


def test_without_a_seed_torchs_generator_decides() -> None:
    torch.manual_seed(11)
    one = build(SMALL)
    two = build(SMALL)
    torch.manual_seed(11)
    again = build(SMALL)
    assert torch.equal(one.get_parameter("conv.conv.weight"), again.get_parameter("conv.conv.weight"))
    assert not torch.equal(one.get_parameter("conv.conv.weight"), two.get_parameter("conv.conv.weight"))


def test_a_users_own_module_that_draws_is_repeatable_with_a_seed() -> None:
    class Own(Row):
        def shape(self, *xs: Shape) -> Shape:
            return (7,)

        def module(self, *xs: Shape) -> nn.Module:
            return nn.Sequential(nn.Flatten(), nn.Linear(192, 7))

    state = torch.get_rng_state()
    one, two = (build(Seq(input=Input(3, 8, 8), own=Own()), seed=2).get_parameter("own.1.weight") for _ in range(2))
    assert torch.equal(one, two) and torch.equal(state, torch.get_rng_state())


@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16])
def test_the_default_type_is_kept(dtype: torch.dtype) -> None:
    before = torch.get_default_dtype()
    try:
        torch.set_default_dtype(dtype)
        net = build(SMALL, seed=1)
    finally:
        torch.set_default_dtype(before)
    assert net.get_parameter("fc.weight").dtype == dtype and net.get_parameter("fc.weight").any()


def test_on_the_meta_device_nothing_is_drawn() -> None:
    with torch.device("meta"):
        net = build(table("vgg16"), init=paper_init("vgg16"))
    assert {value.device.type for value in net.state_dict().values()} == {"meta"}
    assert sum(value.numel() for value in net.parameters()) == 138_357_544


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_a_seed_gives_the_same_weights_on_a_gpu() -> None:
    here = build(SMALL, init=(Start(".*", truncated(0.1)),), seed=5).state_dict()
    with torch.device("cuda"):
        there = build(SMALL, init=(Start(".*", truncated(0.1)),), seed=5).state_dict()
        unseeded = build(SMALL).state_dict()
    assert all(value.is_cuda for value in there.values()) and unseeded["fc.weight"].any()
    assert all(torch.equal(here[key], there[key].cpu()) for key in here)


def test_layers_are_torchs_own_and_draw_again_when_asked() -> None:
    layer = undrawn(nn.Conv2d, 3, 5, 2)
    assert type(layer) is nn.Conv2d
    layer.reset_parameters()
    assert layer.weight.any()
    fc = build(SMALL, init=None).get_submodule("fc")
    fc.reset_parameters()  # type: ignore[operator]
    assert fc.weight.any()  # type: ignore[union-attr,operator]


def test_own_rules_by_the_first_line_that_matches() -> None:
    rules = [Start(r"fc\d", normal(0.5), 2.0), Start(r"conv|fc1", normal(0.1))]
    rows = Seq(input=Input(3, 32, 32), conv=Conv(64), gap=Gap(), fc1=Fc(100), fc2=Fc(5))
    net = vzor.build(rows, init=rules, seed=1)
    assert_moments(net.get_parameter("fc1.weight"), NORMAL, 0.5)
    assert_moments(net.get_parameter("conv.conv.weight"), NORMAL, 0.1)
    assert net.get_parameter("fc2.bias").tolist() == [2.0] * 5
    with pytest.raises(TableError, match="no word on row 'fc2'"):
        vzor.build(rows, init=rules[1:])


def test_what_init_may_be() -> None:
    with pytest.raises(vzor.UserError, match=r"init='xavier' is not known; give 'he', 'paper', None"):
        vzor.build("lenet5", init="xavier")
    with pytest.raises(vzor.UserError, match="No paper says how table begins; leave init at 'he'"):
        vzor.build(SMALL, init="paper")


def test_the_default_keeps_the_scale_of_a_deep_chain_that_the_paper_loses() -> None:
    """The reason for the default: VGG's variance of 0.01 grows by 4.8 a layer, which normalisation was to mend."""
    x = torch.randn(2, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        he, paper = (vzor.build("vgg11", input=32, init=init, seed=0).eval()(x).std() for init in ("he", "paper"))
    assert 0.1 < he < 10
    assert paper > 1e5


def test_saturating_nonlinearities_are_those_that_the_builder_makes() -> None:
    from vzor.nn.activations import activation

    made = {
        type(activation(Act(name))).__name__ for name in ("tanh", "sigmoid", "stanh", "abstanh", "softmax", "hsigmoid")
    }
    assert made == set(SATURATING)
