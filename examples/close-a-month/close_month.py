"""Close a month: create a journal run, wait until it is completed, and export its entries.

    python close_month.py Nov-2026 2026-11-30 november

It may be killed and started again at any time with the same arguments: the folder keeps the evidence, so that the run
is created once, and waiting goes on. Address and credentials come from the environment.
"""

import csv
import sys
from decimal import Decimal
from pathlib import Path

from zuora_journal_runs import Ending, JournalRunsClient, errors

TYPES = ("Invoice Item", "Taxation Item", "Electronic Payment", "Revenue Event Item")
COLUMNS = ("entry", "transaction type", "accounting code", "debit or credit", "amount", "currency")


def close_month(client: JournalRunsClient, period: str, date: str, folder: Path) -> int:
    """Close a period; return the exit status."""
    folder.mkdir(parents=True, exist_ok=True)
    evidence = folder / "create.jsonl"
    created = client.create(TYPES, date, accounting_period_name=period, evidence=evidence)
    number = created.journal_run_number
    print(f"{number}: created for {period}")

    ended = client.wait_for_completion(created, evidence=evidence)
    if ended.ending is not Ending.COMPLETED:
        print(f"{number}: ended as {ended.ending}; look at it in Zuora")
        return 1

    debits, rows = Decimal(0), 0
    with (folder / f"{number}.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for entry in client.entries(number):
            for item in entry.journal_entry_items:
                if item.amount is None:
                    print(f"{entry.number}: an item has no amount")
                    return 1
                amount = item.amount
                debits += amount if item.type_ == "Debit" else -amount
                rows += 1
                writer.writerow(
                    (
                        entry.number,
                        entry.transaction_type,
                        item.accounting_code_name,
                        item.type_,
                        amount,
                        entry.currency,
                    )
                )
    if debits:
        print(f"{number}: debits and credits differ by {debits}")
        return 1
    print(f"{number}: {ended.run.total_journal_entry_count} entries, {rows} rows, balanced")
    return 0


def main(period: str, date: str, folder: str) -> int:
    """Connect as the environment says, and close."""
    with JournalRunsClient.from_env(track_id=f"close-{period}") as client:
        try:
            return close_month(client, period, date, Path(folder))
        except errors.WaitTimeoutError as error:
            print(f"not finished yet, start again later: {error}")
            return 4
        except errors.JournalRunsError as error:
            print(error)
            return 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:4]))
