"""Tests of the operators without a scheduler, against the emulator, whose clock makes every wait take no time."""

import asyncio
import contextlib
import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest import mock

import journal_runs
import pytest
from airflow.sdk.exceptions import AirflowFailException, TaskDeferred
from journal_runs import (
    CancelJournalRunOperator,
    CreateJournalRunOperator,
    JournalRunOperator,
    RerunJournalRunOperator,
    TransferJournalEntriesOperator,
)

from zuora_journal_runs import JournalRunsClient, errors
from zuora_journal_runs.emulator import Emulator, Settings, Transfer
from zuora_journal_runs.evidence import EvidenceWriter, Header

pytestmark = pytest.mark.zuora_emulator(pacing="seconds:60/3")
RUN = "JR-00000073"
BLOCKED = "JR-00000075"
REQUEST = {
    "transaction_types": ["Invoice Item"],
    "journal_entry_date": "2026-11-30",
    "accounting_period_name": "Nov-2026",
}
CHANGES = ("createJournalRun", "cancelJournalRun")


class Task:
    """A task as Airflow has it: each attempt makes the operator anew, and goes on after each deferral.

    Args:
        operator: Makes the operator.
    """

    def __init__(self, operator: Callable[..., JournalRunOperator], folder: Path) -> None:
        self.operator = partial(operator, task_id="task", conn_id="zuora", evidence_folder=str(folder))
        self.xcoms: dict[str, Any] = {}
        self.pauses: list[float] = []
        ti = SimpleNamespace(dag_id="dag", run_id="run", task_id="task", map_index=-1, xcom_push=self._push)
        self.context: Any = {"ti": ti}

    def _push(self, key: str, value: Any) -> None:
        self.xcoms[key] = json.loads(json.dumps(value))

    def attempt(self) -> dict[str, Any]:
        """Execute the task until it has ended."""
        step = partial(self.operator().execute, self.context)
        while True:
            try:
                return step()
            except TaskDeferred as deferred:
                self.pauses.append(deferred.trigger.pause)
                event = asyncio.run(anext(deferred.trigger.run()))
                resume = getattr(self.operator(), deferred.method_name)
                step = partial(resume, self.context, event.payload, **deferred.kwargs)


@pytest.fixture
def zuora(zuora_emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> Emulator:
    connection = {
        "conn_type": "zuora",
        "host": zuora_emulator.url,
        "login": zuora_emulator.client_id,
        "password": zuora_emulator.client_secret,
    }
    monkeypatch.setenv("AIRFLOW_CONN_ZUORA", json.dumps(connection))

    async def sleep(seconds: float) -> None:
        zuora_emulator.clock.advance(seconds)

    monkeypatch.setattr(journal_runs, "asyncio", SimpleNamespace(sleep=sleep))
    return zuora_emulator


def changes(zuora: Emulator) -> list[str]:
    return [request.operation for request in zuora.requests if request.operation in CHANGES]


OPERATORS: dict[str, tuple[Callable[..., JournalRunOperator], list[str]]] = {
    "cancel": (partial(CancelJournalRunOperator, number=RUN), ["cancelJournalRun"]),
    "create": (partial(CreateJournalRunOperator, request=REQUEST), ["createJournalRun"]),
    "rerun": (partial(RerunJournalRunOperator, number=RUN), ["cancelJournalRun", "createJournalRun"]),
    "transfer": (partial(TransferJournalEntriesOperator, number=RUN), []),
}


@pytest.mark.parametrize(("operator", "expected"), OPERATORS.values(), ids=OPERATORS)
def test_to_clear_what_is_done_changes_nothing(
    zuora: Emulator, tmp_path: Path, operator: Callable[..., JournalRunOperator], expected: list[str]
) -> None:
    task = Task(operator, tmp_path)
    record = task.attempt()
    assert record["complete"]
    assert changes(zuora) == expected
    # Zuora shows what is in progress: one deferral for each wait.
    assert task.pauses == [30.0, 45.0][: len(expected)]
    again = task.attempt()
    assert (again["run"], again["complete"]) == (record["run"], True)
    assert changes(zuora) == expected


class Killed(BaseException):
    """What happens to a worker."""


@pytest.mark.parametrize(("operator", "expected"), OPERATORS.values(), ids=OPERATORS)
@pytest.mark.parametrize("calls", range(1, 25))
def test_it_may_be_killed_after_any_response(
    zuora: Emulator, tmp_path: Path, operator: Callable[..., JournalRunOperator], expected: list[str], calls: int
) -> None:
    """Killed before what a response shows is written down."""
    left = iter(range(calls - 1))

    def die(_: object) -> None:
        if next(left, None) is None:
            raise Killed

    dying = SimpleNamespace(from_env=partial(JournalRunsClient.from_env, on_attempt=die))
    task = Task(operator, tmp_path)
    with mock.patch.object(journal_runs, "JournalRunsClient", dying), contextlib.suppress(Killed):
        task.attempt()
    assert task.attempt()["complete"]
    # A creation is repeated under its idempotency key, and everything else is done once.
    keys = {each.headers["idempotency-key"] for each in zuora.requests if each.operation == "createJournalRun"}
    assert len(keys) == expected.count("createJournalRun")
    assert changes(zuora).count("cancelJournalRun") == expected.count("cancelJournalRun")
    assert len(zuora.runs()) == 5 + expected.count("createJournalRun")


def test_entries_that_stay_fail_the_task_for_good(zuora: Emulator, tmp_path: Path) -> None:
    task = Task(partial(CancelJournalRunOperator, number=BLOCKED), tmp_path)
    # To ask again would change nothing, so the second attempt does not.
    for _ in range(2):
        task.xcoms.clear()
        with pytest.raises(AirflowFailException, match="NOT completely cancelled"):
            task.attempt()
        (entry,) = task.xcoms["return_value"]["remaining"]
        assert entry["number"] == "JE-00000038"
        assert entry["reason"] == "it was transferred to accounting"
        assert changes(zuora) == ["cancelJournalRun"]
    zuora.mark_transferred("JE-00000038", Transfer.NO)
    assert task.attempt()["complete"]
    assert changes(zuora) == ["cancelJournalRun"] * 2


@pytest.mark.zuora_emulator(settings=Settings(show_cancel_in_progress=False))
def test_a_cancellation_that_is_not_shown_is_waited_for_longer_and_longer(zuora: Emulator, tmp_path: Path) -> None:
    task = Task(partial(CancelJournalRunOperator, number=RUN), tmp_path)
    assert task.attempt()["complete"]
    assert task.pauses[:3] == [30.0, 45.0, 67.5]
    assert changes(zuora) == ["cancelJournalRun"]


def test_a_run_that_was_deleted_since_is_cancelled_nevertheless(zuora: Emulator, tmp_path: Path) -> None:
    task = Task(partial(CancelJournalRunOperator, number=RUN), tmp_path)
    task.attempt()
    zuora.delete_run(RUN)
    zuora.release(RUN)
    zuora.clear_requests()
    assert task.attempt()["complete"]
    assert zuora.requests == ()


def test_a_cancellation_that_somebody_else_requested_is_waited_for(zuora: Emulator, tmp_path: Path) -> None:
    zuora.cancel_run(RUN)
    assert Task(partial(CancelJournalRunOperator, number=RUN), tmp_path).attempt()["complete"]
    assert changes(zuora) == []


def test_two_attempts_at_once_are_kept_apart(zuora: Emulator, tmp_path: Path) -> None:
    """A worker is cut off but goes on, and its task is started elsewhere."""
    task = Task(partial(CancelJournalRunOperator, number=RUN), tmp_path)
    first = task.operator().evidence_file(task.context)
    header = Header("cancel", zuora.url.partition("//")[2], RUN)
    with (
        EvidenceWriter(first, header, 0.0),
        pytest.raises(errors.InvalidArgumentError, match="another program is writing"),
    ):
        task.attempt()
    assert changes(zuora) == []
    assert task.attempt()["complete"]


def test_a_rerun_that_would_leave_entries_changes_nothing(zuora: Emulator, tmp_path: Path) -> None:
    task = Task(partial(RerunJournalRunOperator, number=BLOCKED), tmp_path)
    with pytest.raises(AirflowFailException, match="nothing was changed"):
        task.attempt()
    assert [each["number"] for each in task.xcoms["return_value"]["remaining"]] == ["JE-00000038"]
    assert changes(zuora) == []


@pytest.mark.zuora_emulator(pacing="held")
def test_a_task_whose_time_is_up_fails_and_its_next_attempt_goes_on(zuora: Emulator, tmp_path: Path) -> None:
    task = Task(partial(CancelJournalRunOperator, number=RUN, timeout=0), tmp_path)
    with pytest.raises(errors.CancellationTimeoutError):
        task.attempt()
    zuora.release(RUN)
    assert task.attempt()["complete"]
    assert changes(zuora) == ["cancelJournalRun"]


def test_the_state_of_a_trigger_has_no_secret(zuora: Emulator, tmp_path: Path) -> None:
    operator = CancelJournalRunOperator(task_id="task", conn_id="zuora", evidence_folder=str(tmp_path), number=RUN)
    with pytest.raises(TaskDeferred) as deferred:
        operator.execute(Task(CancelJournalRunOperator, tmp_path).context)
    path, arguments = deferred.value.trigger.serialize()
    assert path == "journal_runs.JournalRunTrigger"
    assert arguments == {"conn_id": "zuora", "number": RUN, "pause": mock.ANY}
