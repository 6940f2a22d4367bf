"""A month-end close with Zuora's own SDK, in the environment that has it: month_end.py URL CLIENT_ID CLIENT_SECRET.

It creates a run, reads its entries, marks each as transferred, and creates a second run of the same period, which must
not take the same transactions again. Then it takes the marks back, cancels, and creates the run again. It prints what
the SDK returned, as a line of JSON.
"""

from __future__ import annotations

import json
import os
import sys
import warnings
from typing import Any

warnings.simplefilter("ignore")

import zuora_sdk  # noqa: E402
from zuora_sdk.zuora_client import ZuoraClient  # noqa: E402


class Close:
    """The steps of a close.

    Args:
        client: The SDK's client.
    """

    def __init__(self, client: Any) -> None:
        self._runs = client.journal_runs_api()
        self._entries = client.summary_journal_entries_api()

    def create(self) -> str:
        """Create a run, and return its number."""
        created = self._runs.create_journal_run(
            zuora_sdk.CreateJournalRunRequest(
                accounting_period_name="Nov-2026",
                journal_entry_date="2026-11-30",
                transaction_types=[zuora_sdk.CreateJournalRunRequestTransactionType(type="Invoice Item")],
            )
        )
        return str(created.journal_run_number)

    def status(self, number: str) -> Any:
        """Return the run's status, or the status of the response that refused to return it."""
        try:
            return self._runs.get_journal_run(number).status
        except zuora_sdk.exceptions.NotFoundException as error:
            return error.status

    def entries(self, number: str) -> list[list[Any]]:
        """Return the status of each entry, and whether it was transferred."""
        found = self._entries.get_all_summary_journal_entries(number).journal_entries
        return [[entry.status, entry.transferred_to_accounting] for entry in found]

    def mark(self, number: str, value: str) -> list[bool]:
        """Mark each entry of a run, and return what each response says of its success."""
        found = self._entries.get_all_summary_journal_entries(number).journal_entries
        request = zuora_sdk.UpdateBasicSummaryJournalEntryRequest(
            transferred_to_accounting=value, notes=f"{number} is {value}"
        )
        return [self._entries.update_basic_summary_journal_entry(entry.number, request).success for entry in found]

    def cancel(self, number: str) -> bool:
        """Cancel a run, and return what the response says of its success."""
        return bool(self._runs.cancel_journal_run(number).success)

    def delete(self, number: str) -> bool:
        """Delete a run, and return what the response says of its success."""
        return bool(self._runs.delete_journal_run(number).success)


def main(url: str, client_id: str, client_secret: str) -> None:
    output, sys.stdout = sys.stdout, sys.stderr
    client = ZuoraClient(client_id, client_secret, None, zuora_sdk.Configuration(host=url))
    client.initialize()
    close = Close(client)
    first = close.create()
    story = {"first": first, "status": close.status(first), "entries": close.entries(first)}
    story["marked"] = close.mark(first, "Yes")
    story["posted"] = close.entries(first)
    second = close.create()
    story["second"] = [second, close.status(second), close.entries(second)]
    story["cancelled while posted"] = [close.cancel(first), close.status(first), close.entries(first)]
    story["taken back"] = close.mark(first, "No")
    story["cancelled"] = [close.cancel(first), close.status(first), close.entries(first)]
    again = close.create()
    story["again"] = [again, close.status(again), close.entries(again)]
    story["deleted"] = [close.delete(first), close.status(first)]
    output.write(json.dumps(story, default=str) + "\n")
    output.flush()
    os._exit(0)  # to tear the SDK down takes seconds


main(*sys.argv[1:])
