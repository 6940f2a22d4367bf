"""Failures of the provider, which happen only when it is made to fail."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from zuora_journal_runs.contract.checks import Skipped, expect
from zuora_journal_runs.contract.rule import RuleGroup

if TYPE_CHECKING:
    from collections.abc import Iterator

    from zuora_journal_runs.contract.harness import Harness
    from zuora_journal_runs.contract.provider import ApiResponse

rules: RuleGroup = RuleGroup("failures")

GUIDE = "Zuora, Error handling"


def failing(harness: Harness, failure: str) -> Iterator[tuple[str, ApiResponse]]:
    """Make every operation fail once; yield its id and the response.

    Args:
        harness: The provider.
        failure: `500` for an internal error, `429` for too many requests.
    """
    provoke = harness.runtime.provoke
    if provoke is None:
        raise Skipped("it needs a way to make the provider fail: give one with --provoke")
    completed, cancelled = harness.at("Completed").number, harness.at("Cancelled").number
    requests: dict[str, tuple[str | None, dict[str, Any]]] = {
        "createJournalRun": (None, {"body": harness.creation()}),
        "getJournalRun": (completed, {}),
        "listJournalEntriesOfJournalRun": (completed, {}),
        "cancelJournalRun": (completed, {"body": {}}),
        "deleteJournalRun": (cancelled, {}),
        "createToken": (None, {"data": harness.credentials()}),
    }
    if entry := harness.entry():
        requests["updateJournalEntry"] = (entry["number"], {"body": {"transferredToAccounting": "Ignore"}})
    _ = harness.token  # A request for it must not come in between.
    for operation, (number, parts) in requests.items():
        provoke(operation, failure)
        call = partial(harness.call, operation, number, headers={"Zuora-Track-Id": "provoked"}, **parts)
        with harness.provoked():
            response = call()
            # A provider that has no time for a request yet has not failed yet.
            yield operation, call() if failure != "429" and response.wire == 429 else response
    harness.read(harness.own[completed])
    harness.read(harness.own[cancelled])


@rules.rule(GUIDE, writes=True)
def a_failing_server_says_so(harness: Harness) -> None:
    """A request that fails inside the server gets the status 500, as documented, and changes nothing."""
    for operation, response in failing(harness, "500"):
        expect(response.wire == 500, f"{operation} got the status {response.wire} from a failing server, not 500")


@rules.rule("Zuora, Rate limits", writes=True)
def too_many_requests_are_told_when_to_return(harness: Harness) -> None:
    """A request beyond the limits gets the status 429, and `Retry-After` says when to try again."""
    for operation, response in failing(harness, "429"):
        expect(response.wire == 429, f"{operation} got the status {response.wire} beyond the limits, not 429")
        expect("retry-after" in response.headers, f"{operation} was refused with 429 and without Retry-After")
