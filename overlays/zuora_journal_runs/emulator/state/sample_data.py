"""Accounting periods, and summary journal entries that a ledger would accept: debits equal credits."""

from __future__ import annotations

import calendar
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence
    from random import Random

FIRST_YEAR, LAST_YEAR = 2014, 2039
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True, slots=True)
class Period:
    """An accounting period of one month, with its first and last date."""

    name: str
    start: str
    end: str


def _month(year: int, month: int) -> Period:
    last = calendar.monthrange(year, month)[1]
    name = f"{_MONTHS[month - 1]}-{year}"
    return Period(name, f"{year}-{month:02}-01", f"{year}-{month:02}-{last}")


PERIODS = {
    period.name: period
    for year in range(FIRST_YEAR, LAST_YEAR + 1)
    for month in range(1, 13)
    for period in [_month(year, month)]
}
"""The tenant's accounting periods by name: `Jan-2014` to `Dec-2039`."""

_ACCOUNTS = {
    "AccountsReceivable": ("Accounts Receivable", "Trade receivables", "1200"),
    "Cash": ("Cash", "Bank", "1010"),
    "DeferredRevenue": ("Deferred Revenue", "Deferred revenue", "2300"),
    "RecognizedRevenue": ("Subscription Revenue", "Subscription revenue", "4000"),
    "SalesTaxPayable": ("Sales Tax Payable", "Sales tax payable", "2200"),
    "CustomerCashOnAccount": ("Cash On Account", "Customer balances", "2100"),
}

# The first word found in the transaction type decides: what is debited, what is credited.
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
    types: Sequence[str],
    period: Period,
    start: str,
    end: str,
    entry_date: str,
    random: Random,
    count: int | None = None,
) -> list[str]:
    """What never changes of the entries of a run, as the inside of a JSON object each.

    Each type gets one to three entries, or the types take turns until there are `count`.
    """
    if count is None:
        sequence = [kind for kind in types for _ in range(random.randint(1, 3))]
    else:
        sequence = [types[index % len(types)] for index in range(count)]
    return [_entry(kind, period, start, end, entry_date, random) for kind in sequence]


def _entry(kind: str, period: Period, start: str, end: str, entry_date: str, random: Random) -> str:
    debit, credit = next((d, c) for word, d, c in _POSTINGS if word in kind)
    cents = random.randint(10_00, 250_000_00)
    part = random.randint(1, cents - 1)
    credited = [cents] if random.random() < 0.5 else [part, cents - part]
    document = {
        "journalEntryDate": entry_date,
        "timePeriodStart": start,
        "timePeriodEnd": end,
        "accountingPeriodName": period.name,
        "aggregateCurrency": False,
        "currency": "USD",
        "homeCurrency": "USD",
        "transactionType": kind,
        "notes": f"{kind} of {period.name}",
        "segments": [{"segmentName": "Region", "segmentValue": random.choice(("East", "West"))}],
        "journalEntryItems": [
            _item("Debit", debit, cents),
            *(_item("Credit", credit, amount) for amount in credited),
        ],
    }
    return json.dumps(document, separators=(",", ":"))[1:-1]
