"""The tenant's accounting periods, and which dates a run covers."""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from zuora_journal_runs.emulator.http import RefusedError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

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


@dataclass(frozen=True, slots=True)
class Target:
    """The dates that a run covers, and the accounting period that they belong to."""

    period: Period
    start: str
    end: str


def target_of(request: Mapping[str, Any], types: Collection[str]) -> Target:
    """Return the target of a request to create a run with these transaction types.

    Raises:
        RefusedError: The request does not name a valid target.
    """
    name = request.get("accountingPeriodName", "")
    start, end = request.get("targetStartDate", ""), request.get("targetEndDate", "")
    if name:
        return _whole_period(name, start, end)
    if start and end:
        return _within_period(start, end, types)
    raise RefusedError((22, "accountingPeriodName: it is required without both target dates"))


def _whole_period(name: str, start: str, end: str) -> Target:
    period = PERIODS.get(name)
    if period is None:
        raise RefusedError((20, f"accountingPeriodName: there is no accounting period '{name[:100]}'"))
    if start not in ("", period.start) or end not in ("", period.end):
        raise RefusedError((20, f"The target dates are not those of {name}, {period.start} to {period.end}."))
    return Target(period, period.start, period.end)


def _within_period(start: str, end: str, types: Collection[str]) -> Target:
    if "Revenue Event Item" in types:
        raise RefusedError((30, "Revenue Event Item can only be selected when Target Date(s) is an Accounting Period."))
    if end < start:
        raise RefusedError((20, "targetEndDate: it is before targetStartDate"))
    for period in PERIODS.values():
        if period.start <= start and end <= period.end:
            return Target(period, start, end)
    raise RefusedError((20, "The target dates are not within one accounting period."))
