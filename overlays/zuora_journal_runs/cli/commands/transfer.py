"""`zjr transfer`."""

from __future__ import annotations

import shlex
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from zuora_journal_runs._http import parse_entry_number
from zuora_journal_runs.cli import records
from zuora_journal_runs.cli.confirmation import confirm
from zuora_journal_runs.cli.error_messages import add_continuation
from zuora_journal_runs.cli.evidence_files import EvidenceFiles, begun_plan
from zuora_journal_runs.cli.formatting import count_entries
from zuora_journal_runs.cli.parameters import JSON, YES, all_checked, checked, duration, limited
from zuora_journal_runs.cli.plan_files import APPLY, DRY_RUN, PLAN, check_plan_file, read_plan, report_plan
from zuora_journal_runs.cli.run_numbers import OPTIONAL_NUMBER, required_number
from zuora_journal_runs.cli.session import connected, repetition
from zuora_journal_runs.cli.terminal import show
from zuora_journal_runs.errors import InvalidArgumentError, JournalRunsError

if TYPE_CHECKING:
    from typing import TextIO

    from zuora_journal_runs import Plan
    from zuora_journal_runs.cli.record_types import TransferPlanRecord
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
    number: str | None,
    value: str,
    entries: list[str],
    notes: str | None,
    dry_run: bool,
    plan_file: str | None,
    plan_to_apply: str | None,
    timeout: float,
    evidence: str | None,
    yes: bool,
    as_json: bool,
) -> int:
    """Mark entries as posted to your ledger.

    An entry that has the value already is left alone. So is one that is Processing, unless --entry names it: it is in
    doubt, since somebody may be posting it right now. In the end all entries are read again; the exit status is 3 if
    some do not have the value.

    On a terminal, it shows what it would do and asks for confirmation. Without a terminal, or with --json, it needs
    --yes. To continue after an interruption, run the same command again.
    """
    from zuora_journal_runs._client import transfer_arguments

    check_plan_file(plan_file, dry_run=dry_run)
    plan = read_plan(plan_to_apply, "transfer", "number", "value", "entries", "notes")
    run = required_number(number) if plan is None else plan.numbers[0]
    given: dict[str, Any] = {"value": value, "entries": entries or None, "notes": notes}
    if dry_run:
        with session.client() as client:
            planned = client.plan_transfer(run, **given)
        shown_plan = records.transfer_plan(planned)
        report_plan(planned, shown_plan, _show, plan_file, as_json=as_json)
        return shown_plan["exitStatus"]
    begun = begun_plan(evidence, "transfer", run)
    again = repetition("value", "entries", "notes", "plan_to_apply")(number)
    if plan is not None and evidence is None:
        # What was marked before the interruption is no longer as it was planned.
        again = shlex.join(
            ["zjr", "transfer", "--value", plan.details["value"], "--dry-run", "--plan", "NEW_FILE", run]
        )
    with EvidenceFiles(evidence, [run]), session.client() as client:
        if not yes:
            if plan is not None and begun is None:
                client.check_plan(plan)
            shown = begun or plan or client.plan_transfer(run, **given)
            confirm([records.transfer_plan(shown)], _show, partial(_question, begun), as_json=as_json)
            # Nothing else is done than what was shown.
            plan = plan if begun else shown
        arguments = {"number": run, **given} if plan is None else transfer_arguments(plan)
        session.known = f"entries of {run} may be marked; to continue: `{again}`"
        try:
            record = records.transfer(client.transfer(**arguments, timeout=limited(timeout), evidence=evidence))
        except JournalRunsError as error:
            if begun is not None or session.changed:
                add_continuation(error, again)
            raise
    if as_json:
        click.echo(records.line(record))
    else:
        from zuora_journal_runs.cli import render

        show(render.transfer(record))
    return record["exitStatus"]


def _show(plans: list[TransferPlanRecord], screen: TextIO) -> None:
    from zuora_journal_runs.cli import render

    show(*map(render.transfer_plan, plans), to=screen)


def _question(begun: Plan | None, plans: list[TransferPlanRecord]) -> str | None:
    (plan,) = plans
    if begun is not None:
        return f"This was begun at {begun.at}. Continue?"
    return f"Mark {count_entries(len(plan['marked']))} as {plan['value']}?" if plan["marked"] else None
