"""Options: their names are frozen, every setting has one, and ``key=value`` means ``--key value``."""

from dataclasses import fields
from importlib import import_module
from pathlib import Path

import pytest

from vzor.cli.command import as_options, help_text, make
from vzor.cli.main import VERBS
from vzor.cli.options import TOLD
from vzor.training.settings import Settings

LOCK = Path(__file__).with_name("options.lock")


def command(verb: str):
    return make(import_module(f"vzor.cli.{verb}").run, verb)


def names(verb: str) -> list[str]:
    return sorted(name for p in command(verb).params for name in (*p.opts, *p.secondary_opts))


def test_names_of_options_are_frozen() -> None:
    """A name that goes or changes breaks scripts: keep the old one as an alias, then write the lock anew."""
    now = "".join(f"{verb}: {' '.join(names(verb))}\n" for verb in VERBS)
    assert now == LOCK.read_text("utf-8")


def test_every_setting_is_an_option_with_help() -> None:
    params = {p.name: p for p in command("train").params}
    for field in fields(Settings):
        assert field.name in params and field.name in TOLD
        assert TOLD[field.name].help
        assert params[field.name].default is None  # so that resuming knows what was given
    assert set(TOLD) <= {field.name for field in fields(Settings)}


@pytest.mark.parametrize("verb", VERBS)
def test_help_explains_every_parameter(cli, verb: str) -> None:
    done = cli(verb, "--help")
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith(f"Usage: vzor {verb}")
    assert cli("help", verb).out == done.out
    for param in command(verb).params:
        assert param.help, f"{verb}: {param.name}"
        assert (param.opts[0] if param.param_type_name == "option" else param.metavar) in help_text(command(verb))


def test_every_verb_has_json_and_those_that_compute_have_device_seed_and_precision() -> None:
    assert all("--json" in names(verb) for verb in VERBS)
    for verb in ("train", "evaluate", "predict"):
        assert {"--device", "--seed", "--precision"} <= set(names(verb))


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        (["resnet18", "classes=3"], ["resnet18", "--classes=3"]),
        (["resnet18", "--input=3x8x8", "notes=false"], ["resnet18", "--input=3x8x8", "--no-notes"]),
        (["resnet18", "json=true", "notes=yes"], ["resnet18", "--json", "--notes"]),
        (["json=no", "resnet18"], ["resnet18"]),
        (["--out", "depth=2", "x"], ["--out", "depth=2", "x"]),  # the value of the option before
        (["--", "depth=2"], ["--", "depth=2"]),
        (["there=1"], ["there=1"]),  # a path that exists
        (["a/b=c", "1=2", "format="], ["a/b=c", "1=2", "--format="]),
    ],
)
def test_key_value(given: list[str], meant: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("there=1").touch()
    Path("depth=2").touch()
    assert as_options(command("show"), given) == meant


def test_key_value_and_underscores_reach_the_verb(cli) -> None:
    plain = cli("show", "lenet5", "--classes", "3", "--json").out
    assert cli("show", "lenet5", "classes=3", "json=true").out == plain
    assert command("train").kinds["weight_decay"] is float
    assert as_options(command("train"), ["--weight_decay", "0.1", "max_seconds=3"]) == [
        "--weight-decay",
        "0.1",
        "--max-seconds=3",
    ]


def test_a_path_with_an_equals_sign_stays_a_path(cli) -> None:
    Path("classes=3.tsv").write_text("Input\t8x8\nConvolution 1\t3x3@4\nFully-connected\t2\n", "utf-8")
    assert "1×8×8 → 2" in cli("show", "classes=3.tsv").out


@pytest.mark.parametrize("words", [(), ("--help",), ("-h",), ("help",)])
def test_the_overview_names_every_verb(cli, words: tuple[str, ...]) -> None:
    done = cli(*words)
    assert (done.code, done.err) == (0, "")
    assert all(f"  {verb} " in done.out for verb in VERBS)
