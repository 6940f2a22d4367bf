"""Settings for an emulator that behaves as a provider did where the documents leave it open."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from .report import Report

SETTINGS = (
    "show-cancel-in-progress",
    "one-run-at-a-time",
    "put-needs-content-type",
    "numeric-codes",
    "tenant-version",
    "max-page-size",
    "token-seconds",
    "calls-per-minute",
)
"""Behaviour that the emulator has settings for."""

OTHERS = ("count-falls-when-cancelled", "cancelled-entries-are-listed", "code-of-a-second-run")
"""Behaviour without a setting, which users may want to know."""


def emulator_settings(report: Report) -> str:
    """Return a file for `zjr emulator --settings`, in TOML."""
    return "\n".join(_lines(report)) + "\n"


def _lines(report: Report) -> Iterator[str]:
    yield f"# How {report.target} behaved on {report.began[:10]} where the documents leave it open."
    yield "# Read by: zjr emulator --settings FILE"
    unknown = []
    for name in SETTINGS:
        seen = report.observations.get(name, {})
        if not seen:
            unknown.append(name)
        elif len(seen) == 1:
            yield f"{name} = {_toml(*seen)}"
        else:
            yield f"# {name} varied: {_counted(seen)}"
            yield f"{name} = {_toml(max(seen, key=lambda value: seen[value]))}"
    if unknown:
        yield f"# Not seen: {', '.join(unknown)}"
    for name in OTHERS:
        if seen := report.observations.get(name, {}):
            yield f"# The emulator has no setting for {name}: {_counted(seen)}"


def _counted(seen: Mapping[str, int]) -> str:
    return ", ".join(f"{value} {times} times" if times > 1 else f"{value} once" for value, times in seen.items())


def _toml(value: str) -> str:
    words = {"yes": "true", "no": "false"}
    return words.get(value) or (value if value.isdecimal() else f'"{value}"')
