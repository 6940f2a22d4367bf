"""Ways in which a provider is known to deviate from the contract: borne with, and reported."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .target import WrongUse

if TYPE_CHECKING:
    from pathlib import Path

    from .record import Finding


@dataclass
class Deviation:
    """One of them.

    In the file it is a table `[[deviation]]` with these fields as text; `reason` and one of the others are needed.
    """

    reason: str
    """Why it is borne with, such as the number of a support case."""
    rule: str = ""
    """The id of the rule or phase, or the name of the check."""
    operation: str = ""
    """The id of the operation; any, if it is empty."""
    says: str = ""
    """A part of the message; any, if it is empty."""
    occurs: bool = False
    """Whether it occurred in this run."""

    def covers(self, finding: Finding) -> bool:
        """Whether a finding is this deviation."""
        return (
            self.rule in ("", finding.rule, finding.check)
            and self.operation in ("", finding.operation)
            and self.says in finding.message
        )


@dataclass
class Deviations:
    """All of a provider's."""

    known: list[Deviation] = field(default_factory=list)

    def reason_for(self, finding: Finding) -> str | None:
        """Why a finding is borne with; None if it is not."""
        reasons = []
        for each in self.known:
            if each.covers(finding):
                each.occurs = True
                reasons.append(each.reason)
        return "; ".join(reasons) or None

    @property
    def past(self) -> list[Deviation]:
        """Those that occurred no longer."""
        return [each for each in self.known if not each.occurs]


def read(path: Path | None) -> Deviations:
    """Read a file of deviations; there are none without a file.

    Raises:
        WrongUse: it is not such a file.
    """
    if path is None:
        return Deviations()
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))["deviation"]
        return Deviations(_deviations(tables))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise WrongUse(f"{path} has no deviations that can be read: {error}") from None


def _deviations(tables: Any) -> list[Deviation]:
    if not isinstance(tables, list):
        raise TypeError("each of them begins with [[deviation]]")
    return [_deviation(each) for each in tables]


def _deviation(table: Any) -> Deviation:
    if not (isinstance(table, dict) and all(isinstance(value, str) for value in table.values())):
        raise ValueError("its fields are text")
    deviation = Deviation(**table)
    if not deviation.reason or table.keys() <= {"reason"}:
        raise ValueError("a deviation needs a reason, and one of rule, operation and says")
    return deviation
