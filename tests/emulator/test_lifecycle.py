"""The rules of the life cycle, against a model of what the documents say."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from zuora_journal_runs.emulator import EntryStatus, RunStatus, Transfer
from zuora_journal_runs.emulator.state.lifecycle import (
    BLOCKS_CANCELLATION,
    BLOCKS_CREATION,
    CANCELABLE,
    DELETABLE,
    IN_PROGRESS,
    EntryState,
    Step,
    next_step,
)

transfers = st.sampled_from(Transfer)
entry_lists = st.lists(st.tuples(st.sampled_from(EntryStatus), transfers), max_size=12).map(
    lambda pairs: [EntryState(f"JE-{i}", status, transfer) for i, (status, transfer) in enumerate(pairs)]
)


def settle(entries: list[EntryState], at_most: int, before: RunStatus = RunStatus.COMPLETED) -> tuple[RunStatus, int]:
    """Finish a cancellation; return the status then, and the number of steps."""
    states = {entry.number: entry for entry in entries}
    status, steps = RunStatus.CANCEL_IN_PROGRESS, 0
    while status is RunStatus.CANCEL_IN_PROGRESS:
        step = next_step(
            status,
            previous_status=before,
            outcome=RunStatus.COMPLETED,
            entries=list(states.values()),
            max_entries=at_most,
        )
        assert step.status is not None
        assert len(step.cancelled) <= at_most
        for number in step.cancelled:
            assert states[number].cancelable
            states[number] = EntryState(number, EntryStatus.CANCELLED, states[number].transfer)
        status, steps = step.status, steps + 1
    for entry in entries:
        stays = entry.status is EntryStatus.CREATED and entry.transfer in BLOCKS_CANCELLATION
        assert (states[entry.number].status is EntryStatus.CREATED) == stays
    return status, steps


@given(entry_lists, st.integers(1, 5), st.sampled_from(sorted(CANCELABLE)))
def test_a_cancellation_takes_all_entries_that_can_be_cancelled_and_no_other(
    entries: list[EntryState], at_most: int, before: RunStatus
) -> None:
    status, steps = settle(entries, at_most, before)
    stays = any(e.status is EntryStatus.CREATED and e.transfer in BLOCKS_CANCELLATION for e in entries)
    assert status is (before if stays else RunStatus.CANCELLED)
    loose = sum(entry.cancelable for entry in entries)
    assert steps == -(-loose // at_most) + 1


@given(transfers)
def test_only_a_transfer_that_is_done_or_in_progress_keeps_an_entry(transfer: Transfer) -> None:
    entry = EntryState("JE-1", EntryStatus.CREATED, transfer)
    assert entry.cancelable == (transfer.value in ("No", "Error", "Ignore"))


@pytest.mark.parametrize("status", [RunStatus.COMPLETED, RunStatus.ERROR, RunStatus.CANCELLED])
def test_a_run_without_an_operation_in_progress_does_not_change(status: RunStatus) -> None:
    assert status not in IN_PROGRESS
    assert next_step(status, previous_status=RunStatus.PENDING, outcome=RunStatus.ERROR) == Step(status)


def test_the_statuses_are_those_of_the_documents() -> None:
    assert {"Pending", "Error", "Completed"} == CANCELABLE
    assert {"Cancelled"} == DELETABLE
    assert {"Pending", "Processing"} == BLOCKS_CREATION
    assert set(RunStatus) - {"Completed", "Error", "Cancelled"} == IN_PROGRESS


class OneRun(RuleBasedStateMachine):
    """A run under random calls and steps, compared with what the documents say."""

    @initialize(outcome=st.sampled_from([RunStatus.COMPLETED, RunStatus.ERROR]))
    def begin(self, outcome: RunStatus) -> None:
        self.create(outcome)

    def create(self, outcome: RunStatus) -> None:
        self.status: RunStatus | None = RunStatus.PENDING
        self.seen: list[RunStatus | None] = [self.status]
        self.outcome = outcome
        self.before = RunStatus.COMPLETED
        self.entries: dict[str, EntryState] = {}
        self.ever_cancelled: set[str] = set()

    @precondition(lambda self: self.status is None)
    @rule(outcome=st.sampled_from([RunStatus.COMPLETED, RunStatus.ERROR]))
    def create_another(self, outcome: RunStatus) -> None:
        self.create(outcome)

    def move(self, status: RunStatus | None) -> None:
        self.status = status
        self.seen.append(status)

    @precondition(lambda self: self.status in IN_PROGRESS)
    @rule(at_most=st.integers(1, 3), made=st.lists(transfers, min_size=1, max_size=6))
    def step(self, at_most: int, made: list[Transfer]) -> None:
        assert self.status is not None
        step = next_step(
            self.status,
            previous_status=self.before,
            outcome=self.outcome,
            entries=list(self.entries.values()),
            max_entries=at_most,
        )
        if self.status is RunStatus.PROCESSING and step.status is RunStatus.COMPLETED:
            self.entries = {f"JE-{i}": EntryState(f"JE-{i}", EntryStatus.CREATED, t) for i, t in enumerate(made)}
        for number in step.cancelled:
            self.ever_cancelled.add(number)
            self.entries[number] = EntryState(number, EntryStatus.CANCELLED, self.entries[number].transfer)
        self.move(step.status)

    @precondition(lambda self: self.status in CANCELABLE)
    @rule()
    def cancel(self) -> None:
        assert self.status is not None
        self.before = self.status
        self.move(RunStatus.CANCEL_IN_PROGRESS)

    @precondition(lambda self: self.status in DELETABLE)
    @rule()
    def delete(self) -> None:
        self.move(RunStatus.DELETE_IN_PROGRESS)

    @precondition(lambda self: any(e.status is EntryStatus.CREATED for e in self.entries.values()))
    @rule(data=st.data(), transfer=transfers)
    def transfer(self, data: st.DataObject, transfer: Transfer) -> None:
        created = [e.number for e in self.entries.values() if e.status is EntryStatus.CREATED]
        number = data.draw(st.sampled_from(created))
        self.entries[number] = EntryState(number, EntryStatus.CREATED, transfer)

    @invariant()
    def a_cancelled_entry_stays_cancelled(self) -> None:
        for number in getattr(self, "ever_cancelled", ()):
            assert self.entries[number].status is EntryStatus.CANCELLED

    @invariant()
    def a_cancelled_run_has_no_entry_left(self) -> None:
        if getattr(self, "status", None) in (RunStatus.CANCELLED, RunStatus.DELETE_IN_PROGRESS):
            assert all(entry.status is EntryStatus.CANCELLED for entry in self.entries.values())

    @invariant()
    def every_transition_is_documented(self) -> None:
        transitions: dict[str, set[str | None]] = {
            "Pending": {"Processing", "CancelInprogress"},
            "Processing": {"Completed", "Error"},
            "Completed": {"CancelInprogress"},
            "Error": {"CancelInprogress"},
            "CancelInprogress": {"CancelInprogress", "Cancelled", "Completed"},
            "Cancelled": {"DeleteInprogress"},
            "DeleteInprogress": {None},
        }
        seen = getattr(self, "seen", [])
        for earlier, later in itertools.pairwise(seen):
            assert earlier is not None
            assert later in transitions[earlier]


TestOneRun = OneRun.TestCase
