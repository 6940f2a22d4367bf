"""The report for a terminal."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from .model import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .model import Report


def summary(report: Report) -> str:
    """What was found, what was not tried, and what was never reached."""
    return "\n".join(_lines(report)) + "\n"


def _lines(report: Report) -> Iterator[str]:
    for finding in report.findings:
        times = f" ({finding.times} times)" if finding.times > 1 else ""
        known = f"  known: {finding.deviation}" if finding.deviation else ""
        where = "" if finding.check == finding.rule else f": {finding.operation}, {finding.check}"
        yield f"{'DEVIATES' if finding.deviation else 'FAILED'}  {finding.rule}{where}{times}{known}"
        yield from (f"    {line}" for line in finding.message.strip().splitlines())
        yield f"    {finding.curl}"
        yield ""
    for result in report.results:
        if result.outcome is Outcome.NOT_TRIED:
            yield f"not tried  {result.id}: {result.reason}"
    for reason in report.past_deviations:
        yield f"no longer occurs, and can be taken out of the file: {reason}"
    for run in report.left:
        yield f"not cleaned up  {run}"
    yield ""
    yield "Never reached:"
    for (operation, kind), rows in groupby(report.missed, lambda row: (row.operation, row.kind)):
        yield f"  {operation or 'all operations'}, {kind}: {', '.join(row.name for row in rows)}"
    yield ""
    counts = report.counts
    yield (
        f"{counts[Outcome.HELD]} held, {counts[Outcome.FAILED]} failed, {counts[Outcome.DEVIATES]} deviate as known, "
        f"{counts[Outcome.NOT_TRIED]} not tried"
    )
    reached = f"{len(report.rows) - len(report.missed)} of {len(report.rows)} rows of the contract reached"
    yield f"{report.calls:,} calls in {report.seconds:.1f} s; {reached} ({report.share:.0%}); seed {report.seed}"
