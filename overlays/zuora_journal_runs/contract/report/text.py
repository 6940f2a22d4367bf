"""The report for a terminal."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from .model import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterator

    from zuora_journal_runs.contract.findings import Finding

    from .model import Report

MOST_RULES = 8
"""Rules that are listed beneath a finding; the other reports have them all."""


def summary(report: Report, *, coverage: bool = False) -> str:
    """Return what was found and what was skipped.

    Args:
        report: The report.
        coverage: Whether to list the rows of the contract that were not reached.
    """
    return "\n".join(_lines(report, coverage=coverage)) + "\n"


def _lines(report: Report, *, coverage: bool) -> Iterator[str]:
    for finding in report.findings:
        yield from _finding(finding)
    skipped = [result for result in report.results if result.outcome is Outcome.SKIPPED]
    for reason, group in groupby(skipped, lambda result: result.reason):
        yield f"skipped: {reason}: {', '.join(result.id for result in group)}"
    for reason in report.past_deviations:
        yield f"known deviation that did not occur, and can be removed from the file: {reason}"
    for reason in report.ended_deviations:
        yield f"known deviation that is not accepted any more: {reason}"
    for reason, runs in report.left_by_reason.items():
        yield f"not cleaned up: {', '.join(runs)}: {reason}"
    if report.ended:
        yield f"ended early: {report.ended}"
    if coverage:
        yield from _coverage(report)
    counts = report.counts
    yield ", ".join(f"{counts[outcome]} {_plural(outcome, counts[outcome])}" for outcome in Outcome)
    reached = f"{report.reached} of {report.reached + len(report.missed)} rows of the contract reached"
    yield f"{report.calls:,} calls in {report.seconds:.1f} s; {reached} ({report.share:.0%}); seed {report.seed}"


def _plural(outcome: Outcome, number: int) -> str:
    return "known deviations" if outcome is Outcome.KNOWN_DEVIATION and number != 1 else outcome.value


def _finding(finding: Finding) -> Iterator[str]:
    times = f" ({finding.times} times)" if finding.times > 1 else ""
    outcome = "KNOWN DEVIATION" if finding.deviation else "FAILED"
    yield f"{outcome} {finding.id} {finding.check}: {finding.title}{times}"
    if finding.deviation:
        yield f"    known: {finding.deviation}"
    yield f"    first: {finding.curl}"
    yield f"    in: {', '.join(finding.operations)}"
    rules = finding.rules
    more = f" and {len(rules) - MOST_RULES} more" if len(rules) > MOST_RULES else ""
    yield f"    breaks: {', '.join(rules[:MOST_RULES])}{more}"
    for effect in [each for each in finding.effects if each.follows][:3]:
        yield f"      so {effect.rule}: {' '.join(effect.message.split())}"
    yield ""


def _coverage(report: Report) -> Iterator[str]:
    for heading, missed in (
        ("Not reached", report.missed),
        ("Not counted, since no provider can be made to show it", report.prevented),
    ):
        yield f"{heading}:" if missed else f"{heading}: nothing"
        for (operation, kind, why), rows in groupby(missed, lambda row: (row.operation, row.kind, row.why)):
            yield f"  {operation or 'all operations'}, {kind}: {', '.join(row.name for row in rows)}"
            if why:
                yield f"    {why}"
    yield ""
