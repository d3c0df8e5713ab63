"""The console entry: find the verb, import its file only, run it, and turn what went wrong into an exit code."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from importlib import import_module

from vzor import __version__
from vzor.spec.errors import UserError, did_you_mean

#: verb: what it does.  Each is a file of this folder with a function ``run``.
VERBS = {
    "list": "names the networks",
    "show": "a network's table: shapes, parameters, mult-adds, memory, receptive field",
    "compare": "several networks side by side, as a table and a picture",
    "check": "where networks depart from the principles of design, by row and figure",
    "eject": "writes a network as one plain PyTorch file that does not need vzor",
    "data": "what was found in a data set: bad files, classes, sizes",
    "train": "trains a network; --resume RUN continues",
    "evaluate": "scores a run, or published weights, on data",
    "predict": "uses a run, or published weights, on pictures",
    "look": "shows what a run has learnt and where it is wrong",
    "weights": "published weights; what a file of weights holds, and which network it fits",
}
HELP = ("-h", "--help")
OK, FAULT, USAGE, STOPPED, PIPE = 0, 1, 2, 130, 141  # 128 + the signal's number, as shells count


def main(argv: Sequence[str] | None = None) -> int:
    """Run ``vzor`` with the words ``argv`` (None: those of this process) and return the exit code.

    0 done; 2 wrong use or bad input, one sentence on standard error; 1 a fault of ours, with its traceback;
    130 interrupted.
    """
    _unbreakable_output()
    try:
        code = _run(list(sys.argv[1:] if argv is None else argv))
        sys.stdout.flush()  # a reader that has gone away shows here, and not when Python ends
        return code
    except UserError as error:
        return _refuse(str(error))
    except BrokenPipeError:
        _forget_output()
        return PIPE
    except KeyboardInterrupt:
        print("Stopped.", file=sys.stderr)
        return STOPPED
    except Exception as error:
        return _failed(error)


def _run(words: list[str]) -> int:
    if not words or words[0] in (*HELP, "help"):
        if words[1:2] and words[1] in VERBS:
            return _verb(words[1], ["--help"])
        print(overview())
        return OK
    first, *rest = words
    if first in ("--version", "-V", "version"):
        print(f"vzor {__version__}")
        return OK
    if first.startswith("-"):
        guess = did_you_mean(first, ("--help", "--version"))
        raise UserError(f"{first} stands before the verb.{guess} Write the verb first; `vzor --help` lists them.")
    if first not in VERBS:
        raise UserError(f"There is no verb '{first}'.{did_you_mean(first, VERBS)} `vzor --help` lists the verbs.")
    return _verb(first, rest)


def _verb(verb: str, words: list[str]) -> int:
    """Import the verb's file, parse ``words`` by its signature, run it."""
    from typer import Exit

    from vzor.cli.command import ClickError, make, sentence

    command = make(import_module(f"vzor.cli.{verb}").run, verb)
    try:
        with command.make_context(f"vzor {verb}", words) as context:
            command.invoke(context)
    except Exit as end:
        return end.exit_code
    except ClickError as error:
        raise UserError(sentence(error, command)) from None
    return OK


def overview() -> str:
    """The text of ``vzor --help``."""
    wide = max(map(len, VERBS))
    verbs = [f"  {verb:<{wide}}  {what}" for verb, what in VERBS.items()]
    about = "vzor: convolutional networks as tables: shown, measured, built, trained and used."
    more = "`vzor VERB --help` lists a verb's options; `vzor --version` prints the version."
    return "\n".join([about, "", "Usage: vzor VERB …", "", *verbs, "", more])


def _refuse(text: str) -> int:
    """One line on standard error, whatever the text quotes."""
    print(f"error: {' '.join(text.split())}", file=sys.stderr)
    return USAGE


def _failed(error: Exception) -> int:
    """What ended a verb and is no UserError: a saved stop, a machine that is full, or a fault of ours."""
    from vzor.training.interrupt import Interrupted

    if isinstance(error, Interrupted):
        print(error, file=sys.stderr)
        return error.code
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return _refuse(f"The disk is full ({error.filename or error.strerror}); free some space and try again.")
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        return _refuse("The memory is used up; try a smaller --batch, a smaller --input or another --device.")
    import traceback

    traceback.print_exception(error)
    print("This is a fault of vzor and not yours: please report it with the lines above.", file=sys.stderr)
    return FAULT


def _unbreakable_output() -> None:
    """File names of any bytes, and × or → on a terminal that has none, must not end a verb."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            utf8 = (stream.encoding or "").lower().replace("-", "") == "utf8"
            stream.reconfigure(errors="surrogateescape" if utf8 else "replace")


def _forget_output() -> None:
    """Nobody reads any more: what is still buffered goes nowhere, silently."""
    with suppress(OSError, ValueError):  # where standard output is no file
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    sys.exit(main())
