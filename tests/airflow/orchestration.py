"""The closes of twenty tenants on a real Airflow, whose processes are killed in the middle: `make airflow`.

On the emulators nothing makes progress until it is released, so that everything that is to happen in between does.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from zuora_journal_runs.emulator import Emulator, SeedRun, Transfer
from zuora_journal_runs.evidence import read_evidence

from .installation import Installation, wait_for

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

RUN = "JR-00000075"
PERIOD = "Oct-2026"
REQUEST = {
    "transaction_types": ["Invoice Item", "Electronic Payment"],
    "journal_entry_date": "2026-10-31",
    "accounting_period_name": PERIOD,
}
OTHER = {
    "transactionTypes": [{"type": "Invoice Item"}],
    "journalEntryDate": "2026-09-30",
    "accountingPeriodName": "Sep-2026",
}
"""What somebody else creates meanwhile."""
TENANTS = 10
"""The tenants of each DAG."""
REDO, RERUN = "redo_close", "rerun_close"
TASKS = {
    REDO: ["redo.cancel", "redo.create", "redo.post", "redo.transfer"],
    RERUN: ["again.rerun", "again.post", "again.transfer"],
}
FIRST = {REDO: "cancel", RERUN: "rerun"}
"""The task of each DAG that cancels."""
ALL = [(dag, index) for dag in TASKS for index in range(TENANTS)]
CHANGES = ("cancelJournalRun", "createJournalRun")
ONCE = ["cancelJournalRun", "createJournalRun"]
IN_PROGRESS = ("Pending", "Processing", "CancelInprogress")

# What happens to some tenants of each DAG, by their index.
KILLED_IN_CANCELLATION, KILLED_IN_CREATION, TRANSFERRED, STOPPED, CLEARED, BUSY = range(6)
DELAY = 300
"""Seconds by which the response to a request is late, during which its task is killed."""


@dataclass
class World:
    """Airflow, the tenants, and what was seen on the way."""

    airflow: Installation
    tenants: dict[tuple[str, int], Emulator]
    folder: Path
    held: set[tuple[str, int, str]] = field(default_factory=set)
    """The runs that are not to be released, each with its tenant."""
    deferred: dict[tuple[str, int], dict[str, Any]] = field(default_factory=dict)
    """The tasks that were deferred at the same time."""
    ended: dict[tuple[str, int], dict[str, dict[str, Any]]] = field(default_factory=dict)
    """The tasks of each tenant when both DAGs had ended, by their names."""
    changes: dict[tuple[str, int], list[str]] = field(default_factory=dict)
    """What had been requested by then."""

    def requests(self, dag: str, index: int, *operations: str) -> list[Any]:
        """Return the requests of a tenant, those for some operations."""
        return [each for each in self.tenants[dag, index].requests if each.operation in operations]

    def changes_now(self, dag: str, index: int) -> list[str]:
        """Return which changes of runs were requested, in order."""
        return [each.operation for each in self.requests(dag, index, *CHANGES)]

    def tasks(self, dag: str, index: int) -> dict[str, dict[str, Any]]:
        """Return the tasks of a tenant as they are now, by their names."""
        return {name: each for (name, at), each in self.airflow.tasks(dag).items() if at == index}

    def wait(self, condition: Callable[[], Any], what: str) -> None:
        """Wait for something, while the runs make progress."""

        def released() -> Any:
            for (dag, index), emulator in self.tenants.items():
                for run in emulator.runs():
                    if run.status in IN_PROGRESS and (dag, index, run.number) not in self.held:
                        emulator.release(run.number)
            return condition()

        wait_for(released, what)

    def have_ended(self) -> bool:
        """Return whether both DAGs have ended."""
        return all(self.airflow.state(dag) in ("success", "failed") for dag in TASKS)

    def all_wait(self) -> bool:
        """Return whether all tasks are deferred that have to wait, and none runs."""
        self.deferred.clear()
        for dag in TASKS:
            for (_, index), each in self.airflow.tasks(dag).items():
                if each["state"] in ("scheduled", "queued", "running", "up_for_retry"):
                    return False
                if each["state"] == "deferred":
                    self.deferred[dag, index] = each
        return self.deferred.keys() == set(ALL) - {(RERUN, TRANSFERRED)}

    def kill_task(self, dag: str, index: int, *, worker: bool) -> None:
        """Kill the task of a tenant, which waits for a response."""
        port = int(self.tenants[dag, index].url.rpartition(":")[2])
        self.airflow.kill_task(port, worker=worker)

    def clear(self, dag: str, index: int) -> None:
        """Clear the tasks of a tenant, and wait until all has ended again."""
        self.airflow.clear(dag, TASKS[dag], index)
        self.wait(self.have_ended, "both DAGs have ended again")


def tenant(index: int) -> Emulator:
    """Return the emulator of a tenant, with the trouble that it is in."""
    transfers = {2: Transfer.YES} if index == TRANSFERRED else {}
    emulator = Emulator(seed=[SeedRun(number=RUN, entries=4, transfers=transfers)], pacing="held")
    if index == KILLED_IN_CANCELLATION:
        emulator.add_fault(f"cancel:1:real-delay-{DELAY}")
    if index == KILLED_IN_CREATION:
        emulator.add_fault(f"create:1:real-delay-{DELAY}")
    return emulator.start()


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    tenants = {(dag, index): tenant(index) for dag, index in ALL}
    connections = {
        f"{dag}_{index}": {
            "conn_type": "zuora",
            "host": emulator.url,
            "login": emulator.client_id,
            "password": emulator.client_secret,
        }
        for (dag, index), emulator in tenants.items()
    }
    folder = tmp_path_factory.mktemp("zuora")
    variables = {"ZUORA_FOLDER": str(folder), "ZUORA_PATIENCE": "4", "ZUORA_PAUSE": "2"}
    with contextlib.ExitStack() as stack:
        for emulator in tenants.values():
            stack.callback(emulator.close)
        airflow = stack.enter_context(Installation(tmp_path_factory.mktemp("airflow"), connections, variables))
        yield live_through(World(airflow, tenants, folder))


def live_through(world: World) -> World:
    """Start the closes of all tenants, kill what can be killed on the way, and return when all have ended."""
    airflow = world.airflow
    for dag in TASKS:
        more = {"request": REQUEST} if dag == REDO else {}
        airflow.trigger(dag, [{"conn_id": f"{dag}_{each}", "number": RUN, **more} for each in range(TENANTS)])

    # Two workers are killed between the request of a cancellation and the response.
    for dag in TASKS:
        at = (dag, KILLED_IN_CANCELLATION)
        wait_for(lambda at=at: world.changes_now(*at), f"{at} cancels")  # type: ignore[misc]
        world.kill_task(*at, worker=True)

    # The triggerer is killed while all wait, but for the rerun that was refused.
    wait_for(world.all_wait, "all wait")
    airflow.kill("triggerer")
    # Somebody else's run gets in the way of some tenants.
    for dag in TASKS:
        world.held.add((dag, BUSY, world.tenants[dag, BUSY].create_run(OTHER)))
    world.held.add((REDO, STOPPED, RUN))
    airflow.start("triggerer")
    # It goes on with what the killed one has left; then a user stops a task.
    stopped = world.tenants[REDO, STOPPED]
    polls = len(stopped.requests)
    wait_for(lambda: len(stopped.requests) > polls, "the triggerer polls again")
    airflow.fail(REDO, "redo.cancel", STOPPED)

    # The runs make progress, and two tasks are killed between the request of a creation and the response.
    for dag in TASKS:
        at = (dag, KILLED_IN_CREATION)
        world.wait(lambda at=at: world.requests(*at, "createJournalRun"), f"{at} creates")  # type: ignore[misc]
        world.kill_task(*at, worker=False)
    # Two have to wait for their turn.
    for dag, task in ((REDO, "create"), (RERUN, "rerun")):
        at = (dag, BUSY)
        world.wait(lambda at=at: world.requests(*at, "createJournalRun"), f"{at} creates")  # type: ignore[misc]
        world.wait(
            lambda at=at, task=task: world.tasks(*at)[task]["state"] == "deferred",  # type: ignore[misc]
            f"{at} waits for its turn",
        )
    world.held = {(dag, index, run) for dag, index, run in world.held if index != BUSY}
    world.wait(world.have_ended, "both DAGs have ended")
    world.ended = {at: world.tasks(*at) for at in ALL}
    world.changes = {at: world.changes_now(*at) for at in ALL}
    return world


def test_all_tenants_without_trouble_are_done(world: World) -> None:
    for dag, index in set(ALL) - {(REDO, STOPPED), (REDO, TRANSFERRED), (RERUN, TRANSFERRED)}:
        at = (dag, index)
        assert {each["state"] for each in world.ended[at].values()} == {"success"}, at
        assert world.changes[at].count("cancelJournalRun") == 1, at
        emulator = world.tenants[at]
        live = [each.number for each in emulator.runs(search=PERIOD) if each.status != "Cancelled"]
        assert live == [world.airflow.outcome(dag, TASKS[dag][-1], index)["run"]], at
        entries = emulator.run(live[0]).entries
        assert entries, at
        assert {each.transfer for each in entries} == {Transfer.YES}, at


def test_what_waits_takes_no_worker(world: World) -> None:
    assert len(world.deferred) == 2 * TENANTS - 1
    # What is kept of a trigger is without secrets.
    text = str(world.deferred.values())
    assert f"{REDO}_0" in text
    for emulator in world.tenants.values():
        assert emulator.client_secret not in text


@pytest.mark.parametrize("dag", TASKS)
def test_a_worker_that_was_killed_after_its_request_did_not_make_the_next_one_repeat_it(world: World, dag: str) -> None:
    at = (dag, KILLED_IN_CANCELLATION)
    assert world.ended[at][FIRST[dag]]["try_number"] > 1
    assert world.changes[at] == ONCE


@pytest.mark.parametrize("dag", TASKS)
def test_a_creation_that_was_killed_is_repeated_under_the_same_key(world: World, dag: str) -> None:
    creations = world.requests(dag, KILLED_IN_CREATION, "createJournalRun")
    assert len(creations) == 2
    assert len({each.headers["idempotency-key"] for each in creations}) == 1


@pytest.mark.parametrize("dag", TASKS)
def test_a_run_that_is_in_the_way_is_waited_for(world: World, dag: str) -> None:
    creations = world.requests(dag, BUSY, "createJournalRun")
    assert [each.failed for each in creations] == [True] * (len(creations) - 1) + [False]
    assert len(creations) > 1


def test_entries_that_stay_fail_the_task_and_are_named(world: World) -> None:
    assert world.ended[REDO, TRANSFERRED]["cancel"]["state"] == "failed"
    # Not all attempts were made.
    assert world.ended[REDO, TRANSFERRED]["cancel"]["try_number"] <= 2
    assert world.changes[REDO, TRANSFERRED] == ["cancelJournalRun"]
    assert world.ended[RERUN, TRANSFERRED]["rerun"]["state"] == "failed"
    assert world.changes[RERUN, TRANSFERRED] == []
    for dag, task in ((REDO, "redo.cancel"), (RERUN, "again.rerun")):
        entry = world.tenants[dag, TRANSFERRED].entry_numbers(RUN)[1]
        outcome = world.airflow.outcome(dag, task, TRANSFERRED)
        assert not outcome["complete"]
        assert [each["number"] for each in outcome["remaining"]] == [entry]
        assert "transferred to accounting" in outcome["remaining"][0]["reason"]
        assert f"{entry}: it was transferred to accounting; reverse it" in world.airflow.log(dag, task, TRANSFERRED)


def test_to_stop_a_task_leaves_the_run_as_it_is(world: World) -> None:
    assert world.ended[REDO, STOPPED]["cancel"]["state"] == "failed"
    assert world.changes[REDO, STOPPED] == ["cancelJournalRun"]
    emulator = world.tenants[REDO, STOPPED]
    assert emulator.run(RUN).status == "CancelInprogress"
    # To clear it goes on.
    world.held.clear()
    world.clear(REDO, STOPPED)
    assert world.changes_now(REDO, STOPPED) == ONCE
    assert {each["state"] for each in world.tasks(REDO, STOPPED).values()} == {"success"}


@pytest.mark.parametrize("dag", TASKS)
def test_what_is_done_is_not_done_again_when_it_is_cleared(world: World, dag: str) -> None:
    def outcomes() -> list[Any]:
        found = [world.airflow.outcome(dag, task, CLEARED) for task in TASKS[dag]]
        return [each if isinstance(each, str) else (each["run"], each["complete"]) for each in found]

    before = outcomes()
    world.clear(dag, CLEARED)
    assert {each["state"] for each in world.tasks(dag, CLEARED).values()} == {"success"}
    assert world.changes_now(dag, CLEARED) == ONCE
    assert outcomes() == before


def test_a_cancellation_is_requested_again_only_if_that_can_change_something(world: World) -> None:
    at = (REDO, TRANSFERRED)
    world.clear(*at)
    assert world.tasks(*at)["cancel"]["state"] == "failed"
    assert world.changes_now(*at) == ["cancelJournalRun"]
    assert world.airflow.outcome(REDO, "redo.cancel", TRANSFERRED)["remaining"]
    # It was reversed in the ledger.
    emulator = world.tenants[at]
    emulator.mark_transferred(emulator.entry_numbers(RUN)[1], Transfer.NO)
    world.clear(*at)
    assert world.changes_now(*at) == ["cancelJournalRun", *ONCE]
    assert {each["state"] for each in world.tasks(*at).values()} == {"success"}


def test_the_evidence_of_all_can_be_judged_again(world: World) -> None:
    files = sorted((world.folder / "evidence").rglob("*.jsonl"))
    assert len(files) >= 5 * TENANTS - 4
    for file in files:
        evidence = read_evidence(file)
        assert evidence.conclusion is not None or "rerun" in file.name, file
