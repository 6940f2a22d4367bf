"""The operations on runs, as callers of the API see them."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from random import Random
from typing import TYPE_CHECKING, Any

import pytest

from zuora_journal_runs.emulator import (
    AT_ONCE,
    BUSY_SEED,
    HELD,
    Clock,
    Pacing,
    RunStatus,
    SeedRun,
    Transfer,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.emulator.conftest import Api

RUN = "JR-00000075"
ONE_BY_ONE = Pacing.parse("polls:1")


def reason(response: Any) -> tuple[int, str]:
    """Return the category and the message of the only reason of an error."""
    [each] = response.json()["reasons"]
    return int(str(each["code"])[-2:]), each["message"]


# The documented story


def test_the_documented_cancellation(api: Api) -> None:
    run = api.get().json()
    assert (run["number"], run["status"], run["totalJournalEntryCount"]) == (RUN, "Completed", 10)
    before = api.entries(pageSize=40).json()["journalEntries"]
    assert [entry["transferredToAccounting"] for entry in before].count("Yes") == 1
    assert api.cancel().json() == {"success": True}
    seen = [api.status() for _ in range(5)]
    assert seen == ["CancelInprogress"] * 4 + ["Completed"]
    after = api.entries(pageSize=40).json()["journalEntries"]
    left = [entry for entry in after if entry["status"] == "Created"]
    assert len(after) == 10
    assert [entry["transferredToAccounting"] for entry in left] == ["Yes"]
    assert api.get().json()["totalJournalEntryCount"] == 10


def test_entries_are_cancelled_one_by_one(make: Callable[..., Api]) -> None:
    api = make(pacing=ONE_BY_ONE)
    api.cancel()
    counts = [api.entry_statuses().count("Cancelled") for _ in range(12)]
    assert counts == [*range(10), 9, 9]
    assert api.status() == "Completed"


def test_a_cancellation_may_be_hidden_from_readers(make: Callable[..., Api]) -> None:
    api = make(show_cancel_in_progress=False, pacing=HELD)
    api.cancel()
    assert api.status() == "Completed"
    assert api.cancel().json() == {"success": True}
    assert reason(api.delete()) == (30, f"The journal run {RUN} is Completed; only a cancelled one can be deleted.")
    api.emulator.release(RUN)
    assert api.entry_statuses().count("Cancelled") == 9


def test_a_cancellation_of_all_entries_ends_cancelled(make: Callable[..., Api]) -> None:
    api = make(pacing=AT_ONCE)
    api.cancel("JR-00000073")
    assert api.status("JR-00000073") == "Cancelled"
    assert set(api.entry_statuses("JR-00000073")) == {"Cancelled"}


@pytest.mark.parametrize("transfer", Transfer)
def test_which_transfers_keep_an_entry(make: Callable[..., Api], transfer: Transfer) -> None:
    api = make(pacing=AT_ONCE, seed=[SeedRun(number=RUN, entries=2, transfers={1: transfer})])
    api.cancel()
    stays = transfer.value in ("Yes", "Processing")
    assert api.entry_statuses() == ["Created" if stays else "Cancelled", "Cancelled"]
    assert api.status() == ("Completed" if stays else "Cancelled")


def test_an_entry_that_is_transferred_meanwhile_stays(make: Callable[..., Api]) -> None:
    api = make(pacing=HELD)
    api.cancel()
    first, *_ = api.emulator.entry_numbers(RUN)
    api.emulator.mark_transferred(first)
    api.emulator.release(RUN)
    assert api.entry_statuses().count("Created") == 2


def test_a_transfer_that_fails_later_lets_a_second_cancellation_end(make: Callable[..., Api]) -> None:
    api = make(pacing=AT_ONCE)
    run = "JR-00000074"
    api.cancel(run)
    assert api.status(run) == "Completed"
    [left] = [e["number"] for e in api.entries(run).json()["journalEntries"] if e["status"] == "Created"]
    api.emulator.mark_transferred(left, "Error")
    assert api.status(run) == "Completed"
    api.cancel(run)
    assert api.status(run) == "Cancelled"


@pytest.mark.parametrize("status", [RunStatus.PENDING, RunStatus.ERROR])
def test_a_run_without_entries_is_cancelled(make: Callable[..., Api], status: RunStatus) -> None:
    api = make(seed=[SeedRun(number=RUN, status=status)])
    assert api.cancel().json() == {"success": True}
    assert [api.status() for _ in range(3)] == ["CancelInprogress", "Cancelled", "Cancelled"]


def test_a_failed_run_with_a_blocked_entry_ends_failed_again(make: Callable[..., Api]) -> None:
    run = SeedRun(number=RUN, status=RunStatus.ERROR, entries=2, transfers={1: Transfer.YES})
    api = make(seed=[run], pacing=AT_ONCE)
    api.cancel()
    assert api.status() == "Error"


REFUSED: dict[str, list[RunStatus]] = {
    "cancel": [RunStatus.PROCESSING, RunStatus.CANCEL_IN_PROGRESS, RunStatus.CANCELLED, RunStatus.DELETE_IN_PROGRESS],
    "delete": [each for each in RunStatus if each is not RunStatus.CANCELLED],
}


@pytest.mark.parametrize(("verb", "status"), [(verb, status) for verb, each in REFUSED.items() for status in each])
def test_a_status_that_forbids_it(make: Callable[..., Api], verb: str, status: RunStatus) -> None:
    api = make(seed=[SeedRun(number=RUN, status=status)], pacing=HELD)
    response = getattr(api, verb)()
    category, message = reason(response)
    assert (response.status_code, category) == (400, 30)
    assert f"{RUN} is {status}" in message
    assert api.status() == status


def test_a_deletion_is_seen_and_then_the_run_is_gone(api: Api) -> None:
    run = "JR-00000072"
    assert api.delete(run).json() == {"success": True}
    assert [api.status(run) for _ in range(2)] == ["DeleteInprogress", "gone"]
    for response in (api.get(run), api.entries(run), api.cancel(run), api.delete(run)):
        assert response.status_code == 404
        assert reason(response) == (40, f"Cannot find entity by key: '{run}'.")
    assert api.emulator.entry_numbers(run) == []


def test_a_deleted_run_is_gone_at_once_with_that_pacing(make: Callable[..., Api]) -> None:
    api = make(pacing=AT_ONCE)
    api.delete("JR-00000072")
    assert api.status("JR-00000072") == "gone"


# Creation


def test_a_created_run_is_processed(api: Api) -> None:
    assert api.create().json() == {"journalRunNumber": "JR-00000076", "success": True}
    assert api.entries("JR-00000076").json() == {"journalEntries": [], "success": True}
    assert [api.status("JR-00000076") for _ in range(3)] == ["Processing", "Completed", "Completed"]
    assert api.get("JR-00000076").json() == {
        "number": "JR-00000076",
        "status": "Completed",
        "executedOn": "2026-11-22 12:00:00",
        "journalEntryDate": "2014-11-04",
        "targetStartDate": "2014-11-01",
        "targetEndDate": "2014-11-30",
        "segmentationRuleName": "Region",
        "totalJournalEntryCount": len(api.entry_statuses("JR-00000076")),
        "aggregateCurrency": False,
        "transactionTypes": [{"type": "Invoice Item"}, {"type": "Revenue Event Item"}],
        "success": True,
    }


def test_a_created_run_may_end_in_error(make: Callable[..., Api]) -> None:
    api = make(pacing=AT_ONCE)
    api.emulator.end_next_run()
    assert [api.status(api.created()) for _ in range(2)] == ["Error", "Completed"]


def test_a_run_cannot_end_in_another_status(api: Api) -> None:
    with pytest.raises(ValueError, match="cannot end in Pending"):
        api.emulator.end_next_run("Pending")


@pytest.mark.parametrize("status", [RunStatus.PENDING, RunStatus.PROCESSING])
def test_an_unfinished_run_prevents_the_creation_of_another(make: Callable[..., Api], status: RunStatus) -> None:
    api = make(seed=[SeedRun(number=RUN, status=status)])
    response = api.create()
    category, message = reason(response)
    assert (response.status_code, category) == (400, 30)
    assert f"{RUN} is {status}" in message
    api.emulator.release(RUN)
    assert api.create().json()["success"] is True


def test_several_runs_at_a_time_where_the_tenant_allows_it(make: Callable[..., Api]) -> None:
    api = make(seed=BUSY_SEED, one_run_at_a_time=False)
    assert api.create().json()["success"] is True


def test_a_run_that_is_due_does_not_prevent_a_creation(make: Callable[..., Api]) -> None:
    api = make(pacing="seconds:10")
    api.created()
    api.emulator.clock.advance(19)
    assert reason(api.create())[0] == 30
    api.emulator.clock.advance(1)
    assert api.create().json()["success"] is True


@pytest.mark.parametrize(
    ("changes", "category", "expected"),
    [
        ({"journalEntryDate": None}, 22, "journalEntryDate"),
        ({"transactionTypes": None}, 22, "transactionTypes"),
        ({"accountingPeriodName": None}, 22, "accountingPeriodName"),
        ({"accountingPeriodName": ""}, 22, "accountingPeriodName"),
        ({"targetEndDate": "2014-11-30"}, 22, "targetStartDate"),
        ({"accountingPeriodName": None, "targetStartDate": "2014-11-01"}, 22, "accountingPeriodName"),
        ({"targetStartDate": "2014-11-02"}, 20, "2014-11-01"),
        ({"transactionTypes": [{}]}, 22, "transactionTypes.0.type"),
        ({"transactionTypes": [{"type": "Invoices"}]}, 20, "transactionTypes.0.type"),
        ({"transactionTypes": "Invoice Item"}, 20, "transactionTypes"),
        ({"journalEntryDate": "2014-02-31"}, 20, "journalEntryDate"),
        ({"journalEntryDate": "04/11/2014"}, 20, "journalEntryDate"),
        ({"accountingPeriodName": "Nov-1999"}, 20, "Nov-1999"),
        ({"accountingPeriodName": 11}, 20, "accountingPeriodName"),
        ({"targetStartDate": "2014-11-01", "targetEndDate": "2014-11-29"}, 20, "2014-11-30"),
        ({"accountingPeriodName": "\U0001f4b0"}, 20, "Multilingual"),
    ],
)
def test_invalid_creations(api: Api, changes: dict[str, Any], category: int, expected: str) -> None:
    response = api.create(**changes)
    assert response.status_code == 400
    assert reason(response)[0] == category
    assert expected in reason(response)[1]
    assert api.status("JR-00000076") == "gone"


DATES: dict[str, Any] = {"accountingPeriodName": None, "transactionTypes": [{"type": "Invoice Item"}]}


@pytest.mark.parametrize(
    ("start", "end", "category", "expected"),
    [
        ("2026-10-05", "2026-10-04", 20, "before"),
        ("2026-10-15", "2026-11-15", 20, "one accounting period"),
        ("1999-10-01", "1999-10-31", 20, "one accounting period"),
    ],
)
def test_target_dates_that_are_refused(api: Api, start: str, end: str, category: int, expected: str) -> None:
    response = api.create(targetStartDate=start, targetEndDate=end, **DATES)
    assert reason(response)[0] == category
    assert expected in reason(response)[1]


def test_target_dates_within_a_period(make: Callable[..., Api]) -> None:
    api = make(pacing=AT_ONCE)
    run = api.get(api.created(targetStartDate="2016-03-05", targetEndDate="2016-03-31", **DATES)).json()
    assert (run["targetStartDate"], run["targetEndDate"]) == ("2016-03-05", "2016-03-31")
    entry, *_ = api.entries(run["number"]).json()["journalEntries"]
    assert entry["accountingPeriodName"] == "Mar-2016"
    assert (entry["timePeriodStart"], entry["timePeriodEnd"]) == ("2016-03-05", "2016-03-31")


@pytest.mark.parametrize("dates", [{}, {"targetEndDate": "2014-11-30"}])
def test_a_period_with_its_own_dates(api: Api, dates: dict[str, Any]) -> None:
    assert api.create(targetStartDate="2014-11-01", **dates).json()["success"] is True


def test_revenue_event_items_need_a_period(api: Api) -> None:
    response = api.create(accountingPeriodName=None, targetStartDate="2026-10-01", targetEndDate="2026-10-31")
    assert reason(response)[0] == 30
    assert "Revenue Event Item" in reason(response)[1]


def test_the_earliest_target_date_of_a_tenant(make: Callable[..., Api]) -> None:
    api = make(earliest_target_date=date(2015, 1, 1))
    assert "2015-01-01" in reason(api.create())[1]
    assert api.create(accountingPeriodName="Jan-2015").json()["success"] is True


def test_all_errors_are_reported(api: Api) -> None:
    response = api.create(journalEntryDate=None, transactionTypes=[{"type": "x"}, {"type": "y"}])
    assert len(response.json()["reasons"]) == 3


def test_a_run_over_no_transaction_types_has_no_entries(make: Callable[..., Api]) -> None:
    api = make(pacing=AT_ONCE)
    assert api.get(api.created(transactionTypes=[])).json()["totalJournalEntryCount"] == 0


# Entries


ALL_TYPES = [
    "Invoice Item",
    "Taxation Item",
    "Electronic Payment",
    "External Refund",
    "Credit Memo Item (Charge)",
    "Electronic Credit Balance Payment",
    "Revenue Event Item",
]


def test_entries_are_balanced(make: Callable[..., Api]) -> None:
    api = make(pacing=AT_ONCE)
    number = api.created(transactionTypes=[{"type": each} for each in ALL_TYPES])
    response = json.loads(api.entries(number, pageSize=300).content, parse_float=Decimal)
    entries = response["journalEntries"]
    assert {entry["transactionType"] for entry in entries} == set(ALL_TYPES)
    assert len({entry["number"] for entry in entries}) == len(entries)
    for entry in entries:
        sides = {"Debit": Decimal(0), "Credit": Decimal(0)}
        for item in entry["journalEntryItems"]:
            assert item["amount"] == item["homeCurrencyAmount"] > 0
            assert Decimal(item["amount"]).as_tuple().exponent in (0, -1, -2)
            sides[item["type"]] += item["amount"]
        assert sides["Debit"] == sides["Credit"]
        assert entry["transferredToAccounting"] == "No"
        assert entry["accountingPeriodName"] == "Nov-2014"
        assert entry["journalEntryDate"] == "2014-11-04"


def test_the_same_run_has_the_same_entries_in_every_emulator(make: Callable[..., Api]) -> None:
    one, other = make(random=Random(1)), make(random=Random(2))
    assert one.entries(pageSize=300).json() == other.entries(pageSize=300).json()
    assert one.emulator.client_id != other.emulator.client_id


def test_a_transferred_entry_shows_by_whom_and_when(api: Api) -> None:
    first, *_ = api.emulator.entry_numbers(RUN)
    api.emulator.mark_transferred(first, by="night batch")
    entry = api.entries().json()["journalEntries"][0]
    assert (entry["transferredBy"], entry["transferDateTime"]) == ("night batch", "2026-11-22 12:00:00")
    api.emulator.mark_transferred(first, Transfer.IGNORE)
    entry = api.entries().json()["journalEntries"][0]
    assert entry["transferredToAccounting"] == "Ignore"
    assert "transferredBy" not in entry


def test_pages(api: Api) -> None:
    seen: list[str] = []
    url: str | None = "/v1/journal-entries/journal-runs/JR-00000073"
    pages = 0
    while url:
        response = api.http.get(url).json()
        seen += [entry["number"] for entry in response["journalEntries"]]
        url, pages = response.get("nextPage"), pages + 1
        assert url is None or url.startswith("http://localhost/v1/journal-entries/")
    assert pages == 3
    assert seen == api.emulator.entry_numbers("JR-00000073")


@pytest.mark.parametrize(
    ("query", "count", "following"),
    [
        ({}, 8, True),
        ({"page": 3}, 8, True),
        ({"pageSize": 10, "page": 1}, 10, True),
        ({"pageSize": 12, "page": 2}, 12, False),
        ({"pageSize": 10, "page": 3}, 4, False),
        ({"pageSize": 10, "page": 4}, 0, False),
        ({"pageSize": 300, "page": 10**40}, 0, False),
        ({"pageSize": 24}, 24, False),
    ],
)
def test_page_and_size(api: Api, query: dict[str, int], count: int, following: bool) -> None:
    response = api.entries("JR-00000073", **query).json()
    assert len(response["journalEntries"]) == count
    assert ("nextPage" in response) == following


@pytest.mark.parametrize(
    "query", [{"pageSize": 0}, {"pageSize": 301}, {"page": 0}, {"page": -1}, {"page": "x"}, {"pageSize": ""}]
)
def test_pages_that_are_refused(api: Api, query: dict[str, Any]) -> None:
    response = api.entries(**query)
    assert response.status_code == 400
    assert reason(response)[0] == 20
    assert next(iter(query)) in reason(response)[1]


def test_the_maximum_page_size_can_be_lowered(make: Callable[..., Api]) -> None:
    api = make(max_page_size=40)
    assert reason(api.entries(pageSize=41))[0] == 20
    assert api.entries(pageSize=40).json()["success"] is True


# Pacing


def test_each_state_is_seen_by_so_many_reads(make: Callable[..., Api]) -> None:
    api = make(pacing="polls:2")
    number = api.created()
    assert [api.status(number) for _ in range(5)] == ["Pending", "Pending", "Processing", "Processing", "Completed"]


def test_only_reads_count(make: Callable[..., Api]) -> None:
    api = make(pacing="polls:1")
    number = api.created()
    assert api.status(number) == "Pending"
    assert "is Pending" in reason(api.create())[1]
    assert "is Pending" in reason(api.delete(number))[1]
    assert api.status(number) == "Processing"


def test_virtual_time_moves_a_run(make: Callable[..., Api]) -> None:
    api = make(pacing="seconds:60")
    api.cancel()
    clock = api.emulator.clock
    assert api.entry_statuses().count("Cancelled") == 0
    clock.advance(150)
    assert api.entry_statuses().count("Cancelled") == 2
    clock.advance(30)
    assert api.entry_statuses().count("Cancelled") == 3
    clock.advance(1200)
    assert api.status() == "Completed"


def test_a_held_run_waits_for_its_release(make: Callable[..., Api]) -> None:
    api = make(seed=[SeedRun(number=RUN, status=RunStatus.PROCESSING, pacing=HELD)], pacing=AT_ONCE)
    api.emulator.clock.advance(3000)
    assert [api.status() for _ in range(3)] == ["Processing"] * 3
    api.emulator.release(RUN)
    assert api.status() == "Completed"
    assert api.entry_statuses()


def test_releasing_what_is_not_in_progress_changes_nothing(api: Api) -> None:
    api.emulator.release(RUN)
    api.emulator.step(RUN)
    assert api.status() == "Completed"
    with pytest.raises(ValueError, match="JR-99999999"):
        api.emulator.release("JR-99999999")


def test_a_held_run_progresses_step_by_step(make: Callable[..., Api]) -> None:
    api = make(pacing=HELD)
    number = api.created()
    assert api.status(number) == "Pending"
    api.emulator.step(number)
    assert api.status(number) == "Processing"
    api.emulator.step(number)
    assert api.status(number) == "Completed"
    api.cancel()
    api.emulator.step(RUN)
    assert api.entry_statuses().count("Cancelled") == 1


def test_short_spans_of_time_add_up(make: Callable[..., Api]) -> None:
    api = make(pacing="seconds:0.1")
    api.cancel()
    for cancelled in range(10):
        assert api.entry_statuses().count("Cancelled") == min(cancelled, 9)
        api.emulator.clock.advance(0.1)


def test_releasing_a_deletion_ends_it(make: Callable[..., Api]) -> None:
    api = make(pacing=HELD)
    api.delete("JR-00000072")
    api.emulator.release("JR-00000072")
    assert api.status("JR-00000072") == "gone"


# What happens beside the API


def test_reset_goes_back_to_the_seed_and_keeps_who_is_signed_in(make: Callable[..., Api]) -> None:
    api = make(pacing=AT_ONCE)
    before = [api.get().json(), api.entries(pageSize=300).json()]
    api.cancel()
    api.emulator.end_next_run()
    api.created()
    api.emulator.end_next_run()
    api.emulator.reset()
    assert api.emulator.requests == ()
    assert [api.get().json(), api.entries(pageSize=300).json()] == before
    assert api.status(api.created()) == "Completed"


def test_a_run_is_added_with_the_next_number_or_its_own(api: Api) -> None:
    assert api.emulator.add_run(SeedRun()) == "JR-00000076"
    assert api.emulator.add_run(SeedRun(number="JR-00000500", entries=1)) == "JR-00000500"
    assert api.emulator.add_run(SeedRun(entries=3)) == "JR-00000501"
    assert api.entry_statuses("JR-00000501") == ["Created"] * 3


@pytest.mark.parametrize(
    ("run", "expected"),
    [
        (SeedRun(number=RUN), "already"),
        (SeedRun(number="75"), "not a valid run number"),
        (SeedRun(period="Smarch-2026"), "Smarch-2026"),
        (SeedRun(entries=1, transaction_types=()), "transaction type"),
        (SeedRun(outcome=RunStatus.CANCELLED), "cannot end in Cancelled"),
        (SeedRun(entries=1, transfers={2: Transfer.YES}), "1 entries"),
        (SeedRun(entries=1, transfers={0: Transfer.YES}), "1 entries"),
        (SeedRun(status=RunStatus.CANCELLED, entries=1, transfers={1: Transfer.YES}), "cancelled"),
    ],
)
def test_invalid_seed_runs(api: Api, run: SeedRun, expected: str) -> None:
    with pytest.raises(ValueError, match=expected):
        api.emulator.add_run(run)
    assert api.emulator.add_run(SeedRun(entries=1)) == "JR-00000076"


def test_entries_that_cannot_be_transferred(make: Callable[..., Api]) -> None:
    api = make(pacing=AT_ONCE)
    with pytest.raises(ValueError, match="no journal entry"):
        api.emulator.mark_transferred("JE-99999999")
    api.cancel()
    with pytest.raises(ValueError, match="cancelled"):
        api.emulator.mark_transferred(api.emulator.entry_numbers(RUN)[0])
    with pytest.raises(ValueError, match="Maybe"):
        api.emulator.mark_transferred(api.emulator.entry_numbers(RUN)[6], "Maybe")


def test_two_emulators_know_nothing_of_each_other(make: Callable[..., Api]) -> None:
    one, other = make(pacing=AT_ONCE), make(pacing=AT_ONCE, random=Random(1))
    one.cancel()
    assert one.entry_statuses().count("Cancelled") == 9
    assert other.entry_statuses().count("Cancelled") == 0
    other.http.headers["Authorization"] = one.http.headers["Authorization"]
    assert other.get().status_code == 401


def test_a_running_clock_moves_runs_too(make: Callable[..., Api]) -> None:
    class Ticks:
        now = 0.0

        def __call__(self) -> float:
            return self.now

    ticks = Ticks()
    api = make(clock=Clock(monotonic=ticks), pacing="seconds:2")
    number = api.created()
    ticks.now = 4.0
    assert api.status(number) == "Completed"
