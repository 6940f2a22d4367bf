"""`zjr transfer`."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any, Unpack

import click

from zuora_journal_runs._http import parse_entry_number
from zuora_journal_runs.cli import records
from zuora_journal_runs.cli.one_run import OneRun, PlanOptions
from zuora_journal_runs.cli.parameters import JSON, YES, all_checked, checked, duration, limited
from zuora_journal_runs.cli.plan_files import APPLY, DRY_RUN, PLAN
from zuora_journal_runs.cli.run_numbers import OPTIONAL_NUMBER
from zuora_journal_runs.cli.session import connected
from zuora_journal_runs.cli.terminal import show
from zuora_journal_runs.errors import InvalidArgumentError

if TYPE_CHECKING:
    from zuora_journal_runs.cli.session import Session

_MAX_NOTES = 2000


def _notes(value: str) -> str:
    if len(value) > _MAX_NOTES:
        raise InvalidArgumentError(f"it has {len(value):,} characters; at most {_MAX_NOTES:,} are allowed")
    return value


@click.command()
@connected
@OPTIONAL_NUMBER
@click.option(
    "--value",
    type=click.Choice(["Yes", "No", "Processing", "Error", "Ignore"]),
    default="Yes",
    show_default=True,
    help="What to mark the entries with.",
)
@click.option(
    "--entry",
    "entries",
    metavar="ENTRY",
    multiple=True,
    callback=all_checked(parse_entry_number),
    help="Mark only this entry, such as JE-00000038; can be repeated.  "
    "[default: all but cancelled ones, Ignore and Processing]",
)
@click.option("--notes", metavar="TEXT", callback=checked(_notes), help="The notes of the entries that are marked.")
@DRY_RUN
@PLAN
@APPLY
@click.option(
    "--timeout",
    metavar="TIME",
    default="2m",
    show_default=True,
    callback=checked(duration),
    help="Maximum time to wait until the entries show their marks.",
)
@click.option(
    "--evidence",
    metavar="FILE",
    type=click.Path(dir_okay=False),
    help="Write the evidence of the outcome to this file, for `zjr evidence`; or continue with it.",
)
@YES
@JSON
def transfer(
    session: Session,
    value: str,
    entries: list[str],
    notes: str | None,
    timeout: float,
    **options: Unpack[PlanOptions],
) -> int:
    """Mark entries as posted to your ledger.

    An entry that has the value already is left alone. So is one that is Processing, unless --entry names it: it is in
    doubt, since somebody may be posting it right now. In the end all entries are read again; the exit status is 3 if
    some do not have the value.

    On a terminal, it shows what it would do and asks for confirmation. Without a terminal, or with --json, it needs
    --yes. To continue after an interruption, run the same command again.
    """
    given: dict[str, Any] = {"value": value, "entries": entries or None, "notes": notes}
    command = OneRun(session, "transfer", options, ("value", "entries", "notes"), given)
    run, plan = command.approved()
    if options["dry_run"]:
        return command.dry_run(run)
    again = None
    if plan is not None and options["evidence"] is None:
        # What was marked before the interruption is no longer as it was planned.
        again = shlex.join(
            ["zjr", "transfer", "--value", plan.details["value"], "--dry-run", "--plan", "NEW_FILE", run]
        )
    with command.confirmed(run, plan, f"entries of {run} may be marked", again) as (client, arguments):
        record = records.transfer(client.transfer(**arguments, timeout=limited(timeout)))
    if options["as_json"]:
        click.echo(records.line(record))
    else:
        from zuora_journal_runs.cli import render

        show(render.transfer(record))
    return record["exitStatus"]
