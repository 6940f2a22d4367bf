"""Periods and transactions: what runs take them, and where they come from."""

from __future__ import annotations

import json
from decimal import Decimal
from random import Random
from typing import TYPE_CHECKING, Any

import pytest

from zuora_journal_runs.emulator import AT_ONCE, Period, RunStatus, Seed, SeedRun, Transaction, Transfer

if TYPE_CHECKING:
    from collections.abc import Callable

    from .conftest import Api

RUN = "JR-00000075"
INVOICES: dict[str, Any] = {"transactionTypes": [{"type": "Invoice Item"}]}
DECEMBER = Period("December 2024", "2024-12-01", "2024-12-31")
OPEN_ENDED = Period("Open-Ended", "2030-01-01", None)


def entries_of(api: Api, number: str) -> list[dict[str, Any]]:
    content = api.entries(number, pageSize=300).content
    return list(json.loads(content, parse_float=Decimal)["journalEntries"])


def totals(entries: list[dict[str, Any]]) -> dict[tuple[str, str], Decimal]:
    """Return the debits by transaction type and segment."""
    found: dict[tuple[str, str], Decimal] = {}
    for entry in entries:
        key = entry["transactionType"], entry["segments"][0]["segmentValue"]
        debits = sum(
            (Decimal(item["amount"]) for item in entry["journalEntryItems"] if item["type"] == "Debit"), Decimal()
        )
        assert key not in found
        found[key] = debits
    return found


# Which transactions a run takes


def test_a_second_run_of_the_same_period_and_types_has_no_entries(make: Callable[..., Api]) -> None:
    api = make(pacing=AT_ONCE)
    first = api.created(**INVOICES)
    assert entries_of(api, first)
    second = api.created(**INVOICES)
    assert api.get(second).json()["status"] == "Completed"
    assert api.get(second).json()["totalJournalEntryCount"] == 0
    assert entries_of(api, second) == []
    # Another type is another matter.
    assert entries_of(api, api.created(transactionTypes=[{"type": "Invoice Item"}, {"type": "Electronic Refund"}]))


def test_a_run_done_again_has_the_same_totals(make: Callable[..., Api]) -> None:
    api = make(pacing=AT_ONCE)
    first = api.created()
    before = totals(entries_of(api, first))
    api.cancel(first)
    assert totals(entries_of(api, api.created())) == before


def test_the_documented_run_done_again(make: Callable[..., Api]) -> None:
    """Its transferred entry keeps its transactions, and the other nine are free."""
    api = make(pacing=AT_ONCE)
    before = entries_of(api, RUN)
    types = api.get().json()["transactionTypes"]
    october = {"accountingPeriodName": "Oct-2026", "transactionTypes": types}
    assert entries_of(api, api.created(**october)) == []
    api.cancel()
    left = [entry for entry in before if entry["number"] != "JE-00000038"]
    assert totals(entries_of(api, api.created(**october))) == totals(left)


def test_an_entry_that_is_updated_later_can_be_freed(make: Callable[..., Api]) -> None:
    api = make(pacing=AT_ONCE, override_transferred=True)
    api.cancel()
    api.update("JE-00000038", transferredToAccounting="Error")
    october = {"accountingPeriodName": "Oct-2026", "transactionTypes": [{"type": "Electronic Payment"}]}
    first = entries_of(api, api.created(**october))
    api.cancel()
    assert api.status() == "Cancelled"
    [late] = entries_of(api, api.created(**october))
    assert "JE-00000038" not in {entry["number"] for entry in first}
    assert sum(totals([late]).values()) == Decimal("68570.22")


def test_a_deleted_run_leaves_its_transactions_to_others(make: Callable[..., Api]) -> None:
    api = make(pacing=AT_ONCE)
    first = api.created()
    before = totals(entries_of(api, first))
    api.cancel(first)
    api.delete(first)
    assert totals(entries_of(api, api.created())) == before


def test_a_run_that_fails_takes_nothing(make: Callable[..., Api]) -> None:
    api = make(pacing=AT_ONCE)
    api.emulator.end_next_run()
    assert entries_of(api, api.created()) == []
    assert entries_of(api, api.created())


def test_entries_stand_in_the_order_of_the_types(make: Callable[..., Api]) -> None:
    api = make(pacing=AT_ONCE)
    types = ["Taxation Item", "Electronic Payment", "Invoice Item"]
    entries = entries_of(api, api.created(transactionTypes=[{"type": each} for each in types]))
    assert list(dict.fromkeys(entry["transactionType"] for entry in entries)) == types


# Where transactions come from


def test_sample_transactions_are_the_same_in_every_emulator(make: Callable[..., Api]) -> None:
    one, other = make(pacing=AT_ONCE, seed=(), random=Random(1)), make(pacing=AT_ONCE, seed=(), random=Random(2))
    other.created(accountingPeriodName="Dec-2014", **INVOICES)
    assert totals(entries_of(one, one.created())) == totals(entries_of(other, other.created()))
    year = make(pacing=AT_ONCE, seed=Seed(periods=[Period("2014", "2014-01-01", "2014-12-31")]))
    whole = entries_of(year, year.created(accountingPeriodName="2014", **INVOICES))
    assert len(year.emulator.transactions()) == 365
    assert sum(totals(whole).values()) == sum(Decimal(each.amount) for each, _ in year.emulator.transactions())
    november = [each for each, _ in one.emulator.transactions() if each.type == "Invoice Item"]
    assert november == [each for each, _ in year.emulator.transactions() if each.date.startswith("2014-11")]


def test_a_range_of_dates_has_a_part_of_the_sample_transactions(make: Callable[..., Api]) -> None:
    api = make(pacing=AT_ONCE, seed=())
    dates = {"accountingPeriodName": None, "targetStartDate": "2014-11-03", "targetEndDate": "2014-11-04", **INVOICES}
    first = api.created(**dates)
    assert {each.date for each, entry in api.emulator.transactions() if entry} == {"2014-11-03", "2014-11-04"}
    assert len(api.emulator.transactions()) == 30
    inside = api.emulator.transactions(entry=api.emulator.entry_numbers(first)[0])
    assert inside == [each for each in api.emulator.transactions() if each[1] == api.emulator.entry_numbers(first)[0]]
    api.created(**INVOICES)
    assert all(entry for _, entry in api.emulator.transactions())


def test_with_a_seed_of_transactions_there_are_no_others(make: Callable[..., Api]) -> None:
    api = make(pacing=AT_ONCE, seed=Seed(transactions=[]))
    assert entries_of(api, api.created()) == []
    api.emulator.add_transactions(
        [
            Transaction(
                type="Invoice Item", date="2014-11-30", amount="1200.505", currency="BHD", debit="", credit="B"
            ),
            Transaction(type="Invoice Item", date="2014-11-01", amount=0.1),
            Transaction(type="Invoice Item", date="2014-11-02", amount=Decimal("999999999999.99")),
            Transaction(type="Invoice Item", date="2014-12-01", amount=1),
        ]
    )
    foreign, home = entries_of(api, api.created(**INVOICES))
    assert foreign["currency"] == "BHD"
    assert foreign["journalEntryItems"] == [
        {"accountingCodeName": "", "type": "Debit", "amount": Decimal("1200.505")},
        {"accountingCodeName": "B", "type": "Credit", "amount": Decimal("1200.505")},
    ]
    assert [item["amount"] for item in home["journalEntryItems"]] == [Decimal("1000000000000.09")] * 2
    assert home["journalEntryItems"][0] == {
        "accountingCodeName": "Accounts Receivable",
        "accountingCodeType": "AccountsReceivable",
        "glAccountName": "Trade receivables",
        "glAccountNumber": "1200",
        "type": "Debit",
        "amount": Decimal("1000000000000.09"),
        "homeCurrencyAmount": Decimal("1000000000000.09"),
    }


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"type": "Invoices"}, "'Invoices' is not a transaction type"),
        ({"date": "2014-11-31"}, "day is out of range"),
        ({"date": "20141130"}, "'20141130' is not a date"),
        ({"amount": 0}, "'0' is not an amount"),
        ({"amount": -1}, "'-1' is not an amount"),
        ({"amount": "0.0001"}, "'0.0001' is not an amount"),
        ({"amount": "1e12"}, "'1e12' is not an amount"),
        ({"amount": "many"}, "'many' is not an amount"),
        ({"amount": "NaN"}, "'NaN' is not an amount"),
        ({"amount": float("inf")}, "'inf' is not an amount"),
    ],
)
def test_invalid_transactions(api: Api, changes: dict[str, Any], expected: str) -> None:
    good: dict[str, Any] = {"type": "Invoice Item", "date": "2014-11-30", "amount": 1}
    with pytest.raises(ValueError, match=expected):
        api.emulator.add_transactions([Transaction(**good), Transaction(**good | changes)])
    assert good["date"] not in {each.date for each, _ in api.emulator.transactions()}


def test_a_reset_goes_back_to_the_transactions_of_the_seed(make: Callable[..., Api]) -> None:
    seed = Seed(
        runs=iter([SeedRun(number=RUN, period=DECEMBER.name, entries=2)]),
        periods=iter([DECEMBER]),
        transactions=iter([Transaction(type="Invoice Item", date="2024-12-03", amount=5)]),
    )
    api = make(pacing=AT_ONCE, seed=seed)
    before = api.emulator.transactions()
    run = api.created(accountingPeriodName=DECEMBER.name)
    assert api.emulator.transactions() != before
    api.emulator.take_snapshot("taken")
    api.emulator.reset()
    assert api.emulator.transactions() == before
    api.emulator.restore("taken")
    assert [entry for _, entry in api.emulator.transactions()].count(api.emulator.entry_numbers(run)[0]) == 1
    api.emulator.reset(())
    assert api.emulator.transactions() == []
    assert DECEMBER not in api.emulator.periods


def test_which_seeded_runs_bring_transactions(make: Callable[..., Api]) -> None:
    """A cancelled one does not, and leaves the month as it is."""
    for status in RunStatus:
        api = make(pacing=AT_ONCE, seed=[SeedRun(number=RUN, status=status, entries=3, period="Nov-2014")])
        cancelled = status in ("Cancelled", "DeleteInprogress")
        held = {entry for _, entry in api.emulator.transactions()}
        assert held == (set() if cancelled else {"JE-00000001", "JE-00000002", "JE-00000003"})


def test_a_seeded_run_with_many_entries_of_a_type(make: Callable[..., Api]) -> None:
    seeded = SeedRun(
        number=RUN, period="Nov-2014", transaction_types=("Invoice Item",), entries=7, transfers={2: Transfer.YES}
    )
    api = make(pacing=AT_ONCE, seed=[seeded])
    before = totals(entries_of(api, RUN))
    assert len(before) == 7
    api.cancel()
    again = totals(entries_of(api, api.created(**INVOICES)))
    assert again == {key: amount for key, amount in before.items() if key != ("Invoice Item", "West")}


# Periods


def test_a_period_may_have_any_name(make: Callable[..., Api]) -> None:
    names = ["December 2024", '4-4-5 \N{EURO SIGN} "1"', "x" * 100]
    periods = [Period(name, f"{2020 + index}-01-01", f"{2020 + index}-12-31") for index, name in enumerate(names)]
    api = make(pacing=AT_ONCE, seed=Seed(periods=periods))
    for period in periods:
        number = api.created(accountingPeriodName=period.name, **INVOICES)
        assert api.get(number).json()["targetEndDate"] == period.end
        assert {entry["accountingPeriodName"] for entry in entries_of(api, number)} == {period.name}
        assert next(run for run in api.emulator.runs() if run.number == number).accounting_period == period.name


def test_a_run_may_cover_a_closed_period(make: Callable[..., Api]) -> None:
    closed = Period("closed", "2024-12-01", "2024-12-31", open=False)
    api = make(pacing=AT_ONCE, seed=Seed(periods=[closed]))
    assert closed in api.emulator.periods
    assert entries_of(api, api.created(accountingPeriodName="closed"))


def test_a_period_takes_the_place_of_the_months_that_it_overlaps(make: Callable[..., Api]) -> None:
    api = make(pacing=AT_ONCE)
    assert len(api.emulator.periods) == 312
    api.emulator.add_periods([Period("odd", "2024-11-30", "2024-12-30"), Period("after", "2024-12-31", "2024-12-31")])
    names = [period.name for period in api.emulator.periods]
    assert names[names.index("Oct-2024") :][:4] == ["Oct-2024", "odd", "after", "Jan-2025"]
    for name in ("Nov-2024", "Dec-2024"):
        assert "there is no accounting period" in api.create(accountingPeriodName=name).text
    dates = {"accountingPeriodName": None, **INVOICES}
    assert api.create(**dates, targetStartDate="2024-11-30", targetEndDate="2024-12-30").json()["success"]
    for start, end in (("2024-12-30", "2024-12-31"), ("2024-11-29", "2024-11-29"), ("2024-12-31", "2025-01-01")):
        response = api.create(**dates, targetStartDate=start, targetEndDate=end)
        assert "not within one accounting period" in response.text
    # A name that was added before is changed.
    api.emulator.add_periods([Period("odd", "2024-11-30", "2024-12-30", open=False)])
    assert [period.open for period in api.emulator.periods if period.name == "odd"] == [False]


@pytest.mark.parametrize(
    "target",
    [
        {"accountingPeriodName": OPEN_ENDED.name},
        {"accountingPeriodName": None, "targetStartDate": "2031-01-01", "targetEndDate": "2031-01-31"},
    ],
)
def test_an_open_ended_period_is_refused(make: Callable[..., Api], target: dict[str, Any]) -> None:
    api = make(seed=Seed(periods=[OPEN_ENDED]))
    response = api.create(**target, **INVOICES)
    assert response.status_code == 400
    assert "open-ended" in response.json()["reasons"][0]["message"]
    assert api.emulator.periods[-1] == OPEN_ENDED
    with pytest.raises(ValueError, match="open-ended"):
        api.emulator.add_run(SeedRun(period=OPEN_ENDED.name))


@pytest.mark.parametrize(
    ("period", "expected"),
    [
        (Period("", "2024-12-01", "2024-12-31"), "1 to 100 characters"),
        (Period("x" * 101, "2024-12-01", "2024-12-31"), "1 to 100 characters"),
        (Period("a", "2024-12-02", "2024-12-01"), "ends before it starts"),
        (Period("a", "2024-12-32", "2024-12-31"), "2024-12-32|day is out of range"),
        (Period("a", "2024-12-01", "1 December"), "1 December"),
        (Period("a", "2025-01-01", None), "'b' and 'a' overlap"),
        (Period("a", "2025-01-31", "2025-02-01"), "'b' and 'a' overlap"),
    ],
)
def test_invalid_periods(api: Api, period: Period, expected: str) -> None:
    with pytest.raises(ValueError, match=expected):
        api.emulator.add_periods([Period("b", "2025-01-01", "2025-01-31"), period])
    assert "b" not in {each.name for each in api.emulator.periods}


def test_a_database_keeps_periods_and_transactions(make: Callable[..., Api], tmp_path: Any) -> None:
    seed = Seed(periods=[DECEMBER], transactions=[])
    first = make(pacing=AT_ONCE, database=tmp_path / "close.db", seed=seed)
    first.emulator.add_transactions([Transaction(type="Invoice Item", date="2024-12-31", amount=7)])
    number = first.created(accountingPeriodName=DECEMBER.name, **INVOICES)
    before = first.emulator.transactions()
    first.emulator.close()
    second = make(pacing=AT_ONCE, database=tmp_path / "close.db")
    assert second.emulator.transactions() == before
    assert before[0][1] == second.emulator.entry_numbers(number)[0]
    assert entries_of(second, second.created()) == []
