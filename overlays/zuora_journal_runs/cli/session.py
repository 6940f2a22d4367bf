"""One run of the command: how it reaches the API, and what is known so far for whoever stops it."""

from __future__ import annotations

import functools
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import click

from zuora_journal_runs.errors import RequestNotSentError

from .error_messages import print_error
from .parameters import HEADERS

if TYPE_CHECKING:
    from collections.abc import Callable

    from zuora_journal_runs import Attempt, FailedAttempt, JournalRunsClient

NOTHING = "nothing was changed"
_FAR_OFF = 5.0
"""Seconds."""


@dataclass
class Session:
    """One run of the command.

    Args:
        connect: Makes a client of options; the environment describes it by default.
        known: What is known, if the command is stopped now.
        headers: The client's options that the command line gives.
        now: Seconds since 1970.
    """

    connect: Callable[..., JournalRunsClient] | None = None
    known: str = NOTHING
    headers: dict[str, str] = field(default_factory=dict)
    now: Callable[[], float] = time.time

    def client(self, **options: Any) -> JournalRunsClient:
        """A client.

        Raises:
            InvalidArgumentError: the environment does not describe one.
        """
        from zuora_journal_runs import JournalRunsClient

        connect: Callable[..., JournalRunsClient] = self.connect or JournalRunsClient.from_env
        return connect(retry=patient, on_attempt=announce, **self.headers, **options)


def patient(failed: FailedAttempt) -> float | None:
    """Try again as the client does; but an address that is not reached twice is more likely wrong than busy."""
    from zuora_journal_runs import Backoff

    if isinstance(failed.error, RequestNotSentError) and failed.attempt > 1:
        return None
    return Backoff()(failed)


def announce(attempt: Attempt) -> None:
    """Say why nothing seems to happen, if the next attempt is far off."""
    if attempt.wait is not None and attempt.wait > _FAR_OFF:
        print_error(f"{attempt.call}: {attempt.error and attempt.error.message}; trying again in {attempt.wait:.0f} s")


def connected(command: Callable[..., int]) -> Callable[..., int]:
    """Give a command a session as its first argument, and the options that become headers."""

    @functools.wraps(command)
    def wrapped(session: Session, **parameters: Any) -> int:
        headers = {name: parameters.pop(name) for name in HEADERS}
        session.headers = {name: value for name, value in headers.items() if value is not None}
        return command(session, **parameters)

    passed: Callable[..., int] = click.pass_obj(wrapped)
    for option in reversed(HEADERS.values()):
        passed = option(passed)
    return passed
