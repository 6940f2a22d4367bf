"""Debits and credits, added up exactly.

Amounts are decimals, and sums are never rounded: two runs have the same totals only if they agree to the last digit.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Context, Decimal, FloatOperation, Inexact, InvalidOperation, Overflow
from typing import Self, TypeVar

from attrs import frozen

from zuora_journal_runs._generated import models

_EXACT = Context(prec=20_000, traps=[FloatOperation, Inexact, InvalidOperation, Overflow])
"""More digits than the sum of any two amounts can have that the contract allows."""
_ZERO = Decimal(0)
K = TypeVar("K")
_SIDES = {"Debit": 0, "Credit": 1}


@frozen
class AccountTotal:
    """What was posted to one accounting code, for one transaction type and currency."""

    transaction_type: str
    """The type of the transactions; empty if the entries have none."""
    currency: str
    """The currency of the amounts; empty if the entries have none."""
    accounting_code: str
    """The name of the accounting code; empty if the items have none."""
    debits: Decimal
    """The sum of the debits."""
    credits: Decimal
    """The sum of the credits."""


@frozen
class UnbalancedEntry:
    """An entry that a ledger would refuse."""

    number: str
    """The entry's number."""
    debits: Decimal
    """The sum of the debits."""
    credits: Decimal
    """The sum of the credits."""
    problem: str
    """What is wrong with it."""


@frozen
class TotalDifference:
    """Debits and credits of one transaction type and currency, in two sets of entries that differ there."""

    transaction_type: str
    """The type of the transactions; empty if the entries have none."""
    currency: str
    """The currency of the amounts; empty if the entries have none."""
    debits: tuple[Decimal, Decimal]
    """Before and after."""
    credits: tuple[Decimal, Decimal]
    """Before and after."""

    def __str__(self) -> str:
        sides = [
            f"{side} {before:,f} before and {after:,f} after"
            for side, (before, after) in (("debits", self.debits), ("credits", self.credits))
            if before != after
        ]
        return f"{self.transaction_type or 'no type'}, {self.currency or 'no currency'}: {', '.join(sides)}"


@frozen
class Totals:
    """Debits and credits of journal entries that are not cancelled."""

    accounts: tuple[AccountTotal, ...]
    """The totals by transaction type, currency and accounting code, in this order."""
    unbalanced: tuple[UnbalancedEntry, ...]
    """The entries whose debits are not equal to their credits, or that have an item that cannot be added up."""
    entries: int
    """How many entries were added up."""

    @classmethod
    def of(cls, entries: Iterable[models.JournalEntry]) -> Self:
        """Add up the debits and credits of entries, exactly.

        A cancelled entry counts for nothing: its debits and credits are no longer posted to accounting codes.

        Args:
            entries: The entries, such as `client.entries(number)` returns.
        """
        sums: defaultdict[tuple[str, str, str], list[Decimal]] = defaultdict(lambda: [_ZERO, _ZERO])
        unbalanced: list[UnbalancedEntry] = []
        count = 0
        for entry in entries:
            if entry.status == "Cancelled":
                continue
            count += 1
            whole = [_ZERO, _ZERO]
            unreadable = 0
            for code, side, amount in _items(entry):
                if side is None or amount is None:
                    unreadable += 1
                    continue
                key = (str(entry.transaction_type or ""), entry.currency or entry.home_currency or "", code)
                sums[key][side] = _EXACT.add(sums[key][side], amount)
                whole[side] = _EXACT.add(whole[side], amount)
            problem = None
            if unreadable:
                problem = f"{unreadable} of its items have no amount, or are neither debit nor credit"
            elif whole[0] != whole[1]:
                problem = f"debits of {whole[0]:,f} and credits of {whole[1]:,f}"
            if problem is not None:
                unbalanced.append(UnbalancedEntry(entry.number, whole[0], whole[1], problem))
        accounts = tuple(AccountTotal(*key, debits, credits_) for key, (debits, credits_) in sorted(sums.items()))
        return cls(accounts, tuple(unbalanced), count)

    @classmethod
    def from_list(cls, accounts: Iterable[Sequence[str]], entries: int) -> Self:
        """Return the totals that `to_list` wrote."""
        found = (
            AccountTotal(kind, currency, code, Decimal(debits), Decimal(credits_))
            for kind, currency, code, debits, credits_ in accounts
        )
        return cls(tuple(found), (), entries)

    def to_list(self) -> list[list[str]]:
        """Return the totals as JSON, a list of texts for each accounting code."""
        return [
            [each.transaction_type, each.currency, each.accounting_code, str(each.debits), str(each.credits)]
            for each in self.accounts
        ]

    @property
    def balanced(self) -> bool:
        """Whether each entry balances."""
        return not self.unbalanced

    def by_type(self) -> Mapping[tuple[str, str], tuple[Decimal, Decimal]]:
        """Return debits and credits by transaction type and currency."""
        return _summed(((each.transaction_type, each.currency), each) for each in self.accounts)

    def by_currency(self) -> Mapping[str, tuple[Decimal, Decimal]]:
        """Return debits and credits by currency."""
        return _summed((each.currency, each) for each in self.accounts)

    def differences(self, after: Totals) -> tuple[TotalDifference, ...]:
        """Return where other totals differ from these, by transaction type and currency."""
        ours, theirs = self.by_type(), after.by_type()
        nothing = (_ZERO, _ZERO)
        pairs = ((key, ours.get(key, nothing), theirs.get(key, nothing)) for key in sorted({*ours, *theirs}))
        return tuple(
            TotalDifference(*key, (before[0], later[0]), (before[1], later[1]))
            for key, before, later in pairs
            if before != later
        )


def _summed(accounts: Iterable[tuple[K, AccountTotal]]) -> dict[K, tuple[Decimal, Decimal]]:
    sums: dict[K, tuple[Decimal, Decimal]] = {}
    for key, each in accounts:
        debits, credits_ = sums.get(key, (_ZERO, _ZERO))
        sums[key] = (_EXACT.add(debits, each.debits), _EXACT.add(credits_, each.credits))
    return sums


def _items(entry: models.JournalEntry) -> Iterator[tuple[str, int | None, Decimal | None]]:
    """Yield accounting code, side (0 for debit, 1 for credit) and amount of each item."""
    in_home_currency = entry.currency in (None, entry.home_currency)
    for item in entry.journal_entry_items:
        amount = item.amount
        if amount is None and in_home_currency:
            amount = item.home_currency_amount
        yield item.accounting_code_name or "", _SIDES.get(str(item.type_)), amount
