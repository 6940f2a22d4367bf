"""`zjr get` and `zjr entries`."""

from __future__ import annotations

import csv
import io
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal

import click

from zuora_journal_runs.cli import records
from zuora_journal_runs.cli.exit_status import ExitStatus
from zuora_journal_runs.cli.formatting import count_entries
from zuora_journal_runs.cli.parameters import JSON
from zuora_journal_runs.cli.run_numbers import NUMBER
from zuora_journal_runs.cli.session import connected
from zuora_journal_runs.cli.terminal import show

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from zuora_journal_runs.cli.session import Session

_ENTRY_COLUMNS = (
    "number",
    "status",
    "transferredToAccounting",
    "transactionType",
    "accountingPeriodName",
    "journalEntryDate",
    "timePeriodStart",
    "timePeriodEnd",
    "organizationLabel",
    "currency",
    "homeCurrency",
)
_ITEM_COLUMNS = (
    "type",
    "accountingCodeName",
    "accountingCodeType",
    "glAccountNumber",
    "glAccountName",
    "amount",
    "homeCurrencyAmount",
)


@click.command()
@connected
@NUMBER
@JSON
def get(session: Session, number: str, as_json: bool) -> int:
    """Show a journal run."""
    with session.client() as client:
        record = records.run(client.retrieve(number))
    if as_json:
        click.echo(records.line(record))
    else:
        from zuora_journal_runs.cli.render import run

        show(run(record))
    return ExitStatus.DONE


@click.command()
@connected
@NUMBER
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "json", "csv"]),
    help="A table; all fields in JSON; or CSV with a row for each debit and credit.  [default: table]",
)
@click.option("--json", "as_json", is_flag=True, help="The same as --format json.")
def entries(session: Session, number: str, form: Literal["table", "json", "csv"] | None, as_json: bool) -> int:
    """List all summary journal entries of a journal run."""
    if as_json and form not in (None, "json"):
        raise click.UsageError(f"--json and --format {form} contradict each other: give one of them")
    with session.client() as client:
        record = records.entries(number, client.entries(number))
    if as_json or form == "json":
        click.echo(records.line(record))
    elif form == "csv":
        click.echo(_csv(record["entries"]), nl=False)
    else:
        from zuora_journal_runs.cli.render import Entries

        found = record["entries"]
        cancelled = sum(entry["status"] == "Cancelled" for entry in found)
        show(f"{number}: {count_entries(len(found))}, {cancelled:,} cancelled")
        if found:
            show(Entries(found), table=True)
    return ExitStatus.DONE


def _csv(entries: Iterable[Mapping[str, Any]]) -> str:
    """Return a row for each debit and credit with the fields of its entry; an entry without any has a row too."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow((*_ENTRY_COLUMNS, *_ITEM_COLUMNS))
    for entry in entries:
        items: Sequence[Mapping[str, Any]] = entry.get("journalEntryItems") or ({},)
        for item in items:
            values = [*map(entry.get, _ENTRY_COLUMNS), *map(item.get, _ITEM_COLUMNS)]
            writer.writerow(records.digits(value) if isinstance(value, Decimal) else value for value in values)
    return out.getvalue()
