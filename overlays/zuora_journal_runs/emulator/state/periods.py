"""The tenant's accounting periods, and which dates a run covers."""

from __future__ import annotations

import calendar
import functools
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from zuora_journal_runs.emulator.http import RefusedError

from .rows import Period

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from .store import Store

FIRST_YEAR, LAST_YEAR = 2014, 2039
MAX_NAME_LENGTH = 100
"""Characters in the name of a period (Zuora, Create an accounting period)."""
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def _month(year: int, month: int) -> Period:
    last = calendar.monthrange(year, month)[1]
    name = f"{_MONTHS[month - 1]}-{year}"
    return Period(name, f"{year}-{month:02}-01", f"{year}-{month:02}-{last}")


_DEFAULT = {
    period.name: period
    for year in range(FIRST_YEAR, LAST_YEAR + 1)
    for month in range(1, 13)
    for period in [_month(year, month)]
}


@dataclass(frozen=True, slots=True)
class Target:
    """The dates that a run covers, and the accounting period that they belong to."""

    period: Period
    start: str
    end: str

    def months(self) -> list[str]:
        """Return the calendar months in which the dates are, such as `2026-10`."""
        first, last = (int(day[:4]) * 12 + int(day[5:7]) - 1 for day in (self.start, self.end))
        return [f"{month // 12:04}-{month % 12 + 1:02}" for month in range(first, last + 1)]

    def covers(self, month: str) -> bool:
        """Whether all days of a calendar month are among the dates."""
        last = calendar.monthrange(int(month[:4]), int(month[5:]))[1]
        return self.start <= f"{month}-01" and f"{month}-{last}" <= self.end


class Periods:
    """The accounting periods: those that were added, and the months `Jan-2014` to `Dec-2039` that no other overlaps."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def all(self) -> list[Period]:
        """Return all periods by their first dates."""
        added = self._store.periods()
        months = [month for month in _DEFAULT.values() if not any(map(month.overlaps, added))]
        return sorted([*added, *months], key=lambda period: period.start)

    def named(self, name: str) -> Period | None:
        """Return the period with a name; None if there is none."""
        added = self._store.periods()
        month = _DEFAULT.get(name)
        if month and any(map(month.overlaps, added)):
            month = None
        return next((each for each in added if each.name == name), month)

    def around(self, day: str) -> Period | None:
        """Return the period in which a date lies; None if there is none."""
        return next((each for each in self.all() if each.includes(day)), None)

    def add(self, periods: Iterable[Period]) -> None:
        """Add periods; one with a name that was added before replaces that one.

        Raises:
            ValueError: A period is invalid, or overlaps another one that was added.
        """
        for period in periods:
            _check(period)
            for other in self._store.periods():
                if other.name != period.name and other.overlaps(period):
                    raise ValueError(f"the accounting periods {other.name!r} and {period.name!r} overlap")
            self._store.save_period(period)

    def target_of(self, request: Mapping[str, Any], types: Collection[str]) -> Target:
        """Return the target of a request to create a run with these transaction types.

        Raises:
            RefusedError: The request does not name a valid target.
        """
        name = request.get("accountingPeriodName", "")
        start, end = request.get("targetStartDate", ""), request.get("targetEndDate", "")
        if name:
            return self._whole_period(name, start, end)
        if start and end:
            return self._within_period(start, end, types)
        raise RefusedError((22, "accountingPeriodName: it is required without both target dates"))

    def _whole_period(self, name: str, start: str, end: str) -> Target:
        period = self.named(name)
        if period is None:
            raise RefusedError((20, f"accountingPeriodName: there is no accounting period '{name[:100]}'"))
        last = _end_of(period)
        if start not in ("", period.start) or end not in ("", last):
            raise RefusedError((20, f"The target dates are not those of {name}, {period.start} to {last}."))
        return Target(period, period.start, last)

    def _within_period(self, start: str, end: str, types: Collection[str]) -> Target:
        if "Revenue Event Item" in types:
            message = "Revenue Event Item can only be selected when Target Date(s) is an Accounting Period."
            raise RefusedError((30, message))
        if end < start:
            raise RefusedError((20, "targetEndDate: it is before targetStartDate"))
        period = self.around(start)
        if period is None or end > _end_of(period):
            raise RefusedError((20, "The target dates are not within one accounting period."))
        return Target(period, start, end)


def _end_of(period: Period) -> str:
    if period.end is None:
        raise RefusedError((30, f"The accounting period '{period.name}' is open-ended; a journal run needs its end."))
    return period.end


def _check(period: Period) -> None:
    if not 0 < len(period.name) <= MAX_NAME_LENGTH:
        raise ValueError(
            f"the name of an accounting period has 1 to {MAX_NAME_LENGTH} characters: {period.name[:200]!r}"
        )
    for day in (period.start, period.end):
        if day is not None:
            check_date(day)
    if period.end is not None and period.end < period.start:
        raise ValueError(f"the accounting period {period.name!r} ends before it starts")


@functools.lru_cache(4096)
def check_date(text: str) -> None:
    """Raise ValueError if a text is not a date such as `2024-12-31`."""
    if date.fromisoformat(text).isoformat() != text:
        raise ValueError(f"{text!r} is not a date such as 2024-12-31")
