"""What can be set for a client, or for one call with `with_options`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypedDict

from zuora_journal_runs._http import headers as header_rules
from zuora_journal_runs._http.polling import Polling
from zuora_journal_runs._http.retry import Backoff, RetryPolicy
from zuora_journal_runs.errors import CallError, InvalidArgumentError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


class Timeouts(NamedTuple):
    """Seconds to wait in each phase of one attempt."""

    connect: float = 5.0
    """For a connection."""
    write: float = 30.0
    """For a piece of the request to be taken."""
    read: float = 125.0
    """For a piece of the answer; Zuora gives up on a request after 120 seconds itself (rate-limit guide, 2026)."""
    pool: float = 60.0
    """For a connection to be free, in a transport of the caller's own that limits them; the default ones do not."""


_SHORTEST_INTERVAL = 0.01
"""Seconds; whoever polls more often just keeps the tenant busy."""
_LARGEST_FACTOR = 100.0


DEFAULT_RETRY: Final[RetryPolicy] = Backoff()


class Attempt(NamedTuple):
    """An attempt of a call that has ended, for metrics."""

    call: str
    """The call in words, such as `cancel JR-00000075`."""
    number: int
    """Which attempt of the call it was, counted from 1."""
    status_code: int | None
    """The status of the answer; None if none came."""
    seconds: float
    """Since the call began."""
    error: CallError | None
    """Why it failed; None if it did not."""
    wait: float | None
    """Seconds until the next attempt; None if this was the last."""


class Options(NamedTuple):
    """The settings of a call, checked."""

    track_id: str | None = None
    idempotency_key: str | None = None
    entity_id: str | None = None
    org_ids: str | None = None
    zuora_version: str | None = None
    timeouts: Timeouts = Timeouts()
    deadline: float = 300.0
    retry: RetryPolicy = DEFAULT_RETRY
    compress_over: int | None = 1000
    page_size: int = 300
    polling: Polling = Polling()
    on_attempt: Callable[[Attempt], None] | None = None

    def headers(self) -> dict[str, str]:
        """The headers that every request bears."""
        named = {
            "zuora-entity-ids": self.entity_id,
            "zuora-org-ids": self.org_ids,
            "zuora-version": self.zuora_version,
        }
        return {name: value for name, value in named.items() if value is not None}


class OptionChanges(TypedDict, total=False):
    """The settings of a client or a call."""

    track_id: str | None
    """`Zuora-Track-Id`, to find the call again at Zuora's; made for every call if it is None."""
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
    """Entries to ask for at once, 1 to 300."""
    polling: Polling
    """How often to look while waiting."""
    on_attempt: Callable[[Attempt], None] | None
    """Called after each attempt of a call, for metrics."""


def changed(options: Options, changes: OptionChanges) -> Options:
    """The options with changes applied.

    Raises:
        InvalidArgumentError: a value cannot be sent, or makes no sense.
    """
    checked: dict[str, Any] = dict(changes)
    checks: dict[str, Callable[[Any], str]] = {
        "track_id": header_rules.track_id,
        "idempotency_key": header_rules.idempotency_key,
        "entity_id": header_rules.entity_id,
        "org_ids": header_rules.org_ids,
        "zuora_version": header_rules.zuora_version,
    }
    for name, check in checks.items():
        if checked.get(name) is not None:
            checked[name] = check(checked[name])
    new = options._replace(**checked)
    if not 0 < new.deadline < float("inf"):
        raise InvalidArgumentError(f"deadline is {new.deadline}: give a number of seconds above 0")
    if any(not 0 < seconds < float("inf") for seconds in new.timeouts):
        raise InvalidArgumentError(f"{new.timeouts} has a value that is not a number of seconds above 0")
    _check_polling(new.polling)
    if not 1 <= new.page_size <= 300:
        raise InvalidArgumentError(f"page_size is {new.page_size}: Zuora allows 1 to 300")
    return new


def _check_polling(polling: Polling) -> None:
    """Raise InvalidArgumentError if the intervals would be none, or not grow."""
    first, factor, longest = polling
    if not (_SHORTEST_INTERVAL <= first < float("inf") and _SHORTEST_INTERVAL <= longest < float("inf")):
        raise InvalidArgumentError(f"{polling}: first and longest must be at least {_SHORTEST_INTERVAL} s")
    if not 1.0 <= factor <= _LARGEST_FACTOR:
        raise InvalidArgumentError(f"{polling}: factor must be between 1 and {_LARGEST_FACTOR:g}")
