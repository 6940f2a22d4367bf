"""The model of a run: every operation in every status, and what a model can and cannot be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from zuora_journal_runs.contract import Options
from zuora_journal_runs.contract.checks import Violation
from zuora_journal_runs.contract.run_model import ALLOWED, GONE, STATUSES, RunModel, State
from zuora_journal_runs.emulator import HELD, Emulator, RunStatus, SeedRun, Settings, Transfer

from .provider import suite_for

if TYPE_CHECKING:
    from collections.abc import Iterator

    from zuora_journal_runs.contract.harness import Harness

RUN = "JR-00000001"
WANTED = {"journalEntryDate": "2026-10-31", "transactionTypes": [{"type": "Invoice Item"}]}


@pytest.fixture(scope="module")
def held() -> Iterator[Emulator]:
    """An emulator in which nothing goes on by itself."""
    emulator = Emulator(pacing=HELD, seed=())
    yield emulator
    emulator.close()


@pytest.fixture(scope="module")
def harness(held: Emulator) -> Harness:
    return bench_of(held)


def bench_of(emulator: Emulator) -> Harness:
    suite = suite_for(emulator, Options())
    # The runs here are made by the test.
    suite.harness.own[RUN] = RunModel(RUN, {})
    suite.harness.target = type(suite.harness.target)(
        suite.harness.target.url, emulator.client_id, emulator.client_secret
    )
    return suite.harness


def put(emulator: Emulator, status: str) -> None:
    """Let there be one run, in this status, with three entries."""
    emulator.reset()
    if status != GONE:
        emulator.add_run(SeedRun(number=RUN, status=RunStatus(status), entries=3))


def status_of(harness: Harness) -> str:
    answer = harness.call("getJournalRun", RUN)
    return GONE if answer.status == 404 else str(answer.data["status"])


@pytest.mark.parametrize("status", [*STATUSES, GONE])
@pytest.mark.parametrize("operation", ALLOWED)
def test_every_operation_in_every_status(held: Emulator, harness: Harness, operation: str, status: str) -> None:
    put(held, status)
    expected = ALLOWED[operation][status]
    assert harness.call(operation, RUN).status == expected
    begun = {"cancelJournalRun": "CancelInprogress", "deleteJournalRun": "DeleteInprogress"}
    assert status_of(harness) == (begun.get(operation, status) if expected == 200 else status)
    assert not list(harness.findings)


@pytest.mark.parametrize("status", [*STATUSES, GONE])
def test_a_run_that_has_not_ended_keeps_another_from_being_created(
    held: Emulator, harness: Harness, status: str
) -> None:
    put(held, status)
    answer = harness.call("createJournalRun", body=harness.creation())
    assert answer.status == (409 if status in ("Pending", "Processing") else 200)


@pytest.mark.parametrize("show_cancel_in_progress", [True, False])
def test_the_cancellation_that_the_documents_describe(show_cancel_in_progress: bool) -> None:
    """Ten entries, of which one is transferred to accounting: nine are cancelled, and the run stays Completed."""
    run = SeedRun(number=RUN, entries=10, transfers={7: Transfer.YES})
    settings = Settings(show_cancel_in_progress=show_cancel_in_progress)
    harness = bench_of(Emulator(pacing="polls:1", seed=[run], settings=settings))
    model = harness.own[RUN]
    model.states = frozenset({State("Completed")})
    harness.read(model)
    assert harness.cancel(model) == 200
    assert harness.settle(model) == "Completed"
    assert model.blocked
    assert [entry["status"] for entry in (model.entries or {}).values()].count("Cancelled") == 9
    assert harness.delete(model) == 409


def entries(*transferred: str, status: str = "Created") -> list[dict[str, Any]]:
    return [{"number": f"JE-{n}", "status": status, "transferredToAccounting": t} for n, t in enumerate(transferred)]


def completed() -> RunModel:
    model = RunModel(RUN, WANTED)
    model.retrieved(200, run("Completed", totalJournalEntryCount=2))
    model.listed(200, entries("No", "Yes"))
    return model


def test_an_update_is_shown_unless_its_outcome_is_not_known() -> None:
    model = completed()
    model.updated("JE-0", {"transferredToAccounting": "Ignore"}, 200)
    with pytest.raises(Violation, match="was updated to 'Ignore', and is 'No'"):
        model.listed(200, entries("No", "Yes"))
    for status in (None, 500):
        model.updated("JE-0", {"transferredToAccounting": "Processing"}, 200)
        model.updated("JE-0", {"transferredToAccounting": "No"}, status)
        model.listed(200, entries("No", "Yes"))


def test_an_entry_that_is_not_cancelled_can_be_updated() -> None:
    with pytest.raises(Violation, match="JE-0 is not cancelled, and its update got the status 409"):
        completed().updated("JE-0", {"notes": "n"}, 409)


def run(status: str, **fields: Any) -> dict[str, Any]:
    return {"number": RUN, "status": status, **WANTED, **fields}


def test_a_run_goes_on_by_itself_but_not_back() -> None:
    model = RunModel(RUN, WANTED)
    model.retrieved(200, run("Processing"))
    assert model.may_be("Completed")
    with pytest.raises(Violation, match="is Pending, and can only be"):
        model.retrieved(200, run("Pending"))


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"number": "JR-00000002"}, "JR-00000001 was requested, and JR-00000002 was returned"),
        ({"journalEntryDate": "2026-10-30"}, "journalEntryDate of JR-00000001 is 2026-10-30, not 2026-10-31"),
        ({"transactionTypes": []}, r"has the types \[\], not \['Invoice Item'\]"),
        ({"totalJournalEntryCount": 3}, "has 3 entries, and had 2 before"),
        ({"status": "Cancelled"}, "is Cancelled, and can only be"),
        ({"status": "Error"}, "is Error, and can only be"),
    ],
)
def test_a_run_stays_what_it_is(fields: dict[str, Any], said: str) -> None:
    with pytest.raises(Violation, match=said):
        completed().retrieved(200, run("Completed") | fields)


@pytest.mark.parametrize(
    ("listed", "said"),
    [
        (entries("No", "Yes", "No"), "has 3 entries, and had 2 before"),
        (entries("No", "Yes")[:1] * 2, "an entry is listed twice"),
        ([*entries("No"), {"number": "JE-9", "status": "Created"}], "has other entries than before"),
        (entries("No", "Yes", status="Cancelled"), "JE-0 is Cancelled, and nobody requested it"),
    ],
)
def test_entries_stay_what_they_are(listed: list[dict[str, Any]], said: str) -> None:
    with pytest.raises(Violation, match=said):
        completed().listed(200, listed)


def test_what_was_transferred_stays_and_what_was_cancelled_too() -> None:
    model = completed()
    model.cancelled(200)
    some = [entries("No", status="Cancelled")[0], entries("No", "Yes")[1]]
    model.listed(200, some)
    assert model.blocked
    assert model.transferred
    with pytest.raises(Violation, match="JE-0 was Cancelled, and is Created again"):
        model.listed(200, entries("No", "Yes"))
    with pytest.raises(Violation, match="JE-1 is Cancelled, although it was transferred"):
        model.listed(200, entries("No", "Yes", status="Cancelled"))
    model.retrieved(200, run("Cancelled"))
    with pytest.raises(Violation, match="is Cancelled, and its entry JE-1 is Created"):
        model.listed(200, some)


def test_a_refusal_reports_what_a_run_is_not() -> None:
    model = RunModel(RUN, WANTED)
    model.cancelled(409)
    assert model.states == {State("Processing")}
    with pytest.raises(Violation, match="a deletion was accepted"):
        model.deleted(200)
    with pytest.raises(Violation, match="a cancellation of JR-00000001 got the status 400"):
        completed().cancelled(400)
    with pytest.raises(Violation, match="a cancellation was refused as not found"):
        completed().cancelled(404)


@pytest.mark.parametrize("status", [400, 401, 500])
def test_a_run_that_cannot_be_read_is_no_run_that_is_gone(status: int) -> None:
    with pytest.raises(Violation, match=f"was not retrieved: {status}"):
        completed().retrieved(status, {})
    with pytest.raises(Violation, match=f"were not listed: {status}"):
        completed().listed(status, [])
