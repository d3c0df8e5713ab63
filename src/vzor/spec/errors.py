"""The errors a user can cause, and the guess at what they meant. No torch."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


class UserError(ValueError):
    """Wrong use or bad input: one sentence that names the thing and ends with the remedy.

    The command line prints `error: <text>` and exits with 2; nobody is shown a traceback.
    """


class TableError(UserError):
    """A table that cannot be: the text names the row, the sizes that arrived, and what would fit."""


def did_you_mean(word: str, options: Iterable[str]) -> str:
    """ " Did you mean 'x'?" for the option nearest to `word`, or "" where none is near.

    Case is ignored in the comparison; the answer is spelled as the option is.
    """
    by_lower = {option.lower(): option for option in options}
    near = get_close_matches(word.lower(), list(by_lower), n=1, cutoff=0.6)
    return f" Did you mean '{by_lower[near[0]]}'?" if near else ""
