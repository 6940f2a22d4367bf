"""The report as one HTML page that needs nothing beside it."""

from __future__ import annotations

import re
from html import escape
from itertools import groupby
from typing import TYPE_CHECKING

from .model import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .model import Report, Result

_STYLE = """
:root { color-scheme: light dark; --line: color-mix(in srgb, currentColor 20%, transparent);
  --held: #1a7f37; --failed: #c93c37; --deviates: #9a6700; --not-tried: #6e7781; }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 75rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.6rem; margin: 0; } h2 { font-size: 1.15rem; margin: 2rem 0 .5rem; }
table { border-collapse: collapse; width: 100%; } th { font-weight: 600; }
th, td { text-align: left; vertical-align: top; padding: .25rem .6rem; border-bottom: 1px solid var(--line); }
td.n { text-align: right; font-variant-numeric: tabular-nums; }
code, pre { font: 13px/1.45 ui-monospace, monospace; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; padding: .6rem; margin: .4rem 0; border: 1px solid var(--line);
  border-radius: 6px; }
.held { color: var(--held); } .failed { color: var(--failed); } .deviates { color: var(--deviates); }
.not-tried { color: var(--not-tried); } .verdict { font-size: 1.2rem; font-weight: 600; margin: .5rem 0; }
.figures { display: flex; flex-wrap: wrap; gap: .5rem 2.5rem; margin: 1rem 0; }
.figures b { display: block; font-size: 1.4rem; }
.bar { background: var(--line); border-radius: 4px; height: .6rem; min-width: 8rem; }
.bar i { display: block; height: 100%; background: var(--held); border-radius: 4px; }
details { margin: .3rem 0; } summary { cursor: pointer; } small { color: var(--not-tried); }
.finding { border-left: 4px solid; border-color: var(--failed); color: inherit; padding-left: .8rem; margin: 1rem 0; }
.finding.deviates { border-color: var(--deviates); }
"""


def page(report: Report) -> str:
    """The page."""
    body = "\n".join(part for section in _SECTIONS for part in section(report))
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>Contract: {escape(report.target)}</title>\n<style>{_STYLE}</style>\n</head>\n"
        f"<body>\n{body}\n</body>\n</html>\n"
    )


def _head(report: Report) -> Iterator[str]:
    counts = report.counts
    yield "<h1>Contract of Zuora&rsquo;s journal runs</h1>"
    yield f"<p>{escape(report.target)}, {escape(report.kind)}; {escape(report.began)}</p>"
    verdict = "failed" if report.failures else "held"
    number = len(report.failures)
    said = f"{number} finding{'s' * (number != 1)}" if number else "Everything that was tried holds"
    yield f'<p class="verdict {verdict}">{said}</p>'
    figures = {
        "held": counts[Outcome.PASSED],
        "failed": counts[Outcome.FAILED],
        "deviate as known": counts[Outcome.KNOWN_DEVIATION],
        "not tried": counts[Outcome.SKIPPED],
        "calls": f"{report.calls:,}",
        "seconds": f"{report.seconds:.1f}",
        "of the contract reached": f"{report.share:.0%}",
        "seed": report.seed,
    }
    yield (
        '<div class="figures">'
        + "".join(f"<div><b>{value}</b>{name}</div>" for name, value in figures.items())
        + "</div>"
    )
    if not report.wrote:
        yield "<p>Nothing was created, cancelled or deleted: what takes a change was not tried.</p>"


def _findings(report: Report) -> Iterator[str]:
    if report.findings:
        yield "<h2>Findings</h2>"
    for finding in report.findings:
        kind = "deviates" if finding.deviation else "failed"
        times = f", {finding.times} times" if finding.times > 1 else ""
        yield f'<div class="finding {kind}"><b>{escape(finding.check)}</b> in {escape(finding.operation)}{times}'
        yield f"<small>{escape(', '.join(finding.rules))}</small>"
        if finding.deviation:
            yield f"<br>known: {escape(finding.deviation)}"
        yield f"<pre>{escape(finding.message.strip())}</pre>"
        yield f"<details open><summary>again</summary><pre>{escape(finding.curl)}</pre></details>"
        yield "</div>"


def _notes(report: Report) -> Iterator[str]:
    notes = [f"A known deviation did not occur: {each}" for each in report.past_deviations]
    notes += [f"A known deviation is accepted no longer: {each}" for each in report.ended_deviations]
    notes += [f"Not cleaned up: {each}" for each in report.left]
    notes += [f"Ended early: {report.ended}"] if report.ended else []
    if notes:
        yield "<h2>To be looked after</h2><ul>" + "".join(f"<li>{escape(each)}</li>" for each in notes) + "</ul>"


def _reached(report: Report) -> Iterator[str]:
    yield "<h2>What was reached of the contract</h2>"
    yield "<table><tr><th>Operation<th>Calls<th>Answers<th>Reached<th>Never reached</tr>"
    for operation, group in groupby(report.rows, lambda row: row.operation):
        rows = list(group)
        reached = sum(bool(row.times) for row in rows)
        answers = report.responses.get(operation, {})
        statuses = ", ".join(f"{status}: {times}" for status, times in answers.items())
        missed = "".join(f"<li>{escape(row.kind)} {escape(row.name)}</li>" for row in rows if not row.times)
        listed = f"<details><summary>{len(rows) - reached}</summary><ul>{missed}</ul></details>" if missed else "0"
        share = 100 * reached // len(rows)
        yield (
            f"<tr><td>{escape(operation) or 'values'}<td class=n>{sum(answers.values()) or ''}<td>{statuses}"
            f'<td><div class="bar"><i style="width:{share}%"></i></div>{reached} of {len(rows)}<td>{listed}</tr>'
        )
    yield "</table>"


def _results(report: Report) -> Iterator[str]:
    yield "<h2>Rules and phases</h2>"
    for group, results in groupby(report.results, lambda result: result.id.partition("/")[0]):
        yield f"<h3>{escape(group.replace('-', ' '))}</h3>"
        yield "<table><tr><th>Rule<th>Source<th>Calls<th>Seconds<th>Outcome</tr>"
        yield from map(_result, results)
        yield "</table>"


def _result(result: Result) -> str:
    kind = result.outcome.replace(" ", "-")
    title = re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(result.title))
    reason = f"<br><small>{escape(result.reason)}</small>" if result.reason else ""
    return (
        f"<tr><td>{title}<br><small>{escape(result.id)}</small>"
        f"<td><small>{escape(result.source)}</small><td class=n>{result.calls}<td class=n>{result.seconds:.2f}"
        f"<td class={kind}>{escape(result.outcome)}{reason}</tr>"
    )


_SECTIONS = (_head, _findings, _notes, _reached, _results)
