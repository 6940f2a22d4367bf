"""`zjr get` and `zjr entries`."""

from __future__ import annotations

import csv
import io
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal

import click

from zuora_journal_runs.cli import records
from zuora_journal_runs.cli.error_messages import print_error
from zuora_journal_runs.cli.exit_status import ExitStatus
from zuora_journal_runs.cli.formatting import count_entries
from zuora_journal_runs.cli.parameters import JSON
from zuora_journal_runs.cli.run_numbers import NUMBER
from zuora_journal_runs.cli.session import connected
from zuora_journal_runs.cli.terminal import show

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from zuora_journal_runs.cli.record_types import TotalsRecord
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
_TOTAL_COLUMNS = ("transactionType", "currency", "accountingCodeName", "debits", "credits")


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
@click.option(
    "--totals",
    is_flag=True,
    help="Add up debits and credits by transaction type, currency and accounting code, without cancelled entries.",
)
def entries(
    session: Session, number: str, form: Literal["table", "json", "csv"] | None, as_json: bool, totals: bool
) -> int:
    """List the entries of a journal run, or add them up."""
    if as_json and form not in (None, "json"):
        raise click.UsageError(f"--json and --format {form} contradict each other: give one of them")
    with session.client() as client:
        found = client.entries(number)
    if totals:
        _report_totals(records.totals(number, found.totals()), "json" if as_json else form)
        return ExitStatus.DONE
    record = records.entries(number, found)
    if as_json or form == "json":
        click.echo(records.line(record))
    elif form == "csv":
        click.echo(_csv(record["entries"]), nl=False)
    else:
        from zuora_journal_runs.cli.render import Entries

        listed = record["entries"]
        cancelled = sum(entry["status"] == "Cancelled" for entry in listed)
        show(f"{number}: {count_entries(len(listed))}, {cancelled:,} cancelled")
        if listed:
            show(Entries(listed), table=True)
    return ExitStatus.DONE


def _report_totals(record: TotalsRecord, form: Literal["table", "json", "csv"] | None) -> None:
    """Report totals on standard output, and entries that do not balance on standard error."""
    if form == "json":
        click.echo(records.line(record))
    elif form == "csv":
        out = io.StringIO()
        writer = csv.DictWriter(out, _TOTAL_COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(record["totals"])
        click.echo(out.getvalue(), nl=False)
    else:
        from zuora_journal_runs.cli.render import totals

        show(f"{record['number']}: {count_entries(record['entryCount'])} that {_are(record)} not cancelled")
        if record["totals"]:
            show(totals(record), table=True)
    for entry in record["unbalanced"]:
        print_error(f"warning: {entry['number']} does not balance: {entry['problem']}")


def _are(record: TotalsRecord) -> str:
    return "is" if record["entryCount"] == 1 else "are"


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
