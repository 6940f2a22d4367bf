"""`zjr get` and `zjr entries`."""

from __future__ import annotations

import csv
import io
import json
from decimal import Decimal
from itertools import islice
from tempfile import SpooledTemporaryFile
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
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from zuora_journal_runs import JournalEntry
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
_BLOCK = 300
"""Entries that are written at once."""
_IN_MEMORY = 2**20
"""Bytes of output that are kept in memory, and not in a temporary file, until all entries are known."""
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
    type=click.Choice(["table", "json", "jsonl", "csv"]),
    help="A table; all fields in one JSON object; JSON Lines, with a line for each entry; or CSV with a row for each "
    "debit and credit. JSON Lines and CSV are written while the entries are read.  [default: table]",
)
@click.option("--json", "as_json", is_flag=True, help="The same as --format json.")
@click.option(
    "--totals",
    is_flag=True,
    help="Add up debits and credits by transaction type, currency and accounting code, without cancelled entries.",
)
def entries(
    session: Session, number: str, form: Literal["table", "json", "jsonl", "csv"] | None, as_json: bool, totals: bool
) -> int:
    """List the entries of a journal run, or add them up."""
    if as_json and form not in (None, "json"):
        raise click.UsageError(f"--json and --format {form} contradict each other: give one of them")
    with session.client() as client, client.iter_entries(number) as found:
        if totals:
            _report_totals(number, found, "json" if as_json else form)
        elif as_json or form == "json":
            _report_json(number, found)
        elif form == "jsonl":
            _report_lines(records.entry_lines(number, found))
        elif form == "csv":
            _report_lines(_csv(found))
        else:
            _report_table(number, found)
    return ExitStatus.DONE


def _report_lines(lines: Iterator[str]) -> None:
    """Write lines as they come, several at once."""
    while block := "".join(islice(lines, _BLOCK)):
        click.echo(block, nl=False)


def _report_json(number: str, found: Iterable[JournalEntry]) -> None:
    """Write all entries as one line of JSON, once all of them are read: half a line would not be JSON."""
    with SpooledTemporaryFile(_IN_MEMORY, "w+", encoding="utf-8") as line:
        for part in records.entries(number, found):
            line.write(part)
        line.seek(0)
        while block := line.read(_IN_MEMORY):
            click.echo(block, nl=False)
        click.echo()


def _report_table(number: str, found: Iterable[JournalEntry]) -> None:
    """Write a table of the entries, once all of them are read: its columns are as wide as the widest of their cells."""
    from zuora_journal_runs.cli.render import Entries

    count = cancelled = 0
    widths = Entries.widths()
    with SpooledTemporaryFile(_IN_MEMORY, "w+", encoding="utf-8") as rows:
        for entry in found:
            count += 1
            cancelled += entry.status == "Cancelled"
            row = Entries.row(entry.to_dict())
            widths = Entries.widths(widths, row)
            rows.write(json.dumps(row) + "\n")
        rows.seek(0)
        show(f"{number}: {count_entries(count)}, {cancelled:,} cancelled")
        first = True
        while block := [json.loads(row) for row in islice(rows, _BLOCK)]:
            show(Entries(block, widths, headings=first), table=True)
            first = False


def _report_totals(
    number: str, found: Iterable[JournalEntry], form: Literal["table", "json", "jsonl", "csv"] | None
) -> None:
    """Report totals on standard output, and entries that do not balance on standard error."""
    from zuora_journal_runs import Totals

    record = records.totals(number, Totals.of(found))
    if form in ("json", "jsonl"):
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


def _csv(entries: Iterable[JournalEntry]) -> Iterator[str]:
    """Yield a row for each debit and credit with the fields of its entry; an entry without any has a row too."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")

    def row(values: Iterable[Any]) -> str:
        out.seek(0)
        out.truncate()
        writer.writerow(records.digits(value) if isinstance(value, Decimal) else value for value in values)
        return out.getvalue()

    heading = row((*_ENTRY_COLUMNS, *_ITEM_COLUMNS))
    for found in entries:
        entry = found.to_dict()
        items: Sequence[Mapping[str, Any]] = entry.get("journalEntryItems") or ({},)
        rows = [row([*map(entry.get, _ENTRY_COLUMNS), *map(item.get, _ITEM_COLUMNS)]) for item in items]
        # Nothing is written, not even the headings, if not a single entry can be read.
        yield heading + "".join(rows)
        heading = ""
    if heading:
        yield heading
