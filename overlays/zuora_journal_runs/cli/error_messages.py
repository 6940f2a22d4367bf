"""What went wrong, in one line, and what to do about it."""

from __future__ import annotations

import logging

import click

from zuora_journal_runs import errors

from .exit_status import ExitStatus
from .formatting import end_sentence, one_line, sentences
from .signals import status_of_interrupt

logger: logging.Logger = logging.getLogger(__name__)


class CommandError(Exception):
    """What the command itself finds wrong.

    Args:
        message: What is wrong, and what to do.
        status: The exit status.
    """

    def __init__(self, message: str, status: ExitStatus = ExitStatus.ERROR) -> None:
        super().__init__(message)
        self.status = status


def print_error(text: str) -> None:
    """Say on standard error what is wrong."""
    click.echo(f"zjr: {one_line(text)}", err=True)


def report(error: Exception) -> ExitStatus:
    """Say what ended a command.

    Returns:
        The exit status for it.
    """
    status = ExitStatus.ERROR
    match error:
        case click.exceptions.NoArgsIsHelpError():
            error.show()
            status = ExitStatus.USAGE
        case click.UsageError():
            path = error.ctx.command_path if error.ctx else "zjr"
            print_error(f"{error.format_message().removesuffix('.')} (see {path} --help)")
            status = ExitStatus.USAGE
        case click.Abort():
            print_error("stopped; nothing was changed")
            status = status_of_interrupt(error.__cause__)
        case CommandError():
            print_error(str(error))
            status = error.status
        case errors.JournalRunsError():
            print_error(describe(error))
            status = status_of(error)
        case OSError():
            print_error(": ".join(filter(None, [error.filename, error.strerror or str(error)])))
        case _:
            logger.debug("a fault of this program", exc_info=error)
            print_error(f"a fault of this program, please report it: {type(error).__name__}: {error}")
    return status


def status_of(error: errors.JournalRunsError) -> ExitStatus:
    """The exit status for an error of the client's."""
    return ExitStatus.UNKNOWN if isinstance(error, errors.WaitTimeoutError) else ExitStatus.ERROR


def describe(error: errors.JournalRunsError) -> str:
    """An error of the client's: what is wrong, what to do, and how Zuora's support finds the call."""
    return compose(message_of(error), advice_for(error), *identifiers_of(error))


def compose(message: str, advice: str | None, request_id: str | None, track_id: str | None) -> str:
    """What is wrong, what to do, and how Zuora's support finds the call."""
    known = [f"{name} {value}" for name, value in (("request", request_id), ("track", track_id)) if value]
    return " ".join(filter(None, [end_sentence(message), sentences(advice), f"[{', '.join(known)}]" if known else ""]))


def message_of(error: errors.JournalRunsError) -> str:
    """What is wrong, without what to do."""
    if isinstance(error, errors.CallError):
        tries = f" ({error.attempts} attempts)" if error.attempts > 1 else ""
        return f"{error.call}: {error.message}{tries}"
    return error.message


def identifiers_of(error: errors.JournalRunsError) -> tuple[str | None, str | None]:
    """Request id and track id of the call that failed."""
    return (error.request_id, error.track_id) if isinstance(error, errors.CallError) else (None, None)


def advice_for(error: errors.JournalRunsError) -> str | None:
    """What to do about an error of the client's; None if its message says it, or there is nothing.

    What the command knows beyond the error is in the error's notes.
    """
    notes: list[str] | None = getattr(error, "__notes__", None)
    if notes:
        return sentences(*notes)
    if isinstance(error, errors.CallError) and error.maybe_processed and error.call.startswith(tuple(_MAYBE_DONE)):
        return _MAYBE_DONE[error.call.partition(" ")[0]].format(key=error.idempotency_key)
    if isinstance(error, errors.TokenError):
        refused = error.status_code in (400, 401, 403)
        return _NETWORK if error.status_code is None else _CREDENTIALS if refused else _LATER
    if isinstance(error, errors.InvalidResponseError):
        return "Check that the address is that of Zuora's REST API" if error.cut_off else None
    return next((advice for kind, advice in _ADVICE.items() if isinstance(error, kind)), None)


_REPEAT = "It may have been acted upon: look at the run, or run the same command again"
_MAYBE_DONE = {
    "create": "The run may have been created: run the same command again with --idempotency-key {key}, "
    "which creates it once at most",
    "cancel": _REPEAT,
    "delete": _REPEAT,
}
_NETWORK = "Check the network, and the address in ZUORA_BASE_URL or ZUORA_ENVIRONMENT"
_CREDENTIALS = "Check ZUORA_CLIENT_ID and ZUORA_CLIENT_SECRET, and that they belong to this address"
_LATER = "Try again later"
_ADVICE: dict[type[errors.JournalRunsError], str] = {
    errors.NotFoundError: (
        "Check the number, and that ZUORA_BASE_URL or ZUORA_ENVIRONMENT names the tenant that you mean"
    ),
    errors.PermissionDeniedError: "Ask an administrator for it",
    errors.AuthenticationError: _CREDENTIALS,
    errors.APIConnectionError: _NETWORK,
    errors.RateLimitError: _LATER,
    errors.ConflictError: _LATER,
    errors.ServerError: _LATER,
}
