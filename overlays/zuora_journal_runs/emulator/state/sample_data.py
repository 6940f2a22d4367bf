"""Sample journal entries that a ledger would accept: debits equal credits."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence
    from random import Random

    from .periods import Target

_ACCOUNTS = {
    "AccountsReceivable": ("Accounts Receivable", "Trade receivables", "1200"),
    "Cash": ("Cash", "Bank", "1010"),
    "DeferredRevenue": ("Deferred Revenue", "Deferred revenue", "2300"),
    "RecognizedRevenue": ("Subscription Revenue", "Subscription revenue", "4000"),
    "SalesTaxPayable": ("Sales Tax Payable", "Sales tax payable", "2200"),
    "CustomerCashOnAccount": ("Cash On Account", "Customer balances", "2100"),
}

# What is debited and what is credited: the first row whose words are in the transaction type decides.
_POSTINGS = (
    ("Tax", "AccountsReceivable", "SalesTaxPayable"),
    ("Credit Balance", "CustomerCashOnAccount", "AccountsReceivable"),
    ("Refund", "AccountsReceivable", "Cash"),
    ("Payment", "Cash", "AccountsReceivable"),
    ("Credit Memo", "DeferredRevenue", "AccountsReceivable"),
    ("Revenue", "DeferredRevenue", "RecognizedRevenue"),
    ("", "AccountsReceivable", "DeferredRevenue"),
)


def _item(side: str, account: str, cents: int) -> dict[str, Any]:
    name, gl_name, gl_number = _ACCOUNTS[account]
    amount = cents / 100
    return {
        "accountingCodeName": name,
        "accountingCodeType": account,
        "glAccountName": gl_name,
        "glAccountNumber": gl_number,
        "type": side,
        "amount": amount,
        "homeCurrencyAmount": amount,
    }


def generate_entries(
    types: Sequence[str], target: Target, entry_date: str, random: Random, count: int | None = None
) -> list[str]:
    """Generate the entries of a run; return the fields that never change, each entry as a JSON object.

    Args:
        types: The transaction types of the run.
        target: The dates that the run covers.
        entry_date: The date of the entries.
        random: The source of amounts and of everything else that varies.
        count: The number of entries, which take the types in turn; one to three per type if omitted.
    """
    if count is None:
        sequence = [kind for kind in types for _ in range(random.randint(1, 3))]
    else:
        sequence = [types[index % len(types)] for index in range(count)]
    return [_entry(kind, target, entry_date, random) for kind in sequence]


def _entry(kind: str, target: Target, entry_date: str, random: Random) -> str:
    debit, credit = next((d, c) for word, d, c in _POSTINGS if word in kind)
    cents = random.randint(10_00, 250_000_00)
    part = random.randint(1, cents - 1)
    credited = [cents] if random.random() < 0.5 else [part, cents - part]
    document = {
        "journalEntryDate": entry_date,
        "timePeriodStart": target.start,
        "timePeriodEnd": target.end,
        "accountingPeriodName": target.period.name,
        "aggregateCurrency": False,
        "currency": "USD",
        "homeCurrency": "USD",
        "transactionType": kind,
        "notes": f"{kind} of {target.period.name}",
        "segments": [{"segmentName": "Region", "segmentValue": random.choice(("East", "West"))}],
        "journalEntryItems": [
            _item("Debit", debit, cents),
            *(_item("Credit", credit, amount) for amount in credited),
        ],
    }
    return json.dumps(document, separators=(",", ":"))
