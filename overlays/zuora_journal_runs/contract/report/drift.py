"""What differs between two reports: an emulator and a tenant, yesterday and today."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .model import Report


def drift(before: Report, after: Report) -> list[str]:
    """The differences, in sentences; none, if both say the same.

    What was not tried in one of them is not compared; times, counts and values never are.
    """
    return list(_differences(before, after))


def _differences(before: Report, after: Report) -> Iterator[str]:
    outcomes = [{result.id: result.outcome for result in report.results} for report in (before, after)]
    for id_ in sorted(outcomes[0].keys() | outcomes[1].keys()):
        old, new = (each.get(id_, "not there") for each in outcomes)
        if old != new:
            yield f"{id_}: {old}, then {new}"
    findings = [{finding.key: finding for finding in report.findings} for report in (before, after)]
    for key in sorted(findings[0].keys() - findings[1].keys()):
        yield f"found no longer: {_told(key, findings[0][key].message)}"
    for key in sorted(findings[1].keys() - findings[0].keys()):
        yield f"found now: {_told(key, findings[1][key].message)}"
    for shape in sorted(set(before.shapes) ^ set(after.shapes)):
        operation = shape.partition(" ")[0]
        if operation in before.answers and operation in after.answers:
            yield f"answered {'no longer' if shape in before.shapes else 'now'}: {shape}"
    rows = [{(row.operation, row.kind, row.name): bool(row.times) for row in report.rows} for report in (before, after)]
    for key in sorted(rows[0].keys() & rows[1].keys()):
        if rows[0][key] != rows[1][key]:
            yield f"reached {'no longer' if rows[0][key] else 'now'}: {' '.join(filter(None, key))}"


def _told(key: tuple[str, str, str], message: str) -> str:
    operation, check, _ = key
    return f"{operation}, {check}: {' '.join(message.split())[:120]}"
