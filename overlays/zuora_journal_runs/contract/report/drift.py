"""What differs between two reports: an emulator and a tenant, yesterday and today."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .model import Report


def drift(before: Report, after: Report) -> list[str]:
    """Return the differences, one in each line; an empty list if there are none.

    What was skipped in one of them is not compared; times, counts and values never are.
    """
    return list(_differences(before, after))


def _differences(before: Report, after: Report) -> Iterator[str]:
    outcomes = [{result.id: result.outcome for result in report.results} for report in (before, after)]
    for id_ in sorted(outcomes[0].keys() | outcomes[1].keys()):
        old, new = (each.get(id_, "missing") for each in outcomes)
        if old != new:
            yield f"{id_}: {old}, then {new}"
    findings = [{finding.key: finding for finding in report.findings} for report in (before, after)]
    for key in sorted(findings[0].keys() - findings[1].keys()):
        yield f"not found any more: {key[0]}: {findings[0][key].title[:160]}"
    for key in sorted(findings[1].keys() - findings[0].keys()):
        yield f"found now: {key[0]}: {findings[1][key].title[:160]}"
    for shape in sorted(set(before.shapes) ^ set(after.shapes)):
        operation = shape.partition(" ")[0]
        if operation in before.responses and operation in after.responses:
            yield f"in responses {'no longer' if shape in before.shapes else 'now'}: {shape}"
    rows = [{(row.operation, row.kind, row.name): bool(row.times) for row in report.rows} for report in (before, after)]
    for row in sorted(rows[0].keys() & rows[1].keys()):
        if rows[0][row] != rows[1][row]:
            yield f"reached {'no longer' if rows[0][row] else 'now'}: {' '.join(filter(None, row))}"
