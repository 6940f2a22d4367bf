"""Entries: page by page, each once, as many as the run says."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING

from zuora_journal_runs.contract.checks import Skipped, expect
from zuora_journal_runs.contract.rule import RuleGroup

if TYPE_CHECKING:
    from zuora_journal_runs.contract.harness import Harness

rules: RuleGroup = RuleGroup("entries")

LIST = "Zuora, Retrieve journal entries in a journal run"
UPDATE = "Zuora, Update a summary journal entry"
MARKS = ("Processing", "Error", "Ignore", "No")
"""Values of `transferredToAccounting` that everybody may change again; the last is the usual one."""
USUAL_SIZE = 8
MANY_TYPES = (
    "Invoice Item", "Taxation Item", "Electronic Payment", "External Payment", "Electronic Refund", "External Refund",
    "Credit Memo Item (Charge)", "Credit Memo Item (Tax)", "Debit Memo Item (Charge)", "Debit Memo Item (Tax)",
)  # fmt: skip


def long_run(harness: Harness) -> str:
    """The number of a run with more than one page of entries."""
    if harness.may_write:
        whole = harness.creation(transactionTypes=[{"type": each} for each in MANY_TYPES])
        model = next(
            (model for model in harness.own.values() if model.wanted == whole and model.is_surely("Completed")), None
        )
        if model is None:
            model = harness.create(whole)
            harness.settle(model)
        number = model.number
    else:
        number = harness.readable()
    if len(listed(harness, number, 300)[0]) <= USUAL_SIZE:
        raise Skipped(f"{number} has no more than {USUAL_SIZE} entries")
    return number


def listed(harness: Harness, number: str, size: int | None) -> list[list[str]]:
    """The numbers of a run's entries, page by page."""
    pages = list(harness.pages(number, size))
    expect(pages[-1].status == 200, f"a page of {number} got the status {pages[-1].status}")
    return [[entry["number"] for entry in page.data["journalEntries"]] for page in pages]


@rules.rule(LIST)
def pages_hold_every_entry_once(harness: Harness) -> None:
    """Whatever their size, the pages hold every entry once, in one order, and each but the last is full."""
    number = long_run(harness)
    (whole,) = listed(harness, number, 300)
    for size in (1, 7, len(whole) - 1, len(whole), len(whole) + 1, None):
        pages = listed(harness, number, size)
        entries = [each for page in pages for each in page]
        expect(entries == whole, f"in pages of {size or USUAL_SIZE}, {number} has the entries {entries}, not {whole}")
        lengths = {len(page) for page in pages[:-1]} - {size or USUAL_SIZE}
        expect(not lengths and pages[-1], f"pages of {size or USUAL_SIZE} have {[len(page) for page in pages]} entries")


@rules.rule(LIST)
def a_page_alone_has_no_effect(harness: Harness) -> None:
    """`page` has an effect only together with `pageSize`, and beyond the last page there is nothing."""
    number = long_run(harness)
    first, second = (
        harness.call("listJournalEntriesOfJournalRun", number, query=query).data["journalEntries"]
        for query in ({}, {"page": 2})
    )
    expect(first == second, "page has an effect without pageSize")
    beyond = harness.call("listJournalEntriesOfJournalRun", number, query={"page": 1000, "pageSize": 300})
    expect(beyond.status == 200 and beyond.data["journalEntries"] == [], "there is something beyond the last page")


@rules.rule(UPDATE, writes=True)
def updates_are_shown(harness: Harness) -> None:
    """What an entry was updated to is shown: its notes, sent compressed too, and each `transferredToAccounting`."""
    model = harness.at("Completed")
    entry = str(harness.entry_to_update()["number"])
    harness.update(model, entry, notes="Transferred to GL 2025-01-02")
    harness.read(model)
    notes = {"notes": "Transferred to GL 2025-01-03"}
    zipped = gzip.compress(json.dumps(notes).encode(), mtime=0)
    headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    model.updated(entry, notes, harness.call("updateJournalEntry", entry, headers=headers, data=zipped).status)
    for value in MARKS:
        harness.update(model, entry, transferredToAccounting=value)
        harness.read(model)


@rules.rule(UPDATE, writes=True)
def a_cancelled_entry_is_not_transferred(harness: Harness) -> None:
    """`transferredToAccounting` of an entry that is cancelled cannot be changed."""
    model = harness.at("Cancelled")
    for entry in list(model.entries or {})[:1]:
        status = harness.update(model, entry, transferredToAccounting="Yes")
        expect(status == 409, f"{entry} is Cancelled, and its update got the status {status}")
        harness.read(model)
        return
    raise Skipped(f"{model.number} lists no cancelled entries")


@rules.rule(LIST)
def the_run_counts_its_entries(harness: Harness) -> None:
    """`totalJournalEntryCount` is the number of entries that are listed."""
    number = harness.readable()
    count = harness.call("getJournalRun", number).data.get("totalJournalEntryCount")
    entries = sum(map(len, listed(harness, number, 300)))
    expect(count in (None, entries), f"{number} says that it has {count} entries, and {entries} are listed")


@rules.rule(LIST)
def entries_balance(harness: Harness) -> None:
    """Entries are of the run's types, and debit as much as they credit."""
    number = harness.readable()
    run = harness.call("getJournalRun", number).data
    types = {each["type"] for each in run.get("transactionTypes", ())}
    # Every list of entries is checked for its balance.
    page = harness.call("listJournalEntriesOfJournalRun", number, query={"pageSize": 300})
    for entry in page.data["journalEntries"]:
        kind = entry.get("transactionType")
        expect(not types or kind is None or kind in types, f"{entry['number']} is of the type {kind}")
