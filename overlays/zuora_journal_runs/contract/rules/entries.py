"""Entries: page by page, each once, as many as the run says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zuora_journal_runs.contract.bench import NotTried
from zuora_journal_runs.contract.checks import expect
from zuora_journal_runs.contract.item import Rules

if TYPE_CHECKING:
    from zuora_journal_runs.contract.bench import Bench

rules: Rules = Rules("entries")

LIST = "Zuora, Retrieve journal entries in a journal run"
USUAL_SIZE = 8
MANY_TYPES = (
    "Invoice Item", "Taxation Item", "Electronic Payment", "External Payment", "Electronic Refund", "External Refund",
    "Credit Memo Item (Charge)", "Credit Memo Item (Tax)", "Debit Memo Item (Charge)", "Debit Memo Item (Tax)",
)  # fmt: skip


def long_run(bench: Bench) -> str:
    """The number of a run with more than one page of entries."""
    if bench.may_write:
        whole = bench.creation(transactionTypes=[{"type": each} for each in MANY_TYPES])
        life = next(
            (life for life in bench.own.values() if life.wanted == whole and life.possible == {"Completed"}), None
        )
        if life is None:
            life = bench.create(whole)
            bench.settle(life)
        number = life.number
    else:
        number = bench.readable()
    if len(listed(bench, number, 300)[0]) <= USUAL_SIZE:
        raise NotTried(f"{number} has no more than {USUAL_SIZE} entries")
    return number


def listed(bench: Bench, number: str, size: int | None) -> list[list[str]]:
    """The numbers of a run's entries, page by page."""
    pages = list(bench.pages(number, size))
    expect(pages[-1].status == 200, f"a page of {number} was answered with {pages[-1].status}")
    return [[entry["number"] for entry in page.data["journalEntries"]] for page in pages]


@rules.rule(LIST)
def pages_hold_every_entry_once(bench: Bench) -> None:
    """Whatever their size, the pages hold every entry once, in one order, and each but the last is full."""
    number = long_run(bench)
    (whole,) = listed(bench, number, 300)
    for size in (1, 7, len(whole) - 1, len(whole), len(whole) + 1, None):
        pages = listed(bench, number, size)
        entries = [each for page in pages for each in page]
        expect(entries == whole, f"in pages of {size or USUAL_SIZE}, {number} has the entries {entries}, not {whole}")
        lengths = {len(page) for page in pages[:-1]} - {size or USUAL_SIZE}
        expect(not lengths and pages[-1], f"pages of {size or USUAL_SIZE} have {[len(page) for page in pages]} entries")


@rules.rule(LIST)
def a_page_alone_has_no_effect(bench: Bench) -> None:
    """`page` has an effect only together with `pageSize`, and beyond the last page there is nothing."""
    number = long_run(bench)
    first, second = (
        bench.call("listJournalEntriesOfJournalRun", number, query=query).data["journalEntries"]
        for query in ({}, {"page": 2})
    )
    expect(first == second, "page has an effect without pageSize")
    beyond = bench.call("listJournalEntriesOfJournalRun", number, query={"page": 1000, "pageSize": 300})
    expect(beyond.status == 200 and beyond.data["journalEntries"] == [], "there is something beyond the last page")


@rules.rule(LIST)
def the_run_counts_its_entries(bench: Bench) -> None:
    """`totalJournalEntryCount` is the number of entries that are listed."""
    number = bench.readable()
    count = bench.call("getJournalRun", number).data.get("totalJournalEntryCount")
    entries = sum(map(len, listed(bench, number, 300)))
    expect(count in (None, entries), f"{number} says that it has {count} entries, and {entries} are listed")


@rules.rule(LIST)
def entries_balance(bench: Bench) -> None:
    """Entries are of the run's types, and debit as much as they credit."""
    number = bench.readable()
    answer = bench.call("getJournalRun", number)
    types = {each["type"] for each in answer.data.get("transactionTypes", ())}
    page = bench.call("listJournalEntriesOfJournalRun", number, query={"pageSize": 300})
    for entry in page.data["journalEntries"]:
        kind = entry.get("transactionType")
        expect(not types or kind is None or kind in types, f"{entry['number']} is of the type {kind}")
        cents = {"Debit": 0, "Credit": 0}
        for item in entry.get("journalEntryItems", ()):
            cents[item.get("type", "Debit")] += round(float(item.get("amount", 0)) * 100)
        expect(
            cents["Debit"] == cents["Credit"],
            f"{entry['number']} debits {cents['Debit']} and credits {cents['Credit']}",
        )
