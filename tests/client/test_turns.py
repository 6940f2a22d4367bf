"""A creation waits for other runs, each time under a new idempotency key, and never creates two runs."""

from __future__ import annotations

from collections import Counter
from random import Random
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from tests.clock import FakeClock

from zuora_journal_runs import Backoff, errors
from zuora_journal_runs.emulator import Clock, Emulator, Pacing
from zuora_journal_runs.evidence import CreationNoted, read_evidence

from .world import Script, answer, refusal, run

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from .world import Kind

CREATED = answer(body={"success": True, "journalRunNumber": "JR-00000008"})
BUSY = refusal("50000030", "The journal run JR-00000075 is Processing; only one can run at a time.")
LOST = httpx.ReadTimeout("lost")


def create(client: Any, **arguments: Any) -> Any:
    return client.create(["Invoice Item"], "2026-10-31", accounting_period_name="Oct-2026", **arguments)


def busy() -> tuple[Emulator, str]:
    """Return an emulator, and the run that somebody else has started there, which takes minutes."""
    emulator = Emulator(seed=[], random=Random(2), clock=Clock(running=False), pacing=Pacing.parse("seconds:90"))
    other = emulator.create_run(
        {
            "transactionTypes": [{"type": "Taxation Item"}],
            "journalEntryDate": "2026-10-31",
            "accountingPeriodName": "Oct-2026",
        }
    )
    return emulator, other


def test_it_waits_for_a_run_that_nobody_here_started(use: Callable[..., Any]) -> None:
    emulator, other = busy()
    seen: list[Any] = []
    created = use(emulator, lambda client: create(client, wait_for_turn=600, on_turn=seen.append))
    assert [each.number for each in emulator.runs()] == [other, created.journal_run_number]
    assert {progress.run.number for progress in seen} == {other}
    assert {str(progress.run.status) for progress in seen} == {"Pending", "Processing"}
    assert sorted(progress.seconds for progress in seen) == [progress.seconds for progress in seen]
    keys = [
        request.headers["idempotency-key"] for request in emulator.requests if request.operation == "createJournalRun"
    ]
    # The emulator repeats a refusal under the same key, as Zuora does: under one key it would never be its turn.
    assert len({*keys}) == len(keys) == len(seen) + 1


def test_it_gives_up_in_time(use: Callable[..., Any]) -> None:
    emulator, other = busy()
    began = emulator.clock.timestamp()
    with pytest.raises(errors.TurnTimeoutError, match=f"in the way for 100 s, .*{other}") as caught:
        use(emulator, lambda client: create(client, wait_for_turn=100))
    assert 99.9 <= emulator.clock.timestamp() - began <= 101
    assert caught.value.request_id == caught.value.refusal.request_id is not None
    assert not caught.value.maybe_processed
    assert [each.number for each in emulator.runs()] == [other]


def test_it_does_not_wait_unless_it_is_to(kind: Kind) -> None:
    clock = FakeClock()
    with pytest.raises(errors.RuleViolationError):
        kind.use(Script(BUSY), create, clock=clock)
    assert clock.waits == []


WAITED_FOR = {
    "a rule": refusal("50000030", "No."),
    "a lock": refusal("50000050", "Locked."),
    "a value that names a run": refusal("50000020", "There is another run in progress."),
}
RAISED: dict[str, tuple[httpx.Response | Exception, type[errors.JournalRunsError]]] = {
    "a wrong value": (refusal("50000020", "accountingPeriodName: unknown"), errors.InvalidRequestError),
    "no permission": (refusal("50000010"), errors.PermissionDeniedError),
    "lost": (LOST, errors.ResponseLostError),
    "a gateway's 409": (answer(409, {"message": "Conflict"}), errors.ConflictError),
    "failed inside": (refusal("50000060"), errors.ServerError),
}


@pytest.mark.parametrize("given", WAITED_FOR.values(), ids=WAITED_FOR)
def test_what_is_waited_for(kind: Kind, given: httpx.Response) -> None:
    script = Script(given, given, CREATED)
    seen: list[Any] = []
    created = kind.use(script, lambda client: create(client, wait_for_turn=600, on_turn=seen.append))
    assert created.journal_run_number == "JR-00000008"
    keys = [request.headers["Idempotency-Key"] for request in script.requests]
    assert len({*keys}) == len(keys) == 3
    assert [progress.idempotency_key for progress in seen] == keys[1:]
    assert [(progress.run, progress.refusal.category is not None) for progress in seen] == [(None, True)] * 2


@pytest.mark.parametrize(("given", "error"), RAISED.values(), ids=RAISED)
def test_what_is_not(kind: Kind, given: httpx.Response | Exception, error: type[errors.JournalRunsError]) -> None:
    script = Script(given)
    with pytest.raises(error):
        kind.use(script, lambda client: create(client, wait_for_turn=600), retry=Backoff(attempts=2))
    # Whatever may have been processed is repeated under the same key.
    assert len({request.headers["Idempotency-Key"] for request in script.requests}) == 1


def test_a_run_that_cannot_be_retrieved_is_waited_for_all_the_same(kind: Kind) -> None:
    script = Script(BUSY, refusal("50000040"), BUSY, run("Processing"), CREATED)
    seen: list[Any] = []
    kind.use(script, lambda client: create(client, wait_for_turn=600, on_turn=seen.append))
    assert [None if progress.run is None else progress.run.status for progress in seen] == [None, "Processing"]
    assert "another run" in repr(seen[0])
    assert "JR-00000075: Processing" in repr(seen[1])
    with pytest.raises(TypeError, match=r"use \.run and \.refusal"):
        bool(seen[0])


@pytest.mark.parametrize("seconds", [0, -1, float("nan"), float("inf")])
def test_bad_input(kind: Kind, seconds: float) -> None:
    script = Script(CREATED)
    with pytest.raises(errors.InvalidArgumentError, match="wait_for_turn is"):
        kind.use(script, lambda client: create(client, wait_for_turn=seconds))
    assert script.requests == []


def test_the_first_key_may_be_the_callers_own(kind: Kind) -> None:
    script = Script(BUSY, CREATED)
    kind.use(script, lambda client: create(client, wait_for_turn=600), idempotency_key="mine")
    first, second = (request.headers["Idempotency-Key"] for request in script.requests)
    assert first == "mine" != second


def test_a_refusal_after_a_lost_response_is_not_final(kind: Kind) -> None:
    """The first attempt may have created the run that is in the way of the second."""
    script = Script(LOST, BUSY)
    with pytest.raises(errors.RuleViolationError) as caught:
        kind.use(script, lambda client: create(client, wait_for_turn=600), retry=Backoff(attempts=2))
    assert caught.value.maybe_processed
    assert len({request.headers["Idempotency-Key"] for request in script.requests}) == 1


def test_the_evidence_file_has_the_keys(kind: Kind, tmp_path: Path) -> None:
    """What was refused for good is not repeated under its key by the next process; what may have been processed is."""
    file = tmp_path / "create.jsonl"
    script = Script(BUSY)
    for _ in range(2):
        with pytest.raises(errors.RuleViolationError):
            kind.use(script, lambda client: create(client, evidence=file))
    lost = Script(LOST)
    for _ in range(2):
        with pytest.raises(errors.ResponseLostError):
            kind.use(lost, lambda client: create(client, evidence=file), retry=Backoff(attempts=1))
    assert kind.use(Script(CREATED), lambda client: create(client, evidence=file)).journal_run_number == "JR-00000008"
    keys = [request.headers["Idempotency-Key"] for request in [*script.requests, *lost.requests]]
    assert list(Counter(keys).values()) == [1, 1, 2]
    found = read_evidence(file)
    assert found.header.idempotency_key == keys[0]
    noted = [(note.step, note.key) for note in found.notes if isinstance(note, CreationNoted)]
    assert noted == [
        ("refused", keys[0]), ("begun", keys[1]), ("refused", keys[1]), ("begun", keys[2])
    ]  # fmt: skip
    assert [step.idempotency_key for step in found.steps] == [keys[0], keys[1], keys[2], keys[2], keys[2]]


def test_a_day_counts_from_the_first_use_of_the_key(kind: Kind, tmp_path: Path) -> None:
    file = tmp_path / "create.jsonl"
    clock = FakeClock()
    with pytest.raises(errors.RuleViolationError):
        kind.use(Script(BUSY), lambda client: create(client, evidence=file), clock=clock)
    once = Backoff(attempts=1)
    for hours in (23, 12):
        clock.now += hours * 3600
        with pytest.raises(errors.ResponseLostError):
            kind.use(Script(LOST), lambda client: create(client, evidence=file), clock=clock, retry=once)
    clock.now += 12 * 3600
    script = Script(CREATED)
    with pytest.raises(errors.KeyExpiredError, match="was begun a day ago") as caught:
        kind.use(script, lambda client: create(client, evidence=file), clock=clock)
    assert caught.value.maybe_processed
    assert script.requests == []
