"""What was tried, what came of it, and what was found: kept while the suite runs."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

# What differs from one request to the next.
_VALUES = re.compile(r"'[^']*'|\"[^\"]*\"|[\d.]+|\s+")


@dataclass
class Finding:
    """A way in which the provider does not keep to the contract."""

    rule: str
    """The id of the rule, or of the phase, that met it first."""
    operation: str
    """The id of the operation, or method and path of a request to none."""
    check: str
    """The name of the check; that of the rule, if the rule itself found it."""
    message: str
    curl: str
    """A line for a shell that makes the request again."""
    times: int = 1
    deviation: str | None = None
    """The reason for which it is known and borne with."""

    @property
    def key(self) -> tuple[str, str, str]:
        """What tells it from other findings."""
        return self.operation, self.check, _VALUES.sub("...", self.message)[:120]


@dataclass
class Record:
    """Findings, each once, and the requests that are answered."""

    findings: dict[tuple[str, str, str], Finding] = field(default_factory=dict)
    rule: str = ""
    """The id of the rule or phase that runs now."""
    met: bool = False
    """Whether it met a finding, new or not."""

    def begin(self, rule: str) -> None:
        """A rule or phase begins."""
        self.rule, self.met = rule, False

    def add(self, operation: str, check: str, message: str, curl: str) -> None:
        """Something is not as it should be."""
        finding = Finding(self.rule, operation, check, message, curl)
        self.met = True
        known = self.findings.setdefault(finding.key, finding)
        if known is not finding:
            known.times += 1

    def of(self, rule: str) -> Iterator[Finding]:
        """What a rule or phase was the first to find."""
        return (finding for finding in self.findings.values() if finding.rule == rule)
