"""`zjr create`."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

import click

from zuora_journal_runs import errors
from zuora_journal_runs._http import parse_idempotency_key
from zuora_journal_runs.cli import records
from zuora_journal_runs.cli.evidence_files import EvidenceFiles
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
from zuora_journal_runs.cli.problems import Problem, with_identifiers
from zuora_journal_runs.cli.progress import at_most, waiting
from zuora_journal_runs.cli.session import connected
from zuora_journal_runs.cli.status import Status
from zuora_journal_runs.cli.words import entries_in

if TYPE_CHECKING:
    import datetime

    from zuora_journal_runs import JournalRunsClient
    from zuora_journal_runs.cli.session import Session


_NEW = "new"
"""The run that is created, which has no number yet."""


class _Create(click.Command):
    """A command whose help names the transaction types."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """List the transaction types, which no other help takes the time to import."""
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
    help='What the run takes in, such as "Invoice Item"; give it again for more.',
)
@click.option("--date", "on", metavar="DATE", required=True, callback=checked(date), help="The date of its entries.")
@click.option("--period", metavar="NAME", help="The accounting period to take in, such as Oct-2026; or else:")
@click.option("--from", "start", metavar="DATE", callback=checked(date), help="The first date to take in.")
@click.option("--to", "end", metavar="DATE", callback=checked(date), help="The last date to take in.")
@click.option(
    "--organization-id",
    "organization_ids",
    metavar="ID",
    multiple=True,
    help="Where Multi-Org is on, an organisation of the run; give it again for more.",
)
@click.option("--organization", "organizations", metavar="NAME", multiple=True, help="The same by name.")
@click.option("--wait", is_flag=True, help="Wait until it has ended, and say how.")
@TIMEOUT
@click.option(
    "--evidence",
    metavar="FILE",
    type=click.Path(dir_okay=False),
    help="Write what proves the outcome to this file, which `zjr evidence` reads. With one file a run is created once.",
)
@click.option(
    "--idempotency-key",
    metavar="KEY",
    callback=checked(parse_idempotency_key),
    help="With one key a run is created once at most, however often this is repeated.",
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
        again = f"--idempotency-key {key}" if evidence is None else f"the same command with --evidence {evidence}"
        session.known = f"the run may have been created; to repeat it without another run: {again}"
        answer = client.create(
            types,
            on,
            accounting_period_name=period,
            target_start_date=start,
            target_end_date=end,
            organization_labels=labels,
            evidence=evidence,
        )
        number = answer.journal_run_number
        session.known = f"{number} was created; to see what becomes of it: `zjr get {number}`"
        if not as_json:
            click.echo(number)
        record = _awaited(client, number, timeout, evidence) if wait else records.creation(number)
    if as_json:
        click.echo(records.line(record))
    elif record["outcome"] == "completed":
        count = record["totalJournalEntryCount"]
        click.echo("Completed" if count is None else f"Completed, {entries_in(count)}")
    if record["message"]:
        told = with_identifiers(record["message"], record["advice"], None, None)
        raise Problem(told, Status(record["exitStatus"]))
    return record["exitStatus"]


def _check_target(period: str | None, start: datetime.date | None, end: datetime.date | None) -> None:
    if period is None and (start is None or end is None):
        raise click.UsageError("no period: give --period, or --from and --to")
    if period is not None and (start is not None or end is not None):
        raise click.UsageError("two periods: give --period, or --from and --to")
    if start is not None and end is not None and end < start:
        raise click.UsageError(f"--to {end} is before --from {start}")


def _awaited(client: JournalRunsClient, number: str, timeout: float, evidence: str | None) -> records.CreationRecord:
    with waiting(f"{number}: waiting until it has ended{at_most(timeout)}") as say:
        try:
            outcome = client.wait_for_completion(
                number,
                timeout=limited(timeout),
                on_poll=lambda run: say(f"{number}: {run.status}"),
                evidence=evidence,
            )
            return records.ended(number, outcome)
        except errors.JournalRunsError as error:
            return records.not_ended(number, error)
