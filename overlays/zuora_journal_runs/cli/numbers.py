"""The run numbers that a command is given, as arguments and on standard input."""

from __future__ import annotations

import re
import sys
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

import click

from zuora_journal_runs._http import RunNumber
from zuora_journal_runs.errors import InvalidArgumentError

from .problems import complain

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

NUMBERS = click.argument("given", metavar="NUMBER...", nargs=-1, required=True)
_STDIN = "-"
_NAMED = 10
"""Mistakes that an error names; of more it says how many."""


class _Word(NamedTuple):
    text: str
    place: str
    """Where it was found, for an error; empty for an argument."""


def run_numbers(given: Sequence[str]) -> list[str]:
    """Return the run numbers among the arguments, with those on standard input in place of `-`, each once.

    On standard input `#` begins a comment, and numbers are separated by blanks, tabs and ends of lines. Nothing else is
    skipped: text that is not a number may be a number with a typing error.

    Raises:
        UsageError: there are no numbers, or some are not valid; it names them, with line and column.
    """
    if given.count(_STDIN) > 1:
        raise click.UsageError("standard input can be read only once: give - once")
    words = [word for argument in given for word in (_stdin() if argument == _STDIN else [_Word(argument, "")])]
    if not words:
        raise click.UsageError("no run numbers on standard input")
    if invalid := [f"{word.place}{word.text!r}" for word in words if not _is_valid(word.text)]:
        more = f" and {len(invalid) - _NAMED:,} more" if len(invalid) > _NAMED else ""
        what = "is not a journal run number" if len(invalid) == 1 else "are not journal run numbers"
        raise click.UsageError(
            f"{', '.join(invalid[:_NAMED])}{more} {what}: the form is JR-00000075; nothing was changed"
        )
    numbers = Counter(word.text for word in words)
    for number, times in numbers.items():
        if times > 1:
            complain(f"{number} is given {times:,} times, and used once")
    return list(numbers)


def _stdin() -> Iterator[_Word]:
    # Bytes that are not UTF-8 do no harm in a comment, and make no number elsewhere.
    text = sys.stdin.buffer.read().decode("utf-8-sig", "replace") if sys.stdin else ""
    for line, content in enumerate(re.split(r"\r\n|\r|\n", text), 1):
        for word in re.finditer(r"[^ \t]+", content.partition("#")[0]):
            yield _Word(word[0], f"standard input, line {line:,}, column {word.start() + 1:,}: ")


def _is_valid(text: str) -> bool:
    try:
        RunNumber(text)
    except InvalidArgumentError:
        return False
    return True
