"""A report, apart from its form."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any, Self

from zuora_journal_runs.contract.findings import Effect, Finding

VERSION = 2
"""Of the form of the JSON report."""


class Outcome(StrEnum):
    """What came of a rule."""

    PASSED = "passed"
    FAILED = "failed"
    KNOWN_DEVIATION = "known deviation"
    """Something was found, and all of it is known."""
    SKIPPED = "skipped"


@dataclass
class Result:
    """What came of one rule."""

    id: str
    """The id of the rule, such as `headers/track-id-comes-back`."""
    title: str
    """The rule in a sentence."""
    source: str
    """Where the rule was read."""
    outcome: Outcome
    """Whether it passed."""
    reason: str
    """Why it was skipped, or ended early."""
    findings: list[str]
    """The ids of the findings that break it."""
    seconds: float
    """How long it took."""
    calls: int
    """How many calls it made."""


@dataclass
class Row:
    """A row of the contract."""

    operation: str
    kind: str
    name: str
    times: int
    """How many responses reached it."""
    why: str = ""
    """Why it was not reached, if something is known to prevent it."""
    on_demand: bool = True
    """Whether a provider can be made to show it."""


@dataclass
class Report:
    """A run of the suite."""

    target: str
    """The address of the provider."""
    kind: str
    """What is at stake there."""
    wrote: bool
    """Whether runs were created, cancelled and deleted."""
    seed: int
    """The seed of everything that is random."""
    began: str
    """When it began (ISO 8601)."""
    seconds: float
    """How long it took."""
    calls: int
    """How many calls were made."""
    results: list[Result]
    """What came of each rule."""
    findings: list[Finding]
    """What was found."""
    rows: list[Row]
    """The rows of the contract, and how often each was reached."""
    responses: dict[str, dict[str, int]]
    """For each operation, how many responses had each status."""
    shapes: list[str]
    """What the responses consisted of."""
    past_deviations: list[str] = field(default_factory=list)
    """Known deviations that did not occur."""
    ended_deviations: list[str] = field(default_factory=list)
    """Known deviations that were accepted only until an earlier day."""
    left: list[str] = field(default_factory=list)
    """Runs that could not be cleaned up."""
    observations: dict[str, dict[str, int]] = field(default_factory=dict)
    """What the provider was seen to do where no document decides, and how often."""
    ended: str = ""
    """Why the run was ended early, if it was."""
    version: int = VERSION
    """The version of the form of the JSON report."""

    @property
    def left_by_reason(self) -> dict[str, list[str]]:
        """The numbers of the runs that could not be cleaned up, by the reason why."""
        reasons: dict[str, list[str]] = {}
        for each in self.left:
            number, _, why = each.partition(": ")
            reasons.setdefault(why, []).append(number)
        return reasons

    def to_json(self) -> str:
        """Return the report as a JSON document."""
        return json.dumps(asdict(self), indent=1) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read a report.

        Raises:
            ValueError: it is not one.
        """
        try:
            data: dict[str, Any] = json.loads(text)
            if data["version"] != VERSION:
                raise ValueError(f"it has the version {data['version']}, not {VERSION}")
            results = [Result(**{**each, "outcome": Outcome(each["outcome"])}) for each in data["results"]]
            findings = [
                Finding(**{**each, "effects": [Effect(**effect) for effect in each["effects"]]})
                for each in data["findings"]
            ]
            rows = [Row(**each) for each in data["rows"]]
            return cls(**{**data, "results": results, "findings": findings, "rows": rows})
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"it is no report of this suite: {error}") from None

    @property
    def failures(self) -> list[Finding]:
        """The findings that are no known deviations."""
        return [finding for finding in self.findings if finding.deviation is None]

    @property
    def passed(self) -> bool:
        """Whether nothing was found but known deviations."""
        return not self.failures

    @property
    def nothing_checked(self) -> bool:
        """Whether every rule was skipped."""
        return all(result.outcome is Outcome.SKIPPED for result in self.results)

    @property
    def counts(self) -> Counter[Outcome]:
        """How many rules have each outcome."""
        return Counter(result.outcome for result in self.results)

    @property
    def missed(self) -> list[Row]:
        """The rows of the contract that no response reached, though a provider can be made to show them."""
        return [row for row in self.rows if not row.times and row.on_demand]

    @property
    def prevented(self) -> list[Row]:
        """The rows of the contract that no response reached, and that no provider can be made to show."""
        return [row for row in self.rows if not row.times and not row.on_demand]

    @property
    def reached(self) -> int:
        """How many rows of the contract were reached."""
        return len(self.rows) - len(self.missed) - len(self.prevented)

    @property
    def share(self) -> float:
        """The share of the rows that were reached, of those that a provider can be made to show."""
        return self.reached / (self.reached + len(self.missed))
