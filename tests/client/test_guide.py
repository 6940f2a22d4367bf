"""The six steps of Zuora's guide for a general ledger, with its own names and bodies; and what it warns of.

Source: developer.zuora.com, "Integrate your ERP system with Zuora Billing, Summary GL pattern" (January 2026).
"""

from __future__ import annotations

import json
from decimal import Decimal
from random import Random
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from zuora_journal_runs import errors
from zuora_journal_runs.emulator import Clock, Emulator, Period, Seed, Transaction, Transfer

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PERIOD = "December 2024"
PERIOD_ID = "402881e8945d1b9a01945d2b5c8a0001"
TYPES = [
    "Invoice Item",
    "Taxation Item",
    "Debit Memo Item (Charge)",
    "Debit Memo Item (Tax)",
    "Credit Memo Item (Charge)",
    "Credit Memo Item (Tax)",
    "Credit Memo Application Item",
    "Electronic Payment Application",
    "External Payment Application",
    "Electronic Refund Application",
    "External Refund Application",
]
TAX = [
    {"accountingCodeName": "Accounts Receivable", "accountingCodeType": "AccountsReceivable", "type": "Debit"},
    {"accountingCodeName": "Sales Tax Payable", "accountingCodeType": "SalesTaxPayable", "type": "Credit"},
]
NOTES = "Transferred to GL 2025-01-02"


class Books:
    """Accounting periods and their trial balance, which the emulator does not model."""

    def __init__(self) -> None:
        self.status, self.polls = "Open", 0

    def __call__(self, request: httpx.Request) -> httpx.Response | None:
        path = request.url.path.removeprefix(f"/v1/accounting-periods/{PERIOD_ID}")
        match request.method, path:
            case "POST", "/v1/action/query":
                assert json.loads(request.content) == {
                    "queryString": f"select Id, Name, Status from AccountingPeriod where Name = '{PERIOD}'"
                }
                record = {"Id": PERIOD_ID, "Name": PERIOD, "Status": self.status}
                return httpx.Response(200, json={"size": 1, "records": [record], "done": True})
            case "PUT", "/run-trial-balance":
                self.polls = 1
            case "PUT", "/close":
                if self.polls < 3:
                    reason = {"code": 52000030, "message": "The trial balance has not been run."}
                    return httpx.Response(200, json={"success": False, "reasons": [reason]})
                self.status = "Closed"
            case "GET", "":
                self.polls += 1
                balance = "Processing" if self.polls < 3 else "Completed"
                return httpx.Response(200, json={"success": True, "name": PERIOD, "runTrialBalanceStatus": balance})
            case _:
                return None
        return httpx.Response(200, json={"success": True})


def december(others: Any = None) -> Emulator:
    """Return an emulator whose period has a transaction of each type on two days."""
    transactions = [
        Transaction(type=kind, date=f"2024-12-{day}", amount=Decimal(day) + Decimal(place) / 100)
        for place, kind in enumerate(TYPES)
        for day in ("02", "31")
    ]
    return Emulator(
        seed=Seed(periods=[Period(PERIOD, "2024-12-01", "2024-12-31")], transactions=transactions),
        random=Random(2),
        clock=Clock(running=False),
        others=others,
    )


def create(client: Any, **arguments: Any) -> Any:
    return client.create(TYPES, "2025-01-01", accounting_period_name=PERIOD, **arguments)


def test_the_six_steps(tmp_path: Path) -> None:
    books = Books()
    emulator = december(books)
    with emulator.client(zuora_version="2025-08-12") as client:
        # A: the period's id, by its name.
        query = f"select Id, Name, Status from AccountingPeriod where Name = '{PERIOD}'"
        found = client.request("POST", "/v1/action/query", json={"queryString": query}).json()
        (record,) = found["records"]
        address = f"/v1/accounting-periods/{record['Id']}"
        # B and C: a trial balance, which is asynchronous; then close it.
        with pytest.raises(errors.RuleViolationError, match="trial balance"):
            client.request("PUT", f"{address}/close")
        client.request("PUT", f"{address}/run-trial-balance")
        while client.request("GET", address).json()["runTrialBalanceStatus"] != "Completed":
            pass
        client.request("PUT", f"{address}/close")
        assert books.status == "Closed"
        # D: create the run, and wait until it has ended.
        created = create(client, evidence=tmp_path / "create.jsonl")
        number = created.journal_run_number
        assert client.wait_for_completion(created).complete
        # E: read the entries, and hold them against what there is.
        entries = client.entries(number)
        totals = entries.totals()
        assert totals.balanced
        expected = Decimal(33 * len(TYPES)) + 2 * Decimal(sum(range(len(TYPES)))) / 100
        assert totals.by_currency() == {"USD": (expected, expected)}
        assert {each.accounting_period_name for each in entries} == {PERIOD}
        # F: mark each as transferred, once it is posted: the first with the guide's own body, the others by post_entries.
        (tax,) = (each for each in entries if each.transaction_type == "Taxation Item")
        ledger = [tax.number]
        client.request(
            "PUT",
            f"/v1/journal-entries/{tax.number}/basic-information",
            json={"journalEntryItems": TAX, "notes": NOTES, "transferredToAccounting": "Yes"},
        )
        outcome = client.post_entries(
            number, lambda entry: ledger.append(entry.number), notes=NOTES, evidence=tmp_path / "post.jsonl"
        )
        assert outcome.complete
        assert [entry.number for entry in outcome.already] == [tax.number]
        assert sorted(ledger) == sorted(entry.number for entry in entries)
        assert {entry.transferred_to_accounting for entry in client.entries(number)} == {"Yes"}
        assert {entry.notes for entry in client.entries(number)} == {NOTES}
        # Uploading the journal entries more than once will upset everyone.
        client.post_entries(number, lambda entry: ledger.append(entry.number))
        assert len(ledger) == len(entries)
        # What is in the ledger is not taken again: not by a second run, and not by a rerun.
        second = create(client).journal_run_number
        client.wait_for_completion(second)
        assert client.entries(second) == []
        with pytest.raises(errors.EntriesRemainError, match="nothing was changed"):
            client.rerun(number, evidence=tmp_path / "rerun.jsonl")
    assert emulator.misuses() == []


@pytest.mark.parametrize("late", [False, True])
def test_a_run_is_done_again_and_no_cent_is_lost(use: Callable[..., Any], tmp_path: Path, late: bool) -> None:
    """The connector pages: when posting fails, cancel the run, correct, and run again."""
    emulator = december()
    number = use(emulator, create).journal_run_number
    use(emulator, lambda client: client.wait_for_completion(number))
    if late:
        emulator.add_transactions([Transaction(type="Invoice Item", date="2024-12-24", amount="0.01")])
    outcome = use(emulator, lambda client: client.rerun(number, evidence=tmp_path / "rerun.jsonl"))
    assert outcome.complete
    assert outcome.plan.details["request"]["accountingPeriodName"] == PERIOD
    assert outcome.before.entries == len(TYPES)
    if late:
        (difference,) = outcome.differences
        assert (
            str(difference) == "Invoice Item, USD: debits 33 before and 33.01 after, credits 33 before and 33.01 after"
        )
    else:
        assert outcome.differences == ()
        assert outcome.summary().endswith("Their totals are the same.")


def test_what_may_stay_is_not_taken_again(use: Callable[..., Any], tmp_path: Path) -> None:
    emulator = december()
    number = use(emulator, create).journal_run_number
    use(emulator, lambda client: client.wait_for_completion(number))
    whole = use(emulator, lambda client: client.entries(number)).totals()
    staying = emulator.entry_numbers(number)[0]
    emulator.mark_transferred(staying, Transfer.YES)
    outcome = use(
        emulator, lambda client: client.rerun(number, evidence=tmp_path / "rerun.jsonl", allow_remaining=True)
    )
    assert outcome.complete
    assert outcome.differences == ()
    # Together, both runs have what there was: nothing is lost, and nothing is taken twice.
    both = [
        *use(emulator, lambda client: client.entries(number)),
        *use(emulator, lambda client: client.entries(outcome.created)),
    ]
    assert whole.of(both).by_type() == whole.by_type()
