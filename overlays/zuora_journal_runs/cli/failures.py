"""Report what failed: a line on standard error, and with `--json` a record on standard output."""

from __future__ import annotations

import contextlib
import logging
from typing import TYPE_CHECKING

import click

from zuora_journal_runs import errors

from . import records
from .error_messages import CommandError, advice_for, compose, identifiers_of, message_of, print_error, status_of
from .exit_status import ExitStatus
from .signals import status_of_interrupt

if TYPE_CHECKING:
    from .record_types import CancellationRecord, CreationRecord, DeletionRecord, ErrorRecord, FailureRecord

logger: logging.Logger = logging.getLogger(__name__)


def report(error: Exception, *, as_json: bool) -> int:
    """Report the error that ended a command, and return the exit status for it."""
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        error.show()
        return ExitStatus.USAGE
    record = error_record(error)
    if as_json:
        # If standard output is what failed, standard error still has the message.
        with contextlib.suppress(OSError):
            click.echo(records.line(record))
    print_failure(record)
    return record["exitStatus"]


def error_record(error: Exception) -> ErrorRecord:
    """Return the record of the error that ended a command."""
    match error:
        case click.UsageError():
            path = error.ctx.command_path if error.ctx else "zjr"
            message = error.format_message().removesuffix(".")
            return records.error(message, ExitStatus.USAGE, f"See `{path} --help`")
        case click.Abort():
            return records.error("stopped; nothing was changed", status_of_interrupt(error.__cause__))
        case CommandError():
            return records.error(str(error), error.status, maybe_processed=error.maybe_processed)
        case errors.JournalRunsError():
            return records.error(
                message_of(error), status_of(error), advice_for(error), error.maybe_processed, identifiers_of(error)
            )
        case OSError():
            return records.error(": ".join(filter(None, [error.filename, error.strerror or str(error)])))
        case _:
            logger.debug("internal error", exc_info=error)
            return records.error(f"internal error, please report it: {type(error).__name__}: {error}")


def print_failure(record: CancellationRecord | CreationRecord | DeletionRecord | FailureRecord | ErrorRecord) -> None:
    """Print the message and advice of a record to standard error."""
    identifiers: tuple[str | None, str | None] = (None, None)
    if record["kind"] == "failure" or record["kind"] == "error":
        identifiers = (record["requestId"], record["trackId"])
    print_error(compose(str(record["message"]), record["advice"], *identifiers))
