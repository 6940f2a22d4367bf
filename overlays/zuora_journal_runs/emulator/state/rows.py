"""Accounting periods and transactions as the store keeps them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

LAST_DATE = "9999-12-31"
"""The end of a period that has none."""


class Group(NamedTuple):
    """What the transactions of one entry have in common."""

    type: str
    currency: str
    segment: str


class Row(NamedTuple):
    """A transaction as it is stored."""

    type: str
    date: str
    currency: str
    segment: str
    debit: str
    credit: str
    mills: int

    @property
    def group(self) -> Group:
        """The group of the entry that it can be in."""
        return Group(self.type, self.currency, self.segment)


class Sum(NamedTuple):
    """The sum of the transactions of a group that debit and credit the same accounting codes."""

    group: Group
    debit: str
    credit: str
    mills: int


@dataclass(frozen=True, slots=True)
class Period:
    """An accounting period.

    Args:
        name: Its name, such as `December 2024`.
        start: Its first date, as in `2024-12-01`.
        end: Its last date; None for the open-ended period, which no run can cover.
        open: Whether it is open. A run can cover a closed period as well.
    """

    name: str
    start: str
    end: str | None
    open: bool = True

    def includes(self, day: str) -> bool:
        """Whether a date lies in the period."""
        return self.start <= day <= (self.end or LAST_DATE)

    def overlaps(self, other: Period) -> bool:
        """Whether two periods share a date."""
        return self.start <= (other.end or LAST_DATE) and other.start <= (self.end or LAST_DATE)
