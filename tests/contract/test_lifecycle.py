"""The life cycle of the emulator's runs: every operation in every status, and walks through all of it."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from zuora_journal_runs.emulator import AT_ONCE, HELD, Emulator, RunStatus, SeedRun, Settings, Transfer

from . import lifecycle
from .checks import body_of
from .lifecycle import ALLOWED, GONE, STATUSES
from .provider import suite_for

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from schemathesis import Case, Response

    from .suite import Suite

RUN = "JR-00000001"
NEW_RUN = {
    "accountingPeriodName": "Oct-2026",
    "journalEntryDate": "2026-10-31",
    "transactionTypes": [{"type": "Invoice Item"}],
}

walks = settings(
    derandomize=True,
    database=None,
    deadline=None,
    # A failure is told by its last call; to shrink a walk takes minutes.
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.too_slow],
)


@pytest.fixture(scope="module")
def held() -> Iterator[Emulator]:
    """An emulator in which nothing goes on by itself."""
    emulator = Emulator(pace=HELD, seed=())
    yield emulator
    emulator.close()


@pytest.fixture(scope="module")
def held_suite(held: Emulator, fragment: Mapping[str, Any]) -> Suite:
    return suite_for(held, fragment)


def put(emulator: Emulator, status: str) -> None:
    """Let there be one run, in this status, with three entries."""
    emulator.reset()
    if status != GONE:
        emulator.add_run(SeedRun(number=RUN, status=RunStatus(status), entries=3))


def status_of(suite: Suite) -> str:
    response = suite.call("getJournalRun", RUN)
    return GONE if response.status_code == 404 else str(body_of(response)["status"])


@pytest.mark.parametrize("status", [*STATUSES, GONE])
@pytest.mark.parametrize("operation", ALLOWED)
def test_every_operation_in_every_status(held: Emulator, held_suite: Suite, operation: str, status: str) -> None:
    put(held, status)
    expected = ALLOWED[operation][status]
    assert held_suite.call(operation, RUN).status_code == expected
    begun = {"cancelJournalRun": "CancelInprogress", "deleteJournalRun": "DeleteInprogress"}
    after = begun.get(operation, status) if expected == 200 else status
    assert status_of(held_suite) == after


@pytest.mark.parametrize("status", [*STATUSES, GONE])
def test_a_run_that_has_not_ended_keeps_another_from_being_created(
    held: Emulator, held_suite: Suite, status: str
) -> None:
    put(held, status)
    response = held_suite.call("createJournalRun", body=NEW_RUN)
    assert response.status_code == (409 if status in ("Pending", "Processing") else 200)


@pytest.mark.parametrize("show_cancel_in_progress", [True, False])
def test_the_cancellation_that_the_documents_tell_of(
    fragment: Mapping[str, Any], show_cancel_in_progress: bool
) -> None:
    """Ten entries, of which one is transferred to accounting: nine are cancelled, and the run stays Completed."""
    run = SeedRun(number=RUN, entries=10, transfers={7: Transfer.YES})
    settings_ = Settings(show_cancel_in_progress=show_cancel_in_progress)
    emulator = Emulator(pace="polls:1", seed=[run], settings=settings_)
    suite = suite_for(emulator, fragment)
    assert body_of(suite.call("cancelJournalRun", RUN)) == {"success": True}
    emulator.release(RUN)
    assert status_of(suite) == "Completed"
    page = body_of(suite.call("listJournalEntriesOfJournalRun", RUN, query={"pageSize": 300}))
    stays = {entry["number"]: entry["status"] for entry in page["journalEntries"]}
    assert list(stays.values()) == [*["Cancelled"] * 6, "Created", *["Cancelled"] * 3]
    assert page["journalEntries"][6]["transferredToAccounting"] == "Yes"
    assert suite.call("deleteJournalRun", RUN).status_code == 409


@pytest.mark.parametrize("show_cancel_in_progress", [True, False])
def test_walks_by_several_people_at_once(fragment: Mapping[str, Any], show_cancel_in_progress: bool) -> None:
    emulator = Emulator(pace="polls:1", seed=(), settings=Settings(show_cancel_in_progress=show_cancel_in_progress))
    reached: Counter[tuple[str, int]] = Counter()

    def transfer(number: str) -> None:
        for entry in emulator.entry_numbers(number)[:1]:
            try:
                emulator.mark_transferred(entry, Transfer.YES)
            except ValueError:
                return  # it is cancelled

    walk = lifecycle.machine(suite_for(emulator, fragment), start=emulator.reset, transfer=transfer, reached=reached)
    run_state_machine_as_test(walk, settings=settings(walks, max_examples=30, stateful_step_count=40))
    missing = {
        ("createJournalRun", 200), ("createJournalRun", 409),
        ("getJournalRun", 200), ("listJournalEntriesOfJournalRun", 200),
        ("cancelJournalRun", 200), ("cancelJournalRun", 409),
        ("deleteJournalRun", 409),
    } - reached.keys()  # fmt: skip
    assert not missing, missing


def test_walks_along_the_links(fragment: Mapping[str, Any]) -> None:
    emulator = Emulator(pace=AT_ONCE, seed=())
    suite = suite_for(emulator, fragment)
    reached: Counter[tuple[str, int]] = Counter()

    class Walk(suite.schema.as_state_machine()):  # type: ignore[misc]
        def setup(self) -> None:
            emulator.reset()

        def validate_response(self, response: Response, case: Case[Any], **_: Any) -> None:
            reached[case.operation.definition.raw["operationId"], response.status_code] += 1
            super().validate_response(response, case, additional_checks=suite.checks)

    Walk.run(settings=settings(walks, max_examples=40, stateful_step_count=10))
    missing = {
        ("createJournalRun", 200),
        ("getJournalRun", 200), ("getJournalRun", 404), ("listJournalEntriesOfJournalRun", 200),
        ("cancelJournalRun", 200), ("deleteJournalRun", 200),
    } - reached.keys()  # fmt: skip
    assert not missing, missing
