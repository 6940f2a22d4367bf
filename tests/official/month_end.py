"""A month-end close with Zuora's own SDK, in the environment that has it: month_end.py URL CLIENT_ID CLIENT_SECRET.

It prints what the SDK made of each answer, as a line of JSON.
"""

from __future__ import annotations

import json
import os
import sys
import warnings

warnings.simplefilter("ignore")

import zuora_sdk  # noqa: E402
from zuora_sdk.zuora_client import ZuoraClient  # noqa: E402


def main(url: str, client_id: str, client_secret: str) -> None:
    answers, sys.stdout = sys.stdout, sys.stderr
    client = ZuoraClient(client_id, client_secret, None, zuora_sdk.Configuration(host=url))
    client.initialize()
    runs, entries = client.journal_runs_api(), client.summary_journal_entries_api()
    created = runs.create_journal_run(
        zuora_sdk.CreateJournalRunRequest(
            accounting_period_name="Nov-2026",
            journal_entry_date="2026-11-30",
            transaction_types=[zuora_sdk.CreateJournalRunRequestTransactionType(type="Invoice Item")],
        )
    )
    number = created.journal_run_number
    made = runs.get_journal_run(number)
    listed = entries.get_all_summary_journal_entries(number)
    cancelled = runs.cancel_journal_run(number)
    after = runs.get_journal_run(number)
    gone = entries.get_all_summary_journal_entries(number)
    deleted = runs.delete_journal_run(number)
    try:
        missing = runs.get_journal_run(number).success
    except zuora_sdk.exceptions.NotFoundException as error:
        missing = error.status
    told = {
        "created": number,
        "made": made.status,
        "entries": [entry.status for entry in listed.journal_entries],
        "cancelled": cancelled.success,
        "after": after.status,
        "entries_after": [entry.status for entry in gone.journal_entries],
        "deleted": deleted.success,
        "missing": missing,
    }
    answers.write(json.dumps(told, default=str) + "\n")
    answers.flush()
    os._exit(0)  # to tear the SDK down takes seconds


main(*sys.argv[1:])
