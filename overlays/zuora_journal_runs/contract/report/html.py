"""The report as a self-contained HTML page without scripts."""

from __future__ import annotations

import re
from html import escape
from itertools import groupby
from typing import TYPE_CHECKING

from .model import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterator

    from zuora_journal_runs.contract.findings import Finding

    from .model import Report, Result

_STYLE = """
:root { color-scheme: light dark; --line: color-mix(in srgb, currentColor 22%, transparent);
  --passed: light-dark(#116329, #56d364); --failed: light-dark(#a40e26, #ff8182);
  --known-deviation: light-dark(#7d4e00, #e3b341); --skipped: light-dark(#57606a, #a0a8b0); }
* { box-sizing: border-box; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 62rem; margin: 0 auto; padding: 1rem;
  background: light-dark(#fff, #14171a); color: light-dark(#1f2328, #e6edf3); overflow-wrap: anywhere; }
h1 { font-size: 1.5rem; margin: 0; } h2 { font-size: 1.2rem; margin: 2rem 0 .5rem; } h3 { font-size: 1rem; }
p { margin: .3rem 0; } ul { list-style: none; margin: 0; padding: 0; }
code, pre { font: 14px/1.45 ui-monospace, monospace; }
pre { white-space: pre-wrap; padding: .6rem; margin: .4rem 0; border: 1px solid var(--line); border-radius: 6px; }
small { color: var(--skipped); font-size: .875rem; }
.passed b.outcome, .verdict.passed { color: var(--passed); }
.failed b.outcome, .verdict.failed { color: var(--failed); }
.known-deviation b.outcome { color: var(--known-deviation); } .skipped b.outcome { color: var(--skipped); }
.verdict { font-size: 1.2rem; font-weight: 600; }
.figures { display: grid; grid-template-columns: repeat(auto-fill, minmax(9rem, 1fr)); gap: .5rem 1rem;
  margin: 1rem 0; }
.figures div { display: flex; flex-direction: column-reverse; } .figures dd { margin: 0; font-size: 1.3rem; }
.card { border-left: 4px solid var(--line); padding: .1rem 0 .1rem .8rem; margin: .8rem 0; }
.card.failed { border-color: var(--failed); } .card.known-deviation { border-color: var(--known-deviation); }
fieldset { border: 1px solid var(--line); border-radius: 6px; display: flex; flex-wrap: wrap; gap: .3rem 1.2rem; }
label { padding: .2rem 0; } summary { cursor: pointer; }
"""

_NAMES = {outcome: outcome.value.replace(" ", "-") for outcome in Outcome}


def page(report: Report) -> str:
    """Return the page."""
    body = "\n".join(part for section in _SECTIONS for part in section(report))
    filters = "\n".join(
        f"main:has(#show-{name}:checked) .rule:not(.{name}) {{ display: none; }}" for name in _NAMES.values()
    )
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>Contract: {escape(report.target)}</title>\n<style>{_STYLE}{filters}\n</style>\n</head>\n"
        f"<body>\n<main>\n{body}\n</main>\n</body>\n</html>\n"
    )


def _head(report: Report) -> Iterator[str]:
    counts = report.counts
    yield "<h1>Contract of Zuora&rsquo;s journal runs</h1>"
    yield f"<p>{escape(report.target)}, {escape(report.kind)}; {escape(report.began)}</p>"
    number = len(report.failures)
    verdict = f"{number} finding{'s' * (number != 1)}" if number else "Everything that was checked passed"
    yield f'<p class="verdict {"failed" if number else "passed"}">{verdict}</p>'
    figures = {
        **{("known deviations" if each is Outcome.KNOWN_DEVIATION else each): counts[each] for each in Outcome},
        "calls": f"{report.calls:,}",
        "seconds": f"{report.seconds:.1f}",
        "of the contract reached": f"{report.share:.0%}",
        "seed": report.seed,
    }
    rows = "".join(f"<div><dt>{name}</dt><dd>{value}</dd></div>" for name, value in figures.items())
    yield f'<dl class="figures">{rows}</dl>'
    if not report.wrote:
        yield "<p>Nothing was created, cancelled or deleted.</p>"


def _findings(report: Report) -> Iterator[str]:
    if report.findings:
        yield "<h2>Findings</h2>"
    for finding in report.findings:
        yield from _finding(finding)


def _finding(finding: Finding) -> Iterator[str]:
    known = finding.deviation is not None
    outcome = Outcome.KNOWN_DEVIATION if known else Outcome.FAILED
    times = f", {finding.times} times" if finding.times > 1 else ""
    yield f'<article class="card {_NAMES[outcome]}" id="{finding.id}">'
    yield f"<h3>{finding.id} {escape(finding.check)}: {escape(finding.title)}</h3>"
    yield f'<p><b class="outcome">{outcome}</b> in {escape(", ".join(finding.operations))}{times}</p>'
    if known:
        yield f"<p>known: {escape(str(finding.deviation))}</p>"
    yield f"<p>first:</p><pre>{escape(finding.curl)}</pre>"
    rules = finding.rules
    follows = "".join(
        f"<li><small>{escape(each.rule)}: {escape(each.message)}</small></li>"
        for each in finding.effects
        if each.follows
    )
    yield (
        f"<details><summary>breaks {len(rules)} rule{'s' * (len(rules) != 1)}</summary>"
        f"<p>{escape(', '.join(rules))}</p><ul>{follows}</ul></details></article>"
    )


def _notes(report: Report) -> Iterator[str]:
    notes = [f"A known deviation did not occur: {each}" for each in report.past_deviations]
    notes += [f"A known deviation is accepted no longer: {each}" for each in report.ended_deviations]
    notes += [f"Not cleaned up: {', '.join(runs)}: {reason}" for reason, runs in report.left_by_reason.items()]
    notes += [f"Ended early: {report.ended}"] if report.ended else []
    if notes:
        yield "<h2>Notes</h2><ul>" + "".join(f"<li>{escape(each)}</li>" for each in notes) + "</ul>"


def _results(report: Report) -> Iterator[str]:
    yield "<h2>Rules</h2>"
    choices = {"all": len(report.results), **{name: report.counts[each] for each, name in _NAMES.items()}}
    yield "<fieldset><legend>Show</legend>"
    for name, number in choices.items():
        checked = " checked" if name == "all" else ""
        yield (
            f'<label for="show-{name}"><input type="radio" name="show" id="show-{name}"{checked}> '
            f"{name.replace('-', ' ')} ({number})</label>"
        )
    yield "</fieldset>"
    for group, results in groupby(report.results, lambda result: result.id.partition("/")[0]):
        yield f"<h3>{escape(group.replace('-', ' '))}</h3><ul>"
        yield from map(_result, results)
        yield "</ul>"


def _result(result: Result) -> str:
    name = _NAMES[result.outcome]
    title = re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(result.title))
    reason = f": {escape(result.reason)}" if result.reason else ""
    found = f" ({', '.join(result.findings)})" if result.findings else ""
    return (
        f'<li class="rule card {name}">{title}<br><b class="outcome">{result.outcome}</b>{found}{reason}<br>'
        f"<small>{escape(result.id)}; {escape(result.source)}; "
        f"{result.calls} calls, {result.seconds:.2f} s</small></li>"
    )


def _coverage(report: Report) -> Iterator[str]:
    yield "<h2>What was reached of the contract</h2><ul>"
    for operation, group in groupby(report.rows, lambda row: row.operation):
        rows = list(group)
        missed = [row for row in rows if not row.times]
        counted = sum(row.on_demand or row.times > 0 for row in rows)
        statuses = ", ".join(f"{status}: {times}" for status, times in report.responses.get(operation, {}).items())
        seen = f"<br><small>responses by status: {statuses}</small>" if statuses else ""
        yield f'<li class="card">{escape(operation) or "values"}: {len(rows) - len(missed)} of {counted}{seen}'
        if missed:
            listed = "".join(
                f"<li>{escape(row.kind)} {escape(row.name)} <small>{escape(row.why)}</small></li>" for row in missed
            )
            yield f"<details><summary>{len(missed)} not reached</summary><ul>{listed}</ul></details>"
        yield "</li>"
    yield "</ul>"


_SECTIONS = (_head, _findings, _notes, _results, _coverage)
