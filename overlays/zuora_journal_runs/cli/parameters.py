"""Options that several commands share, and functions that check the values of options."""

from __future__ import annotations

import difflib
import math
import re
from typing import TYPE_CHECKING, Any, TypeVar

import click
from click.shell_completion import CompletionItem

from zuora_journal_runs._http import (
    parse_entity_id,
    parse_org_ids,
    parse_track_id,
    parse_zuora_version,
)
from zuora_journal_runs.errors import InvalidArgumentError

from .error_messages import message_of

if TYPE_CHECKING:
    import datetime
    from collections.abc import Callable

    T = TypeVar("T")

_NUMBER = r"[0-9]+(?:\.[0-9]+)?"
_DURATION = re.compile(f"(?:({_NUMBER})h)?(?:({_NUMBER})m)?(?:({_NUMBER})s)?")


def checked(check: Callable[[str], T]) -> Callable[[click.Context, click.Parameter, str | None], T | None]:
    """Return a callback that converts a value with `check`, which raises InvalidArgumentError if it is invalid."""

    def callback(_: click.Context, __: click.Parameter, value: str | None) -> T | None:
        try:
            return None if value is None else check(value)
        except InvalidArgumentError as error:
            raise click.BadParameter(message_of(error)) from None

    return callback


def all_checked(check: Callable[[str], T]) -> Callable[[click.Context, click.Parameter, tuple[str, ...]], list[T]]:
    """Return the same for an option that can be repeated."""
    one = checked(check)

    def callback(context: click.Context, parameter: click.Parameter, values: tuple[str, ...]) -> list[T]:
        return [read for value in values if (read := one(context, parameter, value)) is not None]

    return callback


def date(value: str) -> datetime.date:
    """Return a date.

    Raises:
        InvalidArgumentError: `value` is not a valid date.
    """
    from zuora_journal_runs._client import parse_date

    return parse_date("it", value)


def duration(value: str) -> float:
    """Return the seconds in a duration such as 90s, 10m, 2h or 1h30m; a number alone is in seconds.

    `never` and `none` mean no limit, and give infinity.

    Raises:
        InvalidArgumentError: It is not a duration above 0.
    """
    if value in ("never", "none"):
        return math.inf
    match = _DURATION.fullmatch(f"{value}s" if re.fullmatch(_NUMBER, value) else value)
    total = (
        sum(float(part or 0) * unit for part, unit in zip(match.groups(), (3600, 60, 1), strict=True)) if match else 0
    )
    if 0 < total < math.inf:
        return total
    raise InvalidArgumentError(f"{value!r} is not a duration: write it as 90s, 10m, 2h or 1h30m, or none for no limit")


class WholeNumber(click.IntRange):
    """A whole number in a range, whose errors are plain."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the number."""
        try:
            return super().convert(value, param, ctx)
        except click.BadParameter:
            upper = "" if self.max is None else f" and at most {self.max}"
            self.fail(f"{value!r} is not a whole number of at least {self.min}{upper}", param, ctx)


class Seconds(click.FloatRange):
    """A number of seconds, whose errors are plain."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the number."""
        try:
            return super().convert(value, param, ctx)
        except click.BadParameter:
            lower = f"above {self.min:g}" if self.min_open else f"of at least {self.min:g}"
            self.fail(f"{value!r} is not a number of seconds {lower}", param, ctx)


def limited(seconds: float) -> float | None:
    """Return a timeout for the client, in which None means no limit."""
    return None if seconds == math.inf else seconds


def transaction_type(value: str) -> str:
    """Return the name of a transaction type.

    Raises:
        InvalidArgumentError: `value` is not a transaction type; the error suggests similar ones.
    """
    names = transaction_types()
    if value in names:
        return value
    folded = {name.casefold(): name for name in names}
    near = [folded[name] for name in difflib.get_close_matches(value.casefold(), folded, n=3)]
    hint = f"did you mean {' or '.join(map(repr, near))}?" if near else "--help lists all of them"
    raise InvalidArgumentError(f"{value!r} is not a transaction type: {hint}")


def transaction_types() -> list[str]:
    """Return the names of all transaction types."""
    from zuora_journal_runs import TransactionType

    return [str(name) for name in TransactionType]


def complete_type(_: click.Context, __: click.Parameter, start: str) -> list[CompletionItem]:
    """Return the transaction types that start with a text, in upper or lower case."""
    return [CompletionItem(name) for name in transaction_types() if name.casefold().startswith(start.casefold())]


JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON; see zjr schema.")
YES = click.option("-y", "--yes", is_flag=True, help="Do not ask for confirmation.")
TIMEOUT = click.option(
    "--timeout",
    metavar="TIME",
    default="1h",
    show_default=True,
    callback=checked(duration),
    help="Maximum time to wait, such as 90s, 10m or 2h; none for no limit.",
)
STALL_AFTER = click.option(
    "--stall-after",
    metavar="TIME",
    default="10m",
    show_default=True,
    callback=checked(duration),
    help="Stop waiting if nothing changes for this long after the first entry was cancelled; or never.",
)
EVIDENCE = click.option(
    "--evidence",
    metavar="FILE",
    type=click.Path(),
    help="Write the evidence of the outcome to this file, for `zjr evidence`; for several runs it is a folder.",
)
HEADERS: dict[str, Callable[[Callable[..., int]], Callable[..., int]]] = {
    "entity_id": click.option(
        "--entity", "entity_id", metavar="ID", callback=checked(parse_entity_id), help="Use this entity."
    ),
    "org_ids": click.option(
        "--org",
        "org_ids",
        metavar="IDS",
        callback=checked(parse_org_ids),
        help="Use these organisations: a,b,c.",
    ),
    "track_id": click.option(
        "--track-id",
        metavar="ID",
        callback=checked(parse_track_id),
        help="Sent as Zuora-Track-Id; quote it to Zuora's support.",
    ),
    "zuora_version": click.option(
        "--zuora-version",
        metavar="V",
        callback=checked(parse_zuora_version),
        help="Use this version of the API.",
    ),
}
"""Options that become headers, by their names in the client."""
