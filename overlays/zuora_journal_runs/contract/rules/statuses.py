"""The HTTP status of a failure, which depends on `Zuora-Version`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zuora_journal_runs.contract.checks import expect
from zuora_journal_runs.contract.rule import RuleGroup

if TYPE_CHECKING:
    from zuora_journal_runs.contract.harness import Harness
    from zuora_journal_runs.contract.provider import ApiResponse

rules: RuleGroup = RuleGroup("statuses")

GUIDE = "Zuora, Upgrade guide for Zuora-Version 2024-05-20"
UNKNOWN = "JR-99999999999999"


def refused(harness: Harness, version: str) -> list[tuple[str, ApiResponse, int]]:
    """Refusals of two kinds, each with what they are for and the status of their category."""
    headers = {"Zuora-Version": version}
    query = {"pageSize": 0}
    return [
        ("an unknown run", harness.call("getJournalRun", UNKNOWN, headers=headers), 404),
        (
            "a page size of 0",
            harness.call("listJournalEntriesOfJournalRun", UNKNOWN, query=query, headers=headers),
            400,
        ),
    ]


@rules.rule(GUIDE)
def new_versions_have_statuses_for_errors(harness: Harness) -> None:
    """From 2024-05-20 a failure has a status of its own, which its category gives."""
    for version in ("2024-05-20", "2025-08-12"):
        for what, response, status in refused(harness, version):
            # What is wrong first is not documented.
            expect(response.wire in (status, 404), f"{what} in version {version} got the status {response.wire}")


@rules.rule(GUIDE)
def old_versions_have_none(harness: Harness) -> None:
    """Before 2024-05-20 a failure has the status 200."""
    for version in ("186.0", "341.0"):
        for what, response, _ in refused(harness, version):
            expect(response.wire == 200, f"{what} in version {version} got the status {response.wire}, not 200")


@rules.rule("Zuora, API versions")
def unknown_versions_count_as_the_first(harness: Harness) -> None:
    """An unknown version number counts as 186.0."""
    for version in ("1.0", "999.0"):
        response = harness.call("getJournalRun", UNKNOWN, headers={"Zuora-Version": version})
        expect(response.wire == 200, f"an unknown run in version {version} got the status {response.wire}, not 200")
