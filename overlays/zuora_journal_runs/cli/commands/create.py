"""`zjr create`."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

import click

from zuora_journal_runs import errors
from zuora_journal_runs._http import parse_idempotency_key
from zuora_journal_runs.cli import records
from zuora_journal_runs.cli.evidence_files import EvidenceFiles
from zuora_journal_runs.cli.failures import print_failure
from zuora_journal_runs.cli.formatting import count_entries
from zuora_journal_runs.cli.parameters import (
    JSON,
    TIMEOUT,
    all_checked,
    checked,
    complete_type,
    date,
    limited,
    transaction_type,
    transaction_types,
)
from zuora_journal_runs.cli.progress import ProgressDisplay, Seen
from zuora_journal_runs.cli.session import connected

if TYPE_CHECKING:
    import datetime

    from zuora_journal_runs import JournalRunsClient
    from zuora_journal_runs.cli.record_types import CreationRecord
    from zuora_journal_runs.cli.session import Session


_NEW = "new"
"""Stands for the run to create, which has no number yet."""


class _Create(click.Command):
    """A command whose help names the transaction types."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """List the transaction types; other help texts do without their slow import."""
        with formatter.section("Transaction types"):
            formatter.write("".join(f"  {name}\n" for name in transaction_types()))


@click.command(cls=_Create)
@connected
@click.option(
    "--type",
    "types",
    metavar="TYPE",
    multiple=True,
    required=True,
    callback=all_checked(transaction_type),
    shell_complete=complete_type,
    help='A transaction type of the run, such as "Invoice Item"; can be repeated.',
)
@click.option("--date", "on", metavar="DATE", required=True, callback=checked(date), help="The date of its entries.")
@click.option("--period", metavar="NAME", help="Its accounting period, such as Oct-2026; or instead:")
@click.option("--from", "start", metavar="DATE", callback=checked(date), help="The first day of its period.")
@click.option("--to", "end", metavar="DATE", callback=checked(date), help="The last day of its period.")
@click.option(
    "--organization-id",
    "organization_ids",
    metavar="ID",
    multiple=True,
    help="With Multi-Org, an organisation of the run; can be repeated.",
)
@click.option("--organization", "organizations", metavar="NAME", multiple=True, help="The same by name.")
@click.option("--wait", is_flag=True, help="Wait until it has ended, and report how.")
@TIMEOUT
@click.option(
    "--evidence",
    metavar="FILE",
    type=click.Path(dir_okay=False),
    help="Write the evidence of the outcome to this file, for `zjr evidence`. One file creates at most one run.",
)
@click.option(
    "--idempotency-key",
    metavar="KEY",
    callback=checked(parse_idempotency_key),
    help="One key creates at most one run, however often the command is repeated.",
)
@JSON
def create(
    session: Session,
    types: list[str],
    on: datetime.date,
    period: str | None,
    start: datetime.date | None,
    end: datetime.date | None,
    organization_ids: tuple[str, ...],
    organizations: tuple[str, ...],
    wait: bool,
    timeout: float,
    evidence: str | None,
    idempotency_key: str | None,
    as_json: bool,
) -> int:
    """Create a journal run, and print its number."""
    _check_target(period, start, end)
    labels = [{"organizationId": each} for each in organization_ids]
    labels += [{"organizationName": each} for each in organizations]
    key = idempotency_key or str(uuid.uuid4())
    with EvidenceFiles(evidence, [_NEW]), session.client(idempotency_key=key) as client:
        option = f"--idempotency-key {key}" if evidence is None else f"--evidence {evidence}"
        session.known = f"the run may have been created; to create no second one, repeat the command with {option}"
        creation = client.create(
            types,
            on,
            accounting_period_name=period,
            target_start_date=start,
            target_end_date=end,
            organization_labels=labels,
            evidence=evidence,
        )
        number = creation.journal_run_number
        session.known = f"{number} was created; to check it: `zjr get {number}`"
        if not as_json:
            click.echo(number)
        record = _wait_for(client, number, timeout, evidence) if wait else records.creation(number)
    if as_json:
        click.echo(records.line(record))
    elif record["outcome"] == "completed":
        count = record["totalJournalEntryCount"]
        click.echo("Completed" if count is None else f"Completed, {count_entries(count)}")
    if record["message"]:
        print_failure(record)
    return record["exitStatus"]


def _check_target(period: str | None, start: datetime.date | None, end: datetime.date | None) -> None:
    if period is not None and (start is not None or end is not None):
        raise click.UsageError("two periods: give either --period, or --from and --to")
    if period is not None:
        return
    if start is None and end is None:
        raise click.UsageError("no period: give either --period, or --from and --to")
    if start is None or end is None:
        raise click.UsageError(f"{'--from' if start is None else '--to'} is missing")
    if end < start:
        raise click.UsageError(f"--to {end} is before --from {start}")


def _wait_for(client: JournalRunsClient, number: str, timeout: float, evidence: str | None) -> CreationRecord:
    with ProgressDisplay([number], timeout, awaited=("it has ended", "they have ended")) as display:
        try:
            outcome = client.wait_for_completion(
                number,
                timeout=limited(timeout),
                on_poll=lambda run: display.update(number, Seen(str(run.status))),
                evidence=evidence,
            )
            return records.ended(number, outcome)
        except errors.JournalRunsError as error:
            return records.not_ended(number, error)
