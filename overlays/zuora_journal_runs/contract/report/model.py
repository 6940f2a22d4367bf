"""A report, apart from its form."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Self

from zuora_journal_runs.contract.record import Finding

if TYPE_CHECKING:
    from zuora_journal_runs.contract.suite import Run

VERSION = 1
"""Of the form of the JSON report."""


class Outcome(StrEnum):
    """What came of a rule or phase."""

    HELD = "held"
    FAILED = "failed"
    DEVIATES = "deviates"
    """Something was found, and all of it is known."""
    NOT_TRIED = "not tried"


@dataclass
class Result:
    """What came of one rule or phase."""

    id: str
    title: str
    source: str
    outcome: Outcome
    reason: str
    """Why it was not tried."""
    findings: list[Finding]
    """What it was the first to find."""
    seconds: float
    calls: int


@dataclass
class Row:
    """A row of the contract."""

    operation: str
    kind: str
    name: str
    times: int
    """How many answers reached it."""


@dataclass
class Report:
    """A run of the suite."""

    target: str
    kind: str
    wrote: bool
    """Whether runs were created, cancelled and deleted."""
    seed: int
    began: str
    seconds: float
    calls: int
    results: list[Result]
    rows: list[Row]
    answers: dict[str, dict[str, int]]
    """For each operation, how often it was answered with each status."""
    shapes: list[str]
    """What the answers consisted of."""
    past_deviations: list[str] = field(default_factory=list)
    """Deviations that occur no longer."""
    left: list[str] = field(default_factory=list)
    """Runs that could not be cleaned up."""
    version: int = VERSION

    @classmethod
    def of(cls, run: Run, left: list[str], seconds: float) -> Self:
        """The report of a run that is over."""
        bench = run.bench
        answers: dict[str, dict[str, int]] = {}
        for (operation, status), times in sorted(bench.coverage.calls.items()):
            answers.setdefault(operation, {})[status] = times
        return cls(
            target=bench.target.url,
            kind=bench.target.kind.value,
            wrote=run.may_write,
            seed=bench.seed,
            began=run.today.isoformat(timespec="seconds"),
            seconds=round(seconds, 2),
            calls=bench.session.calls,
            results=run.results,
            rows=[Row(*row, times) for row, times in bench.coverage.reached.items()],
            answers=answers,
            shapes=sorted(bench.coverage.shapes),
            past_deviations=[each.reason for each in run.deviations.past],
            left=left,
        )

    def to_json(self) -> str:
        """The report as a JSON document."""
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
            results = [
                Result(
                    **{
                        **each,
                        "outcome": Outcome(each["outcome"]),
                        "findings": [Finding(**f) for f in each["findings"]],
                    }
                )
                for each in data["results"]
            ]
            return cls(**{**data, "results": results, "rows": [Row(**each) for each in data["rows"]]})
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"it is no report of this suite: {error}") from None

    @property
    def findings(self) -> list[Finding]:
        """All findings."""
        return [finding for result in self.results for finding in result.findings]

    @property
    def failures(self) -> list[Finding]:
        """The findings that are no known deviations."""
        return [finding for finding in self.findings if finding.deviation is None]

    @property
    def passed(self) -> bool:
        """Whether nothing was found but what is known."""
        return not self.failures

    @property
    def counts(self) -> Counter[Outcome]:
        """How many rules and phases came out how."""
        return Counter(result.outcome for result in self.results)

    @property
    def missed(self) -> list[Row]:
        """The rows of the contract that no answer reached."""
        return [row for row in self.rows if not row.times]

    @property
    def share(self) -> float:
        """The share of the contract's rows that were reached."""
        return 1 - len(self.missed) / len(self.rows)
