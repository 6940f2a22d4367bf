"""What can be set for a client, or for one call with `with_options`."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any, Final, TypedDict, TypeGuard

from zuora_journal_runs._http import headers as header_rules
from zuora_journal_runs._http.polling import Polling
from zuora_journal_runs._http.retry import Backoff, RetryPolicy
from zuora_journal_runs.errors import CallError, InvalidArgumentError


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds to wait in each phase of one attempt."""

    connect: float = 5.0
    """For a connection."""
    write: float = 30.0
    """For the server to accept a piece of the request."""
    read: float = 125.0
    """For a piece of the response; Zuora itself gives up on a request after 120 seconds (rate-limit guide, 2026)."""
    pool: float = 60.0
    """For a free connection, in a transport of your own that limits them; the default transports do not."""

    def phases(self) -> dict[str, float]:
        """Return the seconds by phase, as httpx takes them."""
        return {"connect": self.connect, "write": self.write, "read": self.read, "pool": self.pool}


_SHORTEST_INTERVAL = 0.01
"""Seconds; polling more often than this only loads the tenant."""
_LARGEST_FACTOR = 100.0
_LARGEST_PAGE = 300


DEFAULT_RETRY: Final[RetryPolicy] = Backoff()
_TIMEOUTS = Timeouts()
_POLLING = Polling()


@dataclass(frozen=True, slots=True, eq=False)
class Attempt:
    """An attempt of a call that has ended, for metrics."""

    call: str
    """The call in words, such as `cancel JR-00000075`."""
    number: int
    """Which attempt of the call it was, counted from 1."""
    status_code: int | None
    """The status of the response; None if there was none."""
    seconds: float
    """Since the call began."""
    error: CallError | None
    """Why it failed; None if it did not."""
    wait: float | None
    """Seconds until the next attempt; None if this was the last."""


@dataclass(slots=True, eq=False, repr=False)
class Options:
    """The settings of a call. Each is valid: `changed` checks them."""

    track_id: str | None = None
    idempotency_key: str | None = None
    entity_id: str | None = None
    org_ids: str | None = None
    zuora_version: str | None = None
    timeouts: Timeouts = _TIMEOUTS
    deadline: float = 300.0
    retry: RetryPolicy = DEFAULT_RETRY
    compress_over: int | None = 1000
    page_size: int = _LARGEST_PAGE
    polling: Polling = _POLLING
    on_attempt: Callable[[Attempt], None] | None = None

    def headers(self) -> dict[str, str]:
        """Return the headers that every request has."""
        named = {
            "zuora-entity-ids": self.entity_id,
            "zuora-org-ids": self.org_ids,
            "zuora-version": self.zuora_version,
        }
        return {name: value for name, value in named.items() if value is not None}


class OptionChanges(TypedDict, total=False):
    """The settings of a client or a call."""

    track_id: str | None
    """`Zuora-Track-Id`, by which Zuora finds the call again; made for every call if it is None."""
    idempotency_key: str | None
    """`Idempotency-Key` of a creation; made for every creation if it is None."""
    entity_id: str | None
    """`Zuora-Entity-Ids`: the one entity to work in."""
    org_ids: str | Iterable[str] | None
    """`Zuora-Org-Ids`: the organisations to work in."""
    zuora_version: str | None
    """`Zuora-Version`; the tenant's default if it is None."""
    timeouts: Timeouts
    """Seconds to wait in each phase of one attempt."""
    deadline: float
    """Seconds for a whole call, with all of its attempts and waits."""
    retry: RetryPolicy
    """Whether and when to try again."""
    compress_over: int | None
    """Bytes above which a request's body is sent compressed; never if it is None."""
    page_size: int
    """Entries to request at once, 1 to 300."""
    polling: Polling
    """How often to poll while waiting."""
    on_attempt: Callable[[Attempt], None] | None
    """Called after each attempt of a call, for metrics."""


def changed(options: Options, changes: OptionChanges) -> Options:
    """Return the options with changes applied.

    Raises:
        InvalidArgumentError: There is no such option, or a value is not valid; the error names the option.
    """
    checked: dict[str, Any] = {}
    for name, value in changes.items():
        if name not in _PARSERS:
            raise InvalidArgumentError(f"{name} is not an option{_hint(name)}")
        checked[name] = None if value is None and name in _OPTIONAL else _PARSERS[name](value)
    return replace(options, **checked)


def parse_seconds(name: str, value: object, hint: str = "") -> float:
    """Return a number of seconds above 0.

    Args:
        name: The name of the argument.
        value: The value.
        hint: What else the argument may be, for the error.

    Raises:
        InvalidArgumentError: The value is not a finite number above 0.
    """
    if _is_number(value) and 0 < value < math.inf:
        return value
    raise InvalidArgumentError(f"{name} is {value!r}: give a number of seconds above 0{hint}")


def parse_count(name: str, value: object) -> int:
    """Return a whole number above 0.

    Raises:
        InvalidArgumentError: The value is anything else.
    """
    if isinstance(value, int) and not isinstance(value, bool) and value > 0:
        return value
    raise InvalidArgumentError(f"{name} is {value!r}: give a whole number above 0, or None")


def parse_callable(name: str, value: Any) -> Any:
    """Return a function.

    Raises:
        InvalidArgumentError: The value cannot be called.
    """
    if callable(value):
        return value
    raise InvalidArgumentError(f"{name} is {value!r}: give a function")


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _parse_timeouts(value: object) -> Timeouts:
    if not isinstance(value, Timeouts):
        raise InvalidArgumentError(f"timeouts is {value!r}: give Timeouts, such as Timeouts(read=30.0)")
    for phase, seconds in value.phases().items():
        parse_seconds(f"{phase} of timeouts", seconds)
    return value


def _parse_polling(value: object) -> Polling:
    if not isinstance(value, Polling):
        raise InvalidArgumentError(f"polling is {value!r}: give Polling, such as Polling(longest=60.0)")
    for name, interval in (("first", value.first), ("longest", value.longest)):
        if not (_is_number(interval) and _SHORTEST_INTERVAL <= interval < math.inf):
            raise InvalidArgumentError(f"{name} of polling is {interval!r}: give at least {_SHORTEST_INTERVAL} s")
    if not (_is_number(value.factor) and 1.0 <= value.factor <= _LARGEST_FACTOR):
        raise InvalidArgumentError(f"factor of polling is {value.factor!r}: give 1 to {_LARGEST_FACTOR:g}")
    return value


def _parse_page_size(value: object) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= _LARGEST_PAGE:
        return value
    raise InvalidArgumentError(f"page_size is {value!r}: Zuora allows 1 to {_LARGEST_PAGE}")


def _parse_compress_over(value: object) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    raise InvalidArgumentError(f"compress_over is {value!r}: give a number of bytes, or None")


def _hint(name: str) -> str:
    import difflib  # takes a while to import, and only an error needs it

    near = difflib.get_close_matches(name, _PARSERS, n=1)
    return f": did you mean {near[0]}?" if near else f": the options are {', '.join(_PARSERS)}"


_OPTIONAL = ("track_id", "idempotency_key", "entity_id", "org_ids", "zuora_version", "compress_over", "on_attempt")
_PARSERS: dict[str, Callable[[Any], Any]] = {
    "track_id": header_rules.parse_track_id,
    "idempotency_key": header_rules.parse_idempotency_key,
    "entity_id": header_rules.parse_entity_id,
    "org_ids": header_rules.parse_org_ids,
    "zuora_version": header_rules.parse_zuora_version,
    "timeouts": _parse_timeouts,
    "deadline": lambda value: parse_seconds("deadline", value),
    "retry": lambda value: parse_callable("retry", value),
    "compress_over": _parse_compress_over,
    "page_size": _parse_page_size,
    "polling": _parse_polling,
    "on_attempt": lambda value: parse_callable("on_attempt", value),
}
