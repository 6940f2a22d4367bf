"""Transactions, which exist before the runs that take them, and the journal entries that runs sum them into."""

from __future__ import annotations

import calendar
import contextlib
import functools
import json
from dataclasses import dataclass
from decimal import Decimal
from random import Random
from typing import TYPE_CHECKING, Any

from zuora_journal_runs import spec

from .periods import check_date
from .rows import Group, Row, Sum

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from .periods import Target

HOME_CURRENCY = "USD"
_to_json = json.JSONEncoder(separators=(",", ":")).encode
MILLS = 1000
"""Amounts are kept as whole numbers of thousandths, since some currencies have three decimals."""
_MAX_MILLS = 10**15
_REGIONS = ("East", "West", "North", "South", "Central")

# Accounting codes by name, each with its type, and the name and the number of its general-ledger account.
_CODES = {
    "Accounts Receivable": ("AccountsReceivable", "Trade receivables", "1200"),
    "Cash": ("Cash", "Bank", "1010"),
    "Deferred Revenue": ("DeferredRevenue", "Deferred revenue", "2300"),
    "Subscription Revenue": ("RecognizedRevenue", "Subscription revenue", "4000"),
    "Sales Tax Payable": ("SalesTaxPayable", "Sales tax payable", "2200"),
    "Cash On Account": ("CustomerCashOnAccount", "Customer balances", "2100"),
}

# What is debited and what is credited: the first row whose words are in the transaction type decides.
_POSTINGS = (
    ("Tax", "Accounts Receivable", "Sales Tax Payable"),
    ("Credit Balance", "Cash On Account", "Accounts Receivable"),
    ("Refund", "Accounts Receivable", "Cash"),
    ("Payment", "Cash", "Accounts Receivable"),
    ("Credit Memo", "Deferred Revenue", "Accounts Receivable"),
    ("Revenue", "Deferred Revenue", "Subscription Revenue"),
    ("", "Accounts Receivable", "Deferred Revenue"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Transaction:
    """A posted transaction. A run takes it into one journal entry, and no other run does until that is cancelled.

    Args:
        type: The transaction type.
        date: The date, as in `2024-12-31`.
        amount: The amount: more than 0, with at most three decimals.
        currency: The currency of the amount.
        debit: The accounting code that it debits; by default one that is usual for the type.
        credit: The accounting code that it credits; by default one that is usual for the type.
        segment: The segment by which entries are told apart, besides type and currency.
    """

    type: str
    date: str
    amount: Decimal | str | float
    currency: str = HOME_CURRENCY
    debit: str | None = None
    credit: str | None = None
    segment: str = _REGIONS[0]


def amount_of(mills: int) -> Decimal:
    """Return an amount in units of its currency."""
    return Decimal(mills) / MILLS


@functools.lru_cache(128)
def posting_of(kind: str) -> tuple[str, str]:
    """Return the accounting codes that transactions of a type usually debit and credit."""
    return next((debit, credit) for word, debit, credit in _POSTINGS if word in kind)


def rows_of(transactions: Iterable[Transaction]) -> Iterator[tuple[Any, ...]]:
    """Yield transactions as they are stored.

    Raises:
        ValueError: A transaction is invalid.
    """
    types = {*spec.contract_document()["components"]["schemas"]["TransactionType"]["enum"]}
    for each in transactions:
        if each.type not in types:
            raise ValueError(f"{each.type[:100]!r} is not a transaction type")
        check_date(each.date)
        debit, credit = posting_of(each.type)
        # A million of them may come at once: to make each a `Row` would take a second more.
        yield (
            each.type,
            each.date,
            each.currency,
            each.segment,
            debit if each.debit is None else each.debit,
            credit if each.credit is None else each.credit,
            _mills(each.amount),
        )


def _mills(amount: Decimal | str | float) -> int:
    with contextlib.suppress(ArithmeticError):
        exact = Decimal(str(amount)) * MILLS
        if 0 < exact < _MAX_MILLS and exact == int(exact):
            return int(exact)
    raise ValueError(f"{str(amount)[:100]!r} is not an amount: it is more than 0 and has at most three decimals")


@functools.lru_cache(1024)
def sample_sums(month: str, kind: str) -> tuple[Row, ...]:
    """Return the sums of the sample transactions of a type in a month, by segment, dated to the first day."""
    regions, amounts = _sample_amounts(month, kind)
    debit, credit = posting_of(kind)
    return tuple(
        Row(kind, f"{month}-01", HOME_CURRENCY, region, debit, credit, sum(amounts[first :: len(regions)]))
        for first, region in enumerate(regions)
    )


def sample_transactions(month: str, kind: str, segment: str) -> Iterator[Row]:
    """Yield the sample transactions of a type and a segment in a month such as `2026-10`."""
    regions, amounts = _sample_amounts(month, kind)
    debit, credit = posting_of(kind)
    for index in range(regions.index(segment), len(amounts), len(regions)):
        yield Row(kind, f"{month}-{index + 1:02}", HOME_CURRENCY, segment, debit, credit, amounts[index])


def _sample_amounts(month: str, kind: str) -> tuple[Sequence[str], Sequence[int]]:
    """Return what a month has if the seed has no transactions: segments, and for each day an amount in one of them."""
    random = Random(f"{month} {kind}")  # noqa: S311
    count = random.randint(2, 3)
    days = calendar.monthrange(int(month[:4]), int(month[5:]))[1]
    return [*_REGIONS[1:count], _REGIONS[0]], [_cents(random) * (MILLS // 100) for _ in range(days)]


def _cents(random: Random) -> int:
    """Return `random.randint(1_00, 10_000_00)` in a third of the time."""
    while (above_least := random.getrandbits(20)) > 10_000_00 - 1_00:
        pass
    return 1_00 + above_least


def seeded_entries(types: Sequence[str], target: Target, number: str, count: int) -> Iterator[list[Row]]:
    """Yield the transactions of each of `count` entries of a run in the seed; its number alone decides the amounts."""
    random = Random(number)  # noqa: S311
    for index in range(count):
        position, kind = index // len(types), types[index % len(types)]
        cents = random.randint(10_00, 250_000_00)
        part = random.randint(1, cents - 1)
        parts = [cents] if random.random() < 0.5 else [part, cents - part]
        day = random.choice((target.start, target.end))
        segment = _REGIONS[position] if position < len(_REGIONS) else f"Region {position + 1}"
        yield [Row(kind, day, HOME_CURRENCY, segment, *posting_of(kind), each * (MILLS // 100)) for each in parts]


def sums_of(rows: Iterable[Row]) -> list[Sum]:
    """Return the sums of transactions by group and accounting codes."""
    sums: dict[tuple[Group, str, str], int] = {}
    for row in rows:
        key = row.group, row.debit, row.credit
        sums[key] = sums.get(key, 0) + row.mills
    return [Sum(*key, mills) for key, mills in sums.items()]


def entry_document(sums: Sequence[Sum], target: Target, entry_date: str) -> str:
    """Return an entry, as a JSON object with the fields that no step of a run changes.

    Args:
        sums: The sums of the entry's transactions, all of one group.
        target: The dates that the run covers.
        entry_date: The date of the entry.
    """
    group = sums[0].group
    fields: Mapping[str, Any] = {
        "journalEntryDate": entry_date,
        "timePeriodStart": target.start,
        "timePeriodEnd": target.end,
        "accountingPeriodName": target.period.name,
        "aggregateCurrency": False,
        "currency": group.currency,
        "homeCurrency": HOME_CURRENCY,
        "transactionType": group.type,
        "notes": f"{group.type} of {target.period.name}",
        "segments": [{"segmentName": "Region", "segmentValue": group.segment}],
    }
    items = [
        _item(side, code, mills, group.currency)
        for side, codes in (("Debit", _by_code(sums, "debit")), ("Credit", _by_code(sums, "credit")))
        for code, mills in codes.items()
    ]
    head = _to_json(fields)[:-1]
    return f'{head},"journalEntryItems":[{",".join(items)}]}}'


def _by_code(sums: Iterable[Sum], side: str) -> dict[str, int]:
    codes: dict[str, int] = {}
    for each in sums:
        code = getattr(each, side)
        codes[code] = codes.get(code, 0) + each.mills
    return codes


def _item(side: str, code: str, mills: int, currency: str) -> str:
    """Return an item as JSON text, with amounts of any length written exactly."""
    whole, rest = divmod(mills, MILLS)
    amount = f"{whole}.{rest:03}".rstrip("0").rstrip(".")
    home = f',"homeCurrencyAmount":{amount}' if currency == HOME_CURRENCY else ""
    return f'{_item_head(side, code)},"amount":{amount}{home}}}'


@functools.lru_cache(1024)
def _item_head(side: str, code: str) -> str:
    fields: dict[str, Any] = {"accountingCodeName": code}
    if code in _CODES:
        fields |= zip(("accountingCodeType", "glAccountName", "glAccountNumber"), _CODES[code], strict=True)
    fields["type"] = side
    return _to_json(fields)[:-1]
