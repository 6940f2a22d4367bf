"""Known deviations of a provider from the contract: reported, but not failures."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

from .checks import NAMES
from .document import METHODS, load, operations
from .target import UsageError

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from .findings import Effect, Finding

_REQUEST = re.compile(rf"(?:{'|'.join(METHODS)}|[A-Z]+) /", re.IGNORECASE)


@dataclass
class Deviation:
    """A known deviation.

    In the file it is a table `[[deviation]]` with these fields; `reason` and one of `rule`, `operation` and `says` are
    required.
    """

    reason: str
    """Why it is accepted, such as the number of a support case."""
    rule: str = ""
    """The id of the rule, or the name of the check."""
    operation: str = ""
    """The id of the operation; any, if it is empty."""
    says: str = ""
    """A part of the message; any, if it is empty."""
    until: date | None = None
    """The last day on which it is accepted."""
    occurs: bool = False
    """Whether it occurred in this run."""

    def covers(self, effect: Effect) -> bool:
        """Return whether what was found is this deviation."""
        return (
            self.rule in ("", effect.rule, effect.check)
            and self.operation in ("", effect.operation)
            and self.says in effect.message
        )


@dataclass
class Deviations:
    """All known deviations of a provider.

    Args:
        known: Those of the file.
        today: The current date: a deviation that has ended covers nothing.
    """

    known: list[Deviation] = field(default_factory=list)
    today: date = date.min

    def reason_for(self, finding: Finding) -> str | None:
        """Return why a finding is accepted; None if it is not, or not wherever it shows."""
        reasons: list[str] = []
        for effect in finding.effects:
            if effect.follows:
                continue
            covering = [each for each in self.known if each.covers(effect)]
            for each in covering:
                each.occurs = True
            current = [each.reason for each in covering if each.until is None or each.until >= self.today]
            if not current:
                return None
            reasons += current
        return "; ".join(dict.fromkeys(reasons)) or None

    @property
    def past(self) -> list[Deviation]:
        """Those that did not occur."""
        return [each for each in self.known if not each.occurs]

    @property
    def ended(self) -> list[Deviation]:
        """Those that occurred, although they were accepted only until an earlier day."""
        return [each for each in self.known if each.occurs and each.until is not None and each.until < self.today]


def read(path: Path | None, rules: Collection[str], today: date) -> Deviations:
    """Read a file of known deviations; there are none without a file.

    Args:
        path: The file.
        rules: The ids of all rules.
        today: The current date.

    Raises:
        UsageError: It is not such a file, or names what does not exist.
    """
    if path is None:
        return Deviations()
    try:
        known = _deviations(tomllib.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError) as error:
        raise UsageError(f"{path} is not a file of deviations: {error}") from None
    names = {operation.id for operation in operations(load())}
    for number, each in enumerate(known, 1):
        if each.rule and each.rule not in {*rules, *NAMES}:
            raise UsageError(
                f"{path}, deviation {number}: there is no rule or check {each.rule!r}; see zjr contract --plan"
            )
        if each.operation and each.operation not in names and not _REQUEST.match(each.operation):
            raise UsageError(f"{path}, deviation {number}: there is no operation {each.operation!r}")
    return Deviations(known, today)


_FIELDS = {"reason": str, "rule": str, "operation": str, "says": str, "until": date}


def _deviations(document: Any) -> list[Deviation]:
    if "deviation" not in document:
        raise ValueError("'deviation' is missing")
    tables = document["deviation"]
    if not isinstance(tables, list):
        raise ValueError("each deviation begins with [[deviation]]")  # noqa: TRY004 - a value of the file
    return [_deviation(each) for each in tables]


def _deviation(table: Any) -> Deviation:
    if not isinstance(table, dict):
        raise ValueError("each deviation begins with [[deviation]]")  # noqa: TRY004 - a value of the file
    for name, value in table.items():
        if name not in _FIELDS:
            raise ValueError(f"{name!r} is not a field of a deviation; the fields are {', '.join(_FIELDS)}")
        if type(value) is not _FIELDS[name]:
            raise ValueError(f"{name} must be {'a date such as 2027-03-31' if name == 'until' else 'text'}")
    deviation = Deviation(**{"reason": "", **table})
    if not deviation.reason or table.keys() <= {"reason", "until"}:
        raise ValueError("a deviation needs a reason, and one of rule, operation and says")
    return deviation
