"""A verb's function as a command: typer declares and splits the words, here they become values and sentences.

Values are converted here and not by typer, which would import pydantic for it: a third of the time in which
``vzor show`` answers.
"""

from __future__ import annotations

import inspect
import os
import re
import shutil
import textwrap
from collections.abc import Callable, Sequence
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

import typer
from typer.core import TyperCommand

from vzor.spec.errors import UserError, did_you_mean

#: Whatever the words on the command line did wrong; its class has no public name of its own.
ClickError: type[Exception] = typer.BadParameter.__mro__[2]

# Options that many verbs have, so that they are called and explained alike.
Source = Annotated[str, typer.Argument(metavar="DATA", help="A folder, .csv, .npz, .zip, IDX files, or: digits.")]
Run = Annotated[str, typer.Argument(metavar="RUN", help="A run's folder, or a checkpoint.")]
Trained = Annotated[
    str, typer.Argument(metavar="RUN", help="A run's folder, a checkpoint, or a network's name with its weights.")
]
Begin = Annotated[
    str | None,
    typer.Option("--weights", metavar="SET|FILE", help="Of a network: a published set, or a file. [the best]"),
]
Naming = Annotated[
    str | None,
    typer.Option(metavar="A,B,…|FILE", help="Names of a network's classes, where its weights do not say them."),
]
Network = Annotated[str, typer.Argument(metavar="NETWORK", help="A network's name, or the file of your own table.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON on standard output, and nothing else there.")]
Classes = Annotated[int | None, typer.Option(metavar="N", help="Classes of the network's output.")]
Channels = Annotated[int | None, typer.Option(metavar="N", help="Channels of the network's input.")]
Input = Annotated[str | None, typer.Option(metavar="CxHxW", help="Size of the network's input, such as 3x224x224.")]
Out = Annotated[Path | None, typer.Option(metavar="FILE", help="Write into this file, not to standard output.")]
Device = Annotated[str, typer.Option(metavar="auto|cpu|cuda:N|mps", help="Where to compute; auto: the first there is.")]
Seed = Annotated[int, typer.Option(metavar="N", help="What chance depends on.")]
Precision = Annotated[str, typer.Option(metavar="auto|fp32|bf16", help="Arithmetic; auto: as it was trained.")]

PRECISIONS = ("auto", "fp32", "bf16")
TRUE, FALSE = ("true", "yes", "on", "1"), ("false", "no", "off", "0")


class Command(TyperCommand):
    """One verb.  ``kinds``: the type of each parameter of its function."""

    verb = ""
    kinds: dict[str, Any]

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Fill ``ctx.params`` from the words of the command line; UserError for values that cannot be."""
        found, extra, _ = self.make_parser(ctx).parse_args(args=as_options(self, args))
        if found.get("help"):
            print(self.get_help(ctx))
            ctx.exit()
        if extra:
            raise UserError(f"'{extra[0]}' is one word too many; write `{usage(self)}`.")
        for param in self.params:
            value = found.get(param.name)
            if value is None or value == () or "Sentinel" in type(value).__name__:
                if param.required:
                    raise UserError(f"{shown(param)} is missing; write `{usage(self)}`.")
                value = param.default
            else:
                value = convert(value, self.kinds[param.name], shown(param))
            ctx.params[param.name] = value
        return []

    def get_help(self, ctx: Any) -> str:
        """What ``vzor VERB --help`` prints."""
        return help_text(self)


def make(function: Callable[..., None], verb: str) -> Command:
    """The command that calls ``function`` with the values of its annotated parameters."""
    app = typer.Typer(add_completion=False, rich_markup_mode=None)
    app.command(verb, cls=Command, context_settings={"help_option_names": ["-h", "--help"]})(function)
    command = typer.main.get_command(app)
    assert isinstance(command, Command)
    command.verb = verb
    command.kinds = {name: bare(kind) for name, kind in get_type_hints(function).items()}
    return command


def bare(kind: Any) -> Any:
    """The type itself: ``int`` for ``int | None``."""
    if get_origin(kind) in (Union, UnionType):
        return next(inner for inner in get_args(kind) if inner is not NoneType)
    return kind


def convert(value: Any, kind: Any, name: str) -> Any:
    """The word ``value`` as ``kind``: str, int, float, bool, Path, or a list of these."""
    if get_origin(kind) is list:
        return [convert(item, get_args(kind)[0], name) for item in value]
    if kind in (int, float):
        try:
            return kind(value)
        except ValueError:
            what = "whole number" if kind is int else "number"
            raise UserError(f"{name} is '{value}'; give a {what}.") from None
    return Path(value).expanduser() if kind is Path else value


def size(text: str | None) -> str | int | None:
    """``--input`` as `vzor.table` takes it: one number stands for every side."""
    return int(text) if text is not None and text.isascii() and text.isdigit() else text


def class_names(words: str | None) -> list[str] | None:
    """``--classes`` of a network with weights: names, a file with one in each line, or what a set is for."""
    from vzor.weights.catalogue import CLASSES
    from vzor.weights.catalogue import class_names as of_set

    if words is None:
        return None
    if words in CLASSES:
        return list(of_set(words))
    path = Path(words).expanduser()
    if not path.is_file():
        return [word.strip() for word in words.split(",") if word.strip()]
    try:
        return [line.strip() for line in path.read_text("utf-8").splitlines() if line.strip()]
    except (OSError, UnicodeDecodeError):
        raise UserError(f"{path} is no text; give a file with one name in each line.") from None


def arithmetic(precision: str) -> str | None:
    """``--precision`` as a `Model` takes it; UserError for one that there is not."""
    if precision not in PRECISIONS:
        guess = did_you_mean(precision, PRECISIONS)
        raise UserError(f"There is no precision '{precision}'.{guess} Choose from {', '.join(PRECISIONS)}.")
    return None if precision == "auto" else precision


# --- key=value --------------------------------------------------------------------------------


def as_options(command: Command, words: Sequence[str]) -> list[str]:
    """The words with ``key=value`` and ``--under_score`` written as ``--key=value`` and ``--under-score``.

    Only where the verb has such an option, and never for a path that exists, the value of the option before,
    or what follows ``--``.
    """
    known = options(command)
    done: list[str] = []
    value_next = False
    for i, word in enumerate(words):
        if word == "--":
            return done + list(words[i:])
        if value_next:
            value_next = False
        elif word.startswith("--"):
            name, equals, value = word.partition("=")
            name = name if name in known else name.replace("_", "-")
            word = name + equals + value
            value_next = name in known and not equals and not known[name].is_flag
        elif (pair := re.fullmatch(r"([A-Za-z][\w-]*)=(.*)", word, re.DOTALL)) and not os.path.lexists(word):
            word = as_option(command, known, word, *pair.groups())
        done.append(word)
    return [word for word in done if word]


def as_option(command: Command, known: dict[str, Any], word: str, key: str, value: str) -> str:
    """One ``key=value`` as an option; as it is where the verb has none like it; "" for a flag turned off."""
    name = "--" + key.replace("_", "-")
    if name not in known:
        if guess := did_you_mean(name, known):
            raise UserError(f"There is no option '{key}'.{guess} `vzor {command.verb} --help` lists them.")
        return word
    param = known[name]
    if not param.is_flag:
        return f"{name}={value}"
    if value.lower() not in TRUE + FALSE:
        raise UserError(f"{key} is '{value}'; give true or false.")
    if value.lower() in TRUE:
        return name
    return str(param.secondary_opts[0]) if param.secondary_opts else ""


def options(command: Command) -> dict[str, Any]:
    """Every way to write an option, with its parameter."""
    every = [param for param in command.params if param.param_type_name == "option"]
    return {name: param for param in every for name in (*param.opts, *param.secondary_opts)}


# --- sentences --------------------------------------------------------------------------------


def sentence(error: Exception, command: Command) -> str:
    """What typer's parser says, as one sentence that ends with the remedy."""
    known = options(command)
    name = getattr(error, "option_name", None)
    if name in known and not known[name].is_flag:
        return f"{name} has no value; write {name} {placeholder(known[name])}."
    if name in known:
        return f"{name} takes no value; write {name} alone."
    if name is not None:
        guess = did_you_mean(name, known)
        return f"There is no option {name}.{guess} `vzor {command.verb} --help` lists those of {command.verb}."
    said = getattr(error, "format_message", error.__str__)().rstrip(".")
    return f"{said}; `vzor {command.verb} --help` shows how."


def placeholder(param: Any) -> str:
    """What stands for a parameter's value: ``N``, ``DATA``."""
    return str(param.metavar or param.name.upper())


def shown(param: Any) -> str:
    """How sentences call a parameter: ``--network`` or ``DATA``."""
    return str(param.opts[0]) if param.param_type_name == "option" else placeholder(param)


def usage(command: Command) -> str:
    """``vzor train DATA --network NETWORK [options]``."""
    words = ["vzor", command.verb]
    for param in command.params:
        if param.param_type_name == "option":
            if param.required:
                words.append(f"{param.opts[0]} {placeholder(param)}")
            continue
        word = placeholder(param) + (" …" if param.nargs == -1 else "")
        words.append(word if param.required else f"[{word}]")
    return " ".join([*words, "[options]"])


# --- help -------------------------------------------------------------------------------------


def help_text(command: Command) -> str:
    """Usage, what the verb does, and its parameters by subject."""
    wide = max(60, min(100, shutil.get_terminal_size((100, 24)).columns))
    parts = [f"Usage: {usage(command)}", ""]
    about = inspect.cleandoc(command.help or "")
    parts += [textwrap.fill(paragraph, wide) + "\n" for paragraph in about.split("\n\n")]
    subjects: dict[str, list[tuple[str, str]]] = {}
    for param in command.params:
        argument = param.param_type_name == "argument"
        subject = getattr(param, "rich_help_panel", None) or ("Arguments" if argument else "Options")
        subjects.setdefault(subject, []).append((written(param), explained(param)))
    subjects.setdefault("Options", []).append(("-h, --help", "Show this and stop."))
    left = min(32, max(len(name) for rows in subjects.values() for name, _ in rows))
    for subject, rows in subjects.items():
        parts.append(f"{subject}:")
        for name, words in rows:
            first, *rest = textwrap.wrap(words, max(24, wide - left - 4)) or [""]
            if len(name) > left:
                parts.append(f"  {name}")
                name = ""
            parts += [f"  {name:<{left}}  {first}".rstrip(), *(" " * (left + 4) + line for line in rest)]
        parts.append("")
    return "\n".join([*parts, "key=value may be written for --key value."])


def written(param: Any) -> str:
    """``--lr X``, ``--mirror/--no-mirror``, ``DATA``."""
    if param.param_type_name == "argument":
        return placeholder(param)
    name = "/".join([", ".join(param.opts), *param.secondary_opts])
    return name if param.is_flag else f"{name} {placeholder(param)}"


def explained(param: Any) -> str:
    """The parameter's help and its default."""
    words = str(param.help or "")
    default = param.default
    if isinstance(default, bool):
        default = ("on" if default else "off") if param.secondary_opts else None
    return words if default in (None, "", (), []) else f"{words} [{default}]"
