"""Every public name that these tests use of the package, so that a name that changes is changed here alone."""

from __future__ import annotations

import asyncio
import inspect
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, Any

import httpx

from zuora_journal_runs import AsyncJournalRunsClient, JournalRunsClient, Polling, errors

from .server import CLIENT_ID, CLIENT_SECRET, URL, Server

if TYPE_CHECKING:
    from collections.abc import Callable


def _named(*names: str) -> Any:
    """Return the first of these errors that there is."""
    return next(getattr(errors, name) for name in names if hasattr(errors, name))


AnyError: type[Exception] = errors.JournalRunsError
DeadlineError = _named("WaitTimeoutError", "WaitTimeoutError")
"""At the deadline, and when a wait is stalled."""
CredentialsError = _named("AuthenticationError", "AuthenticationError")
PermissionError_ = _named("PermissionDeniedError", "PermissionDeniedError")
NotFoundError = _named("NotFoundError", "NotFoundError")
CallFailedError = _named("RequestNotSentError", "RequestNotSentError")
"""Transient, and so one that a wait survives when a call raises it."""

KINDS = ("sync", "async")
VERBS = ("cancel_and_wait", "wait_for_cancellation", "cancel_many", "delete", "wait_for_completion")
CANCELLATIONS = VERBS[:3]


@dataclass(frozen=True)
class Story:
    """What a client says of a run."""

    verb: str
    number: str
    error: Exception | None = None
    complete: bool = False
    cancelled: frozenset[str] = frozenset()
    remaining: frozenset[str] = frozenset()
    blocked: frozenset[str] = frozenset()
    discrepancies: tuple[Any, ...] = ()
    gone: bool = False
    ending: str = ""

    @property
    def may_have_acted(self) -> bool:
        """Whether an error says that what was asked for may have been done."""
        return bool(getattr(self.error, "maybe_processed", False))

    def __str__(self) -> str:
        if self.error is not None:
            return f"{self.verb}: {type(self.error).__name__}: {self.error}"
        return (
            f"{self.verb}: complete={self.complete}, cancelled={sorted(self.cancelled)}, "
            f"remaining={sorted(self.remaining)}, discrepancies={self.discrepancies}, gone={self.gone}, "
            f"ending={self.ending!r}"
        )


def tell(
    kind: str,
    server: Server,
    verb: str,
    *,
    timeout: float | None = 3600.0,
    callback: Callable[..., None] | None = None,
    **arguments: Any,
) -> list[Story]:
    """Let a client of a kind do what a verb says to all runs of a server, and return what it says of each.

    Args:
        kind: "sync" or "async".
        server: The server.
        verb: One of VERBS.
        timeout: Seconds to wait.
        callback: Called with progress, whatever the name of the parameter is.
        arguments: More arguments of the method.
    """
    numbers = list(server.runs)
    if callback is not None:
        arguments["on_progress" if verb in CANCELLATIONS else _callback_of(verb)] = callback
    if verb == "delete":
        arguments["wait"] = True
    first: Any = numbers if verb == "cancel_many" else numbers[0]
    try:
        result = use(kind, server, lambda client: getattr(client, verb)(first, timeout=timeout, **arguments))
    except errors.JournalRunsError as error:
        if verb == "cancel_many":
            raise
        return [Story(verb, number, error) for number in numbers]
    if verb == "cancel_many":
        return [
            Story(verb, one.number, one.error) if one.outcome is None else _of_outcome(verb, one.number, one.outcome)
            for one in result
        ]
    if verb == "delete":
        return [Story(verb, first, gone=result.gone, discrepancies=_discrepancies(result))]
    if verb == "wait_for_completion":
        return [Story(verb, first, ending=str(result.ending), discrepancies=_discrepancies(result))]
    return [_of_outcome(verb, first, result)]


def create_and_wait(kind: str, server: Server, timeout: float = 3600.0) -> str:
    """Create a run, wait for its end, and return that."""

    def created(client: Any) -> Any:
        return client.create(["Invoice Item"], "2026-10-31", accounting_period_name="Oct 2026")

    def wait(client: Any, creation: Any) -> Any:
        return client.wait_for_completion(creation.journal_run_number, timeout=timeout)

    def work(client: Any) -> Any:
        if isinstance(client, JournalRunsClient):
            return wait(client, created(client))

        async def both() -> Any:
            return await wait(client, await created(client))

        return both()

    return str(use(kind, server, work).ending)


def use(kind: str, server: Server, work: Callable[[Any], Any]) -> Any:
    """Return what `work` gives, done with a client of a kind whose requests the server answers."""
    arguments: dict[str, Any] = {
        "client_id": CLIENT_ID,
        "client_secret": CLIENT_SECRET,
        "clock": server.clock,
        "random": Random(1),
        "polling": Polling(first=1.0, factor=1.5, longest=15.0),
        "transport": httpx.MockTransport(server),
    }
    if kind == "sync":
        with JournalRunsClient(URL, **arguments) as client:
            return work(client)

    async def main() -> Any:
        async with AsyncJournalRunsClient(URL, **arguments) as client:
            given = work(client)
            return await given if inspect.isawaitable(given) else given

    return asyncio.run(main())


def takes(verb: str, parameter: str) -> bool:
    """Return whether the method of a verb has a parameter."""
    return parameter in inspect.signature(getattr(JournalRunsClient, verb)).parameters


def _callback_of(verb: str) -> str:
    return next(name for name in ("on_progress", "on_poll", "on_look") if takes(verb, name))


def _of_outcome(verb: str, number: str, outcome: Any) -> Story:
    return Story(
        verb,
        number,
        complete=outcome.complete,
        cancelled=frozenset(entry.number for entry in outcome.cancelled),
        remaining=frozenset(entry.number for entry in outcome.remaining),
        blocked=frozenset(entry.number for entry in outcome.blocked),
        discrepancies=_discrepancies(outcome),
    )


def _discrepancies(result: Any) -> tuple[Any, ...]:
    return tuple(getattr(result, "discrepancies", ()))
