"""A run with all that its entries say, as JSON for the control API."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from .lifecycle import EntryStatus

if TYPE_CHECKING:
    from .store import Store

_RUN_FIELDS = ("executedOn", "journalEntryDate", "targetStartDate", "targetEndDate")
_ENTRY_FIELDS = ("transactionType", "currency")


def details(store: Store, number: str, limit: int) -> dict[str, Any]:
    """Return a run, its first `limit` entries, and what these add up to in each currency."""
    run = store.run(number)
    assert run is not None
    document = json.loads(run.document)
    entries = [_entry(*row) for row in store.entries(number, limit)]
    return {
        "number": number,
        "status": run.status,
        "accountingPeriodName": run.period,
        **{name: document[name] for name in _RUN_FIELDS},
        "entries": entries,
        "totals": _totals(entries),
    }


def _entry(number: str, status: str, transfer: str, by: str | None, on: str | None, document: str) -> dict[str, Any]:
    fields = json.loads(document)
    amount = sum(
        (Decimal(str(item["amount"])) for item in fields["journalEntryItems"] if item["type"] == "Debit"), Decimal()
    )
    return {
        "number": number,
        "status": status,
        "transferredToAccounting": transfer,
        "transferredBy": by,
        "transferDateTime": on,
        **{name: fields[name] for name in _ENTRY_FIELDS},
        "amount": f"{amount:f}",
    }


def _totals(entries: list[dict[str, Any]]) -> list[dict[str, str]]:
    sums: dict[str, list[Decimal]] = {}
    for entry in entries:
        amounts = sums.setdefault(entry["currency"], [Decimal(), Decimal()])
        amounts[0] += Decimal(entry["amount"])
        if entry["status"] == EntryStatus.CANCELLED:
            amounts[1] += Decimal(entry["amount"])
    return [
        {
            "currency": currency,
            "amount": f"{amount:f}",
            "cancelledAmount": f"{cancelled:f}",
            "remainingAmount": f"{amount - cancelled:f}",
        }
        for currency, (amount, cancelled) in sorted(sums.items())
    ]
