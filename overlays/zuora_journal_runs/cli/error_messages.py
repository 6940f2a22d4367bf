"""Messages about errors: what is wrong, in one line, and what to do about it."""

from __future__ import annotations

import re

import click

from zuora_journal_runs import errors

from .exit_status import ExitStatus
from .formatting import end_sentence, one_line, sentences


class CommandError(Exception):
    """An error that the command itself detects.

    Args:
        message: What is wrong, and what to do.
        status: The exit status.
        maybe_processed: Whether a request may have been processed.
    """

    def __init__(self, message: str, status: ExitStatus = ExitStatus.ERROR, *, maybe_processed: bool = False) -> None:
        super().__init__(message)
        self.status = status
        self.maybe_processed = maybe_processed


def print_error(text: str) -> None:
    """Print a line to standard error."""
    click.echo(f"zjr: {one_line(text)}", err=True)


def status_of(error: errors.JournalRunsError) -> ExitStatus:
    """Return the exit status for an error of the client."""
    if isinstance(error, errors.WaitTimeoutError | errors.TurnTimeoutError | errors.KeyExpiredError):
        return ExitStatus.UNKNOWN
    if isinstance(error, errors.EntriesRemainError) and error.maybe_processed:
        return ExitStatus.INCOMPLETE
    return ExitStatus.USAGE if isinstance(error, errors.InvalidArgumentError) else ExitStatus.ERROR


def compose(message: str, advice: str | None, request_id: str | None = None, track_id: str | None = None) -> str:
    """Return a message with advice, and with the identifiers that Zuora's support asks for."""
    known = [f"{name} {value}" for name, value in (("request", request_id), ("track", track_id)) if value]
    more = [sentences(advice), f"[{', '.join(known)}]" if known else ""]
    return " ".join(filter(None, [end_sentence(message) if any(more) else message, *more]))


def message_of(error: errors.JournalRunsError) -> str:
    """Return what is wrong, without advice; options have the names that were typed, not those of Python."""
    if isinstance(error, errors.CallError):
        attempts = f" ({error.attempts} attempts)" if error.attempts > 1 else ""
        return f"{error.call}: {error.message}{attempts}"
    if isinstance(error, errors.InvalidArgumentError):
        return _ARGUMENT.sub(lambda found: OPTIONS[found[0]], error.message)
    return error.message


OPTIONS = {
    "transaction_types": "--type",
    "journal_entry_date": "--date",
    "accounting_period_name": "--period",
    "target_start_date": "--from",
    "target_end_date": "--to",
    "organization_labels": "--organization-id",
    "allow_remaining": "--allow-remaining",
    "at_once": "--at-once",
    "entity_id": "--entity",
    "idempotency_key": "--idempotency-key",
    "org_ids": "--org",
    "stall_after": "--stall-after",
    "track_id": "--track-id",
    "wait_for_turn": "--wait-for-turn",
    "zuora_version": "--zuora-version",
}
"""The option for each argument of the client whose name is not an English word."""
_ARGUMENT = re.compile(rf"(?<!['\"\w])({'|'.join(OPTIONS)})(?!['\"\w])")


def identifiers_of(error: errors.JournalRunsError) -> tuple[str | None, str | None]:
    """Return the request id and the track id of the call that failed."""
    known = isinstance(error, errors.CallError | errors.TurnTimeoutError)
    return (error.request_id, error.track_id) if known else (None, None)


def advice_for(error: errors.JournalRunsError) -> str | None:
    """Return what to do about an error of the client; None if its message says it, or there is nothing to do.

    The error's notes have what the command knows beyond the error itself.
    """
    notes: list[str] | None = getattr(error, "__notes__", None)
    if notes:
        return sentences(*notes)
    if isinstance(error, errors.CallError) and error.maybe_processed and error.call.startswith(tuple(_MAYBE_PROCESSED)):
        return _MAYBE_PROCESSED[error.call.partition(" ")[0]].format(key=error.idempotency_key)
    if refusing := _REFUSED.match(error.message):
        return f"Is anything listening on {refusing[1]}? {_ADDRESS}"
    if isinstance(error, errors.TokenError):
        refused = error.status_code in (400, 401, 403)
        return _NETWORK if error.status_code is None else _CREDENTIALS if refused else _LATER
    if isinstance(error, errors.InvalidResponseError):
        return "Check that the address is that of Zuora's REST API" if error.cut_off else None
    return next((advice for kind, advice in _ADVICE.items() if isinstance(error, kind)), None)


def add_continuation(error: errors.JournalRunsError, again: str) -> None:
    """Add to an error how to continue what was interrupted, if it can be continued as it is.

    Args:
        error: The error.
        again: The command that continues.
    """
    if isinstance(error, errors.WaitTimeoutError | errors.TurnTimeoutError | errors.CallError):
        advice = None if error.maybe_processed else advice_for(error)
        for note in filter(None, [advice, f"To continue: `{again}`"]):
            error.add_note(note)


_REFUSED = re.compile(r".*?(\S+) cannot be reached.*[Cc]onnection refused")
_REPEAT = "It may have been processed: check the run, or run the same command again"
_MAYBE_PROCESSED = {
    "create": "The run may have been created: run the same command again with --idempotency-key {key}, "
    "which creates it at most once",
    "cancel": _REPEAT,
    "delete": _REPEAT,
    "update": "The entry may have been marked: run the same command again, which marks what is not marked yet",
}
_ADDRESS = "Check the address in ZUORA_BASE_URL or ZUORA_ENVIRONMENT"
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
    errors.TurnTimeoutError: "Try again later, or with a longer --wait-for-turn",
    errors.RateLimitError: _LATER,
    errors.ConflictError: _LATER,
    errors.ServerError: _LATER,
}
