"""One execution of the command: how it reaches the API, and what is known so far if it is interrupted."""

from __future__ import annotations

import functools
import shlex
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from zuora_journal_runs.errors import InvalidArgumentError, RequestNotSentError

from .error_messages import CommandError, print_error
from .parameters import HEADERS

if TYPE_CHECKING:
    from collections.abc import Callable

    from zuora_journal_runs import Attempt, FailedAttempt, JournalRunsClient

NOTHING = "nothing was changed"
_LONG_WAIT = 5.0
"""Seconds."""
_CHANGES = ("cancel ", "create ", "delete ", "update ")
"""How calls that change something begin, in words."""


@dataclass
class Session:
    """One execution of the command.

    Args:
        connect: Creates a client from options; `JournalRunsClient.from_env` by default.
        known: What to report if the command is interrupted now.
        changed: Whether a request that changes something may have been processed.
        headers: Options of the client from the command line.
        now: Returns the time in seconds since 1970.
    """

    connect: Callable[..., JournalRunsClient] | None = None
    known: str = NOTHING
    changed: bool = False
    headers: dict[str, str] = field(default_factory=dict)
    now: Callable[[], float] = time.time

    def client(self, **options: Any) -> JournalRunsClient:
        """Return a client.

        Raises:
            CommandError: The environment lacks a setting, or has an invalid one.
        """
        from zuora_journal_runs import JournalRunsClient

        connect: Callable[..., JournalRunsClient] = self.connect or JournalRunsClient.from_env
        try:
            return connect(retry=retry_wait, on_attempt=self._observe, **self.headers, **options)
        except InvalidArgumentError as error:
            raise CommandError(error.message) from None

    def _observe(self, attempt: Attempt) -> None:
        """Keep whether an attempt may have changed something, and explain a long wait before the next one."""
        processed = attempt.error is None or attempt.error.maybe_processed
        self.changed |= processed and attempt.call.startswith(_CHANGES)
        if attempt.wait is not None and attempt.wait > _LONG_WAIT:
            why = attempt.error and attempt.error.message
            print_error(f"{attempt.call}: {why}; trying again in {attempt.wait:.0f} s")


def retry_wait(failed: FailedAttempt) -> float | None:
    """Wait as the client does by default, but give up if the host is unreachable twice: the address is likely wrong."""
    from zuora_journal_runs import Backoff

    if isinstance(failed.error, RequestNotSentError) and failed.attempt > 1:
        return None
    return Backoff()(failed)


def connected(command: Callable[..., int]) -> Callable[..., int]:
    """Pass a session to a command as its first argument, and add the options that become headers."""

    @functools.wraps(command)
    def wrapped(session: Session, **parameters: Any) -> int:
        headers = {name: parameters.pop(name) for name in HEADERS}
        session.headers = {name: value for name, value in headers.items() if value is not None}
        return command(session, **parameters)

    passed: Callable[..., int] = click.pass_obj(wrapped)
    for option in reversed(HEADERS.values()):
        passed = option(passed)
    return passed


_REPEATED = ("entity_id", "org_ids", "zuora_version", "evidence", "yes")
"""Options without which the same command would do something else."""


def repetition(*others: str) -> Callable[..., str]:
    """Return a function that returns the command to type to repeat this one for a single run.

    Args:
        others: The names of further options to repeat.
    """
    context = click.get_current_context()
    words = context.command_path.split()
    for option in context.command.params:
        name = str(option.name)
        if name in (*_REPEATED, *others) and context.get_parameter_source(name) is ParameterSource.COMMANDLINE:
            value = context.params[name]
            for each in value if option.multiple else [value]:
                words.append(option.opts[-1])
                if not getattr(option, "is_flag", False):
                    words.append(str(each))

    def repeat(number: str | None, *options: str) -> str:
        return shlex.join([*words, *options, *([number] if number else [])])

    return repeat
