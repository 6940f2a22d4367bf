"""Run numbers from arguments and standard input."""

from __future__ import annotations

import re
import sys
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

import click

from zuora_journal_runs._http import RunNumber
from zuora_journal_runs.errors import InvalidArgumentError

from .error_messages import print_error
from .parameters import checked

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

NUMBERS = click.argument("given", metavar="[NUMBER]...", nargs=-1)
_STDIN = "-"
_MISSING = "no run: give its NUMBER, or --apply a plan"
_MAX_LISTED = 10
"""How many mistakes an error names; beyond that it only counts them."""


class _Word(NamedTuple):
    text: str
    place: str
    """Where it is, as a prefix for an error; empty for an argument."""


def run_numbers(given: Sequence[str]) -> list[str]:
    """Return the run numbers among the arguments, with those on standard input in place of `-`, each once.

    On standard input, `#` starts a comment, and whitespace separates numbers. Nothing else is skipped: text that is not
    a number may be a number with a typing error.

    Raises:
        UsageError: There are no numbers, or some are invalid; it names them, with line and column.
    """
    if given.count(_STDIN) > 1:
        raise click.UsageError("standard input can be read only once: give - only once")
    words = [word for argument in given for word in (_stdin() if argument == _STDIN else [_Word(argument, "")])]
    if not given:
        raise click.UsageError(_MISSING)
    if not words:
        raise click.UsageError("no run numbers on standard input")
    if invalid := [word for word in words if not _is_valid(word.text)]:
        raise click.UsageError(f"{_explain(invalid)}; nothing was changed")
    numbers = Counter(word.text for word in words)
    for number, times in numbers.items():
        if times > 1:
            print_error(f"{number} is given {times:,} times; it is used once")
    return list(numbers)


def _stdin() -> Iterator[_Word]:
    # Bytes that are not UTF-8 are harmless in a comment, and no run number elsewhere.
    text = sys.stdin.buffer.read().decode("utf-8-sig", "replace") if sys.stdin else ""
    for line, content in enumerate(re.split(r"\r\n|\r|\n", text), 1):
        for word in re.finditer(r"[^ \t]+", content.partition("#")[0]):
            yield _Word(word[0], f"standard input, line {line:,}, column {word.start() + 1:,}: ")


def run_number(text: str) -> RunNumber:
    """Parse a run number.

    Raises:
        InvalidArgumentError: It is not one.
    """
    if too_short := _too_short(text):
        raise InvalidArgumentError(too_short)
    return RunNumber(text)


NUMBER = click.argument("number", callback=checked(run_number))
OPTIONAL_NUMBER = click.argument("number", required=False, callback=checked(run_number))
"""For a command that takes the number from a plan if it has one."""


def required_number(number: str | None) -> str:
    """Return a number that has to be given, since there is no plan to take it from.

    Raises:
        UsageError: It is not given.
    """
    if number is None:
        raise click.UsageError(_MISSING)
    return number


def _too_short(text: str) -> str | None:
    """Return the message for a number that lacks digits; None for any other text."""
    number = re.fullmatch("JR-([0-9]{1,7})", text)
    if number is None:
        return None
    digits = "1 digit" if len(number[1]) == 1 else f"{len(number[1])} digits"
    return f"{text} has {digits}; a run number has at least 8"


def _explain(invalid: Sequence[_Word]) -> str:
    """Return what is wrong with words that are not run numbers."""
    if len(invalid) == 1 and (too_short := _too_short(invalid[0].text)):
        return f"{invalid[0].place}{too_short}"
    listed = ", ".join(f"{word.place}{word.text!r}" for word in invalid[:_MAX_LISTED])
    more = f" and {len(invalid) - _MAX_LISTED:,} more" if len(invalid) > _MAX_LISTED else ""
    what = "is not a journal run number" if len(invalid) == 1 else "are not journal run numbers"
    return f"{listed}{more} {what}: the form is JR-00000075"


def _is_valid(text: str) -> bool:
    try:
        run_number(text)
    except InvalidArgumentError:
        return False
    return True
